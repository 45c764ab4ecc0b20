// SPDX-License-Identifier: Apache-2.0
#include "train/fit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <sstream>

namespace eve {

namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// What a checkpoint says about its run: one line for the data, one for how far it came.
std::string note_of(const std::string& identity, const Progress& progress) {
  return identity + "\n" + std::to_string(progress.tokens) + " " + std::to_string(progress.cpu_seconds);
}

void resume(Trainer& trainer, const std::string& path, const std::string& identity, Progress& progress) {
  const std::string note = trainer.load_checkpoint(path);
  const std::size_t line = note.find('\n');
  if (note.substr(0, line) != identity)
    throw Error(Status::kInput, printable(path) + ": checkpoint of another run (data, batch or seed differ)");
  progress.steps = trainer.steps();
  if (line != std::string::npos) std::istringstream(note.substr(line)) >> progress.tokens >> progress.cpu_seconds;
}

}  // namespace

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

void fit(Trainer& trainer, BatchSource& batches, const FitOptions& options, const Ranks& ranks,
         const FitEvents& events) {
  Progress progress;
  progress.total_steps = options.steps ? options.steps : batches.steps_per_epoch() * options.epochs;
  const std::string identity = batches.identity(ranks);
  if (options.resume && !options.checkpoint.empty() && access(options.checkpoint.c_str(), R_OK) == 0)
    resume(trainer, options.checkpoint, identity, progress);
  const auto started = std::chrono::steady_clock::now();
  auto last_save = started;
  double cpu = cpu_seconds();
  bool stop = false;
  while (!stop && trainer.steps() < progress.total_steps) {
    const StepReport report = trainer.step(batches.batch(trainer.steps(), ranks),
                                           learning_rate(options.optimizer, trainer.steps() + 1, progress.total_steps));
    const double now_cpu = cpu_seconds();
    progress.steps = report.step;
    progress.tokens += report.tokens;
    progress.cpu_seconds += now_cpu - cpu;
    const auto now = std::chrono::steady_clock::now();
    const auto seconds_since = [&](auto then) { return std::chrono::duration<double>(now - then).count(); };
    // All ranks stop at the same step: rank 0's clock decides.
    double late = ranks.rank() == 0 && options.minutes > 0 && seconds_since(started) >= 60 * options.minutes;
    if (options.minutes > 0) ranks.sum(&late, 1);
    stop = late > 0;
    if (ranks.rank() == 0) {
      if (events.on_step) events.on_step(report, progress);
      const bool last = stop || report.step == progress.total_steps;
      const std::size_t every = options.eval_every ? options.eval_every : batches.steps_per_epoch();
      if (!options.checkpoint.empty() && (last || seconds_since(last_save) >= options.checkpoint_seconds)) {
        trainer.save_checkpoint(options.checkpoint, note_of(identity, progress));
        last_save = now;
      }
      if ((last || report.step % every == 0) && events.on_evaluation) events.on_evaluation(trainer, progress);
    }
    cpu = cpu_seconds();
  }
}

}  // namespace eve
