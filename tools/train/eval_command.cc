// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <map>

#include "base/jsonl.h"
#include "model/model.h"
#include "train/commands.h"
#include "train/corpus.h"
#include "train/data.h"
#include "train/evaluate.h"
#include "train/score.h"

namespace eve {

namespace {

struct {
  std::string model, task, math = "f32";
  std::vector<std::string> data, by, without;
  std::uint64_t length = 0, tokens = 0;
} evaluation;

/// Losses by what rows say of themselves: [member][value].
using Groups = std::map<std::string, std::map<std::string, LossScore>>;

/// The values of the members that rows are grouped by; of "source" what stands before the first '/'.
std::vector<std::map<std::string, std::string>> tags_of(const std::vector<std::string>& paths) {
  std::vector<std::string> members = evaluation.by;
  members.emplace_back("source");
  std::vector<std::map<std::string, std::string>> tags;
  for (const std::string& path : paths)
    for_each_json_line(path, [&](simdjson::dom::element row, const std::string&) {
      auto& of_row = tags.emplace_back();
      for (const std::string& member : members) {
        std::string_view value;
        if (row[member].get(value) != simdjson::SUCCESS) continue;
        of_row[member] = member == "source" ? value.substr(0, value.find('/')) : value;
      }
    });
  return tags;
}

void write(JsonWriter& json, const Groups& groups) {
  json.begin_object();
  for (const auto& [member, values] : groups) {
    json.key(member).begin_object();
    for (const auto& [value, score] : values) {
      json.key(value).begin_object();
      score.write_members(json);
      json.end_object();
    }
    json.end_object();
  }
  json.end_object();
}

/// Makes an expert ("2:7", counted from 1) give nothing. Returns the zeros that stand in place of its last matrix.
std::vector<std::byte> leave_out(ModelData& model, const std::string& name) {
  std::size_t layer = 0, expert = 0;
  const char* end = name.data() + name.size();
  const auto [colon, error] = std::from_chars(name.data(), end, layer);
  if (error != std::errc() || colon == end || *colon != ':' || std::from_chars(colon + 1, end, expert).ptr != end ||
      layer < 1 || layer > model.config.n_layer || expert < 1 || expert > model.config.n_expert)
    throw Error(Status::kInput, "--without " + printable(name) + ": no expert, as 1:1 to " +
                                    std::to_string(model.config.n_layer) + ":" + std::to_string(model.config.n_expert));
  Tensor& last = model.weights.layers[layer - 1].experts[expert - 1].c_proj;
  std::vector<std::byte> zeros(last.bytes());
  last.data = zeros.data();
  return zeros;
}

Status run_eval(Run& run) {
  ModelData model = load_model(evaluation.model);
  std::vector<std::vector<std::byte>> zeros;
  for (const std::string& name : evaluation.without) zeros.push_back(leave_out(model, name));
  Threads threads(run.threads);
  if (!model.tokenizer) throw Error(Status::kModel, printable(evaluation.model) + ": no tokenizer in the model file");
  const Executor executor{threads, math_named(evaluation.math)};
  constexpr std::size_t kMicroTokens = 4096;
  const std::size_t context = model.config.context;
  std::vector<std::string> paths, corpora;
  for (const std::string& path : evaluation.data) (TokenFile::recognised(path) ? corpora : paths).push_back(path);

  std::string line;
  JsonWriter json(line);
  json.begin_object().member("task", model.info.task);
  ExpertUsage usage;
  if (!paths.empty()) {
    const Dataset data = read_dataset(paths, model.config.head, *model.tokenizer, model.info.labels, context, 0,
                                      evaluation.task.empty() ? model.info.task : evaluation.task, task_form);
    const std::vector<LossSum> losses = evaluate_each(model, data.examples, kMicroTokens, executor, &usage);
    const auto tags = tags_of(paths);
    LossScore all;
    Groups groups;
    for (std::size_t i = 0; i < losses.size(); ++i) {
      all.add(model, data.examples[i], losses[i]);
      for (const auto& [member, value] : tags[data.rows[i]])
        groups[member][value].add(model, data.examples[i], losses[i]);
    }
    all.write_members(json);
    json.member("dropped", data.dropped);
    if (!groups.empty()) {
      json.key("by");
      write(json, groups);
    }
  }
  const std::size_t length = evaluation.length ? std::min<std::size_t>(evaluation.length, context) : context;
  for (const std::string& path : corpora) {
    const TokenFile corpus(path, *model.tokenizer);
    json.key("corpus");
    evaluate_corpus(model, corpus, length, evaluation.tokens, kMicroTokens, executor, usage).write(json);
  }
  if (model.config.n_expert > 1 && !usage.empty()) {
    json.key("experts");
    usage.write(json);
  }
  if (model.config.head == Head::kTag && !paths.empty()) {
    json.key("spans");
    score_spans(model, paths, threads).write(json);
  }
  json.end_object();
  run.out.write(line);
  run.out.end_record();
  return Status::kOk;
}

}  // namespace

Command eval_command() {
  Command c;
  c.name = "eval";
  c.summary = "score a model on rows or a token file";
  c.description =
      "Prints one JSON object. Of rows: loss, accuracy (share of the targets that the model would choose) and exact "
      "(share of the rows of which it would choose every target: greedy decoding gives the whole answer), together and "
      "by \"source\" and what --by names; for a tag head the exact matches of spans. Of a token file: the same and "
      "bits "
      "per byte, by its sources. And how often each expert was chosen, layer by layer.";
  c.examples = {{"eve-train eval --model pico-pii.gguf --data dev.jsonl", "score the tagger"},
                {"eve-train eval --model pico-base.gguf --data copy.jsonl --by rarity --by distance",
                 "score rows by what they say of themselves"}};
  c.common = {Common::kThreads};
  c.options = {
      option("--model", "FILE", "Model to score.", &evaluation.model),
      repeated("--data", "FILE", "Rows or token file to score on.", &evaluation.data),
      option("--task", "NAME", "Whose rows these are; else the model's.", &evaluation.task),
      repeated("--by", "NAME", "Scores by this member of the rows.", &evaluation.by),
      repeated("--without", "LAYER:EXPERT", "Leave out what this expert gives, counted from 1:1.", &evaluation.without),
      option("--length", "N", "Token file: longest sequence; 0: the context.", &evaluation.length, 0, 65536),
      option("--tokens", "N", "Token file: tokens of each source; 0: all.", &evaluation.tokens),
      choice("--math", "TYPE", "Precision of products.", &evaluation.math, {"bf16", "f32"})};
  for (Option& o : c.options)
    if (o.flags == "--model" || o.flags == "--data") o.required = true;
  c.run = run_eval;
  return c;
}

}  // namespace eve
