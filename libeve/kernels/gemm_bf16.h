// SPDX-License-Identifier: Apache-2.0
// Products of bfloat16 factors in the CPU's own instructions. gemm() chooses; tests call each.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// One factor: `lines` lines in panels whose first tiles are `stride` tiles apart.
struct Bf16Panels {
  const Bf16Tile* tiles;
  std::size_t stride, lines;

  const Bf16Tile* at(std::size_t line) const { return tiles + line / kTileLines * stride; }
};

struct Bf16Kernel {
  const char* name;
  /// Rounds `lines` lines of k values to panels of tiles_of(k) tiles, `stride` tiles apart. Value (line, step) is at
  /// src[line * line_stride + step * step_stride]; one of the strides is 1. Denormals may become 0.
  void (*pack_a)(const float* src, std::size_t line_stride, std::size_t step_stride, std::size_t lines, std::size_t k,
                 Bf16Tile* panels, std::size_t stride);
  void (*pack_b)(const float* src, std::size_t line_stride, std::size_t step_stride, std::size_t lines, std::size_t k,
                 Bf16Tile* panels, std::size_t stride);
  /// c[a.lines][b.lines] = (or +=, where `accumulate`) a times b over the first `tiles` tiles of their panels. Sums of
  /// a row do not depend on the other rows.
  void (*multiply)(Bf16Panels a, Bf16Panels b, std::size_t tiles, bool accumulate, float* c, std::size_t ldc);
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

/// Two panels of so many tiles (32 KiB) stay in the first-level cache.
inline constexpr std::size_t kBlockTiles = 16;
/// Bf16Kernel::multiply() of any number of lines and at most kBlockTiles tiles, block by block of what the caches hold.
void multiply_panels(const Bf16Kernel& kernel, Bf16Panels a, Bf16Panels b, std::size_t tiles, bool accumulate, float* c,
                     std::size_t ldc);

/// gemm() with Math::kBF16, by this kernel.
void gemm_bf16(const Bf16Kernel& kernel, Transpose a_t, Transpose b_t, std::size_t m, std::size_t n, std::size_t k,
               const float* a, std::size_t lda, const float* b, std::size_t ldb, float beta, float* c, std::size_t ldc,
               Threads& threads);

}  // namespace eve
