// SPDX-License-Identifier: Apache-2.0
// Writes a small model made from a formula, for cases of programs that read one.
#include "../models.h"
#include "tool.h"

namespace {

struct {
  std::string output, head = "lm";
} settings;

eve::Status run(eve::Run&) {
  eve::ModelData model = eve::test::formula_model(eve::test::small_config(*eve::head_named(settings.head)));
  model.info.name = "formula";
  model.info.task = "test";
  model.info.training["data"] = "none";
  eve::save_model(model, eve::DType::kF32, settings.output);
  return eve::Status::kOk;
}

}  // namespace

eve::Tool eve::make_tool() {
  Tool tool;
  tool.name = "eve-formula";
  tool.summary = "write a small model";
  tool.examples = {{"eve-formula model.gguf", "write one"}};
  tool.options = {argument("OUT", "The file to write.", &settings.output),
                  choice("--head", "HEAD", "Its kind of head.", &settings.head, {"lm", "tag", "label"})};
  tool.run = run;
  return tool;
}
