// SPDX-License-Identifier: Apache-2.0
// The caches of sequences that are written side by side, and the passes that continue them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "model/forward.h"
#include "model/model.h"

namespace eve {

using Tokens = std::vector<TokenId>;

std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b);

/// A cache and the tokens it holds.
struct Slot {
  explicit Slot(const Config& config) : cache(config) {}
  KvCache cache;
  Tokens held;             ///< tokens of the cache; those of a finished sequence stay until another wants the slot
  Tokens next;             ///< tokens of the next pass
  std::size_t prompt = 0;  ///< how many of them are the prompt
  bool busy = false;

  /// Makes `tokens`, whose prompt the slot's is, what it holds after its next pass. The last is read again: its logits
  /// are wanted.
  void hold(std::span<const TokenId> tokens);
};

class Slots {
 public:
  /// Enough to read each weight for many tokens, few enough for the caches.
  static constexpr std::size_t kMax = 16;

  Slots(const ModelData& model, std::size_t threads) : model_(model), threads_(threads) {}

  /// A free slot, now busy, whose cache begins with as much of the tokens as any slot's does; the rest is its `next`.
  /// The first `prompt` tokens are the prompt. At most kMax are busy.
  Slot& take(const Tokens& tokens, std::size_t prompt);
  /// How many tokens that one text has read are read for another that shares so many with it. Where a prompt's tokens
  /// see each other, none unless the prompts are the same.
  std::size_t reusable(std::size_t common, std::size_t prompt, std::size_t other_prompt) const {
    return model_.config.prefix && (prompt != other_prompt || common < prompt) ? 0 : common;
  }
  void free_all();
  /// Logits [slots][vocabulary] after the last token of each slot's `next`, which join the caches.
  std::vector<float> logits(std::span<Slot* const> slots, Pass pass);
  /// Logits of the next token after each of `ids`, of which the first are the prompt, [ids][vocabulary], without a
  /// cache.
  std::vector<float> logits(std::span<const TokenId> ids, std::size_t prompt);

 private:
  const ModelData& model_;
  Threads threads_;
  Activations activations_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace eve
