// SPDX-License-Identifier: Apache-2.0
#include "train/fit.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>

#include "train/micro_batch.h"

namespace eve {

LossSum evaluate_loss(const ModelData& model, std::span<const Example> examples, std::size_t micro_tokens,
                      Executor executor) {
  std::vector<const Example*> pointers;
  for (const Example& example : examples) pointers.push_back(&example);
  LossSum sum;
  BackwardScratch scratch;
  Activations activations;
  for (std::span<const Example* const> rest = pointers; !rest.empty();) {
    const std::size_t n = micro_batch(rest, micro_tokens);
    PackedBatch packed;
    for (const Example* example : rest.first(n)) packed.add(*example);
    forward(model.config, model.weights, packed.batch(), false, executor, activations);
    sum += head_loss(model.config, model.weights, packed.batch(), activations.hidden, packed.targets, 0, executor,
                     nullptr, nullptr, scratch);
    rest = rest.subspan(n);
  }
  return sum;
}

float learning_rate(const OptimizerOptions& options, std::size_t step, std::size_t total_steps) {
  const double total = static_cast<double>(total_steps),
               warmup = std::max(1.0, std::round(static_cast<double>(options.warmup) * total));
  const double s = static_cast<double>(step), peak = static_cast<double>(options.lr),
               low = static_cast<double>(options.min_lr_ratio) * peak;
  if (s <= warmup) return static_cast<float>(peak * s / warmup);
  if (options.cooldown > 0) {
    const double falling = static_cast<double>(options.cooldown) * total;
    return static_cast<float>(low + (peak - low) * std::clamp((total - s) / falling, 0.0, 1.0));
  }
  const double progress = std::min(1.0, (s - warmup) / std::max(1.0, total - warmup));
  return static_cast<float>(low + 0.5 * (peak - low) * (1 + std::cos(std::numbers::pi * progress)));
}

void fit(Trainer& trainer, std::span<const Example> examples, const FitOptions& options, const Ranks& ranks,
         const FitEvents& events) {
  if (examples.empty()) throw Error(Status::kInput, "no training examples");
  const std::size_t per_step = options.batch * ranks.size();
  const std::size_t steps_per_epoch = (examples.size() + per_step - 1) / per_step,
                    total = steps_per_epoch * options.epochs;
  const std::string identity = "seed " + std::to_string(options.seed) + " batch " + std::to_string(per_step) +
                               " examples " + std::to_string(examples.size()) + " epochs " +
                               std::to_string(options.epochs);
  if (options.resume && !options.checkpoint.empty() && access(options.checkpoint.c_str(), R_OK) == 0 &&
      trainer.load_checkpoint(options.checkpoint) != identity)
    throw Error(Status::kInput,
                printable(options.checkpoint) + ": checkpoint of another run (data, batch, epochs or seed differ)");

  std::vector<std::uint32_t> order(examples.size());
  std::size_t shuffled_epoch = options.epochs;  // none yet
  auto last_save = std::chrono::steady_clock::now();
  while (trainer.steps() < total) {
    const std::size_t epoch = trainer.steps() / steps_per_epoch, within = trainer.steps() % steps_per_epoch;
    if (epoch != shuffled_epoch) {
      std::iota(order.begin(), order.end(), 0u);
      Rng rng(options.seed * 1000003 + epoch);
      for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
      shuffled_epoch = epoch;
    }
    std::vector<const Example*> batch;
    const std::size_t first = within * per_step + ranks.rank() * options.batch;
    for (std::size_t i = first; i < std::min(first + options.batch, order.size()); ++i)
      batch.push_back(&examples[order[i]]);
    const StepReport report = trainer.step(batch, learning_rate(options.optimizer, trainer.steps() + 1, total));
    if (ranks.rank() != 0) continue;
    if (events.on_step) events.on_step(report, total);
    const bool last = report.step == total;
    const bool evaluation =
        options.eval_every ? report.step % options.eval_every == 0 : report.step % steps_per_epoch == 0;
    const auto now = std::chrono::steady_clock::now();
    if (!options.checkpoint.empty() &&
        (last || std::chrono::duration<double>(now - last_save).count() >= options.checkpoint_seconds)) {
      trainer.save_checkpoint(options.checkpoint, identity);
      last_save = now;
    }
    if ((evaluation || last) && events.on_evaluation) events.on_evaluation(trainer, total);
  }
}

}  // namespace eve
