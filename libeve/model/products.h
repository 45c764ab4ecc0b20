// SPDX-License-Identifier: Apache-2.0
// Activations times weights: which kernel, on which thread.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/threads.h"
#include "kernels/gemm.h"
#include "kernels/gemm_weights.h"
#include "kernels/kernels.h"
#include "model/tensors.h"

namespace eve {

/// Which kernels: the fastest for many tokens, or those for a token a sequence, which read each weight once. The choice
/// never depends on the number of tokens, so a sequence's results have the same bits whatever shares its pass (where
/// products of F32 weights or of attention go through OpenBLAS: the same but for rounding).
enum class Pass : bool { kPrefill, kDecode };

/// Where and how a pass runs.
struct Executor {
  Threads& threads;
  Math math = Math::kF32;  ///< of products with F32 weights, and of attention in a prefill
  Pass pass = Pass::kPrefill;
};

/// The executor for reading and writing text with these weights: attention is as exact as the products are.
Executor inference_executor(const Weights& weights, Threads& threads, Pass pass);

/// Rows of activations that some weights are multiplied with. Quantised and packed at most once, by the first product
/// that wants it so. Memory is kept between uses.
class Input {
 public:
  /// x [rows][cols], which must stay until the products are done.
  void set(const float* x, std::size_t rows, std::size_t cols);
  std::size_t rows() const { return rows_; }

 private:
  friend class Multiplication;
  const float* x_ = nullptr;
  std::size_t rows_ = 0, cols_ = 0;
  std::vector<BlockA8> a8_;  // [rows][cols / 32]
  Bf16Input bf16_;
  bool has_a8_ = false, has_bf16_ = false;
};

/// y[in.rows][w.rows] = x w^T, for a weight of any type and layout.
struct Product {
  const Tensor* w;
  Input* in;
  float* y;
};

/// Some rows and columns of a product.
struct Part {
  std::size_t first_row, end_row, first, end;
};
/// Called on some thread when this part of product `index`, and of the product before it, is done.
using AfterProduct = std::function<void(std::size_t index, const Part& part)>;

/// All products in one parallel region.
void multiply(std::span<const Product> products, Executor executor, const AfterProduct& after = {});

}  // namespace eve
