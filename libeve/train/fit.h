// SPDX-License-Identifier: Apache-2.0
// The training loop: batches in order, learning rate, evaluation.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "train/trainer.h"

namespace eve {

/// Loss and accuracy of a model over examples, `micro_tokens` at a time.
LossSum evaluate_loss(const ModelData& model, std::span<const Example> examples, std::size_t micro_tokens,
                      Executor executor);

struct FitOptions {
  std::size_t epochs = 2;
  std::size_t batch = 128;     ///< examples a step and rank
  std::size_t eval_every = 0;  ///< steps; 0: at the end of each epoch
  double checkpoint_seconds = 120;
  std::string checkpoint;  ///< file; empty: none
  bool resume = false;     ///< continue from the checkpoint where there is one
  std::uint64_t seed = 1;
  OptimizerOptions optimizer;
};

struct FitEvents {
  std::function<void(const StepReport&, std::size_t total_steps)> on_step;
  /// Called on rank 0 with the current weights at intervals and at the end.
  std::function<void(const Trainer&, std::size_t total_steps)> on_evaluation;
};

/// Shuffles by seed and epoch, so that the step number alone tells where a run stands: a resumed curve equals the
/// straight one.
void fit(Trainer& trainer, std::span<const Example> examples, const FitOptions& options, const Ranks& ranks,
         const FitEvents& events);

/// Learning rate of a step (counted from 1): linear warm-up, then a cosine, or a plateau and a linear fall.
float learning_rate(const OptimizerOptions& options, std::size_t step, std::size_t total_steps);

}  // namespace eve
