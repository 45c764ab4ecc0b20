// SPDX-License-Identifier: Apache-2.0
// eve-pii: the same bytes, personal data masked.
#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "base/json.h"
#include "eve/eve.h"
#include "pii/filter.h"
#include "pii/token_map.h"
#include "tool.h"

namespace eve {
namespace {

using namespace pii;

constexpr std::size_t kBatchRecords = 512, kBatchBytes = 256 << 10;
constexpr std::size_t kListBytes = std::size_t{64} << 20;
constexpr std::size_t kLeastKeyBytes = 16;
// Any capitalised word may be a name: below this the model is wrong more often than right where nobody is named.
constexpr float kPersonThreshold = 0.75f;

struct {
  std::vector<std::string> action, only, except, threshold, files;
  std::string allow, deny, scope, key_file, map, report;
  bool rules_only = false, model_only = false, restore = false, check = false;
} settings;

// "LABEL=WHAT" or "WHAT" for all labels.
std::pair<std::string, std::string> split_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<Action> actions(const LabelSet& labels) {
  std::vector<Action> result(labels.size(), Action::kTag);
  // The general ones first, so that the order of the flags does not matter.
  for (bool general : {true, false}) {
    for (const std::string& text : settings.action) {
      const auto [label, what] = split_setting(text);
      if (label.empty() != general) continue;
      const auto* found = std::find(std::begin(kActionNames), std::end(kActionNames), what);
      if (found == std::end(kActionNames)) {
        throw Error(Status::kInput,
                    "--action takes tag, mask, remove, hash, pseudonym or keep, as ACTION or LABEL=ACTION");
      }
      const auto action = static_cast<Action>(found - std::begin(kActionNames));
      if (general)
        result.assign(labels.size(), action);
      else
        result[labels.find(label)] = action;
    }
  }
  return result;
}

std::vector<bool> wanted(const LabelSet& labels) {
  std::vector<bool> result(labels.size(), settings.only.empty());
  for (const std::string& label : settings.only) result[labels.find(label)] = true;
  for (const std::string& label : settings.except) result[labels.find(label)] = false;
  if (std::find(result.begin(), result.end(), true) == result.end())
    throw Error(Status::kInput, "--only and --except leave no label to look for");
  return result;
}

std::vector<float> thresholds(const LabelSet& labels) {
  std::vector<float> result(labels.size(), 0);
  result[labels.find("PERSON")] = kPersonThreshold;
  for (bool general : {true, false}) {
    for (const std::string& text : settings.threshold) {
      const auto [label, number] = split_setting(text);
      if (label.empty() != general) continue;
      float value = 0;
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
      if (error != std::errc() || end != number.data() + number.size() || !(value >= 0 && value <= 1)) {
        throw Error(Status::kInput, "--threshold takes a number from 0 to 1, as NUMBER or LABEL=NUMBER");
      }
      if (general)
        result.assign(labels.size(), value);
      else
        result[labels.find(label)] = value;
    }
  }
  return result;
}

// One value a line; in a deny list a label and a tab may stand before it.
Phrases read_list(const std::string& path, const LabelSet& labels, bool with_labels) {
  Phrases phrases;
  if (path.empty()) return phrases;
  const std::string text = read_file(path, kListBytes);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string_view line(text.data() + from, end - from);
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::uint16_t label = labels.find(kCustomLabel);
    if (const std::size_t tab = line.find('\t'); with_labels && tab != line.npos) {
      label = labels.find(line.substr(0, tab));
      line.remove_prefix(tab + 1);
    }
    phrases.add(line, label);
    from = end + 1;
  }
  return phrases;
}

std::string read_key(const Run& run, const std::vector<Action>& actions) {
  if (!settings.key_file.empty()) {
    std::string key = read_file(settings.key_file, 1 << 16);
    while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
    if (key.size() < kLeastKeyBytes) {
      throw Error(Status::kInput, printable(settings.key_file) +
                                      ": a key has at least 16 bytes; make one with: head -c 32 /dev/urandom | base64");
    }
    return key;
  }
  if (std::find(actions.begin(), actions.end(), Action::kHash) != actions.end()) {
    throw Error(Status::kInput, "hash needs --key-file: without a key anyone can try all values");
  }
  return "seed " + std::to_string(run.seed);
}

void write_spans(JsonWriter& json, const Spans& spans, const LabelSet& labels) {
  json.key("spans").begin_array();
  for (const Span& span : spans) {
    json.begin_object().member("start", span.start).member("end", span.end);
    json.member("label", std::string_view(labels.name(span.label)))
        .member("score", span.score)
        .member("by", name(span.by))
        .end_object();
  }
  json.end_array();
}

/// Counts and places of what was found, never the values.
class Report {
 public:
  Report(const std::string& path, const LabelSet& labels) : labels_(labels), counts_(labels.size(), 0) {
    if (!path.empty() && path != "-") file_ = std::make_unique<AtomicFile>(path);
    wanted_ = !path.empty();
  }
  void add(std::uint64_t record, std::size_t bytes, const Spans& spans) {
    bytes_ += bytes;
    records_ = record;
    for (const Span& span : spans) ++counts_[span.label];
    if (!wanted_ || spans.empty()) return;
    std::string line;
    JsonWriter json(line);
    json.begin_object().member("record", record);
    write_spans(json, spans, labels_);
    json.end_object();
    put(line);
  }
  std::uint64_t found() const {
    std::uint64_t sum = 0;
    for (std::uint64_t count : counts_) sum += count;
    return sum;
  }
  /// "2 records, 10 bytes, 3 spans: PERSON 1, EMAIL 2"
  std::string summary() const {
    std::string text = std::to_string(records_) + " records, " + std::to_string(bytes_) + " bytes, " +
                       std::to_string(found()) + " spans";
    const char* before = ": ";
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] == 0) continue;
      text += before + labels_.name(i) + " " + std::to_string(counts_[i]);
      before = ", ";
    }
    return text;
  }
  void end() {
    if (!wanted_) return;
    std::string line;
    JsonWriter json(line);
    json.begin_object()
        .member("records", records_)
        .member("bytes", bytes_)
        .member("spans", found())
        .key("labels")
        .begin_object();
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) json.member(labels_.name(i), counts_[i]);
    }
    json.end_object().end_object();
    put(line);
    if (file_) file_->commit();
  }

 private:
  const LabelSet& labels_;
  std::vector<std::uint64_t> counts_;
  std::unique_ptr<AtomicFile> file_;
  std::uint64_t records_ = 0, bytes_ = 0;
  bool wanted_ = false;
  void put(std::string& line) {
    line += '\n';
    if (file_)
      file_->write(line);
    else
      write_all(2, line);
  }
};

