// SPDX-License-Identifier: Apache-2.0
// eve-sql: a question and a database to one SELECT.
#include <unistd.h>

#include <algorithm>

#include "base/json.h"
#include "eve/eve.h"
#include "sql/asker.h"
#include "sql/database.h"
#include "sql/gate.h"
#include "sql/query.h"
#include "tasks/answer.h"
#include "tasks/text.h"
#include "tool.h"

namespace eve {
namespace {

using sql::Answer;
using sql::Database;
using sql::Form;
using sql::Gate;

constexpr std::size_t kScriptBytes = std::size_t{16} << 20;
constexpr double kPrepareSeconds = 1;

struct {
  std::string db, schema, sql, format;
  std::vector<std::string> tables, exclude, questions;
  bool run = false, header = false, explain = false, values = false, guess = false, untried = false, repl = false;
  std::uint64_t answers = 1, beams = 4, max_tokens = 160;
  double run_time = 1.5, min_confidence = 0;
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

std::string json_answer(const std::vector<Answer>& answers, const sql::QueryResult* result) {
  const Answer& answer = answers[0];
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("sql");
  answer.sql.empty() ? json.null() : json.value(answer.sql);
  json.key("tables").begin_array();
  for (const std::string& table : answer.tables) json.value(table);
  json.end_array().key("columns").begin_array();
  for (const auto& [table, column] : answer.columns) json.value(table + "." + column);
  json.end_array();
  if (answer.confidence)
    json.member("confidence", *answer.confidence).member("log_probability", answer.log_probability);
  if (result && result->failure.empty()) write_rows(json, result->rows);
  if (answers.size() > 1) {
    json.key("others").begin_array();
    for (std::size_t i = 1; i < answers.size(); ++i)
      json.begin_object()
          .member("sql", answers[i].sql)
          .member("confidence", answers[i].confidence.value_or(0))
          .member("log_probability", answers[i].log_probability)
          .end_object();
    json.end_array();
  }
  if (!answer.reason.empty()) json.member("reason", answer.reason);
  json.end_object();
  return line;
}

void explain(Run& run, const Database& database, const Answer& answer, const std::string& where) {
  std::string used;
  for (const auto& [table, column] : answer.columns) used += (used.empty() ? "" : ", ") + table + "." + column;
  run.note(where + ": reads " + (used.empty() ? "no column" : used));
  if (!database.has_rows()) return;
  const sql::QueryResult plan = sql::explain_query(database, answer.sql, query_limits());
  for (std::size_t at = 0, r = 0; r < plan.rows.count; ++r)
    for (std::size_t c = 0; c < plan.rows.columns.size(); ++c) {
      const sql::Cell cell = sql::Rows::take(plan.rows.packed, at);
      if (c + 1 == plan.rows.columns.size()) run.note(where + ": " + std::string(cell.bytes));
    }
}

/// Prints answers to one question, the best first, or what that one gives when run; false when there is nothing.
bool print(Run& run, const Database& database, std::vector<Answer> answers, const std::string& where) {
  Answer& answer = answers[0];
  std::optional<sql::QueryResult> result;
  if (!answer.sql.empty() && settings.run) {
    result = sql::run_query(database, answer.sql, query_limits());
    answer.reason = result->failure;
  }
  const bool good = !answer.sql.empty() && answer.reason.empty();
  if (!good) run.note(where + ": " + answer.reason);
  if (run.json) {
    run.out.write(json_answer(answers, result ? &*result : nullptr));
  } else if (settings.run) {
    if (good) run.out.write(sql::printed(result->rows, form(), settings.header));
  } else {
    for (const Answer& one : answers) run.out.write((&one == &answer ? "" : "\n") + one.sql);
    if (settings.answers > 1) run.out.write("\n");
  }
  run.out.end_record(run.json || run.nul || !settings.run);
  if (good && settings.explain) explain(run, database, answer, where);
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
    answer = {std::string(trimmed(text)), "", verdict.tables, verdict.columns, 0, {}};
  else
    answer.reason = verdict.refusal;
  return print(run, database, {std::move(answer)}, settings.sql == "-" ? "stdin" : printable(settings.sql))
             ? Status::kOk
             : Status::kNoAnswer;
}

// ------------------------------------------------------------------------------------------------------- questions

/// Whether a question goes on from the one before it.
bool goes_on(const std::string& question) {
  static constexpr std::string_view kOpenings[] = {
      "and",   "but",  "or",   "only",       "also",      "now",      "those",   "them",       "they",
      "their", "same", "sort", "what about", "how about", "of those", "of them", "order them", "which of"};
  std::string words = " ";
  for (const std::string& word : tasks::words(question)) words += word + " ";
  return std::ranges::any_of(
      kOpenings, [&](std::string_view opening) { return words.starts_with(" " + std::string(opening) + " "); });
}

/// Questions from the command line, else of stdin.
class Questions {
 public:
  explicit Questions(Run& run) : records_(run, {}) {}
  bool next(std::string& question) {
    if (settings.repl && isatty(STDIN_FILENO)) print_prompt();
    if (settings.questions.empty() ? !records_.next(question) : at_ == settings.questions.size()) return false;
    if (!settings.questions.empty()) question = settings.questions[at_];
    ++at_;
    tasks::check_text(question, at_);
    if (question.ends_with('\r')) question.pop_back();
    return true;
  }
  std::string where() const { return "question " + std::to_string(at_); }

