// SPDX-License-Identifier: Apache-2.0
// Factors of several matrix products, converted once for all of them.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/gemm_bf16.h"

namespace eve {

/// One factor of C[m][n] = A[m][k] B[k][n]: in the CPU's tiles of bfloat16 where math is kBF16 and there are some, else
/// fp32, which kBF16 rounds. A factor has m or n lines of k steps. Keeps its memory from use to use.
class Factor {
 public:
  enum Side : bool { kLeft, kRight };    ///< A, whose lines are rows of C, or B, whose lines are columns of C
  enum Along : bool { kLines, kSteps };  ///< what the rows of memory given to set() are
  /// First lines or steps that set() takes are multiples of this.
  static constexpr std::size_t kMultiple = kTileSteps;

  void reset(Side side, Along along, std::size_t lines, std::size_t steps, Math math);
  /// Lines or steps [first, first + count) are the rows of x, `stride` values apart. Every one must have been set
  /// before multiply(), and those of several threads must not overlap.
  void set(std::size_t first, std::size_t count, const float* x, std::size_t stride);
  /// All of them.
  void set(const float* x, std::size_t stride) { set(0, along_ == kLines ? lines_ : steps_, x, stride); }

  std::size_t lines() const { return lines_; }
  std::size_t steps() const { return steps_; }

 private:
  friend void multiply(const Factor& a, const Factor& b, float beta, float* c, std::size_t ldc);
  Side side_ = kLeft;
  Along along_ = kLines;
  std::size_t lines_ = 0, steps_ = 0;
  Math math_ = Math::kF32;
  const Bf16Kernel* kernel_ = nullptr;  // null: values_ hold the factor
  std::vector<AlignedBf16Tile> tiles_;
  std::vector<float> values_;  // rows as they were given, without gaps
};

/// C = A B + beta C, beta 0 or 1, rows of C `ldc` apart. In this thread; rows of C do not depend on the other rows
/// (fp32: beyond rounding).
void multiply(const Factor& a, const Factor& b, float beta, float* c, std::size_t ldc);

/// Rows of activations that go from product to product together, past weights of so many values. Few, because what lies
/// between then stays in the second-level cache; more where the weights do not stay there, and in fp32.
std::size_t rows_of_block(Math math, std::size_t weight);
/// Weights of at most so many values stay in the second-level cache while blocks of rows pass by.
inline constexpr std::size_t kSmallWeight = std::size_t{1} << 18;

}  // namespace eve
