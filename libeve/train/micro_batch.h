// SPDX-License-Identifier: Apache-2.0
// Examples laid end to end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "model/batch.h"
#include "train/backward.h"
#include "train/data.h"

namespace eve {

/// A micro-batch laid end to end, as forward wants it.
struct PackedBatch {
  std::vector<TokenId> tokens;
  std::vector<std::uint32_t> starts{0};
  std::vector<std::int32_t> targets;
  std::vector<std::uint32_t> prompts;  ///< up to the first token that is a target

  void add(const Example& example) {
    tokens.insert(tokens.end(), example.tokens.begin(), example.tokens.end());
    targets.insert(targets.end(), example.targets.begin(), example.targets.end());
    starts.push_back(static_cast<std::uint32_t>(tokens.size()));
    const auto wanted = std::ranges::find_if(example.targets, [](std::int32_t t) { return t != kNoTarget; });
    prompts.push_back(static_cast<std::uint32_t>(
        std::min<std::ptrdiff_t>(wanted - example.targets.begin() + 1, std::ssize(example.targets))));
  }
  Batch batch() const { return {.tokens = tokens, .starts = starts, .prompts = prompts}; }
};

/// Number of examples from the front of `rest` that make one micro-batch.
inline std::size_t micro_batch(std::span<const Example* const> rest, std::size_t limit_tokens) {
  std::size_t n = 0, tokens = 0;
  while (n < rest.size() && (n == 0 || tokens + rest[n]->tokens.size() <= limit_tokens))
    tokens += rest[n++]->tokens.size();
  return n;
}

}  // namespace eve
