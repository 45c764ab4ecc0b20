// SPDX-License-Identifier: Apache-2.0
// eve-summarize: a conversation, text or log to a summary of bounded length.
#include <poll.h>
#include <unistd.h>

#include "base/json.h"
#include "eve/eve.h"
#include "summarize/summary.h"
#include "summarize/terms.h"
#include "summarize/writer.h"
#include "tool.h"

namespace eve {
namespace {

using summarize::Dialect;
using summarize::Document;
using summarize::Extractor;
using summarize::Layout;
using summarize::Limits;
using summarize::Outcomes;
using summarize::Shape;
using summarize::Summary;
using summarize::Writer;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kSentences = 3, kWords = 100, kKinds = 10, kTitleWords = 10;
// What a model is asked for of one window; it ends by itself.
constexpr std::size_t kMostWords = 200, kMostSentences = 12, kUsualSentences = 5;

struct {
  std::vector<std::string> files;
  std::string from, jsonl, every;
  std::uint64_t words = 0, sentences = 0, bullets = 0, beams = 1;
  std::size_t window = 2600;
  double min_agreement = 0.33;  // chosen on development rows
  bool title = false, cite = false, strict = false, extractive = false, follow = false, lossy = false;
} settings;

std::size_t most_sentences() { return settings.bullets ? settings.bullets : settings.sentences; }

/// What is quoted; 0: no limit.
Limits quotations() {
  if (!settings.words && !most_sentences()) return {kWords, kSentences};
  return {settings.words, most_sentences()};
}

/// The model, opened when the first text needs it: logs and quotations do not.
class Engine {
 public:
  explicit Engine(const Run& run) : run_(run) {}
  Writer writer() {
    if (!generator_)
      generator_ = std::make_unique<Generator>(
          Model::open(run_.model.empty() ? Model::find("pico-summarize") : run_.model, "summarize"), run_.threads);
    GenerateOptions options;
    options.seed = run_.seed;
    options.deadline = run_.deadline;
    options.beams = settings.beams;
    return {*generator_, options, {settings.window, settings.min_agreement, quotations(), settings.strict}};
  }

 private:
  const Run& run_;
  std::unique_ptr<Generator> generator_;
};

/// One document on its way to a summary.
class Job {
 public:
  Job(const Run& run, Engine& engine, std::optional<Dialect> dialect)
      : engine_(engine),
        document_({dialect, settings.lossy, run.max_input}, [this](summarize::Turn&& turn) { take(turn); }) {}

  void line(std::string_view line) { document_.line(line); }
  std::optional<Dialect> dialect() const { return document_.dialect(); }
  std::uint64_t lines() const { return document_.lines(); }

  Summary finish() {
    document_.end();
    Summary summary;
    const bool log = document_.dialect() == Dialect::kLog;
    const bool limited = settings.words || most_sentences();
    const Limits limits = log && !limited ? Limits{0, kKinds} : quotations();
    if (writer_) {
      summary.statements = writer_->finish(shape());
      summary.windows = writer_->windows();
      summary.quoted = writer_->quoted();
      summary.unsupported = writer_->dropped();
    } else if (settings.title) {
      const std::size_t words = settings.words ? settings.words : kTitleWords;
      const std::string title = log ? log_title(document_.log(), words) : extractor_.title(words);
      if (!title.empty() && (!log || document_.log().lines())) summary.statements.push_back({title, {}});
    } else if (log) {
      summary.statements = log_statements(document_.log(), limits);
    } else {
      std::uint64_t turn = 0;
      for (summarize::Excerpt& excerpt : extractor_.choose(limits)) {
        // In one paragraph a speaker who goes on is named once.
        if (excerpt.turn == turn && !settings.bullets) excerpt.speaker.clear();
        turn = excerpt.turn;
        summary.statements.push_back({said(excerpt), {turn}});
      }
    }
    summary.dialect = name_of(*document_.dialect());
    if (settings.extractive && document_.dialect() != Dialect::kLog) summary.quoted = summary.windows;
    summary.lines = document_.lines();
    summary.bytes = document_.bytes();
    summary.turns = turns_;
    summary.content = log ? log_share(summary) : text_share(summary);
    summary.actions = outcomes_.actions();
    summary.decisions = outcomes_.decisions();
    return summary;
  }

