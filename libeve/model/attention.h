// SPDX-License-Identifier: Apache-2.0
// Rotary positions and scaled dot-product attention over sequences laid end to end.
#pragma once

#include <span>
#include <vector>

#include "kernels/gemm.h"
#include "model/batch.h"
#include "model/products.h"

namespace eve {

/// Interleaved rotary embedding: pair i turns by position * theta^(-2i / head_dim), the product in fp32 as the
/// reference has it.
class Rope {
 public:
  enum Direction { kForward, kInverse };
  /// Makes the angles of positions [0, count), if they are not there yet.
  void reserve(const Config& config, std::size_t count);
  /// Rotates every head of x [T][attn_dim] in place. A sequence starts at position size() of its cache, else at 0.
  void rotate(const Batch& batch, float* x, Direction direction, Threads& threads) const;

 private:
  std::size_t heads_ = 0, pairs_ = 0;
  std::vector<float> cos_, sin_, negative_sin_;  // [position][pairs]
};

/// Keys and values of one sequence from its position 0 on, and the position of its first query in the batch.
struct KeyValues {
  const float *k, *v;  ///< head h of position p starts at [p * row_stride + h * head_stride]
  std::size_t row_stride, head_stride;
  std::size_t past;
};

/// out[T][attn_dim] = softmax(q k^T / sqrt(head_dim)) v per head, `sources` one a sequence of the batch. A query's
/// result does not depend on the other sequences, bit by bit. `log_sums` [T][n_head], where not null, gets the
/// logarithms of the softmax's denominators, for backward. A thread holds a block of scores, never [T][T].
void attention(const Config& config, const Batch& batch, std::span<const KeyValues> sources, const float* q, float* out,
               float* log_sums, Executor executor);

/// Gradients of attention without past, from its out and log_sums. Overwrites d_q, d_k, d_v [T][attn_dim].
void attention_backward(const Config& config, const Batch& batch, const float* q, const float* k, const float* v,
                        const float* out, const float* log_sums, const float* d_out, float* d_q, float* d_k, float* d_v,
                        Math math, Threads& threads);

}  // namespace eve
