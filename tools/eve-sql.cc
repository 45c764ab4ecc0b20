// SPDX-License-Identifier: Apache-2.0
// eve-sql: a question and a database to one SELECT.
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"
#include "sql/database.h"
#include "sql/gate.h"
#include "sql/query.h"
#include "tool.h"

namespace eve {
namespace {

using sql::Database;
using sql::Form;
using sql::Gate;

constexpr std::size_t kScriptBytes = std::size_t{16} << 20;
constexpr double kPrepareSeconds = 1;

struct {
  std::string db, schema, sql, format;
  std::vector<std::string> tables, exclude, questions;
  bool run = false, header = false, explain = false;
  double run_time = 1.5;
} settings;

Database open_database() {
  if (settings.db.empty() == settings.schema.empty())
    throw Error(Status::kInput, "give the database with --db FILE, or CREATE TABLE statements with --schema FILE");
  if (settings.run && settings.db.empty()) throw Error(Status::kInput, "--run needs --db");
  Database database = settings.db.empty() ? Database::script(read_file(settings.schema, kScriptBytes),
                                                             settings.schema == "-" ? "stdin" : settings.schema)
                                          : Database::file(settings.db);
  database.restrict(settings.tables, settings.exclude);
  return database;
}

sql::QueryLimits query_limits() {
  sql::QueryLimits limits;
  limits.seconds = settings.run_time;
  return limits;
}

Form form() {
  if (settings.format == "csv") return Form::kCsv;
  if (settings.format == "json") return Form::kJson;
  if (settings.format == "table") return Form::kTable;
  if (settings.format == "tsv") return Form::kTsv;
  return isatty(STDOUT_FILENO) ? Form::kTable : Form::kTsv;
}

/// What is printed for one question, or one statement of --sql.
struct Answer {
  std::string sql;  ///< empty: there is none
  std::string reason;
  std::vector<std::string> tables;
  std::vector<std::pair<std::string, std::string>> columns;
  std::optional<double> confidence;
};

std::string json_answer(const Answer& answer, const sql::QueryResult* result) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("sql");
  answer.sql.empty() ? json.null() : json.value(answer.sql);
  json.key("tables").begin_array();
  for (const std::string& table : answer.tables) json.value(table);
  json.end_array().key("columns").begin_array();
  for (const auto& [table, column] : answer.columns) json.value(table + "." + column);
  json.end_array();
  if (answer.confidence) json.member("confidence", *answer.confidence);
  if (result && result->failure.empty()) write_rows(json, result->rows);
  if (!answer.reason.empty()) json.member("reason", answer.reason);
  json.end_object();
  return line;
}

/// Prints the answer, or what it gives when run; false when there is nothing to print.
bool print(Run& run, const Database& database, Answer answer, const std::string& where) {
  std::optional<sql::QueryResult> result;
  if (!answer.sql.empty() && settings.run) {
    result = sql::run_query(database, answer.sql, query_limits());
    if (!result->failure.empty()) {
      answer.reason = result->failure;
      if (!run.json) answer.sql.clear();
    }
  }
  const bool good = !answer.sql.empty() && answer.reason.empty();
  if (!good) run.note(where + ": " + answer.reason);
  if (run.json)
    run.out.write(json_answer(answer, result ? &*result : nullptr));
  else if (good && result)
    run.out.write(sql::printed(result->rows, form(), settings.header));
  else
    run.out.write(answer.sql);
  run.out.end_record(run.json || run.nul || !settings.run);
  if (good && settings.explain) {
    std::string used;
    for (const auto& [table, column] : answer.columns) used += (used.empty() ? "" : ", ") + table + "." + column;
    run.note(where + ": reads " + (used.empty() ? "no column" : used));
    if (database.has_rows()) {
      const sql::QueryResult plan = sql::explain_query(database, answer.sql, query_limits());
      for (std::size_t at = 0, r = 0; r < plan.rows.count; ++r)
        for (std::size_t c = 0; c < plan.rows.columns.size(); ++c) {
          const sql::Cell cell = sql::Rows::take(plan.rows.packed, at);
          if (c + 1 == plan.rows.columns.size()) run.note(where + ": " + std::string(cell.bytes));
        }
    }
  }
  return good;
}

/// The statement without blanks around it and the semicolon behind it.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const std::size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
  text.remove_prefix(begin);
  text = text.substr(0, text.find_last_not_of(kBlank) + 1);
  if (text.ends_with(';')) text = trimmed(text.substr(0, text.size() - 1));
  return text;
}

Status judge(Run& run, const Database& database, Gate& gate) {
  const std::string text = run.read(settings.sql);
  const Gate::Verdict verdict = gate.prepare(trimmed(text), sql::deadline_after(kPrepareSeconds));
  Answer answer;
  if (verdict)
    answer = {std::string(trimmed(text)), "", verdict.tables, verdict.columns, {}};
  else
    answer.reason = verdict.refusal;
  return print(run, database, std::move(answer), settings.sql == "-" ? "stdin" : printable(settings.sql))
             ? Status::kOk
             : Status::kNoAnswer;
}

Status run_sql(Run& run) {
  const Database database = open_database();
  for (const std::string& remark : database.schema().remarks) run.detail(remark);
  Gate gate(database.connection(), database.schema().all);
  if (!settings.sql.empty()) return judge(run, database, gate);
  throw Error(Status::kInput, "give a statement with --sql FILE");
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-sql";
  tool.summary = "judge and run SELECT statements of others";
  tool.description =
      "Judges a SELECT against the schema of a SQLite database or of CREATE TABLE statements: it is printed when it "
      "prepares and reads nothing but the tables of the schema, and with --run its rows are.\n"
      "\n"
      "The database is opened read-only behind an authorizer with a list of what is allowed: one SELECT, of these "
      "tables, with functions that neither write nor look at files. Queries run in a process of their own that cannot "
      "write files and is stopped when its time is up.";
  tool.examples = {
      {"echo 'SELECT COUNT(*) FROM orders' | eve-sql --db shop.db --sql - --run", "the rows of a statement"},
      {"eve-sql --db shop.db --sql report.sql --run --format csv --header >report.csv", "as a file for others"},
      {"eve-sql --schema schema.sql --sql report.sql --explain", "whether it prepares, and what it reads"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,     Common::kVerbose, Common::kJson,
                 Common::kNul,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = 100'000;
  tool.no_answer = "There is no answer, or the statement was refused or stopped.";
  tool.options = {
      option("--db", "FILE", "The SQLite database to ask.", &settings.db),
      option("--schema", "FILE", "Instead of a database: CREATE TABLE and CREATE VIEW statements; - is stdin.",
             &settings.schema),
      list("--tables", "NAMES", "Only these tables and views.", &settings.tables),
      list("--exclude", "NAMES", "All but these tables and views.", &settings.exclude),
      option("--sql", "FILE", "A statement instead of a question, judged by the same rules; - is stdin.",
             &settings.sql),
      flag("--run", "Print the rows instead of the statement.", &settings.run),
      choice("--format", "FORM", "How rows are printed; as a table on a terminal, else tsv.", &settings.format,
             {"tsv", "csv", "json", "table"}),
      flag("--header", "Begin tsv and csv with a line of names.", &settings.header),
      option("--run-time", "SECONDS", "Stop a query after this time.", &settings.run_time, 0.01, 3600),
      flag("--explain", "Say on stderr which columns the statement reads and how SQLite goes about it.",
           &settings.explain),
  };
  tool.run = run_sql;
  return tool;
}

}  // namespace eve
