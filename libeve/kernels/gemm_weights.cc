// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_weights.h"

#include <algorithm>
#include <cstddef>

#include "kernels/gemm_bf16.h"

namespace eve {
namespace {

using std::size_t;

// Activations that stay in the second-level cache while all weights pass by.
constexpr size_t kBlockBytes = size_t{1} << 20;

// B's panels of `count` groups (1 or 2) from group `group` on: where they lie in the file, or unpacked into scratch.
Bf16Panels weight_panels(const Bf16Kernel& kernel, DType type, const std::byte* w, size_t cols, size_t group,
                         size_t count, std::vector<AlignedBf16Tile>& scratch) {
  const size_t tiles = tiles_of(cols), lines = count * kGroupRows, group_bytes = kGroupRows * row_bytes(type, cols);
  w += group * group_bytes;
  if (type == DType::kBF16) return {reinterpret_cast<const Bf16Tile*>(w), tiles, lines};
  if (scratch.size() < count * tiles) scratch.resize(count * tiles);
  for (size_t i = 0; i < count; ++i, w += group_bytes)
    kernel.unpack[type == DType::kQ4_0](w, w + tiles * kGroupRows * sizeof(std::uint16_t), tiles,
                                        scratch.data() + i * tiles);
  return {scratch.data(), tiles, lines};
}

}  // namespace

bool multiplies_in_bf16(DType type) {
  const Bf16Kernel* kernel = native_bf16();
  if (kernel == nullptr) return false;
  if (type == DType::kQ8_0 || type == DType::kQ4_0) return kernel->unpack[type == DType::kQ4_0] != nullptr;
  return type == DType::kBF16;
}

void Bf16Input::resize(size_t rows, size_t cols) {
  rows_ = rows;
  cols_ = cols;
  const size_t tiles = panels_of(rows) * tiles_of(cols);
  if (tiles_.size() < tiles) tiles_.resize(tiles);
}

void Bf16Input::pack(const float* x, size_t stride, size_t first, size_t end) {
  const size_t row = first * kPanelRows, row_end = std::min(rows_, end * kPanelRows);
  if (row < row_end)
    bf16_kernels().back()->pack_a(x + row * stride, stride, 1, row_end - row, cols_,
                                  tiles_.data() + row / kTileLines * tiles_of(cols_), tiles_of(cols_));
}

Bf16Panels Bf16Input::part(size_t first, size_t count) const {
  return {tiles_.data() + first / kTileLines * tiles_of(cols_), tiles_of(cols_), count};
}

void multiply_groups(const Bf16Kernel& kernel, const Bf16Input& x, DType type, const void* w, size_t cols, size_t first,
                     size_t groups, float* y, size_t ldy) {
  static thread_local std::vector<AlignedBf16Tile> scratch;
  const size_t rows_of_block = kBlockBytes / (sizeof(std::uint16_t) * cols * Bf16Input::kPanelRows);
  const size_t block = std::max<size_t>(1, rows_of_block) * Bf16Input::kPanelRows;
  const size_t tiles = tiles_of(cols), parts = (tiles + kBlockTiles - 1) / kBlockTiles;
  for (size_t row = 0; row < x.rows(); row += block) {
    const Bf16Panels a = x.part(row, std::min(block, x.rows() - row));
    for (size_t g = 0; g < groups; g += 2) {
      const size_t count = std::min<size_t>(2, groups - g);
      const Bf16Panels b =
          weight_panels(kernel, type, static_cast<const std::byte*>(w), cols, first + g, count, scratch);
      for (size_t part = 0; part < parts; ++part) {
        const size_t tile = tiles * part / parts;
        kernel.multiply({a.tiles + tile, a.stride, a.lines}, {b.tiles + tile, b.stride, b.lines},
                        tiles * (part + 1) / parts - tile, part > 0, y + row * ldy + g * kGroupRows, ldy);
      }
    }
  }
}

void multiply_groups(const Bf16Input& x, DType type, const void* w, size_t cols, size_t first, size_t groups, float* y,
                     size_t ldy) {
  multiply_groups(*bf16_kernels().back(), x, type, w, cols, first, groups, y, ldy);
}

}  // namespace eve
