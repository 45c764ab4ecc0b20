// SPDX-License-Identifier: Apache-2.0
#include "decode/slots.h"

#include <algorithm>
#include <numeric>

#include "model/pointer.h"

namespace eve {

std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

void Slot::hold(std::span<const TokenId> tokens) {
  const std::size_t kept = std::min(common_prefix(held, tokens), tokens.size() - 1);
  cache.truncate(kept);
  held.resize(kept);
  next.assign(tokens.begin() + static_cast<std::ptrdiff_t>(kept), tokens.end());
}

Slot& Slots::take(const Tokens& tokens, std::size_t prompt) {
  const auto shared = [&](const Slot& slot) {
    return std::min(reusable(common_prefix(slot.held, tokens), prompt, slot.prompt), tokens.size() - 1);
  };
  Slot *best = nullptr, *source = nullptr;
  for (auto& slot : slots_) {
    if (!source || shared(*slot) > shared(*source)) source = slot.get();
    if (!slot->busy && (!best || shared(*slot) > shared(*best))) best = slot.get();
  }
  // A prefix that others share too is copied, so that it is there for the next.
  if (!best || (slots_.size() < kMax && source && shared(*best) < shared(*source)))
    best = slots_.emplace_back(std::make_unique<Slot>(model_.config)).get();
  if (source && shared(*source) > shared(*best)) {
    const std::size_t kept = shared(*source);
    best->cache.copy_prefix(source->cache, kept);
    best->held.assign(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(kept));
    best->prompt = source->prompt;
  }
  const std::size_t kept = shared(*best);
  best->cache.truncate(kept);
  best->held.resize(kept);
  best->prompt = prompt;
  best->hold(tokens);
  best->busy = true;
  return *best;
}

void Slots::free_all() {
  for (auto& slot : slots_) slot->busy = false;
}

std::vector<float> Slots::logits(std::span<Slot* const> slots, Pass pass) {
  const Config& config = model_.config;
  Tokens tokens;
  std::vector<std::uint32_t> starts{0};
  std::vector<KvCache*> caches;
  std::vector<std::uint32_t> prompts;
  for (Slot* slot : slots) {
    tokens.insert(tokens.end(), slot->next.begin(), slot->next.end());
    starts.push_back(static_cast<std::uint32_t>(tokens.size()));
    caches.push_back(&slot->cache);
    prompts.push_back(static_cast<std::uint32_t>(slot->prompt));
  }
  forward(config, model_.weights, {tokens, starts, caches, prompts}, false, inference_executor(model_.weights, threads_, pass),
          activations_);
  for (Slot* slot : slots) slot->held.insert(slot->held.end(), slot->next.begin(), slot->next.end());
  std::vector<std::size_t> last;
  for (std::size_t i = 0; i < slots.size(); ++i) last.push_back(starts[i + 1] - 1);
  std::vector<float> logits(slots.size() * config.vocab_size);
  next_logits(config, model_.weights, {tokens, starts, caches}, activations_, last, logits.data(),
              inference_executor(model_.weights, threads_, Pass::kDecode));
  return logits;
}

std::vector<float> Slots::logits(std::span<const TokenId> ids, std::size_t prompt) {
  const std::uint32_t starts[] = {0, static_cast<std::uint32_t>(ids.size())},
                      prompts[] = {static_cast<std::uint32_t>(prompt)};
  const Batch batch{.tokens = ids, .starts = starts, .prompts = prompts};
  const Executor executor = inference_executor(model_.weights, threads_, Pass::kPrefill);
  forward(model_.config, model_.weights, batch, false, executor, activations_);
  std::vector<float> logits(ids.size() * model_.config.vocab_size);
  std::vector<std::size_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  next_logits(model_.config, model_.weights, batch, activations_, rows, logits.data(), executor);
  return logits;
}

}  // namespace eve
