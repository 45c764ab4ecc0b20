// SPDX-License-Identifier: Apache-2.0
// Matrix products of many rows, for prefill and training.
#pragma once

#include <cstddef>

#include "base/threads.h"

namespace eve {

enum class Transpose : bool { kNo, kYes };
/// kF32: fp32. Where the CPU has AMX and EVE_ISA names no lesser table than its best, products of at least 32 x 32 x 32
/// are sums of six products of bfloat16 parts, as exact as fp32 ones (gemm_bf16.h), but that a factor's digits below
/// 2^-126 count as 0: one of magnitude below 2^-109 or so loses some. Otherwise OpenBLAS.
/// kBF16: both factors rounded to bfloat16 (denormals may become 0), sums in fp32. In the CPU's own instructions (AMX,
/// else VDPBF16PS) where it has them and EVE_ISA does not name a lesser table than its best; emulated otherwise.
enum class Math : bool { kF32, kBF16 };

/// Row-major C[m][n] = op(A)[m][k] * op(B)[k][n] + beta * C. lda, ldb, ldc: distance between rows as stored.
/// beta is 0 (C is not read) or 1, which costs no pass of its own. m, n or k may be 0. Work is split over `threads`
/// along the larger of m and n. With kBF16 in the CPU's own instructions a row's results depend neither on the number
/// of threads nor on the other rows; otherwise they may, by rounding.
void gemm(Transpose a_t, Transpose b_t, std::size_t m, std::size_t n, std::size_t k, const float* a, std::size_t lda,
          const float* b, std::size_t ldb, float beta, float* c, std::size_t ldc, Math math, Threads& threads);

}  // namespace eve
