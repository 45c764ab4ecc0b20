// SPDX-License-Identifier: Apache-2.0
// The training loop: batches in order, learning rate, evaluation.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "train/batches.h"
#include "train/trainer.h"

namespace eve {

struct FitOptions {
  std::size_t steps = 0;  ///< of the whole run; 0: `epochs`
  std::size_t epochs = 2;
  std::size_t eval_every = 0;  ///< steps; 0: at the end of each epoch
  double minutes = 0;          ///< stop after that much time, with a checkpoint; 0: never
  double checkpoint_seconds = 120;
  std::string checkpoint;  ///< file; empty: none
  bool resume = false;     ///< continue from the checkpoint where there is one
  OptimizerOptions optimizer;
};

/// Where a run stands, counted over all its stretches.
struct Progress {
  std::size_t steps = 0, total_steps = 0;
  std::uint64_t tokens = 0;
  double cpu_seconds = 0;  ///< of all threads of this process, without evaluations
};

struct FitEvents {
  std::function<void(const StepReport&, const Progress&)> on_step;
  /// Called on rank 0 with the current weights at intervals and at the end.
  std::function<void(const Trainer&, const Progress&)> on_evaluation;
};

/// Runs the steps that are left. What a step does depends on its number alone: a resumed curve equals the straight one.
/// Throws kInput when the checkpoint to resume from is of other data.
void fit(Trainer& trainer, BatchSource& batches, const FitOptions& options, const Ranks& ranks,
         const FitEvents& events);

/// Learning rate of a step (counted from 1): linear warm-up, then a cosine, or a plateau and a linear fall.
float learning_rate(const OptimizerOptions& options, std::size_t step, std::size_t total_steps);

}  // namespace eve
