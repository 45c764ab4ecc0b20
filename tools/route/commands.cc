// SPDX-License-Identifier: Apache-2.0
#include "route/commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/json.h"
#include "base/jsonl.h"
#include "eve/eve.h"
#include "route/calibrate.h"
#include "route/evaluate.h"
#include "route/route_file.h"

namespace eve::route {

namespace {

constexpr std::size_t kExampleBytes = std::size_t{256} << 20, kRouteBytes = std::size_t{1} << 30,
                      kVectorsBytes = std::size_t{64} << 20;
constexpr std::size_t kShownConfusions = 20;

struct {
  std::string routes, file;
  std::vector<std::string> files;
  bool no_examples = false, no_vectors = false;
  double precision = 0.95, min = -1, margin = -1, scope = -1;
} settings;

std::string bundled_routes() {
  try {
    return Model::find_file("pico-route.route");
  } catch (const Error&) {
    throw Error(Status::kModel,
                "the bundled routes pico-route.route are not installed: install the package eve-models, name routes of "
                "your own with --routes, or their directory in EVE_MODEL_PATH");
  }
}

constexpr const char* kVectorsFile = "pico-route.words";

/// The word vectors that come with the models; null when they are not installed.
std::shared_ptr<const Vectors> installed_vectors() {
  std::string path;
  try {
    path = Model::find_file(kVectorsFile);
  } catch (const Error&) {
    return nullptr;
  }
  return std::make_shared<Vectors>(read_file(path, kVectorsBytes), printable(path));
}

/// A route file with the word vectors that it was made with.
Routes load_routes(const std::string& bytes, const std::string& name) {
  Routes routes = parse_routes(bytes, name);
  if (routes.vectors_id == 0) return routes;
  routes.vectors = installed_vectors();
  if (!routes.vectors)
    throw Error(Status::kModel, name + " needs the word vectors " + kVectorsFile +
                                    ", which are not installed: install the package eve-models, name their directory "
                                    "in EVE_MODEL_PATH, or make the routes again with --no-vectors");
  if (routes.vectors->checksum() != routes.vectors_id ||
      routes.linear.dense.size() != routes.labels.size() * routes.vectors->dims())
    throw Error(Status::kModel, name + " was made with other word vectors than the installed " + kVectorsFile +
                                    "; make it again with eve-route train");
  return routes;
}

TrainOptions train_options(const Run& run) {
  TrainOptions options;
  options.seed = run.seed;
  options.threads = run.threads;
  options.check_time = [&run] { run.check_time(); };
  options.vectors = installed_vectors();
  return options;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// ---------------------------------------------------------------------------------------------------------- train

/// Whether a label has an example left when one is held out.
bool any_label_twice(const Examples& examples) {
  const auto same = [](const Example& a, const Example& b) { return a.label == b.label && a.label != kNone; };
  return std::ranges::adjacent_find(examples.rows, same) != examples.rows.end();
}

Status run_train(Run& run) {
  if (run.out.is_terminal())
    throw Error(Status::kInput, "a route file is not text for a terminal: name a file with --output");
  std::string text;
  for (const std::string& path : settings.files) {
    text += read_file(path, kExampleBytes);
    if (!text.ends_with('\n')) text += '\n';
  }
  const std::string name = settings.files.size() == 1 ? printable(settings.files[0]) : "examples";
  const Examples examples = read_examples(text, name);
  TrainOptions options = train_options(run);
  options.keep_examples = !settings.no_examples;
  if (settings.no_vectors)
    options.vectors = nullptr;
  else if (!options.vectors)
    run.note(std::string("the word vectors ") + kVectorsFile + " are not installed: learning without them");
  const Routes routes = train_routes(examples, options);
  run.out.write(format_routes(routes));
  run.out.end_record(false);
  if (examples.repeated > 0) run.note(std::to_string(examples.repeated) + " repeated lines counted once");
  if (examples.contradicting > 0) run.note(std::to_string(examples.contradicting) + " texts have more than one label");
  std::size_t inside = 0, right = 0;
  for (const HeldOut& one : routes.held_out) {
    inside += one.in_scope;
    right += one.right;
  }
  std::string line =
      std::to_string(routes.labels.size()) + " labels, " + std::to_string(examples.rows.size()) + " examples";
  if (!any_label_twice(examples))
    line += "; too few to hold any out";
  else if (inside > 0)
    line += "; right on " + percent(share(right, inside)) + " of " + std::to_string(inside) + " held out";
  run.note(line);
  return Status::kOk;
}

// ----------------------------------------------------------------------------------------------------------- eval

struct Row {
  std::uint32_t truth;
  std::string text;
  std::vector<std::uint32_t> allowed;  // label indices; empty: all
};

std::uint32_t index_of(const Routes& routes, std::string_view label, const std::string& where) {
  if (label == kOutOfScope) return kNone;
  const auto it = std::lower_bound(routes.labels.begin(), routes.labels.end(), label);
  if (it == routes.labels.end() || *it != label)
    throw Error(Status::kInput, where + ": '" + printable(label) + "' is no label of the routes");
  return static_cast<std::uint32_t>(it - routes.labels.begin());
}

std::vector<Row> read_rows(const Routes& routes, const std::string& path) {
  std::vector<Row> rows;
  if (path.ends_with(".jsonl")) {
    for_each_json_line(path, [&](simdjson::dom::element row, const std::string& where) {
      Row& one = rows.emplace_back();
      one.text = std::string_view(row["text"]);
      one.truth = index_of(routes, std::string_view(row["label"]), where);
      simdjson::dom::array labels;
      if (row["labels"].get(labels) != simdjson::SUCCESS) return;
      for (const std::string_view label : labels)
        if (label != kOutOfScope) one.allowed.push_back(index_of(routes, label, where));
      std::sort(one.allowed.begin(), one.allowed.end());
      one.allowed.erase(std::unique(one.allowed.begin(), one.allowed.end()), one.allowed.end());
    });
    return rows;
  }
  const Examples examples = read_examples(read_file(path, kExampleBytes), printable(path));
  for (const Example& example : examples.rows)
    rows.push_back({example.label == kNone ? kNone : index_of(routes, examples.labels[example.label], printable(path)),
                    example.text,
                    {}});
  return rows;
}

std::vector<Judged> judge(const Routes& routes, const std::string& path, const Run& run) {
  std::vector<Judged> judged;
  Reading reading;
  for (const Row& row : read_rows(routes, path)) {
    run.check_time();
    routes.read(row.text, reading);
    const Decision decision = decide(reading, routes.calibration, routes.thresholds, row.allowed);
    judged.push_back({row.truth, decision.ranked[0].label, summary(decision, row.truth), decision.outcome});
  }
  return judged;
}

void write_json(const Scores& s, const Routes& routes, Run& run) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().member("messages", s.messages).member("in_scope", s.in_scope).member("accuracy", s.accuracy);
  json.member("macro_f1", s.macro_f1).member("calibration_error", s.calibration_error);
  json.member("routed", s.routed).member("routed_right", s.routed_right).member("ambiguous", s.ambiguous);
  json.member("refused", s.refused).member("out_of_scope", s.outside).member("out_of_scope_found", s.outside_found);
  json.member("out_of_scope_stopped", s.outside_stopped).member("scope_auroc", s.scope_auroc);
  json.key("confusions").begin_array();
  for (const Confusion& c : s.confusions) {
    json.begin_object().member("label", routes.labels[c.truth]).member("answer", routes.labels[c.answer]);
    json.member("count", c.count).end_object();
  }
  json.end_array().end_object();
  run.out.write(line);
  run.out.end_record();
}

void write_text(const Scores& s, const Routes& routes, Run& run) {
  const auto line = [&](const std::string& name, const std::string& value) {
    run.out.write(name + std::string(name.size() < 24 ? 24 - name.size() : 1, ' ') + value + "\n");
  };
  char number[32];
  const auto decimal = [&](double value) {
    std::snprintf(number, sizeof number, "%.4f", value);
    return std::string(number);
  };
  line("messages", std::to_string(s.messages));
  line("accuracy", decimal(s.accuracy) + "  of " + std::to_string(s.in_scope) + " in scope");
  line("macro F1", decimal(s.macro_f1));
  line("calibration error", decimal(s.calibration_error));
  line("routed", std::to_string(s.routed) + "  right " + percent(share(s.routed_right, s.routed)));
  line("ambiguous", std::to_string(s.ambiguous));
  line("refused in scope", std::to_string(s.refused) + "  " + percent(share(s.refused, s.in_scope)));
  if (s.outside > 0) {
    line("out of scope", std::to_string(s.outside) + "  found " + percent(share(s.outside_found, s.outside)) +
                             "  not routed " + percent(share(s.outside_stopped, s.outside)));
    if (s.in_scope > 0) line("out-of-scope AUROC", decimal(s.scope_auroc));
  }
  if (!s.confusions.empty()) run.out.write("\n  count  label -> answer\n");
  for (std::size_t i = 0; i < std::min(s.confusions.size(), kShownConfusions); ++i) {
    std::snprintf(number, sizeof number, "%7zu  ", s.confusions[i].count);
    run.out.write(number + routes.labels[s.confusions[i].truth] + " -> " + routes.labels[s.confusions[i].answer] +
                  "\n");
  }
  run.out.end_record(false);
}

Status run_eval(Run& run) {
  const Routes routes = open_routes(settings.routes, run);
  const Scores scores = score(judge(routes, settings.file, run), routes.labels.size());
  if (scores.messages == 0) throw Error(Status::kInput, printable(settings.file) + ": no messages");
  run.json ? write_json(scores, routes, run) : write_text(scores, routes, run);
  return Status::kOk;
}

// ------------------------------------------------------------------------------------------------------ calibrate

Status run_calibrate(Run& run) {
  const std::string bytes = read_file(settings.routes, kRouteBytes);
  Routes routes = load_routes(bytes, printable(settings.routes));
  if (settings.margin >= 0) routes.thresholds.margin = static_cast<float>(settings.margin);
  if (settings.scope >= 0) routes.thresholds.scope = static_cast<float>(settings.scope);
  if (!settings.files.empty()) {
    routes.held_out.clear();
    for (const std::string& path : settings.files)
      for (const Judged& one : judge(routes, path, run)) routes.held_out.push_back(one.seen);
  }
  if (routes.held_out.empty())
    throw Error(Status::kInput, "the route file has no held-out messages to calibrate on; name a file with some");
  const auto chosen = choose_min(routes.held_out, routes.thresholds, settings.precision);
  if (!chosen) {
    run.note("no threshold reaches this precision on " + std::to_string(routes.held_out.size()) +
             " messages; nothing was written");
    return Status::kNoAnswer;
  }
  routes.thresholds.min = chosen->min;
  AtomicFile out(settings.routes);
  out.write(format_routes(routes));
  out.commit();
  char text[160];
  std::snprintf(text, sizeof text, "min %.4f: %zu of %zu messages routed, %zu of them right", double{chosen->min},
                chosen->routed, routes.held_out.size(), chosen->right);
  run.note(text);
  return Status::kOk;
}

}  // namespace

Option threshold(std::string flags, std::string help, double* target) {
  Option made = option(std::move(flags), "P", std::move(help), target, 0, 1);
  made.default_text.clear();
  return made;
}

Routes open_routes(const std::string& path, const Run& run) {
  const std::string found = path.empty() ? bundled_routes() : path;
  const std::string bytes = read_file(found, kRouteBytes);
  if (is_route_file(bytes)) return load_routes(bytes, printable(found));
  const Examples examples = read_examples(bytes, printable(found));
  return train_routes(examples, train_options(run));
}

Command train_command() {
  Command c;
  c.name = "train";
  c.summary = "make a route file of examples";
  c.description =
      "Reads lines LABEL, a tab, and a message that belongs to it, and writes a route file. The order of the lines "
      "does "
      "not matter, repeated ones count once; five to ten for each label are a beginning, a hundred are good. A label "
      "may also be described: a description is one more example.\n"
      "\n"
      "Lines with the label out_of_scope are messages that belong to no label; they teach where the labels end. "
      "Without them that is learnt by leaving out one label in five in turn.";
  c.examples = {
      {"eve-route train examples.tsv -o mine.route", "a few seconds"},
      {"jq -r '[.label, .text] | @tsv' rows.jsonl | eve-route train - -o mine.route", "from JSON Lines"},
  };
  c.common = {Common::kOutput, Common::kQuiet, Common::kThreads, Common::kSeed, Common::kTimeLimit};
  Option inputs = files("FILE", "Examples; - is stdin.", &settings.files);
  inputs.required = true;
  c.options = {
      flag("--no-examples", "Do not keep the examples in the route file; --explain needs them.", &settings.no_examples),
      flag("--no-vectors", "Learn from the words as such only, not from what they mean; the file then needs no other.",
           &settings.no_vectors),
      inputs};
  c.run = run_train;
  return c;
}

Command eval_command() {
  Command c;
  c.name = "eval";
  c.summary = "score routes on messages with known labels";
  c.description =
      "Reads lines LABEL, a tab, and a message; messages of no label have the label out_of_scope. Files named *.jsonl "
      "hold rows {\"label\", \"text\"} instead; with \"labels\" in a row, only those may be answered.\n"
      "\n"
      "Prints accuracy and macro F1 of the best label on messages in scope, the expected calibration error of its "
      "probability (15 bins), how many of all are routed and how many of those rightly, how many in scope are refused, "
      "how many out of scope are found, the area under the ROC curve of the scope, and the labels that are confused.";
  c.examples = {
      {"eve-route eval test.tsv --routes mine.route", "as a report"},
      {"eve-route eval test.tsv --routes mine.route --json | jq .accuracy", "for a program"},
  };
  c.common = {Common::kOutput, Common::kQuiet, Common::kJson, Common::kThreads, Common::kTimeLimit};
  c.options = {option("--routes", "FILE", "The route file, or examples; the bundled one without it.", &settings.routes),
               argument("FILE", "The messages.", &settings.file)};
  c.run = run_eval;
  return c;
}

Command calibrate_command() {
  Command c;
  c.name = "calibrate";
  c.summary = "choose how sure an answer must be";
  c.description =
      "Finds the lowest probability from which on at least the given share of routed messages is right, and writes it "
      "into the route file as the threshold that --min replaces. It is chosen on the messages that training held out, "
      "or on those of a file, whose lines are as for eval. When no threshold reaches the precision, the file is left "
      "as "
      "it is and the status is 1.";
  c.examples = {
      {"eve-route calibrate mine.route --precision .99", "on what training held out"},
      {"eve-route calibrate mine.route --precision .99 checked.tsv", "on messages of one's own"},
  };
  c.common = {Common::kQuiet, Common::kTimeLimit};
  c.options = {
      option("--precision", "P", "Share of routed messages that must be right.", &settings.precision, 0, 1),
      threshold("--margin", "How far the next label must be; written too when given.", &settings.margin),
      threshold("--scope", "The least scope of a routed message; written too when given.", &settings.scope),
      argument("ROUTES", "The route file.", &settings.routes),
      files("FILE", "Messages with labels to choose on.", &settings.files),
  };
  c.run = run_calibrate;
  return c;
}

}  // namespace eve::route
