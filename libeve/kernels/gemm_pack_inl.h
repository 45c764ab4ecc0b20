// SPDX-License-Identifier: Apache-2.0
// Rounding and packing of fp32 to tiles of bfloat16, for files compiled with AVX-512 BF16.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/gemm_bf16.h"

namespace eve {
namespace {

using std::size_t;

// 16 x 16 numbers of 32 bits, rows become columns.
inline void transpose(__m512i (&x)[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 4) {  // 4 x 4 squares within each 128-bit lane
    const __m512i ab_low = _mm512_unpacklo_epi32(x[i], x[i + 1]), ab_high = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    const __m512i cd_low = _mm512_unpacklo_epi32(x[i + 2], x[i + 3]);
    const __m512i cd_high = _mm512_unpackhi_epi32(x[i + 2], x[i + 3]);
    t[i] = _mm512_unpacklo_epi64(ab_low, cd_low);
    t[i + 1] = _mm512_unpackhi_epi64(ab_low, cd_low);
    t[i + 2] = _mm512_unpacklo_epi64(ab_high, cd_high);
    t[i + 3] = _mm512_unpackhi_epi64(ab_high, cd_high);
  }
  for (int j = 0; j < 4; ++j) {  // then the lanes: t[4 r + j] holds row group r of columns j, 4 + j, 8 + j, 12 + j
    const __m512i even_01 = _mm512_shuffle_i32x4(t[j], t[4 + j], 0x88);
    const __m512i odd_01 = _mm512_shuffle_i32x4(t[j], t[4 + j], 0xdd);
    const __m512i even_23 = _mm512_shuffle_i32x4(t[8 + j], t[12 + j], 0x88);
    const __m512i odd_23 = _mm512_shuffle_i32x4(t[8 + j], t[12 + j], 0xdd);
    x[j] = _mm512_shuffle_i32x4(even_01, even_23, 0x88);
    x[8 + j] = _mm512_shuffle_i32x4(even_01, even_23, 0xdd);
    x[4 + j] = _mm512_shuffle_i32x4(odd_01, odd_23, 0x88);
    x[12 + j] = _mm512_shuffle_i32x4(odd_01, odd_23, 0xdd);
  }
}

inline __mmask16 first(size_t n) { return static_cast<__mmask16>(n >= 16 ? 0xffff : (1u << n) - 1); }

// {low, high} rounded: low's 16 values first.
inline __m512i to_bf16(__m512 low, __m512 high) { return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)); }

// One tile: up to 16 lines and 32 steps. `by_line`: as [line][pair], else as [pair][line].
template <bool by_line>
inline void pack_tile(const float* src, size_t line_stride, size_t step_stride, size_t lines, size_t steps,
                      Bf16Tile& tile) {
  __m512i x[16];
  const bool lines_contiguous = step_stride != 1;
  if (lines_contiguous) {
    const __mmask16 wanted = first(lines);
    // a0..a15 b0..b15 becomes a0 b0 a1 b1 ...
    const __m512i merge = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (size_t p = 0; p < 16; ++p) {
      const __mmask16 even = 2 * p < steps ? wanted : 0, odd = 2 * p + 1 < steps ? wanted : 0;
      const __m512 a = _mm512_maskz_loadu_ps(even, src + 2 * p * step_stride);
      const __m512 b = _mm512_maskz_loadu_ps(odd, src + (2 * p + 1) * step_stride);
      x[p] = _mm512_permutexvar_epi16(merge, to_bf16(a, b));
    }
  } else {
    const __mmask16 low = first(steps), high = first(steps > 16 ? steps - 16 : 0);
    for (size_t l = 0; l < 16; ++l) {
      const __m512 a = _mm512_maskz_loadu_ps(l < lines ? low : 0, src + l * line_stride);
      const __m512 b = _mm512_maskz_loadu_ps(l < lines ? high : 0, src + l * line_stride + 16);
      x[l] = to_bf16(a, b);
    }
  }
  if (by_line == lines_contiguous) transpose(x);
  for (size_t i = 0; i < 16; ++i) _mm512_storeu_si512(tile.pairs[i], x[i]);
}

template <bool by_line>
void pack(const float* src, size_t line_stride, size_t step_stride, size_t lines, size_t k, Bf16Tile* panels,
          size_t stride) {
  const auto one = [&](size_t line, size_t step) {
    pack_tile<by_line>(src + line * line_stride + step * step_stride, line_stride, step_stride,
                       lines - line < kTileLines ? lines - line : kTileLines,
                       k - step < kTileSteps ? k - step : kTileSteps,
                       panels[line / kTileLines * stride + step / kTileSteps]);
  };
  // Along the rows of the matrix as it is stored: streams that the CPU fetches ahead.
  if (line_stride == 1)
    for (size_t step = 0; step < k; step += kTileSteps)
      for (size_t line = 0; line < lines; line += kTileLines) one(line, step);
  else
    for (size_t line = 0; line < lines; line += kTileLines)
      for (size_t step = 0; step < k; step += kTileSteps) one(line, step);
}

}  // namespace
}  // namespace eve
