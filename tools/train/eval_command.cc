// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"
#include "train/commands.h"
#include "train/data.h"
#include "train/evaluate.h"
#include "train/score.h"

namespace eve {

namespace {

struct {
  std::string model;
  std::vector<std::string> data;
} evaluation;

Status run_eval(Run& run) {
  const ModelData model = load_model(evaluation.model);
  Threads threads(run.threads);
  if (!model.tokenizer) throw Error(Status::kModel, printable(evaluation.model) + ": no tokenizer in the model file");
  const Dataset data =
      read_dataset(evaluation.data, model.config.head, *model.tokenizer, model.info.labels, model.config.context);
  const LossSum loss = evaluate_loss(model, data.examples, 4096, {threads, Math::kF32});
  const double targets = static_cast<double>(std::max<std::size_t>(1, loss.targets));
  std::string line;
  JsonWriter json(line);
  json.begin_object()
      .member("task", model.info.task)
      .member("examples", data.examples.size())
      .member("targets", loss.targets);
  json.member("loss", loss.cross_entropy / targets).member("accuracy", static_cast<double>(loss.correct) / targets);
  if (model.config.head == Head::kTag) {
    json.key("spans");
    score_spans(model, evaluation.data, threads).write(json);
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
  c.summary = "score a model on rows";
  c.description =
      "Prints one JSON object: loss and accuracy, and for a tag head the exact matches of spans, by label and source.";
  c.examples = {{"eve-train eval --model pico-pii.gguf --data dev.jsonl", "score the tagger"}};
  c.common = {Common::kThreads};
  c.options = {option("--model", "FILE", "Model to score.", &evaluation.model),
               repeated("--data", "FILE", "Rows to score on.", &evaluation.data)};
  for (Option& o : c.options) o.required = true;
  c.run = run_eval;
  return c;
}

}  // namespace eve
