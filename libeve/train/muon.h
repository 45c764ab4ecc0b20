// SPDX-License-Identifier: Apache-2.0
// Muon: the step of a matrix is its averaged gradient, made orthogonal.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/gemm.h"

namespace eve {

/// Memory of one caller of orthogonalise(), used again from matrix to matrix.
struct MuonScratch {
  std::vector<float> gram, polynomial, next;
};

/// Replaces x [rows][cols] = U S V^T by about U V^T: five steps of the Newton-Schulz iteration with Jordan's quintic
/// (K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024), which leaves singular values
/// between about 0.7 and 1.2. A zero matrix stays zero.
void orthogonalise(float* x, std::size_t rows, std::size_t cols, Math math, MuonScratch& scratch);

/// One matrix of a training step.
struct MuonMatrix {
  std::size_t offset;  ///< within the parameter buffers
  std::size_t rows, cols;
};

struct MuonStep {
  float lr;     ///< as AdamW's: the update is scaled to AdamW's usual size
  float decay;  ///< decoupled, as AdamW's
};

/// Nesterov momentum of 0.95 in `momentum`, then w -= lr (0.2 sqrt(max(rows, cols)) U V^T + decay w) for each matrix;
/// the factor gives the entries a root mean square of 0.2, as AdamW's updates have (Liu et al. 2025, "Muon is scalable
/// for LLM training"). `gradient` is cleared. The matrices are shared out over the threads; each is computed by one, so
/// that their number changes no bit.
void muon_step(const std::vector<MuonMatrix>& matrices, const MuonStep& step, float* w, float* gradient,
               float* momentum, Math math, Threads& threads);

}  // namespace eve
