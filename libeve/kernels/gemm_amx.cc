// SPDX-License-Identifier: Apache-2.0
// Products of bfloat16 tiles in AMX's tile registers (Sapphire Rapids and later).
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/gemm_bf16.h"

namespace eve {
namespace {

using std::size_t;

struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);

// Tiles 0 1 / 2 3 are a square of C, 4 5 two tiles of A, 6 7 two of B.
inline void square(const Bf16Group* a, const Bf16Group* b, size_t groups, bool accumulate, float* c, size_t ldc) {
  const size_t stride = ldc * sizeof(float);
  if (accumulate) {
    _tile_loadd(0, c, stride);
    _tile_loadd(1, c + 16, stride);
    _tile_loadd(2, c + 16 * ldc, stride);
    _tile_loadd(3, c + 16 * ldc + 16, stride);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (size_t g = 0; g < groups; ++g) {
    for (size_t row = 4 * g; row < 4 * g + 4 && row < kGroupLines; ++row) {
      __builtin_prefetch(c + row * ldc, 1);
      __builtin_prefetch(c + row * ldc + 16, 1);
    }
    _tile_loadd(4, a[g].pairs[0], 64);
    _tile_loadd(6, b[g].pairs[0], 64);
    _tile_loadd(7, b[g].pairs[1], 64);
    _tile_loadd(5, a[g].pairs[1], 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, stride);
  _tile_stored(1, c + 16, stride);
  _tile_stored(2, c + 16 * ldc, stride);
  _tile_stored(3, c + 16 * ldc + 16, stride);
}

}  // namespace

void multiply_amx(const Bf16Group* a, const Bf16Group* b, size_t groups, size_t rows, size_t cols, bool accumulate,
                  float* c, size_t ldc) {
  const TileConfig config;
  _tile_loadconfig(&config);
  for (size_t col = 0; col < cols; col += kGroupLines, b += groups) {
    const size_t width = cols - col < kGroupLines ? cols - col : kGroupLines;
    if (rows == kGroupLines && width == kGroupLines) {
      square(a, b, groups, accumulate, c + col, ldc);
      continue;
    }
    alignas(64) float edge[kGroupLines * kGroupLines];
    if (accumulate)
      for (size_t r = 0; r < rows; ++r)
        __builtin_memcpy(edge + r * kGroupLines, c + r * ldc + col, width * sizeof(float));
    square(a, b, groups, accumulate, edge, kGroupLines);
    for (size_t r = 0; r < rows; ++r)
      __builtin_memcpy(c + r * ldc + col, edge + r * kGroupLines, width * sizeof(float));
  }
  _tile_release();  // or the system saves 8 KiB at every change of thread
}

}  // namespace eve
