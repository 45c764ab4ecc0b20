// SPDX-License-Identifier: Apache-2.0
#include "train/bench.h"

#include <sys/resource.h>

#include "base/rng.h"

namespace eve {

namespace {

std::vector<Example> made_up(const Config& config, const TrainBenchOptions& options) {
  Rng rng(options.seed);
  const std::size_t classes = config.head == Head::kLm ? config.vocab_size : config.n_labels;
  const auto target = [&] { return static_cast<std::int32_t>(rng.below(classes)); };
  const auto wanted = static_cast<std::size_t>(options.targets * static_cast<double>(options.length) + 0.5);
  std::vector<Example> examples(options.sequences);
  for (Example& example : examples) {
    for (std::size_t t = 0; t < options.length; ++t) {
      example.tokens.push_back(static_cast<TokenId>(rng.below(config.vocab_size)));
      // The last ones carry targets, as those of an answer after its prompt do.
      if (config.head != Head::kLabel) example.targets.push_back(t + wanted < options.length ? kNoTarget : target());
    }
    if (config.head == Head::kLabel) example.targets.push_back(target());
  }
  return examples;
}

}  // namespace

TrainBench bench_training(const Config& config, const TrainBenchOptions& options, Threads& threads) {
  const std::vector<Example> examples = made_up(config, options);
  std::vector<const Example*> batch;
  std::size_t scored = 0;
  for (const Example& example : examples) {
    batch.push_back(&example);
    for (const std::int32_t target : example.targets) scored += target != kNoTarget;
  }
  ModelData model;
  model.config = config;
  OptimizerOptions optimizer;
  optimizer.micro_tokens = options.micro_tokens;
  const Ranks ranks;
  Trainer trainer(std::move(model), optimizer, options.seed, options.math, threads, ranks);
  Limits limits(threads, 0);
  Samples samples;
  TrainBench result{};
  for (std::size_t i = 0; i <= options.repetitions; ++i) {
    const double seconds = seconds_of([&] { result.cross_entropy = trainer.step(batch, optimizer.lr).cross_entropy; });
    if (i == 0) continue;  // which makes the buffers
    samples.add(seconds);
    limits.measure();
  }
  const double tokens = static_cast<double>(options.sequences * options.length);
  const double pairs = static_cast<double>(options.sequences) * attended_pairs(config, options.length);
  result.median = tokens / samples.median();
  result.best = tokens / samples.best();
  result.limit = options.math == Math::kF32 ? limits.arithmetic().front() : limits.fastest();
  result.share = 3 * forward_operations(config, options.sequences * options.length, scored, pairs) / samples.median() /
                 result.limit.operations;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  result.peak_bytes = static_cast<std::size_t>(usage.ru_maxrss) * 1024;
  return result;
}

}  // namespace eve
