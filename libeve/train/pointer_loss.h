// SPDX-License-Identifier: Apache-2.0
// The pointer head (model/pointer.h) in the loss, and its gradients.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/pointer.h"

namespace eve {

class ParameterBuffer;

/// Memory of the pointer head's loss, used again from call to call.
struct PointerScratch {
  std::vector<float> keys, d_keys;               ///< [T][pointer]
  std::vector<float> hidden, d_hidden;           ///< of some rows [n][n_embd]
  std::vector<float> queries, d_queries;         ///< [n][pointer]
  std::vector<float> attention, gates, d_gates;  ///< [n][longest sequence], [n], [n]
  std::vector<std::size_t> sequence, position;   ///< of each row
  struct Run {
    std::size_t first, end, keys;  ///< rows of one sequence, and how many of its keys they see
  };
  std::vector<Run> runs;
};

/// The loss of rows of one batch, some at a time: attend(), mix() of each row, add_gradients(); at last
/// add_key_gradients().
class PointerLoss {
 public:
  /// Makes the keys. `hidden` [T][n_embd]; `differentiate`: whether gradients will be asked for.
  PointerLoss(const Config& config, const Weights& weights, const Batch& batch, std::span<const float> hidden,
              bool differentiate, Executor executor, PointerScratch& scratch);

  /// Turns to these rows (positions in the batch, ascending): their queries, gates and attention.
  void attend(std::span<const std::size_t> rows);

  struct Mixed {
    double loss;             ///< -log p(target)
    bool correct;            ///< no token is more probable
    float vocabulary_share;  ///< of p(target): by which the gradient of the head's own cross entropy is multiplied
  };
  /// Row i's target, given the head's exponentials [vocabulary], their sums and the target's logit. Keeps `scale` times
  /// the gradients by the row's attention and gate. Rows may be taken by several threads.
  Mixed mix(std::size_t i, const float* exps, ExpSum sums, std::size_t target, float target_logit, float scale);

  /// Adds the gradients of the rows of attend() to those of the weights and to d_hidden [T][n_embd].
  void add_gradients(ParameterBuffer& gradients, float* d_hidden);
  /// Adds those by the keys of the whole batch.
  void add_key_gradients(ParameterBuffer& gradients, float* d_hidden);

 private:
  const Config& config_;
  const Weights& weights_;
  const Batch& batch_;
  std::span<const float> hidden_;
  std::span<const std::size_t> rows_;
  bool differentiate_;
  Executor executor_;
  PointerScratch& scratch_;
  std::size_t longest_ = 0;
};

}  // namespace eve
