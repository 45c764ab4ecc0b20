// SPDX-License-Identifier: Apache-2.0
// Gradients of forward.h, operation by operation in reverse, under the same names.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/forward.h"
#include "train/linear.h"
#include "train/pointer_loss.h"

namespace eve {

/// One fp32 number for each parameter (weights, gradients, moments), laid out as for_each_tensor walks them.
class ParameterBuffer {
 public:
  explicit ParameterBuffer(const Config& config);
  std::vector<float>& values() { return values_; }
  const std::vector<float>& values() const { return values_; }
  const Weights& weights() const { return weights_; }  ///< F32 views into values()
  /// The same memory, for writing: tensor must be one of weights().
  float* writable(const Tensor& tensor) { return values_.data() + (tensor.f32() - values_.data()); }

  ParameterBuffer(ParameterBuffer&&) = default;

 private:
  std::vector<float> values_;
  Weights weights_;
};

struct LossSum {
  double cross_entropy = 0;  ///< sum over targets, in nats
  std::size_t targets = 0;
  std::size_t correct = 0;  ///< targets whose score is the largest
  LossSum& operator+=(const LossSum& other);
};

/// The weights of an expert, to go from gradients by outputs to those by inputs.
struct FfnFactors {
  Factor w1, w2, c_proj;
};

/// Memory that head_loss() and backward() use again from call to call: fresh pages would cost more than many of their
/// loops.
struct BackwardScratch {
  // head_loss
  std::vector<std::size_t> wanted;  ///< rows with a target
  std::vector<float> rows, d_rows, scores, factors;
  std::vector<double> losses;
  PointerScratch pointer;
  // backward
  std::vector<float> dx;                                                          ///< gradient by the residual stream
  std::vector<float> d_h, d_n, d_attn, d_q, d_k, d_v, d_router, d_gains, d_taps;  ///< of one layer
  std::vector<float> d_weight, d_routed_in;                                       ///< rows sorted by expert
  struct Expert {
    FfnFactors weights;
    LinearBackward w1, w2, c_proj;
    Factor x, acts;
    std::vector<float> in, d_out, act, d_gate, d_up;  ///< of a block of rows
  };
  std::vector<Expert> experts;         ///< one a thread
  std::vector<LinearScratch> linears;  ///< one a thread
  std::vector<Factor> weights;
  std::vector<std::vector<float>> partial;  ///< sums of a thread
};

inline constexpr std::int32_t kNoTarget = -100;

/// Cross entropy of the head's scores against targets, and its gradients times `scale`.
/// targets: one a token (kLm: the next token; kTag: the tag) or one a sequence (kLabel). Rows with kNoTarget cost
/// nothing: only the others reach the head, a few hundred at a time. With `d_hidden` null nothing is differentiated;
/// else d_hidden [T][n_embd] is overwritten and the head's gradients are added to `gradients`.
LossSum head_loss(const Config& config, const Weights& weights, const Batch& batch, std::span<const float> hidden,
                  std::span<const std::int32_t> targets, float scale, Executor executor, float* d_hidden,
                  ParameterBuffer* gradients, BackwardScratch& scratch);

/// Adds to `gradients` those of a loss whose gradient by `activations.hidden` is d_hidden [T][n_embd], plus those of
/// aux_scale * sum over layers of aux_loss. `activations` come from forward(keep = true) with the same arguments.
void backward(const Config& config, const Weights& weights, const Batch& batch, const Activations& activations,
              std::span<const float> d_hidden, float aux_scale, Executor executor, ParameterBuffer& gradients,
              BackwardScratch& scratch);

}  // namespace eve
