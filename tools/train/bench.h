// SPDX-License-Identifier: Apache-2.0
// How fast the trainer is here, and how near that is to what the machine can do.
#pragma once

#include <cstdint>

#include "base/json.h"
#include "tool_limits.h"
#include "train/trainer.h"

namespace eve {

struct TrainBenchOptions {
  std::size_t sequences = 8, length = 256;  ///< of a step
  double targets = 1;                       ///< share of the tokens that carry a target
  std::size_t repetitions = 5;              ///< steps timed, after one that is not
  std::size_t micro_tokens = 8192;
  Math math = Math::kBF16;
  std::uint64_t seed = 0;
};

struct TrainBench {
  double median, best;     ///< tokens a second
  double share;            ///< of the operations a second of `limit`, that the needed ones were
  Limits::Rate limit;      ///< fp32 for Math::kF32, else the fastest
  std::size_t peak_bytes;  ///< most memory this process held
  double cross_entropy;    ///< of the last step
};

/// Steps of Trainer on tokens that mean nothing. Needed operations: 6 for each active weight and token (2 forward, 4
/// backward), of the head only for tokens with a target, and three times the forward attention.
TrainBench bench_training(const Config& config, const TrainBenchOptions& options, Threads& threads);

}  // namespace eve
