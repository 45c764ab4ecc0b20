// SPDX-License-Identifier: Apache-2.0
// What each step of a run trains on, by the step's number alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/corpus.h"
#include "train/data.h"
#include "train/ranks.h"

namespace eve {

class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual std::size_t steps_per_epoch() const = 0;
  /// This rank's examples of a step, counted from 0. Valid until the next call.
  virtual std::span<const Example* const> batch(std::size_t step, const Ranks& ranks) = 0;
  /// Two runs may share a checkpoint when these are equal.
  virtual std::string identity(const Ranks& ranks) const = 0;
};

/// Rows in an order shuffled by seed and epoch, `batch` a step and rank.
class RowBatches : public BatchSource {
 public:
  /// `examples` must outlive the object. Throws kInput when there are none.
  RowBatches(std::span<const Example> examples, std::size_t batch, std::uint64_t seed, const Ranks& ranks);
  std::size_t steps_per_epoch() const override { return steps_per_epoch_; }
  std::span<const Example* const> batch(std::size_t step, const Ranks& ranks) override;
  std::string identity(const Ranks& ranks) const override;

 private:
  std::span<const Example> examples_;
  std::size_t batch_, steps_per_epoch_;
  std::uint64_t seed_;
  std::vector<std::uint32_t> order_;
  std::size_t shuffled_epoch_;
  std::vector<const Example*> taken_;
};

/// Pieces of a corpus in an order shuffled by seed and epoch; a step takes those that begin in its `batch_tokens` of
/// the epoch's tokens, so that an epoch has the same number of steps each time (the last, incomplete one is left out).
/// The identity leaves the length of the pieces out: a run may go on with longer ones. It then reads the rest of its
/// epoch from another order, where some pieces come again and some do not come.
class CorpusBatches : public BatchSource {
 public:
  /// `file` must outlive the object. Throws kInput when it has nothing to train on.
  CorpusBatches(const TokenFile& file, std::size_t length, std::size_t batch_tokens, std::uint64_t seed);
  std::size_t steps_per_epoch() const override { return steps_per_epoch_; }
  std::span<const Example* const> batch(std::size_t step, const Ranks& ranks) override;
  std::string identity(const Ranks& ranks) const override;
  const Pieces& pieces() const { return cut_; }

 private:
  const TokenFile& file_;
  Pieces cut_;
  std::size_t batch_tokens_, steps_per_epoch_;
  std::uint64_t seed_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> step_begin_;  // [steps + 1] within order_
  std::size_t shuffled_epoch_ = SIZE_MAX;
  std::vector<Example> examples_;
  std::vector<const Example*> taken_;
};

/// The first steps from one source, all from step `first` on from another. The identity is the first one's: how a run
/// ends may be decided while it goes on.
class AnnealedBatches : public BatchSource {
 public:
  AnnealedBatches(BatchSource& main, BatchSource& end, std::size_t first) : main_(main), end_(end), first_(first) {}
  std::size_t steps_per_epoch() const override { return main_.steps_per_epoch(); }
  std::span<const Example* const> batch(std::size_t step, const Ranks& ranks) override {
    return step < first_ ? main_.batch(step, ranks) : end_.batch(step - first_, ranks);
  }
  std::string identity(const Ranks& ranks) const override { return main_.identity(ranks); }

 private:
  BatchSource &main_, &end_;
  std::size_t first_;
};

}  // namespace eve
