// SPDX-License-Identifier: Apache-2.0
// The optimiser: AdamW on batches of examples, checkpoints.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/rng.h"
#include "model/model.h"
#include "train/backward.h"
#include "train/data.h"
#include "train/muon.h"
#include "train/ranks.h"

namespace eve {

struct OptimizerOptions {
  /// kMuon: matrices of the layers by muon_step(), all else by AdamW, at the same rate and decay.
  enum class Method { kAdamW, kMuon };
  Method method = Method::kAdamW;
  float lr = 5e-5f;           ///< peak
  float min_lr_ratio = 0.0f;  ///< lr at the end, as a share of the peak
  float warmup = 0.03f;       ///< share of all steps in which lr rises linearly
  float cooldown = 0;         ///< share of all steps in which lr falls linearly, after a plateau; 0: a cosine instead
  float beta1 = 0.9f, beta2 = 0.95f, eps = 1e-8f;
  float weight_decay = 0.1f;  ///< of matrices; norms and biases never decay
  float clip = 1.0f;          ///< largest norm of the gradient; 0: none
  std::size_t micro_tokens =
      8192;  ///< a batch is accumulated in parts of at most this many tokens (one example at least)
};

/// What one optimiser step did. Sums over all ranks.
struct StepReport {
  std::size_t step = 0;      ///< counted from 1
  double cross_entropy = 0;  ///< mean over targets, before the step
  double aux = 0;            ///< load-balance loss, summed over layers, mean over tokens
  double grad_norm = 0;      ///< before clipping
  float lr = 0;
  std::size_t tokens = 0, targets = 0;
};

/// Random weights, from the distribution that the list of tensors states for each.
void initialise(const Config& config, ParameterBuffer& parameters, Rng& rng);

/// Holds fp32 master weights, gradients and moments (16 bytes a parameter).
class Trainer {
 public:
  /// Takes the model's config, tokenizer and info; its weights are converted to fp32 where present, else (config only:
  /// weights.layers empty) initialised from `seed`.
  Trainer(ModelData model, OptimizerOptions options, std::uint64_t seed, Math math, Threads& threads,
          const Ranks& ranks);

  /// One step on this rank's share of a batch: differentiate(), then the optimizer.
  StepReport step(std::span<const Example* const> batch, float lr);
  /// Loss and gradients() of a batch, summed over all ranks; the report's lr is 0. Throws kSystem naming the step when
  /// the loss or the gradient is not finite; the weights are then unchanged.
  StepReport differentiate(std::span<const Example* const> batch);

  std::size_t steps() const { return step_; }
  const ModelData& model() const { return model_; }  ///< weights are views into this object
  ModelData& model() { return model_; }
  const ParameterBuffer& gradients() const { return gradients_; }  ///< unclipped; 0 after a step

  /// Weights, moments, step and the caller's note, written atomically.
  void save_checkpoint(const std::string& path, const std::string& note) const;
  /// Restores them and returns the note. Throws kModel when the file is of another shape or damaged.
  std::string load_checkpoint(const std::string& path);

 private:
  ModelData model_;
  OptimizerOptions options_;
  Executor executor_;
  const Ranks& ranks_;
  ParameterBuffer parameters_, gradients_, moment1_, moment2_;
  struct Run {
    std::size_t begin, end;  // within the buffers
    float decay;
  };
  std::vector<Run> runs_;  // of AdamW: neighbouring tensors of equal decay
  std::vector<MuonMatrix> muon_;
  Activations activations_;
  BackwardScratch scratch_;
  std::vector<float> d_hidden_;
  std::size_t step_ = 0;
  bool gradients_clear_ = true;

  LossSum accumulate(std::span<const Example* const> micro, float loss_scale, double batch_tokens, double& aux);
};

}  // namespace eve
