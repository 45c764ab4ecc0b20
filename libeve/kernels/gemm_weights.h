// SPDX-License-Identifier: Apache-2.0
// Products of many rows of activations with interleaved weights, in the CPU's bfloat16 tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/gemm_bf16.h"
#include "kernels/interleave.h"

namespace eve {

/// Whether products of many rows with interleaved weights of this type are fastest here in bfloat16 (both factors
/// rounded, sums in fp32): with AMX every type but F32 and F16, with VDPBF16PS only BF16 (int8 products are faster for
/// the others). False where EVE_ISA names a lesser table than the CPU's best.
bool multiplies_in_bf16(DType type);

/// Rows of activations, rounded to bfloat16 and packed once for all products that read them. Only where
/// multiplies_in_bf16() of some type.
class Bf16Input {
 public:
  static constexpr std::size_t kPanelRows = 32;
  /// Makes room for rows x cols values; keeps its memory between uses. cols % 32 == 0.
  void resize(std::size_t rows, std::size_t cols);
  std::size_t rows() const { return rows_; }
  std::size_t panels() const { return (rows_ + kPanelRows - 1) / kPanelRows; }
  /// Packs panels [first, end) (32 rows each) of x, row r at x + r * stride. Shares of several threads are disjoint.
  void pack(const float* x, std::size_t stride, std::size_t first, std::size_t end);
  /// Rows [first, first + count); first % 16 == 0.
  Bf16Panels part(std::size_t first, std::size_t count) const;

 private:
  std::size_t rows_ = 0, cols_ = 0;
  std::vector<AlignedBf16Tile> tiles_;
};

/// y[t * ldy + 16 g + r] = sum_c w[16 (first + g) + r][c] * x[t][c] for g in [0, groups), r in [0, 16), every row t of
/// x. `w` is the whole interleaved matrix, its first group at w; its type one that multiplies_in_bf16(). One thread's
/// share; a row's results do not depend on the other rows of x. Denormals may count as 0.
void multiply_groups(const Bf16Input& x, DType type, const void* w, std::size_t cols, std::size_t first,
                     std::size_t groups, float* y, std::size_t ldy);
/// The same by this kernel, which can unpack the type.
void multiply_groups(const Bf16Kernel& kernel, const Bf16Input& x, DType type, const void* w, std::size_t cols,
                     std::size_t first, std::size_t groups, float* y, std::size_t ldy);

}  // namespace eve
