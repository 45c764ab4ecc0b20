// SPDX-License-Identifier: Apache-2.0
// Products of bfloat16 pairs by VDPBF16PS (Cooper Lake, Zen 4 and later).
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/gemm_bf16.h"
#include "kernels/gemm_pack_inl.h"

namespace eve {
namespace {

using std::size_t;

// Up to 8 rows of C by two vectors: 16 sums hide the latency of the products, and each load of B serves 8. `a` is the
// first row's pairs in its first tile.
inline void eight_rows(const Bf16Tile* a, size_t first_row, const Bf16Tile* b0, const Bf16Tile* b1, size_t tiles,
                       bool accumulate, float* c, size_t ldc, size_t rows, __mmask16 left, __mmask16 right) {
  __m512 sum[8][2];
  for (size_t r = 0; r < 8; ++r) {
    const bool read = accumulate && r < rows;
    sum[r][0] = _mm512_maskz_loadu_ps(read ? left : 0, c + r * ldc);
    sum[r][1] = _mm512_maskz_loadu_ps(read ? right : 0, c + r * ldc + 16);
  }
  for (size_t t = 0; t < tiles; ++t) {
    for (size_t p = 0; p < 16; ++p) {
      const auto low = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b0[t].pairs[p]));
      const auto high = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b1[t].pairs[p]));
      for (size_t r = 0; r < 8; ++r) {
        const auto pair = reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(a[t].pairs[first_row + r][p])));
        sum[r][0] = _mm512_dpbf16_ps(sum[r][0], pair, low);
        sum[r][1] = _mm512_dpbf16_ps(sum[r][1], pair, high);
      }
    }
  }
  for (size_t r = 0; r < rows; ++r) {
    _mm512_mask_storeu_ps(c + r * ldc, left, sum[r][0]);
    _mm512_mask_storeu_ps(c + r * ldc + 16, right, sum[r][1]);
  }
}

void multiply(Bf16Panels a, Bf16Panels b, size_t tiles, bool accumulate, float* c, size_t ldc) {
  for (size_t col = 0; col < b.lines; col += 2 * kTileLines) {
    const size_t cols = b.lines - col;
    const __mmask16 left = first(cols), right = cols > 16 ? first(cols - 16) : 0;
    const Bf16Tile* b0 = b.tiles + col / kTileLines * b.stride;
    const Bf16Tile* b1 = cols > 16 ? b0 + b.stride : b0;
    for (size_t row = 0; row < a.lines; row += 8)
      eight_rows(a.tiles + row / kTileLines * a.stride, row % kTileLines, b0, b1, tiles, accumulate,
                 c + row * ldc + col, ldc, a.lines - row < 8 ? a.lines - row : 8, left, right);
  }
}

}  // namespace

constinit const Bf16Kernel kAvx512Bf16Kernel = {"avx512bf16", pack<true>, pack<false>, multiply, {}};

}  // namespace eve
