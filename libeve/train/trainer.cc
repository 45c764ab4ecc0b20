// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "kernels/kernels.h"
#include "train/micro_batch.h"

namespace eve {

namespace {

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

const char* method_name(OptimizerOptions::Method method) {
  return method == OptimizerOptions::Method::kMuon ? "muon" : "adamw";
}

}  // namespace

void initialise(const Config& config, ParameterBuffer& parameters, Rng& rng) {
  for_each_tensor(config, parameters.weights(), [&](const TensorSpec& spec, const Tensor& tensor) {
    draw_weights(spec, rng, parameters.writable(tensor));
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
    const std::size_t begin = std::exchange(at, at + tensor.size());
    const Weights& all = parameters_.weights();
    // Rows of embeddings and classes stand for themselves: they have no directions to balance.
    const bool table = &tensor == &all.wte || &tensor == &all.cls;
    if (options_.method == OptimizerOptions::Method::kMuon && spec.matrix && !spec.f32 && !table) {
      muon_.push_back({begin, tensor.rows, tensor.cols});
      return;
    }
    const float decay = spec.matrix ? options_.weight_decay : 0.0f;
    if (runs_.empty() || runs_.back().decay != decay || runs_.back().end != begin)
      runs_.push_back({begin, begin, decay});
    runs_.back().end = at;
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
  muon_step(muon_, {lr, options_.weight_decay}, parameters_.values().data(), gradients_.values().data(),
            moment1_.values().data(), executor_.math, executor_.threads);
  gradients_clear_ = true;
  return report;
}

void Trainer::save_checkpoint(const std::string& path, const std::string& note) const {
  GgufWriter writer;
  writer.set("general.architecture", GgufValue::string(kCheckpointKind));
  writer.set("eve.step", GgufValue::u64(step_));
  writer.set("eve.note", GgufValue::string(note));
  writer.set("eve.optimizer", GgufValue::string(method_name(options_.method)));
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
  if (gguf.string_value("eve.optimizer").value_or("adamw") != method_name(options_.method))
    throw Error(Status::kModel, printable(path) + ": checkpoint of another optimizer; name the same with --optimizer");
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

}  // namespace eve
