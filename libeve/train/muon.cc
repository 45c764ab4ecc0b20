// SPDX-License-Identifier: Apache-2.0
#include "train/muon.h"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

namespace eve {

void orthogonalise(float* x, std::size_t rows, std::size_t cols, Math math, MuonScratch& scratch) {
  constexpr int kIterations = 5;
  constexpr float a = 3.4445f, b = -4.7750f, c = 2.0315f;
  Threads one(1);
  double squares = 0;
  for (std::size_t r = 0; r < rows; ++r) squares += static_cast<double>(kernels().dot(x + r * cols, x + r * cols, cols));
  if (squares == 0) return;
  // The Gram matrix of the shorter side is the smaller one.
  const std::size_t m = std::min(rows, cols), n = std::max(rows, cols), size = rows * cols;
  const bool tall = rows > cols;
  std::vector<float>&gram = scratch.gram, &polynomial = scratch.polynomial, &next = scratch.next;
  gram.resize(m * m), polynomial.resize(m * m), next.resize(size);
  const float scale = static_cast<float>(1 / std::sqrt(squares));
  for (std::size_t i = 0; i < size; ++i) x[i] *= scale;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    // x <- a x + (b G + c G^2) x with G = x x^T, or a x + x (b G + c G^2) with G = x^T x: c times what is summed here.
    gemm(tall ? Transpose::kYes : Transpose::kNo, tall ? Transpose::kNo : Transpose::kYes, m, m, n, x, cols, x, cols, 0,
         gram.data(), m, math, one);
    for (std::size_t i = 0; i < m * m; ++i) polynomial[i] = b / c * gram[i];
    gemm(Transpose::kNo, Transpose::kNo, m, m, m, gram.data(), m, gram.data(), m, 1, polynomial.data(), m, math, one);
    for (std::size_t i = 0; i < size; ++i) next[i] = a / c * x[i];
    const float *left = tall ? x : polynomial.data(), *right = tall ? polynomial.data() : x;
    gemm(Transpose::kNo, Transpose::kNo, rows, cols, m, left, tall ? cols : m, right, cols, 1, next.data(), cols, math,
         one);
    for (std::size_t i = 0; i < size; ++i) x[i] = c * next[i];
  }
}

void muon_step(const std::vector<MuonMatrix>& matrices, const MuonStep& step, float* w, float* gradient,
               float* momentum, Math math, Threads& threads) {
  constexpr float kMomentum = 0.95f;
  threads.parallel_for(matrices.size(), 1, [&](std::size_t begin, std::size_t end) {
    static thread_local MuonScratch scratch;
    for (const MuonMatrix* matrix = &matrices[begin]; matrix != &matrices[0] + end; ++matrix) {
      const std::size_t size = matrix->rows * matrix->cols;
      float *const g = gradient + matrix->offset, *const m = momentum + matrix->offset, *const x = w + matrix->offset;
      for (std::size_t i = 0; i < size; ++i) {
        m[i] = kMomentum * m[i] + g[i];
        g[i] += kMomentum * m[i];
      }
      orthogonalise(g, matrix->rows, matrix->cols, math, scratch);
      const float scale = step.lr * 0.2f * std::sqrt(static_cast<float>(std::max(matrix->rows, matrix->cols))),
                  keep = 1 - step.lr * step.decay;
      for (std::size_t i = 0; i < size; ++i) {
        x[i] = keep * x[i] - scale * g[i];
        g[i] = 0;
      }
    }
  });
}

}  // namespace eve
