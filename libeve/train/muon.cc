// SPDX-License-Identifier: Apache-2.0
#include "train/muon.h"

#include <algorithm>
#include <cmath>

namespace eve {

void orthogonalise(float* x, std::size_t rows, std::size_t cols, Math math, MuonScratch& scratch) {
  constexpr int kIterations = 5;
  constexpr float a = 3.4445f, b = -4.7750f, c = 2.0315f;
  Threads one(1);
  double squares = 0;
  for (std::size_t i = 0; i < rows * cols; ++i) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  if (squares == 0) return;
  // The Gram matrix of the shorter side is the smaller one; what is then stored is x or its transpose.
  const std::size_t m = std::min(rows, cols), n = std::max(rows, cols);
  const bool turned = rows > cols;
  scratch.x.resize(m * n), scratch.next.resize(m * n), scratch.gram.resize(m * m), scratch.polynomial.resize(m * m);
  const float scale = static_cast<float>(1 / std::sqrt(squares));
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) scratch.x[i * n + j] = scale * x[turned ? j * cols + i : i * cols + j];
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    // x <- a x + (b G + c G^2) x with G = x x^T
    gemm(Transpose::kNo, Transpose::kYes, m, m, n, scratch.x.data(), n, scratch.x.data(), n, 0, scratch.gram.data(), m,
         math, one);
    gemm(Transpose::kNo, Transpose::kNo, m, m, m, scratch.gram.data(), m, scratch.gram.data(), m, 0,
         scratch.polynomial.data(), m, math, one);
    for (std::size_t i = 0; i < m * m; ++i) scratch.polynomial[i] = b * scratch.gram[i] + c * scratch.polynomial[i];
    for (std::size_t i = 0; i < m; ++i) scratch.polynomial[i * m + i] += a;
    gemm(Transpose::kNo, Transpose::kNo, m, n, m, scratch.polynomial.data(), m, scratch.x.data(), n, 0,
         scratch.next.data(), n, math, one);
    scratch.x.swap(scratch.next);
  }
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) x[turned ? j * cols + i : i * cols + j] = scratch.x[i * n + j];
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
