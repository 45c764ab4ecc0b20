// SPDX-License-Identifier: Apache-2.0
// The commands of eve-train, and what more than one of them needs.
#pragma once

#include <cstdio>
#include <string>

#include "kernels/gemm.h"
#include "model/model.h"
#include "tasks/task.h"
#include "tool.h"
#include "train/data.h"

namespace eve {

Command vocab_command();
Command prepare_command();
Command fit_command();
Command average_command();
Command eval_command();
Command bench_command();
Command recipe_command();

/// Gives a model the tokenizer of a SentencePiece model, a tokenizer.json or another model. Throws kModel.
void take_vocabulary(ModelData& model, const std::string& path);

inline Math math_named(const std::string& name) { return name == "f32" ? Math::kF32 : Math::kBF16; }

inline std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// The forms in which the models of tasks read their input (tasks/task.h).
inline PromptAnswer task_form(std::string_view task, simdjson::dom::element row) {
  auto [prompt, answer] = tasks::task_row(task, row);
  return {std::move(prompt), std::move(answer)};
}

}  // namespace eve
