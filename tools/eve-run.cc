// SPDX-License-Identifier: Apache-2.0
// eve-run: a filter out of any model that writes text: one's own specialist.
#include <algorithm>

#include "base/json.h"
#include "base/utf8.h"
#include "decode/constraint.h"
#include "decode/schema_grammar.h"
#include "eve/eve.h"
#include "model/model.h"
#include "tasks/answer.h"
#include "tasks/schema_argument.h"
#include "tasks/task.h"
#include "tool.h"

namespace eve {
namespace {

constexpr std::size_t kBatch = 16;

struct {
  std::string schema, pattern;
  std::vector<std::string> choices, files;
  std::uint64_t max_tokens = 256, beams = 1;
  double temperature = 0, min_confidence = 0;
} settings;

struct Answer {
  std::string text;
  double confidence = 0;
  std::string reason;  // empty when there is an answer
};

bool may_stand(std::uint32_t c, bool nul) { return !is_unsafe_on_terminal(c) || c == '\t' || (nul && c == '\n'); }

/// One record, without control characters.
bool is_record(std::string_view text, bool nul) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = utf8_at(text, at);
    if (!may_stand(c.value, nul)) return false;
    at += c.bytes;
  }
  return true;
}

/// The texts that is_record() takes, so that a model cannot begin with anything else.
std::string record_pattern(bool nul) {
  const std::string controls = nul ? R"(\0-\x08\x0b-\x1f)" : R"(\0-\x08\x0a-\x1f)";
  return "[^" + controls + R"(\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]*)";
}

bool is_free() { return settings.schema.empty() && settings.pattern.empty() && settings.choices.empty(); }

Constraint constraint_of(const Run& run) {
  if (!settings.schema.empty() + !settings.pattern.empty() + !settings.choices.empty() > 1)
    throw Error(Status::kInput, "--schema, --regex and --choices exclude each other");
  if (is_free()) return Constraint::regex(record_pattern(run.nul));
  Constraint constraint;
  const bool nul = run.nul;
  if (settings.schema.empty()) {
    constraint = settings.choices.empty() ? Constraint::regex(settings.pattern) : Constraint::choices(settings.choices);
    constraint.check = [nul](std::string_view text) { return is_record(text, nul); };
    return constraint;
  }
  const bool stdin_is_text = settings.files.empty() || std::ranges::find(settings.files, "-") != settings.files.end();
  const auto [text, where] = tasks::read_schema_argument(settings.schema, stdin_is_text);
  const auto schema = std::make_shared<SchemaGrammar>(compile_schema(SchemaGraph::parse(text, where)));
  constraint.grammar = schema->grammar;
  constraint.check = [nul, schema](std::string_view value) {
    return is_record(value, nul) && (!schema->needs_check || !schema->check(value));
  };
  return constraint;
}

GenerateOptions generate_options(const Run& run) {
  if (settings.beams > 1 && settings.temperature > 0)
    throw Error(Status::kInput, "--beams and --temperature exclude each other");
  GenerateOptions options;
  options.max_tokens = settings.max_tokens;
  options.temperature = static_cast<float>(settings.temperature);
  options.beams = settings.beams;
  options.seed = run.seed;
  options.deadline = run.deadline;
  return options;
}

Model open_model(const Run& run) {
  if (run.model.empty()) throw Error(Status::kInput, "missing --model; see eve-run --help");
  Model model = Model::open(run.model);
  const std::string& task = model.data().info.task;
  if (tasks::has_form(task))
    throw Error(Status::kModel, printable(run.model) + ": a model for task '" + task + "'; eve-" + task + " runs it");
  if (!model.data().tokenizer) throw Error(Status::kModel, printable(run.model) + ": no tokenizer in the model file");
  return model;
}

Answer read_answer(const Tokenizer& tokenizer, const Generator::Result& result) {
  Answer answer;
  if (const char* reason = tasks::failure(result.reason)) {
    answer.reason = reason;
    return answer;
  }
  // Free text that the model did not end has been cut.
  if (is_free() && result.reason != StopReason::kEndOfText) {
    answer.reason = "the answer is longer than --max-tokens or the model's context allows";
    return answer;
  }
  answer.confidence = tasks::Certainty(tokenizer, result).whole();
  if (answer.confidence < settings.min_confidence)
    answer.reason = "the model is less sure than --min-confidence";
  else
    answer.text = result.text;
  return answer;
}

std::string json_answer(const Answer& answer) {
  std::string line;
  JsonWriter json(line);
  if (!settings.schema.empty() && answer.reason.empty()) {
    json.begin_object().member("confidence", answer.confidence).end_object();
    return "{\"answer\":" + answer.text + "," + line.substr(1);
  }
  json.begin_object().key("answer");
  if (answer.reason.empty())
    json.value(answer.text);
  else
    json.null();
  json.member("confidence", answer.confidence);
  if (!answer.reason.empty()) json.member("reason", answer.reason);
  json.end_object();
  return line;
}

