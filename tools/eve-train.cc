// SPDX-License-Identifier: Apache-2.0
// eve-train: vocabularies, corpora, training, scores.
#include "train/commands.h"

namespace eve {

Tool make_tool() {
  Tool tool;
  tool.name = "eve-train";
  tool.summary = "train and score nano language models";
  tool.description = "Makes vocabularies, trains models on a CPU and scores them.";
  tool.commands = {vocab_command(), prepare_command(), fit_command(),   average_command(),
                   eval_command(),  bench_command(),   recipe_command()};
  return tool;
}

}  // namespace eve
