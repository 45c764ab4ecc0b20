// SPDX-License-Identifier: Apache-2.0
// Training rows to tokens and targets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/config.h"
#include "text/tokenizer.h"

namespace eve {

struct Example {
  std::vector<TokenId> tokens;
  std::vector<std::int32_t> targets;  ///< one a token, or a single one (kLabel); kNoTarget costs nothing
};

/// Names of the tags of a `tag` head over `labels`: "O", then "B-" "I-" "E-" "S-" of each label.
std::vector<std::string> bioes_tags(const std::vector<std::string>& labels);

/// All labels that occur in JSON Lines files of a `tag` ("spans": [{"label"}]) or `label` ("label") task, sorted.
std::vector<std::string> collect_labels(const std::vector<std::string>& paths, Head head);

struct PromptAnswer {
  std::string prompt, answer;
};
/// How a row of a task becomes a prompt and an answer; throws simdjson_error or kInput for a row of another kind.
using RowForm = std::function<PromptAnswer(std::string_view task, simdjson::dom::element row)>;

/// What `form` of the task makes of the row; without a form {"prompt", "answer"} as they stand.
PromptAnswer prompt_and_answer(simdjson::dom::element row, std::string_view task, const RowForm& form);

struct Dataset {
  std::vector<Example> examples;
  std::vector<std::uint32_t> rows;  ///< which row each example is of, counted over all files
  std::size_t tokens = 0, targets = 0;
  std::size_t dropped = 0;     ///< rows longer than the context (kLm, kLabel); `tag` rows are cut instead
  std::size_t misaligned = 0;  ///< spans whose ends fall inside a token
};

/// Reads JSON Lines. kTag: {"text", "spans": [{"start", "end", "label"}]} with byte offsets, tags as bioes_tags gives
/// them; kLabel: {"text", "label"}; kLm: prompt_and_answer() of `task`, targets on the answer and the end of text only.
/// `names` are the model's tags or labels. `subword_noise` (kTag only) is the chance of a cut between two letters or
/// digits in every other row: words then come in other pieces than the vocabulary would choose, and the model learns to
/// read unseen ones (after Kudo 2018, subword regularisation). Throws kInput with the file and line number of a bad
/// row.
Dataset read_dataset(const std::vector<std::string>& paths, Head head, const Tokenizer& tokenizer,
                     const std::vector<std::string>& names, std::size_t context, double subword_noise = 0,
                     std::string_view task = {}, const RowForm& form = {});

}  // namespace eve
