// SPDX-License-Identifier: Apache-2.0
// One score a label, linear in the features of a message and in its vector.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace eve::route {

/// What the linear model says of a message.
struct Reading {
  std::vector<float> scores;  ///< [labels], logits
  float known = 0;            ///< share of the message, by squared weight, that the examples have too, [0, 1]
};

/// Scores of a message: of its vector the product with `dense`, and of its features those that training saw, each with
/// its weight, scaled to length 1. Feature f adds its weight times scale[f] * level to the labels of postings
/// [start[f], start[f + 1]).
struct Linear {
  std::uint32_t examples = 0;         ///< trained on
  std::vector<std::uint32_t> hashes;  ///< [features], ascending
  std::vector<float> weights;         ///< [features], of a feature in a message: sqrt(log((examples + 1) / (df + 0.5)))
  std::vector<float> scales;          ///< [features]
  std::vector<std::uint32_t> starts;  ///< [features + 1]
  std::vector<std::uint32_t> labels;  ///< [postings], ascending within a feature
  std::vector<std::int8_t> levels;    ///< [postings]
  std::vector<float> bias;            ///< [labels]
  std::vector<float> dense;           ///< [labels][dims], of the message's vector; empty for a model without

  /// Features as features() gives them; a vector of the length that the model was trained with.
  void read(std::span<const std::uint32_t> features, std::span<const float> vector, Reading& out) const;
  /// Index of a hash, or -1.
  std::ptrdiff_t find(std::uint32_t hash) const;
  /// Weight of a feature that no example has.
  float unknown_weight() const;
  /// To be called when `hashes` are complete.
  void index();

 private:
  std::vector<std::uint32_t> buckets_;  // first feature whose hash has at least these upper bits
  unsigned shift_ = 32;
};

struct TrainRow {
  std::uint32_t label;
  std::span<const std::uint32_t> features;
  std::span<const float> vector;  ///< as long as those of the other rows; may be empty
};

/// Softmax regression by AdaGrad (Duchi, Hazan and Singer 2011) with half of the features left out at each step, and
/// of a label's weights of the vector one step size for all; then weights of features are rounded to 15 levels and
/// those of the least important features dropped, so that at most about a million are kept. At a share `vector_alone`
/// of the steps all features are left out. The same rows and seed give the same model. `check_time` is called now and
/// then and may throw.
Linear train_linear(std::span<const TrainRow> rows, std::size_t labels, std::uint64_t seed, float vector_alone,
                    const std::function<void()>& check_time = {});

}  // namespace eve::route