Status restore(Run& run) {
  const TokenMap map(settings.map);
  Records records(run, settings.files);
  for (std::string record; records.next(record);) {
    run.check_time();
    run.out.write(map.restore(record));
    run.out.end_record(records.terminated());
  }
  return Status::kOk;
}

void check_usage() {
  const auto refuse = [](const char* what) { throw Error(Status::kInput, what); };
  if (settings.rules_only && settings.model_only) refuse("--rules-only and --model-only exclude each other");
  if (settings.restore && settings.map.empty()) refuse("--restore needs --map FILE");
  if (!settings.map.empty() && !settings.restore && !settings.scope.empty() && settings.scope != "run") {
    refuse("--map needs one numbering for everything: --scope run");
  }
  if (settings.check && !settings.map.empty()) refuse("--check writes no tokens: leave out --map");
}

Status run_pii(Run& run) {
  check_usage();
  if (settings.restore) return restore(run);
  const std::string scope = !settings.scope.empty() ? settings.scope : settings.map.empty() ? "file" : "run";

  LabelSet labels;
  std::optional<Tagger> tagger;
  if (!settings.rules_only) {
    tagger.emplace(Model::open(run.model.empty() ? Model::find("pico-pii") : run.model, "pii"), run.threads);
    for (const std::string& label : tagger->labels()) labels.add(label);
  }
  const std::vector<Action> action = actions(labels);
  Detector::Settings detect;
  detect.rules = !settings.model_only;
  detect.wanted = wanted(labels);
  detect.threshold = thresholds(labels);
  detect.allow = read_list(settings.allow, labels, false);
  detect.deny = read_list(settings.deny, labels, true);
  detect.threads = run.threads;
  Detector detector(std::move(detect), labels, std::move(tagger));

  const std::string key = read_key(run, action);
  std::unique_ptr<TokenMapWriter> map;
  Redactor::Settings redact{action, key, false, {}};
  if (!settings.map.empty()) {
    map = std::make_unique<TokenMapWriter>(settings.map);
    redact.exact = true;
    redact.on_token = [&map](std::string_view token, std::string_view label, std::string_view value) {
      map->add(token, label, value);
    };
  }
  Redactor redactor(std::move(redact), labels);
  Report report(settings.report, labels);

  std::vector<std::string> files = settings.files;
  if (files.empty()) files.push_back("-");
  std::uint64_t count = 0;
  bool found = false;  // what --check looks for
  for (const std::string& file : files) {
    Records records(run, {file});
    Filter filter(detector, labels, action, key);
    if (scope == "file") redactor.forget();
    std::vector<std::string> batch;
    std::vector<bool> terminated;
    for (bool more = true; more;) {
      batch.clear();
      terminated.clear();
      std::size_t bytes = 0;
      // What waits is read together, up to a limit; nothing waits for more.
      while (batch.size() < kBatchRecords && bytes < kBatchBytes && (batch.empty() || records.may_join())) {
        std::string record;
        if (!(more = records.next(record))) break;
        bytes += record.size();
        batch.push_back(std::move(record));
        terminated.push_back(records.terminated());
      }
      run.check_time();
      const std::vector<std::string_view> views(batch.begin(), batch.end());
      const std::vector<Spans> spans = filter.run(views);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        report.add(++count, batch[i].size(), spans[i]);
        if (settings.check) {
          const auto seen = std::find_if(spans[i].begin(), spans[i].end(),
                                         [&](const Span& s) { return action[s.label] != Action::kKeep; });
          if (seen == spans[i].end()) continue;
          found = true;
          run.note("personal data in record " + std::to_string(count) + ": " + labels.name(seen->label) + " at byte " +
                   std::to_string(seen->start));
          if (settings.report.empty()) return Status::kNoAnswer;
        } else if (run.json) {
          std::string line;
          JsonWriter json(line);
          json.begin_object();
          write_spans(json, spans[i], labels);
          json.end_object();
          run.out.write(line);
          run.out.end_record();
        } else {
          if (scope == "line") redactor.forget();
          run.out.write(redactor.redact(batch[i], spans[i]));
          run.out.end_record(terminated[i]);
        }
      }
    }
  }
  run.detail(report.summary());
  report.end();
  if (map) map->commit();
  return found ? Status::kNoAnswer : Status::kOk;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-pii";
  tool.summary = "mask personal data in any byte stream";
  tool.description =
      "Reads lines and writes the same lines with personal data replaced. Every byte outside a replaced part is the "
      "same: carriage "
      "returns, NUL, invalid UTF-8 and a missing last line feed survive. A line is written as soon as it is complete "
      "and no other "
      "waits, so it can stand behind tail -f.\n"
      "\n"
      "Two layers look at each line. Rules find what its form or a check digit gives away: mail and web addresses, IP "
      "and MAC "
      "addresses, payment cards, IBANs, identity numbers, telephone numbers, keys, tokens, passwords beside their "
      "name, wallets, "
      "coordinates. A small model reads the line for what only the context tells: names, addresses, user names and the "
      "rest. The "
      "model adds to the rules and never takes away from them.\n"
      "\n"
      "Nothing can promise to find all personal data. eve-pii lowers the risk; it does not replace a person's "
      "judgement about what "
      "may leave the house.";
  tool.examples = {
      {"tail -f app.log | eve-pii", "follow a log without its personal data"},
      {"eve-pii --action mask,PERSON=tag <mail.txt", "stars for everything, numbered tags for people"},
      {"eve-pii --check <fixture.json", "fail (status 1) when there is personal data, for a commit hook or CI"},
      {"eve-pii --map tokens.jsonl <in.txt >out.txt; eve-pii --restore --map tokens.jsonl <out.txt",
       "mask, and later undo it"},
      {"eve-pii --action hash --key-file key <a.log", "tokens that are the same in every run with the same key"},
      {"eve-pii --only EMAIL,IP_ADDRESS --rules-only <access.log", "two kinds, no model"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,   Common::kVerbose, Common::kJson,      Common::kNul,
                 Common::kModel,  Common::kThreads, Common::kSeed,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = std::size_t{16} << 20;
  tool.no_answer = "With --check: personal data was found. Nothing was printed.";
  tool.options = {
      list("-a, --action", "[LABEL=]ACTION",
           "What becomes of personal data: tag (default: [PERSON_1]), mask (a star for each character), remove, hash "
           "(needs --key-file), pseudonym (a made-up value of the same form) or keep. Without a label, for all.",
           &settings.action),
      list("--only", "LABEL", "Look for these labels alone.", &settings.only),
      list("--except", "LABEL", "Do not look for these labels.", &settings.except),
      list(
          "--threshold", "[LABEL=]NUMBER",
          "Take from the model only what it is this sure of, 0 to 1; PERSON=0.75 unless given. Rules are not affected.",
          &settings.threshold),
      option("--allow", "FILE", "Values that are no personal data, one a line; only a whole value counts.",
             &settings.allow),
      option("--deny", "FILE", "Values that always are, one a line, of the label CUSTOM or of the label before a tab.",
             &settings.deny),
      choice("--scope", "SCOPE",
             "Where the same value has the same number: line, file (default) or run (default with --map).",
             &settings.scope, {"line", "file", "run"}),
      option("--key-file", "FILE",
             "Key of hash and pseudonym, at least 16 bytes. Without it pseudonyms depend on --seed.",
             &settings.key_file),
      option(
          "--map", "FILE",
          "Write what each tag and hash stands for, as JSON Lines, readable by you alone. It holds the personal data.",
          &settings.map),
      flag("--restore", "Put back what --map FILE says. Exact where all actions were tag, hash or keep.",
           &settings.restore),
      flag("--check", "Print nothing; exit 1 when there is personal data.", &settings.check),
      option("--report", "FILE",
             "Write counts, labels and byte offsets of what was found, never values, as JSON Lines; - is stderr.",
             &settings.report),
      flag("--rules-only", "No model: faster, and blind for what only the context tells.", &settings.rules_only),
      flag("--model-only", "No rules, to measure the model.", &settings.model_only),
      files("FILE", "What to read; - is stdin.", &settings.files),
  };
  std::string names;
  for (std::string_view label : kLabelNames) names += (names.empty() ? "" : ", ") + std::string(label);
  tool.sections = {
      {"LABELS", names + ", and CUSTOM for deny lists.\n"
                         "\n"
                         "SSN is any national identity number. PASSWORD includes PINs, card codes, API keys, tokens "
                         "and private keys (PEM). Companies, job titles, cities by "
                         "themselves, dates other than birth dates, amounts, order numbers, host names, addresses that "
                         "every machine has (127.0.0.1, 0.0.0.0), versions, hashes and UUIDs are not personal data "
                         "here."},
      {"JSON",
       "With --json each record gives {\"spans\": [{\"start\", \"end\", \"label\", \"score\", \"by\"}]} and no text: "
       "byte offsets in the record, half open; "
       "by is rule, model or list. The object ends with a line feed, with -0 with NUL."},
      {"SPEED",
       "The model does not read a line itself but its form: values that the rules found, tags of an earlier run, time "
       "stamps, hexadecimal numbers and digits are replaced by one example of their kind. What it said of a form is "
       "remembered (up to 16 MiB of forms, the ones not asked for longest leave first), and a line whose form is "
       "remembered is not read by the model again. The rules read every line. So a line's result depends on the line "
       "alone: not on what was remembered, on the lines read together with it, or on --threads.\n"
       "\n"
       "Lines that wait are read together, up to 512; a line never waits for another."},
      {"IDEMPOTENCE",
       "A second run over the output changes nothing: tags of an earlier run are left alone, and what is left of a "
       "masked record is looked at again until "
       "nothing more is found. Two actions are exceptions: remove joins what stood apart, and pseudonyms look like "
       "data and are replaced again."},
      {"MAP",
       "A tag that already stands in the input keeps its place; when its number has been given to a value, it is given "
       "a number itself, so that --restore gives "
       "back the input byte for byte. The map appears when the run ends well. Whoever has it has the data: keep it "
       "apart from the output."},
  };
  tool.run = run_pii;
  return tool;
}

}  // namespace eve