  Layout layout() const {
    return settings.bullets ? Layout::kBullets : document_.dialect() == Dialect::kLog ? Layout::kLines : Layout::kLine;
  }

 private:
  Engine& engine_;
  Document document_;
  std::optional<Writer> writer_;
  Extractor extractor_;
  Outcomes outcomes_;
  std::uint64_t turns_ = 0;

  void take(const summarize::Turn& turn) {
    ++turns_;
    extractor_.add(turn);
    outcomes_.add(turn);
    if (settings.extractive) return;
    if (!writer_) writer_.emplace(engine_.writer());
    writer_->add(turn, shape());
  }

  static Shape shape() {
    Shape shape;
    shape.full_stop = !settings.title;
    shape.words = std::min<std::size_t>(settings.words ? settings.words : settings.title ? kTitleWords : 0, kMostWords);
    shape.sentences =
        settings.title ? 1
                       : std::min<std::size_t>(most_sentences() ? most_sentences() : kUsualSentences, kMostSentences);
    if (shape.words) shape.sentences = std::min(shape.sentences, shape.words);
    shape.least = most_sentences() ? shape.sentences : 1;
    return shape;
  }

  double text_share(const Summary& summary) const {
    std::vector<std::string> terms;
    for (const summarize::Statement& statement : summary.statements)
      for (std::string& term : summarize::terms(statement.text)) terms.push_back(std::move(term));
    return extractor_.share(terms);
  }