Status run_model(Run& run) {
  const Constraint constraint = constraint_of(run);
  const GenerateOptions options = generate_options(run);
  const Model model = open_model(run);
  const Tokenizer& tokenizer = *model.data().tokenizer;
  const std::string& task = model.data().info.task;
  const std::size_t context = model.data().config.context;
  Generator generator(model, run.threads);
  Records records(run, settings.files);
  Status status = Status::kOk;
  std::uint64_t done = 0;
  for (bool more = true; more;) {
    std::vector<Answer> answers;
    std::vector<std::size_t> asked;  // of answers
    std::vector<Generator::Request> requests;
    // Records that wait share passes; none waits for others.
    while (answers.size() < kBatch && (answers.empty() || records.may_join())) {
      std::string record;
      if (!(more = records.next(record))) break;
      tasks::check_text(record, records.count());
      if (!run.nul && record.ends_with('\r')) record.pop_back();
      Answer& answer = answers.emplace_back();
      if (record.find_first_not_of(" \t\r\n") == record.npos) {
        answer.reason = "the record is empty";
        continue;
      }
      std::string prompt = tasks::prompt_of(task, record);
      if (tokenizer.encode(prompt).size() >= context) {
        answer.reason = "the record is too long for the model's context of " + std::to_string(context) + " tokens";
        continue;
      }
      asked.push_back(answers.size() - 1);
      requests.push_back({std::move(prompt), constraint});
    }
    generator.generate_all(requests, options, [&](std::size_t i, Generator::Result&& result) {
      answers[asked[i]] = read_answer(tokenizer, result);
    });
    run.check_time();
    for (const Answer& answer : answers) {
      ++done;
      run.out.write(run.json ? json_answer(answer) : answer.text);
      run.out.end_record();
      if (answer.reason.empty()) continue;
      status = Status::kNoAnswer;
      run.detail("record " + std::to_string(done) + ": " + answer.reason);
    }
  }
  return status;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-run";
  tool.summary = "make a filter of your own model";
  tool.description =
      "Reads a record a line and writes the model's answer a line, in order. The model is one that eve-train fit made "
      "of rows {\"prompt\", \"answer\"}: a record is read as a prompt of those rows was.\n"
      "\n"
      "With --schema, --regex or --choices the model can write nothing else, and ends in time: an answer is never cut. "
      "Without them an answer is one line (with -0, lines) of text that the model ended by itself. Where there is no "
      "such answer the line is empty and the status 1.";
  tool.examples = {
      {"eve-run --model level.gguf --choices error,warning,info <app.log | sort | uniq -c", "sort lines into classes"},
      {"eve-run --model units.gguf --regex '[0-9.]+ (g|ml)' <recipe.txt", "answers of one form"},
      {"eve-run --model order.gguf --schema 'item, amount int 1..' <mails.txt | jq .amount", "JSON that validates"},
      {"eve-run --model mine.gguf --json <lines.txt | jq 'select(.confidence < 0.5)'", "what a person should look at"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,   Common::kVerbose, Common::kJson,      Common::kNul,
                 Common::kModel,  Common::kThreads, Common::kSeed,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = 64 << 10;
  tool.no_answer = "For a record there was no acceptable answer; its line is empty.";
  tool.options = {
      option("--schema", "FILE", "Answers are JSON of this schema: a file, JSON Schema, or 'NAME TYPE, ...'.",
             &settings.schema),
      option("--regex", "PATTERN", "Answers match this pattern (ECMA-262) as a whole.", &settings.pattern),
      list("--choices", "LIST", "Answers are one of these, with commas between them.", &settings.choices),
      option("--min-confidence", "P", "Write nothing where the model is less sure than this, 0 to 1.",
             &settings.min_confidence, 0, 1),
      option("--max-tokens", "N", "Longest answer.", &settings.max_tokens, 1, 8192),
      option("--temperature", "X", "Draw answers at this temperature; 0 takes the best token each time.",
             &settings.temperature, 0, 10),
      option("--beams", "N", "Search with so many beams; 1 takes the best token each time.", &settings.beams, 1, 8),
      files("FILE", "Records to read; - is stdin.", &settings.files),
  };
  tool.sections = {
      {"MODELS",
       "--model is needed. A model that eve-train made for a task of its own reads each record with a cue behind it, "
       "the same as in training; one for the task base, or without a task, goes on with the record as it stands. "
       "Models of other tools are refused. A record that the model's context has no room for has no answer."},
      {"JSON",
       "With --json each record gives {\"answer\", \"confidence\"}: answer is a string, with --schema the value "
       "itself, and null where there is none; then \"reason\" says why. confidence is the probability of the answer's "
       "tokens among those that were allowed."},
  };
  tool.run = run_model;
  return tool;
}

}  // namespace eve