 private:
  Records records_;
  std::size_t at_ = 0;
  static void print_prompt() { write_all(STDERR_FILENO, "eve-sql> "); }
};

Status ask(Run& run, const Database& database, Gate& gate) {
  const Model model = Model::open(run.model.empty() ? Model::find("pico-sql") : run.model, "sql");
  sql::AskSettings ask;
  ask.answers = settings.answers;
  ask.try_out = database.has_rows() && !settings.untried;
  ask.values = settings.values;
  ask.guess = settings.guess;
  ask.min_confidence = settings.min_confidence;
  ask.limits = query_limits();
  Questions questions(run);
  const auto note = [&](const std::string& remark) { run.note(questions.where() + ": " + remark); };
  sql::Asker asker(model, run.threads, database, gate, ask, note);
  GenerateOptions options;
  options.max_tokens = settings.max_tokens;
  options.beams = settings.beams;
  options.seed = run.seed;
  options.deadline = run.deadline;
  Status status = Status::kOk;
  std::vector<std::string> earlier;
  for (std::string question; questions.next(question);) {
    std::vector<Answer> answers(1);
    answers[0].reason = "the question is empty";
    if (question.find_first_not_of(" \t") != question.npos) {
      if (!settings.repl || !goes_on(question)) earlier.clear();
      answers = asker.ask(question, earlier, options);
      earlier.push_back(question);
    }
    if (!print(run, database, std::move(answers), questions.where())) status = Status::kNoAnswer;
    run.check_time();
    if (settings.repl) run.out.flush();
  }
  return status;
}

Status run_sql(Run& run) {
  if (settings.questions == std::vector<std::string>{"-"}) settings.questions.clear();  // stdin
  if (settings.schema == "-" && settings.questions.empty() && (settings.sql.empty() || settings.sql == "-"))
    throw Error(Status::kInput, "stdin is the schema; give the question as an argument");
  if (settings.values && settings.db.empty()) throw Error(Status::kInput, "--values needs --db");
  if (!settings.sql.empty() && !settings.questions.empty())
    throw Error(Status::kInput, "--sql takes the place of questions");
  const Database database = open_database();
  for (const std::string& remark : database.schema().remarks) run.detail(remark);
  Gate gate(database.connection(), database.schema().all);
  return settings.sql.empty() ? ask(run, database, gate) : judge(run, database, gate);
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-sql";
  tool.summary = "turn questions into SQL that prepares";
  tool.description =
      "Reads a question a line, or as arguments, and writes one SELECT for each, of the SQLite database or of the "
      "CREATE TABLE statements that are given.\n"
      "\n"
      "A small model chooses, but it can write only what is allowed: tables and columns that there are, joins on "
      "columns "
      "that belong together, texts and numbers of the question. Every statement that is printed has been prepared "
      "against the schema. With --db candidates are tried out, and one that finds rows is preferred. When the question "
      "has no word of the schema, or no statement prepares, the line is empty and the status 1.\n"
      "\n"
      "The database is only read, by a statement that is one SELECT of these tables, in a process of its own that can "
      "write no file and is stopped when its time is up. With --sql a statement of yours goes the same way.";
  tool.examples = {
      {"eve-sql --db shop.db 'which customers live in Bonn?'", "the statement"},
      {"eve-sql --db shop.db --run 'how many orders has each customer?'", "the rows that it finds"},
      {"sqlite3 shop.db .schema | eve-sql --schema - 'the five largest orders'", "from the definitions alone"},
      {"eve-sql --db shop.db --json <questions.txt | jq -r .sql", "many questions, for a program"},
      {"eve-sql --db shop.db --repl --run", "a conversation"},
      {"eve-sql --db shop.db --sql report.sql --run --format csv --header >report.csv", "a statement of your own"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,   Common::kVerbose, Common::kJson,      Common::kNul,
                 Common::kModel,  Common::kThreads, Common::kSeed,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = 100'000;
  tool.no_answer = "A question has no answer, or a statement was refused or stopped.";
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
      option("-n, --answers", "N",
             "So many different statements, the best first, each on a line; an empty line ends them.",
             &settings.answers, 1, 8),
      flag("--values", "Statements may also compare with texts of the columns that have a word of the question.",
           &settings.values),
      flag("--untried",
           "Do not look at the rows: neither where they say what the question says, nor what a statement finds.",
           &settings.untried),
      flag("--guess", "Answer questions that have no word of the schema too.", &settings.guess),
      option("--min-confidence", "P", "No answer when the best statement is less likely right than this, 0 to 1.",
             &settings.min_confidence, 0, 1),
      option("--beams", "N", "Search with so many beams; 1 takes the best token each time.", &settings.beams, 1, 8),
      option("--max-tokens", "N", "Longest statement; a shorter one is ended in time, never cut.", &settings.max_tokens,
             16, 1024),
      flag("--repl", "A question may go on from those before it: \"and in Kiel?\", \"only the first five\".",
           &settings.repl),
      files("QUESTION", "What to ask, in quotes; without one, a question a line of stdin.", &settings.questions),
  };
  tool.sections = {
      {"STATEMENTS",
       "SELECT with joins of up to four tables, aggregates, GROUP BY, HAVING, ORDER BY, LIMIT, sub-queries, UNION, "
       "INTERSECT, EXCEPT, CASE, LIKE, BETWEEN, IN, IS NULL, and WITH for aggregates of aggregates. Tables are joined "
       "on "
       "their foreign keys; where there are none, on columns of one name or named after the other table. A large "
       "schema "
       "is cut down to the tables that share words with the question and those beside them; stderr says which are "
       "missing, --tables and --exclude choose."},
      {"JSON",
       "With --json each question gives {\"sql\", \"tables\", \"columns\", \"confidence\"}: what the statement reads, "
       "how likely it is right, and its \"log_probability\" by the model alone; with --run also \"names\" and "
       "\"rows\", "
       "with -n \"others\". sql is null when there is no statement, and \"reason\" says why."},
      {"RESULTS",
       "tsv writes tabs, line ends and backslashes of a text as \\t, \\n, \\r and \\\\; json is an object a line. NULL "
       "is "
       "nothing, in JSON null; a blob is x'0A'. Control characters are always written as \\x1b and the like."},
      {"SAFETY",
       "An authorizer lets only SELECT of the listed tables and known functions pass; ATTACH, PRAGMA, VACUUM, "
       "transactions, extensions, printf and format, virtual tables and the schema table are refused. Limits of SQLite "
       "are lowered: 100,000 bytes of statement, 96 MiB of memory, 48 MiB of result. Neither the database nor its "
       "folder is changed."},
  };
  tool.run = run_sql;
  return tool;
}

}  // namespace eve
