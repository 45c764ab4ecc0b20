// SPDX-License-Identifier: Apache-2.0
// Products of bfloat16 factors in the CPU's own instructions. gemm() chooses; tests call each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/gemm.h"

namespace eve {

/// 16 lines (rows of op(A), columns of op(B)) times 32 steps of k, as 16 x 16 pairs of neighbouring k: [line][pair] in
/// A, [pair][line] in B. Missing lines and steps are zero. A panel is 16 lines and all of a block's k: a row of tiles.
struct Bf16Tile {
  std::uint32_t pairs[16][16];
};
/// Packed ones lie at multiples of 64 bytes, which AMX reads fastest.
struct alignas(64) AlignedBf16Tile : Bf16Tile {};
inline constexpr std::size_t kTileLines = 16, kTileSteps = 32;
constexpr std::size_t tiles_of(std::size_t steps) { return (steps + kTileSteps - 1) / kTileSteps; }
constexpr std::size_t panels_of(std::size_t lines) { return (lines + kTileLines - 1) / kTileLines; }

/// One factor: `lines` lines in panels whose first tiles are `stride` tiles apart; its parts (below) `apart` tiles.
struct Bf16Panels {
  const Bf16Tile* tiles;
  std::size_t stride, lines, apart = 0;

  const Bf16Tile* at(std::size_t line) const { return tiles + line / kTileLines * stride; }
};

/// One way to multiply. With one part a factor is rounded. With three it is the exact sum of three bfloat16 numbers of
/// 8 bits each, and of the nine products of parts the six that reach fp32's 24 bits are summed, the small ones first
/// (Henry, Tang and Heinecke 2019): as good as fp32 but for parts below 2^-126, which count as 0.
struct Bf16Arithmetic {
  std::size_t parts;  ///< 0: this kernel has none
  /// `lines` lines of k values to panels of tiles_of(k) tiles, `stride` tiles apart, the parts `apart` tiles. Value
  /// (line, step) is at src[line * line_stride + step * step_stride]; one of the strides is 1. Denormals may become 0.
  /// False where a value has no exact sum of parts: NaN, infinity or too near the largest number.
  using Pack = bool (*)(const float* src, std::size_t line_stride, std::size_t step_stride, std::size_t lines,
                        std::size_t k, Bf16Tile* panels, std::size_t stride, std::size_t apart);
  Pack pack_a, pack_b;
  /// c[a.lines][b.lines] = (or +=, where `accumulate`) a times b over the first `tiles` tiles of their panels. Sums of
  /// a row do not depend on the other rows.
  void (*multiply)(Bf16Panels a, Bf16Panels b, std::size_t tiles, bool accumulate, float* c, std::size_t ldc);
};

struct Bf16Kernel {
  const char* name;
  Bf16Arithmetic rounded, split;
  /// A panel of B of `blocks` tiles from blocks of one interleaved group (interleave.h) of kQ8_0 (index 0) or kQ4_0
  /// (1), its scales and quants apart: each weight d * q rounded to nearest, ties to even. Null where int8 is faster.
  void (*unpack[2])(const void* scales, const void* quants, std::size_t blocks, Bf16Tile* panel);
};

/// Those this CPU and system can run, slowest first; empty where there is none.
const std::vector<const Bf16Kernel*>& bf16_kernels();
/// The best of them; null where there is none or EVE_ISA names a lesser table than the CPU's best.
const Bf16Kernel* native_bf16();

#if defined(__x86_64__)
extern const Bf16Kernel kAvx512Bf16Kernel, kAmxBf16Kernel;
#endif

/// Part of a product in fp32: C[m0..m1)[n0..n1) = op(A) op(B) over k0..k1, + C where `accumulate`.
using ExactBlock = std::function<void(std::size_t m0, std::size_t m1, std::size_t n0, std::size_t n1, std::size_t k0,
                                      std::size_t k1, bool accumulate)>;

/// gemm() by this arithmetic; `exact` multiplies blocks that have no parts (may be empty for rounded factors).
void gemm_bf16(const Bf16Arithmetic& arithmetic, Transpose a_t, Transpose b_t, std::size_t m, std::size_t n,
               std::size_t k, const float* a, std::size_t lda, const float* b, std::size_t ldb, float beta, float* c,
               std::size_t ldc, Threads& threads, const ExactBlock& exact);

}  // namespace eve
