// SPDX-License-Identifier: Apache-2.0
// Short causal depthwise convolutions with a residual ("Canon layers": Allen-Zhu 2025, Physics of Language Models 4.1,
// arXiv 2512.17351). They let attention and experts see the tokens just before the current one.
#pragma once

#include <span>
#include <vector>

#include "base/threads.h"
#include "model/batch.h"
#include "model/tensors.h"

namespace eve {

/// Rows of one sequence of a batch, and how many rows of the same sequence lie before them.
struct ConvolutionInput {
  const float* x;
  std::size_t past;
};

/// y[T][n] = x[t] + sum_j w[j] x[t - j], element by element; w [taps][n], x of `sources`, one a sequence of the batch;
/// rows before a sequence's first are 0. A row's bits do not depend on where the batch begins nor on the threads.
void convolve(const Tensor& w, const Batch& batch, std::span<const ConvolutionInput> sources, float* y,
              Threads& threads);

/// Gradients of convolve() over sequences without past, x [T][n]: overwrites d_x, adds to d_w. `sums` is memory to use
/// again.
void convolve_backward(const Tensor& w, const Batch& batch, const float* x, const float* d_y, float* d_x, float* d_w,
                       std::vector<float>& sums, Threads& threads);

}  // namespace eve
