// SPDX-License-Identifier: Apache-2.0
// eve-route: a message to one of some labels, or to none.
#include "base/json.h"
#include "route/commands.h"
#include "route/dispatch.h"
#include "route/explain.h"
#include "tasks/answer.h"
#include "tool.h"

namespace eve {
namespace {

struct {
  std::string routes;
  std::vector<std::string> files, only, commands;
  bool swarm = false, parents = false;
  double min = -1, margin = -1, scope = -1;
  std::uint64_t top = 1, explain = 0;
} settings;

/// Indices of the labels that --only names, and of those below them.
std::vector<std::uint32_t> allowed_labels(const route::Routes& routes) {
  std::vector<bool> allowed(routes.labels.size(), settings.only.empty());
  for (const std::string& name : settings.only) {
    bool found = false;
    for (std::size_t l = 0; l < routes.labels.size(); ++l)
      if (routes.labels[l] == name || routes.labels[l].starts_with(name + "/")) found = allowed[l] = true;
    if (!found) throw Error(Status::kInput, "--only: '" + printable(name) + "' is no label of the routes");
  }
  std::vector<std::uint32_t> out;
  if (!settings.only.empty())
    for (std::uint32_t l = 0; l < routes.labels.size(); ++l)
      if (allowed[l]) out.push_back(l);
  return out;
}

/// The text with what is unsafe on a terminal escaped, tabs as they are.
std::string shown(std::string_view text) {
  std::string out;
  for (std::size_t tab; (tab = text.find('\t')) != text.npos; text.remove_prefix(tab + 1))
    out.append(printable(text.substr(0, tab))).append("\t");
  return out.append(printable(text));
}

std::string number(float value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(value));
  return text;
}

/// What a message is routed to; empty: nothing.
std::string answer_of(const route::Routes& routes, const route::Decision& decision) {
  if (decision.outcome == route::Outcome::kRoute) return routes.labels[decision.ranked[0].label];
  if (settings.parents && decision.outcome == route::Outcome::kAmbiguous)
    return route::parent_of(decision, routes.labels, routes.thresholds);
  return {};
}

/// `output`: what a command printed for the message; null without one.
std::string json_answer(const route::Routes& routes, const route::Decision& decision, const std::string& answer,
                        const std::vector<route::Neighbour>& neighbours, const std::string* output) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("label");
  const bool routed = !answer.empty();
  routed ? json.value(answer) : json.null();
  json.member("score", decision.ranked[0].probability).member("scope", decision.scope);
  if (!routed) json.member("reason", route::outcome_name(decision.outcome));
  json.key("top").begin_array();
  for (std::size_t i = 0; i < std::min<std::size_t>(settings.top, decision.ranked.size()); ++i)
    json.begin_object()
        .member("label", routes.labels[decision.ranked[i].label])
        .member("score", decision.ranked[i].probability)
        .end_object();
  json.end_array();
  if (settings.explain > 0) {
    json.key("nearest").begin_array();
    for (const route::Neighbour& one : neighbours) {
      const route::Example& example = routes.examples[one.example];
      json.begin_object().member("label",
                                 example.label == route::kNone ? route::kOutOfScope : routes.labels[example.label]);
      json.member("text", example.text).member("similarity", one.similarity).end_object();
    }
    json.end_array();
  }
  if (output) json.member("output", *output);
  json.end_object();
  return line;
}

std::string text_answer(const route::Routes& routes, const route::Decision& decision, const std::string& answer,
                        std::string_view message) {
  if (answer.empty()) return {};
  std::string line;
  if (decision.outcome != route::Outcome::kRoute)  // a label above the best ones
    line = answer + "\t" + number(route::probability_below(decision, routes.labels, answer)) + "\t";
  else
    for (std::size_t i = 0; i < std::min<std::size_t>(settings.top, decision.ranked.size()); ++i)
      line += routes.labels[decision.ranked[i].label] + "\t" + number(decision.ranked[i].probability) + "\t";
  return line + shown(message);
}

