// SPDX-License-Identifier: Apache-2.0
#include "train/batches.h"

#include <algorithm>
#include <numeric>

#include "base/rng.h"

namespace eve {

namespace {

/// The order of an epoch over `count` items.
void shuffle(std::vector<std::uint32_t>& order, std::size_t count, std::uint64_t seed, std::size_t epoch) {
  order.resize(count);
  std::iota(order.begin(), order.end(), 0u);
  Rng rng(seed * 1000003 + epoch);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
}

}  // namespace

RowBatches::RowBatches(std::span<const Example> examples, std::size_t batch, std::uint64_t seed, const Ranks& ranks)
    : examples_(examples), batch_(batch), seed_(seed), shuffled_epoch_(SIZE_MAX) {
  if (examples.empty()) throw Error(Status::kInput, "no training examples");
  const std::size_t per_step = batch * ranks.size();
  steps_per_epoch_ = (examples.size() + per_step - 1) / per_step;
}

std::span<const Example* const> RowBatches::batch(std::size_t step, const Ranks& ranks) {
  const std::size_t epoch = step / steps_per_epoch_, within = step % steps_per_epoch_;
  if (epoch != shuffled_epoch_) shuffle(order_, examples_.size(), seed_, shuffled_epoch_ = epoch);
  const std::size_t first = within * batch_ * ranks.size() + ranks.rank() * batch_;
  taken_.clear();
  for (std::size_t i = first; i < std::min(first + batch_, order_.size()); ++i) taken_.push_back(&examples_[order_[i]]);
  return taken_;
}

std::string RowBatches::identity(const Ranks& ranks) const {
  return "seed " + std::to_string(seed_) + " batch " + std::to_string(batch_ * ranks.size()) + " examples " +
         std::to_string(examples_.size());
}

CorpusBatches::CorpusBatches(const TokenFile& file, std::size_t length, std::size_t batch_tokens, std::uint64_t seed)
    : file_(file), cut_(cut_pieces(file, length)), batch_tokens_(batch_tokens), seed_(seed) {
  if (cut_.pieces.empty()) throw Error(Status::kInput, "nothing to train on in the corpus");
  steps_per_epoch_ = std::max<std::size_t>(1, cut_.tokens / batch_tokens);
}

std::span<const Example* const> CorpusBatches::batch(std::size_t step, const Ranks& ranks) {
  const std::size_t epoch = step / steps_per_epoch_, within = step % steps_per_epoch_;
  if (epoch != shuffled_epoch_) {
    shuffle(order_, cut_.pieces.size(), seed_, shuffled_epoch_ = epoch);
    step_begin_.assign(1, 0);
    std::uint64_t tokens = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      while (tokens >= step_begin_.size() * batch_tokens_) step_begin_.push_back(static_cast<std::uint32_t>(i));
      tokens += cut_.pieces[order_[i]].length;
    }
    step_begin_.resize(steps_per_epoch_ + 1, static_cast<std::uint32_t>(order_.size()));
  }
  examples_.clear();
  for (std::size_t i = step_begin_[within] + ranks.rank(); i < step_begin_[within + 1]; i += ranks.size())
    examples_.push_back(example_of(file_, cut_.pieces[order_[i]]));
  taken_.clear();
  for (const Example& example : examples_) taken_.push_back(&example);
  return taken_;
}

std::string CorpusBatches::identity(const Ranks&) const {
  return "seed " + std::to_string(seed_) + " batch " + std::to_string(batch_tokens_) + " tokens of corpus " +
         std::to_string(file_.checksum());
}

}  // namespace eve
