// SPDX-License-Identifier: Apache-2.0
// eve-extract: messy text and a schema to JSON that validates.
#include <algorithm>

#include "base/json.h"
#include "decode/schema_infer.h"
#include "eve/eve.h"
#include "extract/extractor.h"
#include "extract/records.h"
#include "model/model.h"
#include "tasks/schema_argument.h"
#include "tool.h"

namespace eve {
namespace {

using extract::Extractor;
using extract::Texts;
using extract::Unit;

constexpr std::size_t kBatch = 16;

struct {
  std::string schema, today;
  std::vector<std::string> files;
  bool paragraph = false, whole = false, offsets = false, strict_required = false, free_text = false, pretty = false;
  bool check_schema = false, infer = false;
  std::uint64_t max_tokens = 1024, beams = 1;
  std::size_t window = 2000;
  double min_confidence = 0;
} settings;

Unit unit() {
  if (settings.paragraph && settings.whole) throw Error(Status::kInput, "--paragraph and --whole exclude each other");
  return settings.paragraph ? Unit::kParagraph : settings.whole ? Unit::kWhole : Unit::kLine;
}

extract::ExtractSettings extract_settings() {
  extract::ExtractSettings result;
  result.grounded = !settings.free_text;
  result.strict_required = settings.strict_required;
  result.min_confidence = settings.min_confidence;
  result.window_bytes = settings.window;
  result.overlap_bytes = settings.window / 10;
  if (!settings.today.empty()) {
    result.today = tasks::read_day(settings.today);
    if (!result.today) throw Error(Status::kInput, "--today takes a day as YYYY-MM-DD");
  }
  return result;
}

// ------------------------------------------------------------------------------------------------- without a model

Status infer(Run& run) {
  SchemaInference inference;
  Records records(run, settings.files);
  for (std::string record; records.next(record);) {
    if (record.find_first_not_of(" \t\r") == record.npos) continue;
    inference.add(parse_json_value(record, "record " + std::to_string(records.count())));
  }
  const std::string schema = inference.schema();
  run.out.write(settings.pretty ? json_text(parse_json_value(schema, "schema"), 2) : schema);
  run.out.end_record();
  return Status::kOk;
}

Status check_schema(Run& run, const Extractor& extractor) {
  for (const KeywordReport& keyword : extractor.keywords()) {
    const char* way = keyword.way == Enforcement::kGrammar ? "grammar"
                      : keyword.way == Enforcement::kCheck ? "check"
                                                           : "nothing";
    std::string line;
    if (run.json) {
      JsonWriter json(line);
      json.begin_object().member("keyword", keyword.pointer).member("enforced", way);
      if (!keyword.reason.empty()) json.member("reason", keyword.reason);
      json.end_object();
    } else {
      line = printable(keyword.pointer) + "\t" + way + (keyword.reason.empty() ? "" : "\t" + printable(keyword.reason));
    }
    run.out.write(line);
    run.out.end_record();
  }
  return Status::kOk;
}

// ------------------------------------------------------------------------------------------------------- extraction

/// A misspelled keyword, as "propertees", would change the answer without a word.
void note_unknown_keyword(const Run& run, const Extractor& extractor) {
  for (const KeywordReport& keyword : extractor.keywords())
    if (keyword.reason == "not a keyword of JSON Schema" && keyword.pointer.find("/x-") == keyword.pointer.npos)
      return run.note("schema " + printable(keyword.pointer) + ": " + keyword.reason);
}

std::string offsets_json(const extract::Record& record) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  for (const extract::Field& field : record.fields)
    if (field.span)
      json.key(field.pointer).begin_array().value(field.span->first).value(field.span->second).end_array();
  json.end_object();
  return line;
}

std::string json_record(const extract::Record& record) {
  std::string line =
      "{\"value\":" + (record.json.empty() ? "null" : record.json) + ",\"offsets\":" + offsets_json(record);
  std::string rest;
  JsonWriter json(rest);
  json.begin_object().key("confidence").begin_object();
  for (const extract::Field& field : record.fields) json.member(field.pointer, field.confidence);
  json.end_object();
  if (!record.missing.empty()) {
    json.key("missing").begin_array();
    for (const std::string& name : record.missing) json.value(name);
    json.end_array();
  }
  if (!record.reason.empty()) json.member("reason", record.reason);
  json.end_object();
  return line + "," + rest.substr(1);
}

std::string text_record(const extract::Record& record) {
  if (record.json.empty()) return "";
  if (settings.offsets) return "{\"value\":" + record.json + ",\"offsets\":" + offsets_json(record) + "}";
  return settings.pretty ? json_text(parse_json_value(record.json, "answer"), 2) : record.json;
}

Status run_extract(Run& run) {
  if (settings.infer) return infer(run);
  if (settings.pretty && (run.json || settings.offsets))
    throw Error(Status::kInput, "--pretty goes with neither --json nor --offsets");
  if (settings.schema.empty()) throw Error(Status::kInput, "missing --schema; see eve-extract --help");
  const bool reads_stdin = settings.files.empty() || std::ranges::find(settings.files, "-") != settings.files.end();
  const auto [schema, where] = tasks::read_schema_argument(settings.schema, reads_stdin && !settings.check_schema);
  const Unit unit_of_input = unit();
  Extractor extractor(schema, where, extract_settings());
  if (settings.check_schema) return check_schema(run, extractor);
  note_unknown_keyword(run, extractor);

  const Model model = Model::open(run.model.empty() ? Model::find("pico-extract") : run.model, "extract");
  Generator generator(model, run.threads);
  GenerateOptions options;
  options.max_tokens = settings.max_tokens;
  options.beams = settings.beams;
  options.seed = run.seed;
  options.deadline = run.deadline;
  Texts texts(run, settings.files, unit_of_input);
  Status status = Status::kOk;
  std::uint64_t done = 0;
  for (bool more = true; more;) {
    std::vector<std::string> batch;
    // Texts that wait share passes; none waits for others.
    while (batch.size() < kBatch && (batch.empty() || texts.may_join())) {
      std::string text;
      if (!(more = texts.next(text))) break;
      batch.push_back(std::move(text));
    }
    for (const extract::Record& record : extractor.extract(generator, *model.data().tokenizer, batch, options)) {
      ++done;
      if (record.json.empty()) status = Status::kNoAnswer;
      run.out.write(run.json ? json_record(record) : text_record(record));
      run.out.end_record();
      if (!record.reason.empty()) run.detail("record " + std::to_string(done) + ": " + record.reason);
      for (const std::string& name : record.missing)
        run.detail("record " + std::to_string(done) + ": no value for " + printable(name));
    }
    run.check_time();
  }
  return status;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-extract";
  tool.summary = "turn text into JSON that validates";
  tool.description =
      "Reads a text a line and writes a JSON value a line that satisfies the schema, its members in the order of the "
      "schema.\n"
      "\n"
      "A small model chooses, but it can write only what is allowed: strings are spans of the text, numbers and dates "
      "are those that the text says, in figures or in words, and every keyword of the schema holds. A member for which "
      "the text has no value is null or left out. When nothing acceptable can be written the line is empty and the "
      "status 1.\n"
      "\n"
      "The schema is a file, JSON Schema itself (2020-12 or draft-07), or its short form: 'name, age int, tags "
      "[string], status open|closed, born? date'.";
  tool.examples = {
      {"eve-extract --schema 'name, city, age int' <people.txt", "a record for each line"},
      {"eve-extract --schema order.json --paragraph --json <mails.txt | jq .value.total",
       "with confidence and places, for a program"},
      {"journalctl -n 50 -o cat | eve-extract --schema 'user?, ip? ipv4, port? int' | jq -r .ip",
       "what a log is about"},
      {"eve-extract --schema order.json --check-schema", "how each keyword of the schema is enforced"},
      {"eve-extract --infer <examples.jsonl >schema.json", "a schema from examples"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,   Common::kVerbose, Common::kJson,      Common::kNul,
                 Common::kModel,  Common::kThreads, Common::kSeed,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = std::size_t{16} << 20;
  tool.no_answer = "For a text there was nothing acceptable to write; its line is empty.";
  tool.options = {
      option("--schema", "FILE", "The schema: a file, JSON Schema, or the short form (see SCHEMA in the man page).",
             &settings.schema),
      flag("--paragraph", "A text is a paragraph: lines up to an empty one.", &settings.paragraph),
      flag("--whole", "A text is a whole file.", &settings.whole),
      flag("--offsets", "Write {\"value\", \"offsets\"}: where in the text each value stands.", &settings.offsets),
      flag("--strict-required",
           "Write nothing rather than a value that lacks a required member. Without it such a member is left out.",
           &settings.strict_required),
      option("--min-confidence", "P",
             "Make a value null or leave it out when the model is less sure of it than this, 0 to 1, where the schema "
             "allows that.",
             &settings.min_confidence, 0, 1),
      flag("--free-text", "Strings, numbers and dates need not stand in the text.", &settings.free_text),
      option("--today", "YYYY-MM-DD", "What \"tomorrow\", \"Friday\" and days without a year are reckoned from.",
             &settings.today),
      option("--max-tokens", "N", "Longest answer; a shorter one is ended in time, never cut.", &settings.max_tokens, 8,
             8192),
      option("--beams", "N", "Search with so many beams; 1 takes the best token each time.", &settings.beams, 1, 8),
      bytes("--window", "BYTES", "Longer texts are read in overlapping parts of this size.", &settings.window),
      flag("--pretty", "Over several lines, indented.", &settings.pretty),
      flag("--check-schema",
           "Only say how each keyword is enforced: by the grammar, by a check of the finished value, or nothing for a "
           "remark.",
           &settings.check_schema),
      flag("--infer", "Only write a schema that all JSON Lines of the input satisfy.", &settings.infer),
      files("FILE", "Texts to read; - is stdin.", &settings.files),
  };
  tool.sections = {
      {"SCHEMA",
       "The short form names members between commas or line ends: NAME for a string, NAME TYPE for another type, NAME? "
       "for one that may be left out, TYPE? for one that may be null, and \": what it is\" behind it. Types are "
       "string, "
       "int, number, bool, date, time, date-time, duration, email, uri, uuid, ipv4, ipv6, hostname, int 0..150, a|b|c, "
       "[TYPE] and {NAME, ...}.\n"
       "\n"
       "A keyword that cannot be enforced is refused with its place; none is ignored."},
      {"EVIDENCE",
       "A number may be any that the text says: 1,234.50, 1/2, twenty-five, 10k. A string with the format date, time "
       "or "
       "date-time is one of the text's, written as RFC 3339 does; a time without a zone is taken as UTC, a day without "
       "a "
       "year needs --today. Other formats and patterns take spans of the text that match. All other strings are spans "
       "of whole words, a plural behind a number perhaps as its singular, and a range of numbers with a hyphen. With "
       "--free-text none of "
       "this holds.\n"
       "\n"
       "A required member of the record whose kind of value the text does not have at all is left out and named with "
       "-v "
       "and under missing with --json; the rest satisfies the schema. With --strict-required there is no record then."},
      {"LONG TEXTS",
       "Texts longer than --window are read in parts that overlap by a tenth. Of each member the value is taken of "
       "which "
       "the model is surest; lists are joined, without repetitions."},
      {"JSON",
       "With --json each text gives {\"value\", \"offsets\", \"confidence\"}: offsets from JSON pointers to the bytes "
       "[begin, end) of the text that say the value, confidence from JSON pointers to the probability of the value "
       "among "
       "those that were allowed. value is null when there is none, and reason says why."},
  };
  tool.run = run_extract;
  return tool;
}

}  // namespace eve
