// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>
#include <utility>

#include "kernels/kernels.h"

namespace eve {

namespace {

/// A micro-batch laid end to end, as forward wants it.
struct PackedBatch {
  std::vector<TokenId> tokens;
  std::vector<std::uint32_t> starts{0};
  std::vector<std::int32_t> targets;

  void add(const Example& example) {
    tokens.insert(tokens.end(), example.tokens.begin(), example.tokens.end());
    targets.insert(targets.end(), example.targets.begin(), example.targets.end());
    starts.push_back(static_cast<std::uint32_t>(tokens.size()));
  }
  Batch batch() const { return {tokens, starts}; }
};

/// Number of examples from the front of `rest` that make one micro-batch.
std::size_t micro_batch(std::span<const Example* const> rest, std::size_t limit_tokens) {
  std::size_t n = 0, tokens = 0;
  while (n < rest.size() && (n == 0 || tokens + rest[n]->tokens.size() <= limit_tokens))
    tokens += rest[n++]->tokens.size();
  return n;
}

std::size_t count_targets(const Example& example) {
  return static_cast<std::size_t>(
      std::count_if(example.targets.begin(), example.targets.end(), [](std::int32_t t) { return t != kNoTarget; }));
}

double norm(const std::vector<float>& values, Threads& threads) {
  constexpr std::size_t kChunk = 4096;  // partial sums in fp32 stay short, the total is in double
  std::vector<float> sums((values.size() + kChunk - 1) / kChunk);
  threads.parallel_for(sums.size(), 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const float* chunk = &values[i * kChunk];
      sums[i] = kernels().dot(chunk, chunk, std::min(kChunk, values.size() - i * kChunk));
    }
  });
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

constexpr const char* kCheckpointKind = "eve-checkpoint";

}  // namespace

void initialise(const Config& config, ParameterBuffer& parameters, Rng& rng) {
  for_each_tensor(config, parameters.weights(), [&](const TensorSpec& spec, const Tensor& tensor) {
    float* values = parameters.writable(tensor);
    const bool bias = &tensor == &parameters.weights().cls_bias;
    for (std::size_t i = 0; i < tensor.size(); ++i)
      values[i] = spec.matrix ? static_cast<float>(0.02 * rng.normal()) : bias ? 0.0f : 1.0f;
  });
}

Trainer::Trainer(ModelData model, OptimizerOptions options, std::uint64_t seed, Math math, Threads& threads,
                 const Ranks& ranks)
    : model_(std::move(model)),
      options_(options),
      executor_{threads, math},
      ranks_(ranks),
      parameters_(model_.config),
      gradients_(model_.config),
      moment1_(model_.config),
      moment2_(model_.config) {
  Rng rng(seed);
  initialise(model_.config, parameters_, rng);
  if (!model_.weights.layers.empty()) {
    std::vector<const Tensor*> targets;
    for_each_tensor(model_.config, parameters_.weights(),
                    [&](const TensorSpec&, const Tensor& t) { targets.push_back(&t); });
    std::size_t i = 0;
    for_each_tensor(model_.config, std::as_const(model_.weights), [&](const TensorSpec&, const Tensor& source) {
      const Tensor& target = *targets[i++];
      // A base model without this head leaves the head as initialised.
      if (source.data) dequantize(source, parameters_.writable(target));
    });
  }
  std::size_t at = 0;
  for_each_tensor(model_.config, parameters_.weights(), [&](const TensorSpec& spec, const Tensor& tensor) {
    const float decay = spec.matrix ? options_.weight_decay : 0.0f;
    if (runs_.empty() || runs_.back().decay != decay) runs_.push_back({at, at, decay});
    runs_.back().end = at += tensor.size();
  });
  model_.weights = parameters_.weights();
  model_.files.clear();
  model_.storage.clear();
}

LossSum Trainer::accumulate(std::span<const Example* const> micro, float loss_scale, double batch_tokens, double& aux) {
  PackedBatch packed;
  for (const Example* example : micro) packed.add(*example);
  const Batch batch = packed.batch();
  const Config& config = model_.config;
  forward(config, model_.weights, batch, true, executor_, activations_);
  d_hidden_.resize(batch.tokens.size() * config.n_embd);
  const LossSum loss = head_loss(config, model_.weights, batch, activations_.hidden, packed.targets, loss_scale,
                                 executor_, d_hidden_.data(), &gradients_, scratch_);
  const double share = static_cast<double>(batch.tokens.size()) / batch_tokens;
  for (const LayerActivations& layer : activations_.layers)
    aux += share * static_cast<double>(aux_loss(layer.probs, config.n_expert));
  backward(config, model_.weights, batch, activations_, d_hidden_, config.aux_coef * static_cast<float>(share),
           executor_, gradients_, scratch_);
  return loss;
}

