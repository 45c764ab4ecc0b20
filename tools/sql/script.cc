// SPDX-License-Identifier: Apache-2.0
#include "sql/script.h"

#include <algorithm>

#include "base/io.h"
#include "sql/database.h"
#include "tasks/sql.h"

namespace eve::sql {

namespace {

/// Only what CREATE TABLE and CREATE VIEW themselves do; CREATE TABLE AS SELECT would run the SELECT.
int authorize(void*, int action, const char* table, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_INDEX:  // of UNIQUE
    case SQLITE_FUNCTION:
    case SQLITE_READ:
      return SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
      return std::string_view(table ? table : "").starts_with("sqlite_") ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

/// The statement without blanks and comments in front.
std::string_view without_front(std::string_view sql) {
  while (true) {
    const std::size_t begin = std::min(sql.find_first_not_of(" \t\r\n\f\v"), sql.size());
    sql.remove_prefix(begin);
    if (sql.starts_with("--"))
      sql.remove_prefix(std::min(sql.find('\n'), sql.size()));
    else if (sql.starts_with("/*"))
      sql.remove_prefix(std::min(std::min(sql.find("*/", 2), sql.size() - 2) + 2, sql.size()));
    else
      return sql;
  }
}

/// "table", "view" or nothing, of a CREATE statement.
std::string created(std::string_view sql) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < sql.size() && words.size() < 5;) {
    const std::size_t begin = std::min(sql.find_first_not_of(" \t\r\n\f\v", at), sql.size());
    at = std::min(sql.find_first_of(" \t\r\n\f\v(\"`[", begin), sql.size());
    if (at == begin) break;
    words.push_back(lower(sql.substr(begin, at - begin)));
  }
  if (words.empty() || words[0] != "create") return "";
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "table" || words[i] == "view") return words[i];
    if (words[i] == "virtual" || words[i] == "trigger" || words[i] == "index") return "";
  }
  return "";
}

bool run(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &raw, &tail);
  const Statement statement(raw);
  return statement && sqlite3_step(raw) == SQLITE_DONE;
}

std::string in_quotes(const std::string& spelled) { return spelled.starts_with('"') ? spelled : '"' + spelled + '"'; }

std::string definition(const tasks::SqlTable& table, const tasks::SqlSchema& schema) {
  std::string parts, keys;
  for (const tasks::SqlColumn& column : table.columns) {
    // A type is made of words; what else stands there is another database's business.
    std::string type;
    for (const char c : column.type)
      if ((c | 32) >= 'a' && (c | 32) <= 'z') type += c;
    parts += (parts.empty() ? "" : ", ") + in_quotes(column.name) + (type.empty() ? "" : " \"" + type + "\"");
    if (column.key) keys += (keys.empty() ? "" : ", ") + in_quotes(column.name);
  }
  if (!keys.empty()) parts += ", PRIMARY KEY (" + keys + ")";
  for (const tasks::SqlLink& link : schema.links)
    parts += ", FOREIGN KEY (" + in_quotes(link.column) + ") REFERENCES " + in_quotes(link.to_table) + " (" +
             in_quotes(link.to_column) + ")";
  return "CREATE TABLE " + in_quotes(table.name) + " (" + parts + ")";
}

}  // namespace

std::vector<std::string_view> split_statements(std::string_view script) {
  std::vector<std::string_view> statements;
  std::size_t begin = 0, at = 0;
  while (at < script.size()) {
    const char c = script[at];
    const auto skip_to = [&](std::string_view end) {
      const std::size_t found = script.find(end, at + 1);
      at = found == script.npos ? script.size() : found + end.size();
    };
    if (c == '\'' || c == '"' || c == '`') {
      skip_to({&script[at], 1});
    } else if (c == '[') {
      skip_to("]");
    } else if (script.substr(at, 2) == "--") {
      skip_to("\n");
    } else if (script.substr(at, 2) == "/*") {
      ++at;
      skip_to("*/");
    } else {
      if (c == ';') {
        statements.push_back(script.substr(begin, at - begin));
        begin = at + 1;
      }
      ++at;
    }
  }
  if (begin < script.size()) statements.push_back(script.substr(begin));
  return statements;
}

std::vector<std::string> run_definitions(sqlite3* db, std::string_view script) {
  std::vector<std::string> remarks;
  sqlite3_set_authorizer(db, authorize, nullptr);
  for (const std::string_view whole : split_statements(script)) {
    const std::string_view sql = without_front(whole);
    const std::string what = created(sql);
    if (what.empty() || run(db, sql)) continue;
    const std::string reason = sqlite3_errmsg(db);
    bool made = false;
    if (what == "table") {
      const tasks::SqlSchema read = tasks::read_ddl(sql);
      for (const tasks::SqlTable& table : read.tables)
        made = !table.columns.empty() && run(db, definition(table, read));
    }
    if (!made) remarks.push_back("left out a " + what + ": " + printable(reason));
  }
  sqlite3_set_authorizer(db, nullptr, nullptr);
  return remarks;
}

}  // namespace eve::sql
