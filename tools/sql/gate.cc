// SPDX-License-Identifier: Apache-2.0
#include "sql/gate.h"

#include <algorithm>
#include <array>

#include "base/io.h"
#include "base/utf8.h"

namespace eve::sql {

namespace {

constexpr std::size_t kStatementBytes = 100'000;
constexpr int kOpcodesBetweenLooks = 2000;

constexpr std::array<std::pair<int, int>, 11> kLimits = {{
    {SQLITE_LIMIT_LENGTH, 16 << 20},
    {SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(kStatementBytes)},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},
    {SQLITE_LIMIT_COMPOUND_SELECT, 50},
    {SQLITE_LIMIT_VDBE_OP, 250'000},
    {SQLITE_LIMIT_FUNCTION_ARG, 32},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 0},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
}};

const std::set<std::string_view>& functions() {
  static const std::set<std::string_view> kNames = {
      // aggregates and windows
      "avg", "count", "group_concat", "max", "min", "sum", "total", "row_number", "rank", "dense_rank", "percent_rank",
      "cume_dist", "ntile", "lag", "lead", "first_value", "last_value", "nth_value",
      // values
      "abs", "coalesce", "ifnull", "iif", "nullif", "likely", "unlikely", "likelihood", "random", "round", "sign",
      "typeof", "cast",
      // text
      "char", "glob", "hex", "instr", "length", "like", "lower", "ltrim", "quote", "replace", "rtrim", "substr",
      "substring", "trim", "unicode", "upper",
      // time
      "current_date", "current_time", "current_timestamp", "date", "datetime", "julianday", "strftime", "time",
      "unixepoch",
      // mathematics
      "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp",
      "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan",
      "tanh", "trunc",
      // JSON values
      "json", "json_array", "json_array_length", "json_extract", "json_object", "json_quote", "json_type", "json_valid",
      "->", "->>"};
  return kNames;
}

const char* action_name(int action) {
  switch (action) {
    case SQLITE_ATTACH:
      return "ATTACH is";
    case SQLITE_DETACH:
      return "DETACH is";
    case SQLITE_PRAGMA:
      return "PRAGMA is";
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return "a transaction is";
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      return "a change of data is";
    default:
      return "a change of the schema is";
  }
}

/// Names of tables that there are, or are made when they are named.
std::set<std::string> known_names(sqlite3* db) {
  std::set<std::string> names;
  sqlite3_stmt* raw = nullptr;
  sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema UNION SELECT name FROM pragma_module_list", -1, &raw, nullptr);
  const Statement statement(raw);
  while (statement && sqlite3_step(raw) == SQLITE_ROW)
    if (const auto* name = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0))) names.insert(lower(name));
  return names;
}

}  // namespace

Gate::Gate(sqlite3* db, const tasks::SqlSchema& schema) : db_(db), schema_(schema), others_(known_names(db)) {
  for (std::size_t t = 0; t < schema.tables.size(); ++t) {
    Table& table = tables_[plain_name(schema.tables[t].name)];
    table.at = t;
    for (std::size_t c = 0; c < schema.tables[t].columns.size(); ++c)
      table.columns.emplace(plain_name(schema.tables[t].columns[c].name), c);
  }
  for (const auto& [limit, value] : kLimits) sqlite3_limit(db, limit, value);
  sqlite3_set_authorizer(
      db,
      [](void* self, int action, const char* first, const char* second, const char* database, const char*) {
        return static_cast<Gate*>(self)->authorize(action, first, second, database);
      },
      this);
  sqlite3_progress_handler(
      db, kOpcodesBetweenLooks,
      [](void* self) { return static_cast<int>(Clock::now() >= static_cast<Gate*>(self)->deadline_); }, this);
}

Gate::~Gate() {
  sqlite3_set_authorizer(db_, nullptr, nullptr);
  sqlite3_progress_handler(db_, 0, nullptr, nullptr);
}

int Gate::refuse(const std::string& why) {
  if (refusal_.empty()) refusal_ = why;
  return SQLITE_DENY;
}

int Gate::authorize(int action, const char* first, const char* second, const char* database) {
  // Views within views can make preparing itself take for ever; each name that is read passes here.
  if (Clock::now() >= deadline_) return refuse("no time left");
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      if (functions().contains(lower(second ? second : ""))) return SQLITE_OK;
      return refuse("the function " + printable(lower(second ? second : "")) + " is not allowed");
    case SQLITE_READ: {
      const std::string name = lower(first ? first : "");
      const auto table = tables_.find(name);
      // Of a table without a column (COUNT(*)) the name is told as it is written: it may be one that WITH defines.
      const bool is_counted = !second || *second == '\0';
      const bool is_own = !others_.contains(name) && !name.starts_with("sqlite_") && !name.starts_with("pragma_");
      if (is_counted && !database && table == tables_.end() && is_own) return SQLITE_OK;
      const bool is_here = database ? std::string_view(database) == "main" : is_counted;
      if (table == tables_.end() || !is_here)
        return refuse("the table " + printable(first ? first : "") + " is not one of those to read");
      std::set<std::size_t>& used = used_[table->second.at];
      const auto column = table->second.columns.find(lower(second ? second : ""));
      if (column != table->second.columns.end()) used.insert(column->second);
      return SQLITE_OK;
    }
    default:
      return refuse(std::string(action_name(action)) + " not allowed");
  }
}

Gate::Verdict Gate::prepare(std::string_view sql, Clock::time_point deadline) {
  Verdict verdict;
  const auto refused = [&](std::string why) {
    verdict.statement = nullptr;
    verdict.refusal = std::move(why);
    return std::move(verdict);
  };
  if (sql.size() >= kStatementBytes) return refused("the statement has more than 100,000 bytes");
  if (sql.find('\0') != sql.npos) return refused("the statement has a NUL byte");
  if (utf8_error(sql) != sql.npos) return refused("the statement is not UTF-8");
  for (std::size_t at = 0; at < sql.size();) {
    const CodePoint point = utf8_at(sql, at);
    if (is_unsafe_on_terminal(point.value) && point.value != '\n' && point.value != '\t' && point.value != '\r')
      return refused("the statement has a control character");
    at += point.bytes;
  }
  refusal_.clear();
  used_.clear();
  deadline_ = deadline;
  // Null-terminated, as SQLite would otherwise copy it.
  const std::string text(sql);
  const char* tail = nullptr;
  sqlite3_stmt* raw = nullptr;
  const int status = sqlite3_prepare_v2(db_, text.c_str(), static_cast<int>(text.size()) + 1, &raw, &tail);
  verdict.statement.reset(raw);
  if (status != SQLITE_OK) return refused(refusal_.empty() ? sqlite3_errmsg(db_) : refusal_);
  if (!raw) return refused("there is no statement");
  const auto used = std::move(used_);
  for (sqlite3_stmt* more = nullptr; *tail != '\0';) {
    const int after = sqlite3_prepare_v2(db_, tail, -1, &more, &tail);
    const Statement held(more);
    if (more || after != SQLITE_OK) return refused("there is more than one statement");
  }
  // REINDEX and the like pass an authorizer when they have nothing to do.
  if (sqlite3_column_count(raw) == 0 || !sqlite3_stmt_readonly(raw) || sqlite3_stmt_isexplain(raw) != 0)
    return refused("it is no SELECT");
  for (const auto& [table, columns] : used) {
    const tasks::SqlTable& read = schema_.tables[table];
    verdict.tables.push_back(read.name);
    for (const std::size_t column : columns) verdict.columns.emplace_back(read.name, read.columns[column].name);
  }
  return verdict;
}

}  // namespace eve::sql
