// SPDX-License-Identifier: Apache-2.0
#include "kernels/interleave.h"

#include <cstring>
#include <type_traits>

#include "kernels/kernels.h"

namespace eve {
namespace {

constexpr std::size_t kChunk = 32;       // weights of a row that are moved together: a block of the quantised types
constexpr std::size_t kChunkBytes = 64;  // at most

// The one place that knows the order: f(offset in the row's chunk, offset in the group, bytes) for the pieces of
// columns 32 b .. 32 b + 31 of row r of a group.
template <class F>
inline void each_piece(DType type, std::size_t cols, std::size_t b, std::size_t r, F f) {
  const std::size_t chunk_bytes = row_bytes(type, kChunk);
  const bool scaled = dtype_block(type) != 1;
  const std::size_t scale = scaled ? 2 : 0, pieces = (chunk_bytes - scale) / 4;
  if (scaled) f(std::size_t{0}, (b * kGroupRows + r) * 2, std::integral_constant<std::size_t, 2>{});
  const std::size_t scales = cols / kChunk * kGroupRows * scale;
  for (std::size_t p = 0; p < pieces; ++p)
    f(scale + 4 * p, scales + ((b * pieces + p) * kGroupRows + r) * 4, std::integral_constant<std::size_t, 4>{});
}

// move(type, cols, group's offset, row's offset) for every row of every group; the offsets are the same in both orders
// where the group begins.
template <class F>
void each_chunk(DType type, std::size_t rows, std::size_t cols, F f) {
  const std::size_t stride = row_bytes(type, cols), chunk_bytes = row_bytes(type, kChunk);
  for (std::size_t row = 0; row < rows / kGroupRows * kGroupRows; ++row)
    for (std::size_t b = 0; b < cols / kChunk; ++b)
      each_piece(type, cols, b, row % kGroupRows, [&](std::size_t in_chunk, std::size_t in_group, auto bytes) {
        f(row * stride + b * chunk_bytes + in_chunk, row / kGroupRows * kGroupRows * stride + in_group, bytes);
      });
}

// What stays in rows: everything, or the rows after the last group.
void copy_rest(DType type, std::size_t rows, std::size_t cols, const void* in, void* out) {
  const std::size_t stride = row_bytes(type, cols);
  const std::size_t moved = can_interleave(type, cols) ? rows / kGroupRows * kGroupRows : 0;
  if (moved == rows) return;
  std::memcpy(static_cast<unsigned char*>(out) + moved * stride, static_cast<const unsigned char*>(in) + moved * stride,
              (rows - moved) * stride);
}

}  // namespace

bool can_interleave(DType type, std::size_t cols) { return type != DType::kF32 && cols % kChunk == 0; }

void interleave(DType type, std::size_t rows, std::size_t cols, const void* in, void* out) {
  if (can_interleave(type, cols))
    each_chunk(type, rows, cols, [&](std::size_t in_rows, std::size_t in_groups, auto bytes) {
      std::memcpy(static_cast<unsigned char*>(out) + in_groups, static_cast<const unsigned char*>(in) + in_rows, bytes);
    });
  copy_rest(type, rows, cols, in, out);
}

void deinterleave(DType type, std::size_t rows, std::size_t cols, const void* in, void* out) {
  if (can_interleave(type, cols))
    each_chunk(type, rows, cols, [&](std::size_t in_rows, std::size_t in_groups, auto bytes) {
      std::memcpy(static_cast<unsigned char*>(out) + in_rows, static_cast<const unsigned char*>(in) + in_groups, bytes);
    });
  copy_rest(type, rows, cols, in, out);
}

void dequantize_row(DType type, Layout layout, std::size_t rows, std::size_t cols, const void* w, std::size_t row,
                    float* dst) {
  const auto dequantize = kernels().dequantize[static_cast<std::size_t>(type)];
  const std::size_t stride = row_bytes(type, cols);
  const auto* const matrix = static_cast<const unsigned char*>(w);
  if (layout == Layout::kRows || !can_interleave(type, cols) || row >= rows / kGroupRows * kGroupRows)
    return dequantize(matrix + row * stride, cols, dst);
  const unsigned char* const group = matrix + row / kGroupRows * kGroupRows * stride;
  for (std::size_t b = 0; b < cols / kChunk; ++b) {
    unsigned char chunk[kChunkBytes];
    each_piece(type, cols, b, row % kGroupRows, [&](std::size_t in_chunk, std::size_t in_group, auto bytes) {
      std::memcpy(chunk + in_chunk, group + in_group, bytes);
    });
    dequantize(chunk, kChunk, dst + b * kChunk);
  }
}

}  // namespace eve
