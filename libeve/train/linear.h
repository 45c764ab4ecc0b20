// SPDX-License-Identifier: Apache-2.0
// Backward of y = x w^T, block of rows by block of rows: what lies between two products stays near the processor.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/gemm_factor.h"
#include "kernels/kernels.h"
#include "model/tensors.h"

namespace eve {

/// Rows whose products join the weights' gradients at once.
inline constexpr std::size_t kSumRows = 512;

/// w as the factor that takes gradients by y to those by x.
inline void set_backward(Factor& factor, const Tensor& w, Math math) {
  factor.reset(Factor::kRight, Factor::kSteps, w.cols, w.rows, math);
  factor.set(w.f32(), w.cols);
}

/// At most kSumRows rows of d_y, in order.
class LinearBackward {
 public:
  void reset(std::size_t outputs, std::size_t rows, Math math) {
    turned_.reset(Factor::kLeft, Factor::kSteps, outputs, rows, math);
    math_ = math;
  }
  /// Takes rows [first, first + count): d_x = d_y w + beta d_x. first % Factor::kMultiple == 0.
  void block(std::size_t first, std::size_t count, const float* d_y, const Factor& w, float beta, float* d_x) {
    turned_.set(first, count, d_y, turned_.lines());
    upright_.reset(Factor::kLeft, Factor::kLines, count, turned_.lines(), math_);
    upright_.set(d_y, turned_.lines());
    multiply(upright_, w, beta, d_x, w.lines());
  }
  /// d_w += d_y^T x, of all rows taken. x: to the right, along its steps.
  void sum(const Factor& x, float* d_w) const { multiply(turned_, x, 1.0f, d_w, x.lines()); }

 private:
  Math math_ = Math::kF32;
  Factor turned_, upright_;
};

/// One thread's memory for linears_backward().
struct LinearScratch {
  std::vector<LinearBackward> terms;
  Factor x;
};

/// One of the products of the same x.
struct LinearTerm {
  const Tensor* w;
  const float* d_y;  ///< [rows][w.rows]
  float* d_w;        ///< added to
};

/// Numbers that several threads add to.
struct Sum {
  float* to;
  std::size_t size;
};

/// Calls part(index, begin, end, to) for shares of `rows` rows, each in one thread. What it adds to to[i] joins
/// sums[i]: the first share's at once, the others' from zeros of their own and in their order.
template <class Part>
void sum_in_parts(std::span<const Sum> sums, std::size_t rows, Threads& threads,
                  std::vector<std::vector<float>>& partial, Part&& part) {
  const std::size_t parts = std::clamp<std::size_t>(rows / kSumRows, 1, threads.count());
  std::size_t size = 0;
  for (const Sum& sum : sums) size += sum.size;
  partial.resize(std::max(partial.size(), parts));
  threads.parallel_for(parts, 1, [&](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      std::vector<float*> to;
      if (i > 0) partial[i].assign(size, 0.0f);
      for (std::size_t at = 0; const Sum& sum : sums) {
        to.push_back(i == 0 ? sum.to : &partial[i][at]);
        at += sum.size;
      }
      part(i, rows * i / parts, rows * (i + 1) / parts, to.data());
    }
  });
  for (std::size_t i = 1; i < parts; ++i)
    for (std::size_t at = 0; const Sum& sum : sums) {
      threads.parallel_for(sum.size, 16384, [&](std::size_t begin, std::size_t end) {
        kernels().axpy(1.0f, &partial[i][at + begin], sum.to + begin, end - begin);
      });
      at += sum.size;
    }
}

}  // namespace eve