/// What --exec and --swarm name. Every label must be one that messages can have.
route::Dispatch commands_of(const route::Routes& routes) {
  route::Dispatch dispatch;
  for (const std::string& one : settings.commands) dispatch.add(one);
  for (const std::string& name : dispatch.labels())
    if (std::none_of(routes.labels.begin(), routes.labels.end(),
                     [&](const std::string& label) { return label == name || label.starts_with(name + "/"); }))
      throw Error(Status::kInput, "--exec: '" + printable(name) + "' is no label of the routes");
  if (settings.swarm) {
    dispatch.add_tools(routes.labels);
    if (dispatch.empty()) throw Error(Status::kInput, "--swarm: no label of the routes is the name of an eve tool");
  }
  return dispatch;
}

Status run_route(Run& run) {
  route::Routes routes = route::open_routes(settings.routes, run);
  if (settings.min >= 0) routes.thresholds.min = static_cast<float>(settings.min);
  if (settings.margin >= 0) routes.thresholds.margin = static_cast<float>(settings.margin);
  if (settings.scope >= 0) routes.thresholds.scope = static_cast<float>(settings.scope);
  const std::vector<std::uint32_t> allowed = allowed_labels(routes);
  std::optional<route::Explainer> explainer;
  if (settings.explain > 0) {
    if (routes.examples.empty()) throw Error(Status::kInput, "--explain: the route file was made with --no-examples");
    explainer.emplace(routes);
  }
  const route::Dispatch dispatch = commands_of(routes);
  Records records(run, settings.files);
  std::uint64_t failed = 0;
  Status status = Status::kOk;
  route::Reading reading;
  for (std::string record; records.next(record);) {
    run.check_time();
    tasks::check_text(record, records.count());
    if (!run.nul && record.ends_with('\r')) record.pop_back();
    routes.read(record, reading);
    const route::Decision decision = decide(reading, routes.calibration, routes.thresholds, allowed);
    std::vector<route::Neighbour> neighbours;
    if (explainer) neighbours = explainer->nearest(record, decision.ranked[0].label, settings.explain);
    const std::string answer = answer_of(routes, decision);
    const std::vector<std::string>* command = answer.empty() ? nullptr : dispatch.find(answer);
    std::string output;
    if (command) {
      run.out.flush();
      const int code = route::run_command(*command, record, output);
      if (code == 1) status = Status::kNoAnswer;
      if (code > 1) {
        ++failed;
        run.note("record " + std::to_string(records.count()) + ": " + printable((*command)[0]) +
                 (code == 127 ? " is not there" : " ended with status " + std::to_string(code)));
      }
      if (!run.json) {
        run.out.write(output);
        run.out.end_record(false);
        continue;
      }
    }
    run.out.write(run.json ? json_answer(routes, decision, answer, neighbours, command ? &output : nullptr)
                           : text_answer(routes, decision, answer, record));
    if (!run.json)
      for (const route::Neighbour& one : neighbours) {
        const route::Example& example = routes.examples[one.example];
        run.out.write("\n  " + number(one.similarity) + "\t" +
                      (example.label == route::kNone ? std::string(route::kOutOfScope) : routes.labels[example.label]) +
                      "\t" + shown(example.text));
      }
    run.out.end_record();
    if (!answer.empty()) continue;
    status = Status::kNoAnswer;
    run.detail("record " + std::to_string(records.count()) + ": " + route::outcome_name(decision.outcome) +
               ", nearest " + printable(routes.labels[decision.ranked[0].label]));
  }
  if (failed > 0)
    throw Error(Status::kSystem, std::to_string(failed) + (failed == 1 ? " command" : " commands") + " failed");
  return status;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-route";
  tool.summary = "say which of your labels a message belongs to, or none";
  tool.description =
      "Reads a message a line and writes its label, the probability that it is the right one, and the message, with "
      "tabs between them. A message that fits no label, or two about equally, is not routed: its line is empty and the "
      "status 1.\n"
      "\n"
      "Labels are your own: eve-route train learns them from lines LABEL, a tab, and an example, in seconds. Without "
      "--routes the bundled ones are used.";
  tool.examples = {
      {"eve-route train examples.tsv -o mine.route", "learn your labels"},
      {"eve-route --routes mine.route <messages.txt", "label, probability and message"},
      {"eve-route --routes mine.route --json --top 3 <messages.txt | jq -r .label", "for a program"},
      {"eve-route --routes mine.route --exec 'refund=mail -s refund desk' <messages.txt", "hand some to a command"},
      {"eve-route eval test.tsv --routes mine.route", "how good that is"},
      {"eve-route calibrate mine.route --precision .99", "answer only when nearly sure"},
  };
  tool.common = {Common::kOutput,  Common::kQuiet, Common::kVerbose,   Common::kJson,    Common::kNul,
                 Common::kThreads, Common::kSeed,  Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = 64 << 10;
  tool.no_answer = "A message was not routed; its line is empty.";
  tool.options = {
      option("--routes", "FILE", "A route file, or examples to learn from first; the bundled routes without it.",
             &settings.routes),
      route::threshold("--min", "Route only with at least this probability; the route file's without it.",
                       &settings.min),
      route::threshold("--margin",
                       "Route only when the next label is at least this less probable; 0.1, or the route file's.",
                       &settings.margin),
      route::threshold(
          "--scope",
          "Route only what belongs to the labels at all with at least this probability; the route file's without it.",
          &settings.scope),
      option("--top", "N", "Write the N best labels, each with its probability.", &settings.top, 1, 1000),
      list("--only", "LABELS", "Choose among these labels, and those below them (a names a/b too).", &settings.only),
      option("--explain", "N", "Write the N most similar examples below each message, those of its best label first.",
             &settings.explain, 0, 1000),
      flag("--parents",
           "Labels with '/' are in groups: of an ambiguous message write the group, if that is sure (a for a/b and "
           "a/c).",
           &settings.parents),
      repeated("--exec", "LABEL=COMMAND",
               "Give messages of this label, or group, to a command on its stdin and write what it prints instead.",
               &settings.commands),
      flag("--swarm", "Give messages to eve tools that their labels name: those of sql to eve-sql.", &settings.swarm),
      files("FILE", "Messages to read; - is stdin.", &settings.files),
  };
  tool.commands = {route::train_command(), route::eval_command(), route::calibrate_command()};
  tool.sections = {
      {"JSON",
       "With --json each message gives {\"label\", \"score\", \"scope\", \"top\"}: score is the probability of the "
       "best "
       "label if the message belongs to one of them, scope the probability that it does where every second message "
       "does, top the --top best labels. label is null for a message that is not routed, and reason is \"ambiguous\" "
       "or "
       "\"out of scope\". With --explain, nearest has the most similar examples; output is what a command of --exec or "
       "--swarm printed for the message."},
  };
  tool.sections.push_back(
      {"COMMANDS",
       "A COMMAND of --exec is split into words once: at spaces, except in '...' and \"...\" or behind a backslash. No "
       "shell reads it, and nothing of a message becomes a word of it. It is started for each message, found on PATH, "
       "with the message and a line feed as its stdin; what it prints is written in the message's place, with --json "
       "as "
       "output of its object. Its status 1 "
       "counts as no answer; any other than 0, or a command that is not there, makes the status 4 in the end.\n"
       "\n"
       "--swarm is --exec LABEL=eve-NAME for every label whose last part is the name of a tool of eve; --exec names "
       "others or gives options, as in --exec 'sql=eve-sql --db shop.db'. Messages without a command are written as "
       "they are without --exec."});
  tool.run = run_route;
  return tool;
}

}  // namespace eve
