// SPDX-License-Identifier: Apache-2.0
// eve-func: a request and tool definitions to strict JSON function calls, or none.
#include <cstdio>
#include <deque>

#include "base/json.h"
#include "base/utf8.h"
#include "eve/eve.h"
#include "func/caller.h"
#include "func/eval.h"
#include "func/shell.h"
#include "model/model.h"
#include "tasks/answer.h"
#include "tool.h"

namespace eve {
namespace {

constexpr std::size_t kBatch = 16;
constexpr std::size_t kToolBytes = std::size_t{64} << 20;

struct {
  std::vector<std::string> tools, facts, files;
  std::uint64_t candidates = 8, max_calls = 4, max_tokens = 256, beams = 1;
  double min_tool = func::CallSettings().min_tool, min_confidence = 0;
  bool shell = false;
  std::string rows, answers;
} settings;

func::CallSettings call_settings() {
  func::CallSettings calls;
  calls.candidates = settings.candidates;
  calls.max_calls = settings.max_calls;
  calls.min_tool = settings.min_tool;
  calls.min_confidence = settings.min_confidence;
  for (const std::string& fact : settings.facts) {
    const std::size_t equals = fact.find('=');
    if (equals == 0 || equals == fact.npos) throw Error(Status::kInput, "--fact takes KEY=VALUE");
    if (utf8_error(fact) != fact.npos) throw Error(Status::kInput, "--fact: not UTF-8");
    calls.facts.emplace_back(fact.substr(0, equals), fact.substr(equals + 1));
  }
  return calls;
}

GenerateOptions generate_options(const Run& run) {
  GenerateOptions options;
  options.max_tokens = settings.max_tokens;
  options.beams = settings.beams;
  options.seed = run.seed;
  options.deadline = run.deadline;
  return options;
}

Model open_model(const Run& run) {
  return Model::open(run.model.empty() ? Model::find("pico-func") : run.model, "func");
}

std::string json_answer(const func::Calls& answer) {
  std::string line = "{\"calls\":" + json_text(answer.calls);
  std::string rest;
  JsonWriter json(rest);
  json.begin_object().key("offsets").begin_object();
  for (const func::Said& said : answer.said)
    json.key(said.pointer).begin_array().value(said.start).value(said.end).end_array();
  json.end_object().member("confidence", answer.confidence).key("missing").begin_array();
  for (const func::Incomplete& call : answer.incomplete) {
    json.begin_object().member("name", call.tool).key("missing").begin_array();
    for (const std::string& name : call.missing) json.value(name);
    json.end_array().end_object();
  }
  json.end_array();
  if (!answer.reason.empty()) json.member("reason", answer.reason);
  json.end_object();
  return line + "," + rest.substr(1);
}

std::string shell_answer(const func::Calls& answer) {
  std::string line;
  for (const JsonValue& call : answer.calls.items) line += (line.empty() ? "" : " && ") + func::command_line(call);
  return line;
}

void print(Run& run, const func::Calls& answer, std::uint64_t record) {
  run.out.write(run.json ? json_answer(answer) : settings.shell ? shell_answer(answer) : json_text(answer.calls));
  run.out.end_record();
  for (const func::Incomplete& call : answer.incomplete) {
    std::string names;
    for (const std::string& name : call.missing) names += (names.empty() ? "" : ", ") + printable(name);
    run.note("record " + std::to_string(record) + ": " + printable(call.tool) + " needs " + names);
  }
  if (answer.incomplete.empty() && !answer.reason.empty())
    run.detail("record " + std::to_string(record) + ": " + answer.reason);
}

Status run_func(Run& run) {
  if (settings.shell && run.json) throw Error(Status::kInput, "--shell and --json exclude each other");
  std::vector<std::pair<std::string, std::string>> lists;
  for (const std::string& path : settings.tools) lists.emplace_back(read_file(path, kToolBytes), printable(path));
  const func::ToolSet tools(lists);
  const func::CallSettings calls = call_settings();
  const Model model = open_model(run);
  const Tokenizer& tokenizer = *model.data().tokenizer;
  Generator generator(model, run.threads);
  Records records(run, settings.files);
  Status status = Status::kOk;
  std::uint64_t done = 0;
  for (bool more = true; more;) {
    std::deque<func::Query> queries;  // whose elements stay where they are
    std::vector<bool> asked;
    std::vector<const func::Query*> waiting;
    // Requests that wait share passes; none waits for others.
    while (asked.size() < kBatch && (asked.empty() || records.may_join())) {
      std::string record;
      if (!(more = records.next(record))) break;
      tasks::check_text(record, records.count());
      if (record.ends_with('\r')) record.pop_back();
      asked.push_back(record.find_first_not_of(" \t") != record.npos);
      if (!asked.back()) continue;
      queries.emplace_back(tools, calls, record);
      waiting.push_back(&queries.back());
    }
    const std::vector<func::Calls> answers = func::answer(generator, waiting, generate_options(run), tokenizer);
    run.check_time();
    std::size_t next = 0;
    for (const bool is_asked : asked) {
      func::Calls nothing;
      nothing.calls.kind = JsonValue::Kind::kArray;
      nothing.reason = "the request is empty";
      const func::Calls& answer = is_asked ? answers[next++] : nothing;
      if (!answer.reason.empty() || !answer.incomplete.empty()) status = Status::kNoAnswer;
      print(run, answer, ++done);
    }
  }
  return status;
}

// ----------------------------------------------------------------------------------------------------------- eval

std::string percent(std::size_t part, std::size_t whole) {
  char text[32];
  if (whole == 0) return "-";
  std::snprintf(text, sizeof text, "%.1f", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

std::string row(const std::string& name, const func::EvalCounts& c) {
  char text[160];
  std::snprintf(text, sizeof text, "%-28.28s %6zu %7s %7s %7s %7s %7s\n", printable(name).c_str(), c.rows,
                percent(c.right, c.rows).c_str(), percent(c.right - c.none_right, c.calls).c_str(),
                percent(c.named, c.calls).c_str(), percent(c.none_right, c.none).c_str(),
                percent(c.valid, c.rows).c_str());
  return text;
}

void write_counts(JsonWriter& json, const func::EvalCounts& c) {
  json.begin_object().member("rows", c.rows).member("right", c.right).member("calls", c.calls);
  json.member("calls_right", c.right - c.none_right).member("names_right", c.named).member("none", c.none);
  json.member("none_right", c.none_right).member("valid", c.valid).end_object();
}

Status run_eval(Run& run) {
  const Model model = open_model(run);
  Generator generator(model, run.threads);
  std::size_t rows = 0;
  const func::EvalScore score = func::evaluate(generator, *model.data().tokenizer, settings.rows, settings.answers,
                                               call_settings(), generate_options(run), [&] {
                                                 run.check_time();
                                                 if (run.show_progress())
                                                   write_all(2, "\r\x1b[K" + std::to_string(++rows) + " rows");
                                               });
  if (run.show_progress()) write_all(2, "\r\x1b[K");
  if (run.json) {
    std::string line;
    JsonWriter json(line);
    json.begin_object().key("all");
    write_counts(json, score.all);
    json.key("by_source").begin_object();
    for (const auto& [source, counts] : score.by_source) {
      json.key(source);
      write_counts(json, counts);
    }
    json.end_object().end_object();
    run.out.write(line);
    run.out.end_record();
    return Status::kOk;
  }
  run.out.write("source                         rows   right   calls   names    none   valid\n");
  for (const auto& [source, counts] : score.by_source) run.out.write(row(source, counts));
  run.out.write(row("all", score.all));
  run.out.end_record(false);
  return Status::kOk;
}

std::vector<Option> decoding_options() {
  return {
      repeated(
          "--fact", "KEY=VALUE",
          "What is known besides the request; may be given again. A required argument of this name that the request "
          "does not give takes the value; with the key date, \"tomorrow\" and the like become dates.",
          &settings.facts),
      option("--candidates", "N",
             "Of more tools than this, show the model those that share most words with the request.",
             &settings.candidates, 1, 64),
      option("--max-calls", "N", "At most this many calls for a request.", &settings.max_calls, 1, 64),
      option("--max-tokens", "N", "Longest answer; a shorter one is ended in time, never cut.", &settings.max_tokens, 8,
             4096),
      option("--min-tool", "P", "No call that is wanted with less probability than this, 0 to 1.", &settings.min_tool,
             0, 1),
      option("--min-confidence", "P",
             "Leave out an argument of which the model is less sure than this, 0 to 1; a required one is then missing.",
             &settings.min_confidence, 0, 1),
      option("--beams", "N", "Search with so many beams; 1 takes the best token each time.", &settings.beams, 1, 8),
  };
}

Command eval_command() {
  Command c;
  c.name = "eval";
  c.summary = "score a model on requests with known calls";
  c.description =
      "Reads JSON Lines of one of two forms. Rows {\"tools\", \"request\", \"calls\", \"source\"} are right when the "
      "calls are the same: as a set, numbers by value. Rows of the Berkeley Function-Calling Leaderboard {\"id\", "
      "\"question\", \"function\"} are judged by its AST match against the ground truth of the same id in --answers; "
      "those without one want no call.\n"
      "\n"
      "Prints for each source: rows, and in percent rows answered right, of rows that want calls those answered right "
      "and those with the right names, of rows that want none those answered with none, and valid answers.";
  c.examples = {
      {"eve-func eval BFCL_v3_multiple.json --answers possible_answer/BFCL_v3_multiple.json",
       "the leaderboard's own files"},
      {"eve-func eval mine.jsonl --json | jq .all", "your own requests"},
  };
  c.common = {Common::kOutput, Common::kQuiet, Common::kJson, Common::kModel, Common::kThreads, Common::kTimeLimit};
  c.options = decoding_options();
  c.options.insert(c.options.begin(),
                   {argument("FILE", "The rows.", &settings.rows),
                    option("--answers", "FILE", "BFCL's file of possible answers.", &settings.answers)});
  c.run = run_eval;
  return c;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-func";
  tool.summary = "turn requests into function calls";
  tool.description =
      "Reads a request a line and writes the calls it asks for as a JSON array a line: [{\"name\":\"NAME\","
      "\"arguments\":{...}}], several for several wishes, [] when no tool fits. Nothing is ever called.\n"
      "\n"
      "A small model chooses, but it can write only what is allowed: names of the tools, arguments of their schemas, "
      "strings that stand in the request or in a fact, numbers and dates that the request says, values of an enum. An "
      "argument that the request does not give is left out. When it is a required one, the call is not written: its "
      "name is told on stderr, and with --json under missing.\n"
      "\n"
      "Tool lists are those of OpenAI (\"function\" with \"parameters\"), of MCP (tools/list, \"inputSchema\"), or "
      "JSON Schemas with a name or title. Each keyword of a schema is enforced or refused by name; only formats that "
      "are "
      "none of JSON Schema's, as int32, are taken as remarks.";
  tool.examples = {
      {"echo 'a table for four at 7 pm' | eve-func --tools tools.json", "one request"},
      {"eve-func --tools tools.json --json <requests.txt | jq -c .calls", "many, with confidence and what is missing"},
      {"eve-func --tools tools.json --fact date=2026-11-22 <requests.txt", "with what is known besides"},
      {"eve-func --tools tools.json --shell <requests.txt", "as command lines, quoted for the shell, to look at"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,   Common::kVerbose, Common::kJson,      Common::kNul,
                 Common::kModel,  Common::kThreads, Common::kSeed,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = 64 << 10;
  tool.no_answer = "A request has no call: no tool fits, or a required argument is missing.";
  Option tools = repeated("--tools", "FILE", "A tool list; may be given again.", &settings.tools);
  tools.required = true;
  tool.options = {tools};
  for (Option& one : decoding_options()) tool.options.push_back(std::move(one));
  tool.options.push_back(flag("--shell", "Write each call as a command line: NAME --ARGUMENT=VALUE.", &settings.shell));
  tool.options.push_back(files("FILE", "Requests to read; - is stdin.", &settings.files));
  tool.commands = {eval_command()};
  tool.run = run_func;
  tool.sections = {
      {"JSON",
       "With --json each request gives {\"calls\", \"offsets\", \"confidence\", \"missing\"}: calls is the array; "
       "\"reason\" says why it is empty; offsets has for each argument that the request says its JSON pointer in calls "
       "and the bytes [start, end) of the request; confidence is the probability of the answer among those that were "
       "allowed; missing lists {\"name\", \"missing\"} for calls that lack required arguments."},
      {"CATALOGUES",
       "Of more than --candidates tools those are shown to the model whose names, descriptions and arguments share "
       "most "
       "with the words of the request (BM25), and no other can be called."},
      {"SHELL",
       "With --shell a call is NAME --ARGUMENT=VALUE ...: true is --ARGUMENT alone, each value of a list has its own "
       "flag, objects are JSON. Words are quoted so that a shell reads them as they are; control characters are "
       "written "
       "as $'\\033'. Several calls stand on one line between &&. Nothing is run."},
  };
  return tool;
}

}  // namespace eve
