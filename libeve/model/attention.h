// SPDX-License-Identifier: Apache-2.0
// Rotary positions and scaled dot-product attention over sequences laid end to end.
#pragma once

#include <vector>

#include "model/forward.h"

namespace eve {

/// Interleaved rotary embedding: pair i turns by position * theta^(-2i / head_dim), the product in fp32 as the
/// reference has it.
class Rope {
 public:
  enum Direction { kForward, kInverse };
  /// Angles of positions [first, first + count).
  Rope(const Config& config, std::size_t first, std::size_t count);
  /// Rotates every head of x [T][attn_dim] in place; positions restart at `first` with each sequence.
  void rotate(const Batch& batch, float* x, Direction direction, Threads& threads) const;

 private:
  std::size_t heads_, pairs_;
  std::vector<float> cos_, sin_, negative_sin_;  // [count][pairs]
};

/// out[T][attn_dim] = softmax(q k^T / sqrt(head_dim)) v per head. Keys and values of a sequence stand before its own by
/// `past` rows: without a cache past = 0 and k, v are laid out like q; with one, the batch is one sequence whose
/// queries start at position `past`.
void attention(const Config& config, const Batch& batch, std::size_t past, const float* q, const float* k,
               const float* v, float* out, Threads& threads);

/// Gradients of attention without past. Overwrites d_q, d_k, d_v [T][attn_dim]. Probabilities are computed again, block
/// by block.
void attention_backward(const Config& config, const Batch& batch, const float* q, const float* k, const float* v,
                        const float* d_out, float* d_q, float* d_k, float* d_v, Threads& threads);

}  // namespace eve
