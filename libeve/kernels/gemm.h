// SPDX-License-Identifier: Apache-2.0
// Matrix products of many rows, for prefill and training.
#pragma once

#include <cstddef>

#include "base/threads.h"

namespace eve {

enum class Transpose : bool { kNo, kYes };
/// kBF16: both factors rounded to bfloat16 (denormals may become 0), sums in fp32. In the CPU's own instructions (AMX,
/// else VDPBF16PS) where it has them and EVE_ISA does not name a lesser table than its best; emulated otherwise.
enum class Math : bool { kF32, kBF16 };

/// Row-major C[m][n] = op(A)[m][k] * op(B)[k][n] + beta * C. lda, ldb, ldc: distance between rows as stored.
/// beta is 0 (C is not read) or 1. m, n or k may be 0. Work is split over `threads` along the larger of m and n, each
/// part one single-threaded product; the result does not depend on the number of threads beyond rounding.
void gemm(Transpose a_t, Transpose b_t, std::size_t m, std::size_t n, std::size_t k, const float* a, std::size_t lda,
          const float* b, std::size_t ldb, float beta, float* c, std::size_t ldc, Math math, Threads& threads);

}  // namespace eve
