// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <vector>

#include "eve/error.h"
#include "kernels/gemm_bf16.h"
#include "kernels/gemm_blas.h"
#include "kernels/kernels.h"

namespace eve {
namespace {

using std::size_t;

int blas_int(size_t value) {
  if (value > static_cast<size_t>(std::numeric_limits<int>::max()))
    throw Error(Status::kSystem, "matrix product: a dimension exceeds 2^31 - 1; use smaller batches");
  return static_cast<int>(value);
}

// `rows` x `cols` values rounded to bfloat16, without gaps between rows.
std::vector<float> rounded(const float* x, size_t rows, size_t cols, size_t stride, Threads& threads) {
  std::vector<float> copy(rows * cols);
  threads.parallel_for(rows, 1, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) kernels().round_bf16(x + r * stride, cols, copy.data() + r * cols);
  });
  return copy;
}

void gemm_f32(Transpose a_t, Transpose b_t, size_t m, size_t n, size_t k, const float* a, size_t lda, const float* b,
              size_t ldb, float beta, float* c, size_t ldc, Threads& threads) {
  const Blas& library = blas();
  const auto op = [](Transpose t) { return t == Transpose::kYes ? CblasTrans : CblasNoTrans; };
  const int lda_int = blas_int(lda), ldb_int = blas_int(ldb), ldc_int = blas_int(ldc), k_int = blas_int(k);
  blas_int(m), blas_int(n);
  const auto part = [&](size_t m0, size_t m1, size_t n0, size_t n1) {
    const float* a_part = a + (a_t == Transpose::kYes ? m0 : m0 * lda);
    const float* b_part = b + (b_t == Transpose::kYes ? n0 * ldb : n0);
    static std::mutex sequential;  // two callers at a time would get wrong products
    std::unique_lock<std::mutex> lock(sequential, std::defer_lock);
    if (!library.concurrent) lock.lock();
    library.sgemm(CblasRowMajor, op(a_t), op(b_t), static_cast<int>(m1 - m0), static_cast<int>(n1 - n0), k_int, 1.0f,
                  a_part, lda_int, b_part, ldb_int, beta, c + m0 * ldc + n0, ldc_int);
  };
  constexpr size_t kGrain = 16;
  if (m >= n)
    threads.parallel_for(m, kGrain, [&](size_t begin, size_t end) { part(begin, end, 0, n); });
  else
    threads.parallel_for(n, kGrain, [&](size_t begin, size_t end) { part(0, m, begin, end); });
}

}  // namespace

void gemm(Transpose a_t, Transpose b_t, size_t m, size_t n, size_t k, const float* a, size_t lda, const float* b,
          size_t ldb, float beta, float* c, size_t ldc, Math math, Threads& threads) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (beta == 0)
      for (size_t r = 0; r < m; ++r) std::fill_n(c + r * ldc, n, 0.0f);
    return;
  }
  if (math == Math::kF32) return gemm_f32(a_t, b_t, m, n, k, a, lda, b, ldb, beta, c, ldc, threads);
  if (const Bf16Kernel* kernel = native_bf16())
    return gemm_bf16(*kernel, a_t, b_t, m, n, k, a, lda, b, ldb, beta, c, ldc, threads);
  const size_t a_cols = a_t == Transpose::kYes ? m : k, b_cols = b_t == Transpose::kYes ? k : n;
  const std::vector<float> a16 = rounded(a, a_t == Transpose::kYes ? k : m, a_cols, lda, threads);
  const std::vector<float> b16 = rounded(b, b_t == Transpose::kYes ? n : k, b_cols, ldb, threads);
  gemm_f32(a_t, b_t, m, n, k, a16.data(), a_cols, b16.data(), b_cols, beta, c, ldc, threads);
}

}  // namespace eve
