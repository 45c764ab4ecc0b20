// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"
#include "train/average.h"
#include "train/commands.h"

namespace eve {

namespace {

struct {
  std::string output;
  std::vector<std::string> models;
} average;

Status run_average(Run&) {
  if (average.models.size() < 2) throw Error(Status::kInput, "an average needs two models or more");
  const ParameterBuffer mean = average_models(average.models);
  ModelData model = load_model(average.models.back());  // tokenizer, labels and task
  model.weights = mean.weights();
  model.info.training["average"] = "of " + std::to_string(average.models.size()) + " models";
  model.info.training.erase("dev_score");
  save_model(model, DType::kF32, average.output);
  return Status::kOk;
}

}  // namespace

Command average_command() {
  Command c;
  c.name = "average";
  c.summary = "average the weights of models";
  c.description =
      "Writes the mean of the weights of models of one shape that descend from one run. Such a mean is often better "
      "than each of them. A file that is "
      "named twice counts twice; all else comes from the last.";
  c.examples = {{"eve-train average -o mean.gguf first.gguf second.gguf second.gguf",
                 "one third of the first, two of the second"}};
  c.options = {option("-o, --output", "FILE", "Where the model goes.", &average.output),
               files("MODEL", "Models to average.", &average.models)};
  c.options[0].required = true;
  c.run = run_average;
  return c;
}

}  // namespace eve
