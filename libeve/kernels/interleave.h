// SPDX-License-Identifier: Apache-2.0
// The order of weights in which one linear stream feeds a kernel that keeps 16 rows in the lanes of its vectors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/dtype.h"

namespace eve {

/// kRows: row after row. kInterleaved: 16 rows at a time (a group); a group holds the bytes of its rows, permuted:
///   F16, BF16   pieces of 4 bytes, two weights of a row each: [cols / 2][16 rows]
///   Q8_0, Q4_0  the scales: [cols / 32][16 rows] halves; then the quants in pieces of 4 bytes as they stand in their
///               blocks: [cols / 32][8 or 4 pieces][16 rows]
/// The last rows % 16 rows follow, row after row. A matrix takes as many bytes in either order.
enum class Layout : std::uint8_t { kRows, kInterleaved };
inline constexpr std::size_t kGroupRows = 16;

/// F32 and widths that are not a multiple of 32 always lie in rows.
bool can_interleave(DType type, std::size_t cols);
/// To the other order and back; `in` and `out` are rows * row_bytes(type, cols) and do not overlap.
void interleave(DType type, std::size_t rows, std::size_t cols, const void* in, void* out);
void deinterleave(DType type, std::size_t rows, std::size_t cols, const void* in, void* out);
/// Values of row `row` of a matrix in either order: dst[cols].
void dequantize_row(DType type, Layout layout, std::size_t rows, std::size_t cols, const void* w, std::size_t row,
                    float* dst);

}  // namespace eve
