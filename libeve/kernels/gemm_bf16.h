// SPDX-License-Identifier: Apache-2.0
// Products of bfloat16 factors in the CPU's own instructions. gemm() chooses; tests call each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/gemm.h"

namespace eve {

/// 32 lines (rows of op(A), columns of op(B)) times 32 steps of k, as two tiles of 16 lines. A tile is 16 x 16 pairs of
/// neighbouring k: A's hold [line][pair], B's [pair][line]. Missing lines and steps are zero. A panel, 32 lines and all
/// of a block's k, is a row of groups.
struct alignas(64) Bf16Group {
  std::uint32_t pairs[2][16][16];
};
inline constexpr std::size_t kGroupLines = 32, kGroupSteps = 32;

struct Bf16Kernel {
  const char* name;
  /// Rounds `lines` <= 32 lines of k values to one panel of (k + 31) / 32 groups. Value (line, step) is at
  /// src[line * line_stride + step * step_stride]; one of the strides is 1. Denormals may become 0.
  void (*pack_a)(const float* src, std::size_t line_stride, std::size_t step_stride, std::size_t lines, std::size_t k,
                 Bf16Group* panel);
  void (*pack_b)(const float* src, std::size_t line_stride, std::size_t step_stride, std::size_t lines, std::size_t k,
                 Bf16Group* panel);
  /// c[rows][cols] = (or +=, where `accumulate`) a panel of A, rows <= 32, times (cols + 31) / 32 panels of B.
  void (*multiply)(const Bf16Group* a, const Bf16Group* b, std::size_t groups, std::size_t rows, std::size_t cols,
                   bool accumulate, float* c, std::size_t ldc);
};

/// Those this CPU and system can run, slowest first; empty where there is none.
const std::vector<const Bf16Kernel*>& bf16_kernels();

#if defined(__x86_64__)
extern const Bf16Kernel kAvx512Bf16Kernel, kAmxBf16Kernel;
void multiply_amx(const Bf16Group* a, const Bf16Group* b, std::size_t groups, std::size_t rows, std::size_t cols,
                  bool accumulate, float* c, std::size_t ldc);
#endif

/// gemm() with Math::kBF16, by this kernel.
void gemm_bf16(const Bf16Kernel& kernel, Transpose a_t, Transpose b_t, std::size_t m, std::size_t n, std::size_t k,
               const float* a, std::size_t lda, const float* b, std::size_t ldb, float beta, float* c, std::size_t ldc,
               Threads& threads);

}  // namespace eve