StepReport Trainer::differentiate(std::span<const Example* const> batch) {
  double totals[2] = {0, 0};  // tokens, targets of all ranks
  for (const Example* example : batch) {
    totals[0] += static_cast<double>(example->tokens.size());
    totals[1] += static_cast<double>(count_targets(*example));
  }
  ranks_.sum(totals, 2);
  std::vector<float>& gradient = gradients_.values();
  if (!gradients_clear_) std::fill(gradient.begin(), gradient.end(), 0.0f);
  gradients_clear_ = false;
  const float scale = totals[1] > 0 ? static_cast<float>(1.0 / totals[1]) : 0.0f;
  double losses[2] = {0, 0};  // cross entropy summed over targets, aux
  for (auto rest = batch; !rest.empty();) {
    const std::size_t n = micro_batch(rest, options_.micro_tokens);
    losses[0] += accumulate(rest.first(n), scale, totals[0], losses[1]).cross_entropy;
    rest = rest.subspan(n);
  }
  ranks_.sum(losses, 2);
  ranks_.sum(gradient.data(), gradient.size());

  StepReport report;
  report.step = step_ + 1;
  report.cross_entropy = losses[0] * static_cast<double>(scale);
  report.aux = losses[1];
  report.grad_norm = norm(gradient, executor_.threads);
  report.tokens = static_cast<std::size_t>(totals[0]);
  report.targets = static_cast<std::size_t>(totals[1]);
  if (!std::isfinite(report.cross_entropy) || !std::isfinite(report.grad_norm))
    throw Error(Status::kSystem, "training stopped at step " + std::to_string(report.step) +
                                     ": the loss or its gradient is not finite; lower the learning rate and resume");
  return report;
}

StepReport Trainer::step(std::span<const Example* const> batch, float lr) {
  StepReport report = differentiate(batch);
  report.lr = lr;
  ++step_;
  const double clip = static_cast<double>(options_.clip);
  AdamWStep adamw{lr, options_.beta1, options_.beta2, options_.eps, 0, 1, 0, 0};
  if (clip > 0 && report.grad_norm > clip) adamw.grad_scale = static_cast<float>(clip / (report.grad_norm + 1e-6));
  adamw.correction1 = static_cast<float>(1 - std::pow(static_cast<double>(options_.beta1), static_cast<double>(step_)));
  adamw.correction2 = static_cast<float>(1 - std::pow(static_cast<double>(options_.beta2), static_cast<double>(step_)));
  executor_.threads.parallel_for(parameters_.values().size(), 4096, [&](std::size_t begin, std::size_t end) {
    AdamWStep part = adamw;
    for (const Run& run : runs_) {
      const std::size_t i = std::max(begin, run.begin), last = std::min(end, run.end);
      if (i >= last) continue;
      part.decay = run.decay;
      kernels().adamw(&parameters_.values()[i], &gradients_.values()[i], &moment1_.values()[i], &moment2_.values()[i],
                      last - i, part);
    }
  });
  gradients_clear_ = true;
  return report;
}

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

void Trainer::save_checkpoint(const std::string& path, const std::string& note) const {
  GgufWriter writer;
  writer.set("general.architecture", GgufValue::string(kCheckpointKind));
  writer.set("eve.step", GgufValue::u64(step_));
  writer.set("eve.note", GgufValue::string(note));
  const std::pair<const char*, const ParameterBuffer*> parts[] = {
      {"weights", &parameters_}, {"moment1", &moment1_}, {"moment2", &moment2_}};
  for (const auto& [name, buffer] : parts) {
    const auto bytes = std::as_bytes(std::span(buffer->values()));
    writer.add(name, {buffer->values().size()}, DType::kF32,
               {Bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size())});
  }
  writer.write(path);
}

std::string Trainer::load_checkpoint(const std::string& path) {
  const MappedFile file(path);
  const GgufFile gguf = GgufFile::parse(file.bytes(), printable(path));
  if (gguf.string_value("general.architecture") != kCheckpointKind)
    throw Error(Status::kModel, printable(path) + ": not a training checkpoint");
  const std::pair<const char*, ParameterBuffer*> parts[] = {
      {"weights", &parameters_}, {"moment1", &moment1_}, {"moment2", &moment2_}};
  for (const auto& [name, buffer] : parts) {
    const GgufTensor* tensor = gguf.tensor(name);
    if (!tensor || tensor->type != DType::kF32 || tensor->data.size() != buffer->values().size() * sizeof(float))
      throw Error(Status::kModel, printable(path) + ": checkpoint of another shape; start again without --resume");
  }
  for (const auto& [name, buffer] : parts)
    std::memcpy(buffer->values().data(), gguf.tensor(name)->data.data(), gguf.tensor(name)->data.size());
  step_ = gguf.unsigned_value("eve.step").value_or(0);
  return gguf.string_value("eve.note").value_or("");
}

float learning_rate(const OptimizerOptions& options, std::size_t step, std::size_t total_steps) {
  const double total = static_cast<double>(total_steps),
               warmup = std::max(1.0, std::round(static_cast<double>(options.warmup) * total));
  const double s = static_cast<double>(step), peak = static_cast<double>(options.lr),
               low = static_cast<double>(options.min_lr_ratio) * peak;
  if (s <= warmup) return static_cast<float>(peak * s / warmup);
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