  /// Of a log: the lines whose kind is named.
  double log_share(const Summary& summary) const {
    if (settings.title || !document_.log().lines()) return 0;
    std::uint64_t lines = 0;
    for (const auto* cluster : document_.log().ranked(summary.statements.size())) lines += cluster->count;
    return static_cast<double>(lines) / static_cast<double>(document_.log().lines());
  }
};

Status print(Run& run, Job& job) {
  const Summary summary = job.finish();
  const std::string reason = !summary.statements.empty() ? ""
                             : summary.unsupported       ? "the text supports no sentence that was written"
                                                         : "there is nothing to summarize";
  if (run.json)
    run.out.write(json_of(summary, job.layout(), reason));
  else
    run.out.write(text_of(summary, job.layout(), settings.cite && !settings.title));
  if (run.json || run.nul || reason.empty() || !settings.jsonl.empty()) run.out.end_record();
  if (!reason.empty()) run.detail(reason);
  if (summary.unsupported) run.detail(std::to_string(summary.unsupported) + " sentences without support were dropped");
  run.detail(summary.dialect + ": " + std::to_string(summary.lines) + " lines, " + std::to_string(summary.turns) +
             " turns");
  return reason.empty() ? Status::kOk : Status::kNoAnswer;
}

void add_lines(Job& job, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    job.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// A document a record: NUL-terminated ones, or a field of JSON Lines.
Status run_records(Run& run, Engine& engine, std::optional<Dialect> dialect) {
  Records records(run, settings.files);
  Status status = Status::kOk;
  simdjson::dom::parser parser;
  for (std::string record; records.next(record);) {
    run.check_time();
    std::string_view text = record;
    if (!settings.jsonl.empty()) {
      if (text.find_first_not_of(" \t\r") == text.npos) continue;
      const std::string where = "record " + std::to_string(records.count());
      if (parse_json(parser, record, where)[settings.jsonl].get(text) != simdjson::SUCCESS)
        throw Error(Status::kInput, where + " has no text " + printable(settings.jsonl));
    }
    Job job(run, engine, dialect);
    add_lines(job, text);
    if (print(run, job) != Status::kOk) status = Status::kNoAnswer;
  }
  return status;
}

/// --every: so many lines, or seconds ("30s", "5m", "1h").
struct Interval {
  std::uint64_t lines = 0;
  std::optional<std::chrono::seconds> time;
};

Interval interval() {
  const std::string& text = settings.every;
  std::size_t digits = 0;
  std::uint64_t count = 0;
  while (digits < text.size() && digits < 9 && text[digits] >= '0' && text[digits] <= '9')
    count = count * 10 + static_cast<std::uint64_t>(text[digits++] - '0');
  const std::string unit = text.substr(digits);
  const std::int64_t seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (!count || (!unit.empty() && !seconds))
    throw Error(Status::kInput, "--every takes lines or a time, as 100, 30s, 5m or 1h");
  if (unit.empty()) return {count, {}};
  return {0, std::chrono::seconds(static_cast<std::int64_t>(count) * seconds)};
}

/// Waits until there is something to read on stdin, at most up to `until`. Whether there is.
bool wait_for_input(Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return left > 0 && ::poll(&input, 1, static_cast<int>(std::min<std::int64_t>(left, 1 << 30))) > 0;
}

Status follow(Run& run, Engine& engine, std::optional<Dialect> dialect) {
  const Interval every = interval();
  Records records(run, settings.files);
  auto job = std::make_unique<Job>(run, engine, dialect);
  auto due = Clock::now() + every.time.value_or(std::chrono::seconds(0));
  const auto digest = [&] {
    if (job->lines()) {
      if (print(run, *job) == Status::kOk) run.out.flush();
      // What the first lines were the next ones are.
      dialect = job->dialect();
    }
    job = std::make_unique<Job>(run, engine, dialect);
    if (every.time) due += *every.time;
  };
  for (std::string line;;) {
    while (every.time && !records.ready() && !wait_for_input(due)) digest();
    if (!records.next(line)) break;
    job->line(line);
    run.check_time();
    if (every.lines ? job->lines() >= every.lines : Clock::now() >= due) digest();
  }
  if (job->lines()) digest();
  return Status::kOk;
}

Status run_summarize(Run& run) {
  if ((settings.bullets && settings.sentences) || (settings.title && (settings.bullets || settings.sentences)))
    throw Error(Status::kInput, "--sentences, --bullets and --title exclude each other");
  if (settings.follow && (run.nul || !settings.jsonl.empty()))
    throw Error(Status::kInput, "--follow goes with neither -0 nor --jsonl");
  if (settings.follow && !settings.files.empty() && settings.files != std::vector<std::string>{"-"})
    throw Error(Status::kInput, "--follow reads stdin: tail -f FILE | eve-summarize --follow");
  if (settings.window < 200 || settings.window > 6000) throw Error(Status::kInput, "--window takes 200 to 6000 bytes");
  Engine engine(run);
  std::optional<Dialect> dialect;
  if (!settings.from.empty()) dialect = summarize::dialect_of(settings.from);
  if (settings.follow) return follow(run, engine, dialect);
  if (run.nul || !settings.jsonl.empty()) return run_records(run, engine, dialect);
  Status status = Status::kOk;
  const std::vector<std::string> files = settings.files.empty() ? std::vector<std::string>{"-"} : settings.files;
  for (const std::string& file : files) {
    Records records(run, {file});
    Job job(run, engine, dialect);
    for (std::string line; records.next(line);) {
      job.line(line);
      if (records.count() % 1024 == 0) run.check_time();
    }
    if (print(run, job) != Status::kOk) status = Status::kNoAnswer;
  }
  return status;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-summarize";
  tool.summary = "summarize conversations, texts and logs";
  tool.description =
      "Reads a conversation, a text or a log of any length and writes what it says within the limits given: so many "
      "words, sentences or bullets, or a title.\n"
      "\n"
      "A small model writes, but names, numbers, dates and rare words can only be those of the text, and lengths hold "
      "exactly. What nobody says, such as an article, is quoted, and with --extractive all is. Long texts are read in "
      "windows; all of them is read, and "
      "the sentences of the windows that together say most are kept.\n"
      "\n"
      "The form of the input is seen from its first lines: \"Name: text\", IRC and WeeChat logs, JSON exports of "
      "Slack, "
      "Discord, Matrix and Telegram, mails and mboxes, WebVTT and SRT, logs of programs, plain text. Of a log, lines "
      "that one statement wrote are put together and counted first; severe and frequent kinds come first.";
  tool.examples = {
      {"eve-summarize <chat.txt", "what it says"},
      {"eve-summarize --words 30 --cite --strict <mails.mbox",
       "in thirty words, each sentence with the turns that support it"},
      {"eve-summarize --extractive <chat.txt", "the sentences that say most, without a model"},
      {"eve-summarize --extractive --bullets 5 --cite <meeting.vtt", "five of them, with the numbers of their turns"},
      {"journalctl -b -o short-iso | eve-summarize --extractive --bullets 10", "what a log is about"},
      {"tail -f app.log | eve-summarize --extractive --follow --every 5m", "a digest every five minutes"},
      {"eve-summarize --extractive --json <thread.mbox | jq '.actions, .decisions'", "who does what"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,   Common::kVerbose, Common::kJson,      Common::kNul,
                 Common::kModel,  Common::kThreads, Common::kSeed,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = std::size_t{16} << 20;
  tool.no_answer = "There was nothing to summarize.";
  tool.options = {
      option("--words", "N", "At most so many words.", &settings.words, 1, 100000),
      option("--sentences", "N",
             "So many sentences, or as many as there are. Without any limit: as many as the model finds to say, at "
             "most 5; 3 quotations of at most 100 words; 10 kinds of a log.",
             &settings.sentences, 1, 1000),
      option("--bullets", "N", "So many bullets, or as many as there is matter for.", &settings.bullets, 1, 1000),
      flag("--title", "One line without a full stop, of at most --words words (10).", &settings.title),
      flag("--cite",
           "Put the numbers of the turns that say it behind each sentence; of a log: its first and last line.",
           &settings.cite),
      flag("--strict",
           "Drop sentences that the text does not support: three quarters of their words, in at most three turns.",
           &settings.strict),
      flag("--extractive", "Sentences of the input, as they stand. Needs no model.", &settings.extractive),
      option("--min-agreement", "P", "Quote where several drafts of the model agree less than this, 0 to 1.",
             &settings.min_agreement, 0, 1),
      option("--beams", "N", "Search with so many beams; 1 takes the best token each time.", &settings.beams, 1, 8),
      bytes("--window", "BYTES", "Longer texts are read in parts of this size, 200 to 6000.", &settings.window),
      choice("--from", "FORM", "The form of the input, instead of what its first lines look like.", &settings.from,
             summarize::dialect_names()),
      option("--jsonl", "FIELD", "Each line is a JSON object, and its member FIELD a document.", &settings.jsonl),
      flag("--follow", "Write a digest of what has come in every --every; the last one at the end of the input.",
           &settings.follow),
      option("--every", "N", "How often: after so many lines, or a time as 30s, 5m or 1h.", &settings.every),
      flag("--lossy", "Leave bytes out that are not UTF-8, instead of refusing them.", &settings.lossy),
      files("FILE", "What to read, a summary for each; - is stdin.", &settings.files),
  };
  tool.sections = {
      {"LIMITS",
       "Words are parts between white space that hold a letter or digit; the names of speakers count, citations and "
       "bullet marks do not. A sentence that does not fit in the limit is left out; only when none does, the best is "
       "cut at a clause, or between words with three dots."},
      {"WORDS",
       "A model chooses among common English words and what the text itself has: a word with a capital letter, a "
       "digit, or "
       "that is rare must stand in the text, and so must spelled numbers, days and months; names and numbers beside "
       "each "
       "other stand so in the text. Which of them belongs to what is the model's choice: --cite says where to look, "
       "--strict drops what has no support."},
      {"CITATIONS",
       "Turns are the messages of a conversation, the paragraphs of a text or mail, and what one speaker of captions "
       "says; "
       "they are counted from 1. Of a log, the numbers are those of lines."},
      {"JSON",
       "With --json each document gives {\"summary\", \"cites\", \"coverage\", \"form\", \"actions\", \"decisions\"}: "
       "cites "
       "has a list of numbers for each sentence; coverage the lines, bytes, turns and windows that were read, how many "
       "windows are quoted because the model was unsure or went round in circles, and content, the part of what the "
       "text says most that the summary has (of a log: of its lines); actions and decisions quote the "
       "sentences in which somebody takes on or asks for something, or something is settled, as far as English phrases "
       "tell."},
  };
  settings.every = "100";
  tool.run = run_summarize;
  return tool;
}

}  // namespace eve
