// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/rng.h"
#include "kernels/kernels.h"
#include "route/linear.h"

namespace eve::route {

namespace {

constexpr std::size_t kEpochs = 12, kLeastEpochs = 4, kLeastSteps = 8000;
constexpr std::size_t kScores = std::size_t{1} << 28;  // of labels, computed in training: past that, fewer epochs
constexpr float kRate = 0.5f, kBiasRate = 0.05f, kDropout = 0.5f, kFirstSum = 1e-3f, kLeastGradient = 1e-4f;
constexpr std::size_t kDenseWeights = std::size_t{1} << 25;  // 256 MiB with the sums of squared gradients
constexpr std::size_t kPostings = std::size_t{1} << 20;      // of a finished model, at most about so many
constexpr float kLevels = 7;
constexpr float kVectorRate = 6;

/// Features of the rows as indices into Linear::hashes.
struct Matrix {
  std::vector<std::size_t> starts{0};  // [rows + 1]
  std::vector<std::uint32_t> features;
};

Matrix count_features(std::span<const TrainRow> rows, Linear& model) {
  std::vector<std::uint32_t> all;
  for (const TrainRow& row : rows) all.insert(all.end(), row.features.begin(), row.features.end());
  std::sort(all.begin(), all.end());
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = static_cast<std::size_t>(
        std::upper_bound(all.begin() + static_cast<std::ptrdiff_t>(at), all.end(), all[at]) - all.begin());
    model.hashes.push_back(all[at]);
    model.weights.push_back(
        std::sqrt(std::log((static_cast<float>(rows.size()) + 1) / (static_cast<float>(end - at) + 0.5f))));
    at = end;
  }
  model.examples = static_cast<std::uint32_t>(rows.size());
  model.index();
  Matrix matrix;
  for (const TrainRow& row : rows) {
    for (const std::uint32_t hash : row.features)
      matrix.features.push_back(static_cast<std::uint32_t>(model.find(hash)));
    matrix.starts.push_back(matrix.features.size());
  }
  return matrix;
}

/// AdaGrad's step.
void move(float& w, float& sum, float gradient, float rate) {
  sum += gradient * gradient;
  w -= rate * gradient / std::sqrt(sum);
}

/// Weights under training. All labels of a feature have one, or, when that would be too many, those of its examples.
class Weights {
 public:
  Weights(std::span<const TrainRow> rows, const Matrix& matrix, std::size_t features, std::size_t labels)
      : labels_(labels), dense_(labels <= kDenseWeights / std::max<std::size_t>(1, features)) {
    if (dense_) {
      w_.assign(features * labels, 0);
    } else {
      std::vector<std::uint64_t> pairs;
      pairs.reserve(matrix.features.size());
      for (std::size_t r = 0; r < rows.size(); ++r)
        for (std::size_t k = matrix.starts[r]; k < matrix.starts[r + 1]; ++k)
          pairs.push_back(std::uint64_t{matrix.features[k]} << 32 | rows[r].label);
      std::sort(pairs.begin(), pairs.end());
      pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
      starts_.assign(features + 1, 0);
      for (const std::uint64_t pair : pairs) {
        ++starts_[(pair >> 32) + 1];
        label_of_.push_back(static_cast<std::uint32_t>(pair));
      }
      std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
      w_.assign(pairs.size(), 0);
    }
    sums_.assign(w_.size(), kFirstSum);
  }

  void add_scores(std::uint32_t f, float value, float* scores) const {
    if (dense_) return kernels().axpy(value, &w_[f * labels_], scores, labels_);
    for (std::size_t k = starts_[f]; k < starts_[f + 1]; ++k) scores[label_of_[k]] += value * w_[k];
  }

  void step(std::uint32_t f, float value, const float* gradient, float rate) {
    if (dense_) {
      float *w = &w_[f * labels_], *sum = &sums_[f * labels_];
      for (std::size_t l = 0; l < labels_; ++l) move(w[l], sum[l], value * gradient[l], rate);
    } else {
      for (std::size_t k = starts_[f]; k < starts_[f + 1]; ++k)
        move(w_[k], sums_[k], value * gradient[label_of_[k]], rate);
    }
  }

  /// Calls fn(label, weight) for the weights of a feature, labels ascending.
  template <class Function>
  void for_each(std::uint32_t f, Function&& fn) const {
    if (dense_)
      for (std::size_t l = 0; l < labels_; ++l) fn(static_cast<std::uint32_t>(l), w_[f * labels_ + l]);
    else
      for (std::size_t k = starts_[f]; k < starts_[f + 1]; ++k) fn(label_of_[k], w_[k]);
  }

 private:
  std::size_t labels_;
  bool dense_;
  std::vector<std::size_t> starts_;      // of a sparse one, [features + 1]
  std::vector<std::uint32_t> label_of_;  // of a sparse one, one a weight
  std::vector<float> w_, sums_;
};

void round_weights(const Weights& weights, Linear& model) {
  const std::size_t features = model.hashes.size();
  struct Importance {
    float value;
    std::uint32_t feature, postings;
  };
  std::vector<Importance> order;
  model.scales.assign(features, 0);
  for (std::uint32_t f = 0; f < features; ++f) {
    float largest = 0;
    double sum = 0, squares = 0;
    std::size_t n = 0;
    weights.for_each(f, [&](std::uint32_t, float w) {
      largest = std::max(largest, std::abs(w));
      sum += w;
      squares += static_cast<double>(w) * w;
      ++n;
    });
    model.scales[f] = largest / kLevels;
    std::uint32_t postings = 0;
    weights.for_each(f, [&](std::uint32_t, float w) { postings += std::abs(w) > 0.5f * model.scales[f]; });
    // What all labels have in common decides nothing.
    const double spread =
        model.bias.size() == n ? squares - sum * sum / static_cast<double>(std::max<std::size_t>(n, 1)) : squares;
    order.push_back({static_cast<float>(spread) * model.weights[f] * model.weights[f], f, postings});
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.value > b.value; });
  std::vector<bool> kept(features, false);
  std::size_t total = 0;
  for (const Importance& one : order) {
    if (total + one.postings > kPostings) break;
    total += one.postings;
    kept[one.feature] = true;
  }
  model.starts.assign(1, 0);
  for (std::uint32_t f = 0; f < features; ++f) {
    if (kept[f] && model.scales[f] > 0)
      weights.for_each(f, [&](std::uint32_t label, float w) {
        const float level = std::nearbyint(w / model.scales[f]);
        if (level == 0) return;
        model.labels.push_back(label);
        model.levels.push_back(static_cast<std::int8_t>(level));
      });
    model.starts.push_back(static_cast<std::uint32_t>(model.labels.size()));
  }
}

std::size_t epochs_of(std::size_t rows, std::size_t labels) {
  const std::size_t wanted = std::max(kEpochs, kLeastSteps / std::max<std::size_t>(1, rows));
  return std::clamp(kScores / std::max<std::size_t>(1, rows * labels), kLeastEpochs, wanted);
}

}  // namespace

Linear train_linear(std::span<const TrainRow> rows, std::size_t labels, std::uint64_t seed, float vector_alone,
                    const std::function<void()>& check_time) {
  Linear model;
  model.bias.assign(labels, 0);
  const Matrix matrix = count_features(rows, model);
  Weights weights(rows, matrix, model.hashes.size(), labels);
  std::vector<float> bias_sums(labels, kFirstSum), gradient(labels);
  const std::size_t dims = rows.empty() ? 0 : rows[0].vector.size();
  model.dense.assign(labels * dims, 0);
  std::vector<float> vector_sums(labels, kFirstSum);
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::pair<std::uint32_t, float>> kept;
  Rng rng(seed);
  const std::size_t epochs = epochs_of(rows.size(), labels);
  const float steps = static_cast<float>(epochs) * static_cast<float>(rows.size());
  std::size_t step = 0;
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
    for (const std::uint32_t r : order) {
      if (check_time && step % 64 == 0) check_time();
      const float rate = 1 - static_cast<float>(step++) / steps;
      kept.clear();
      float squares = 0;
      const bool left_out = vector_alone > 0 && dims > 0 && rng.uniform() < vector_alone;
      for (std::size_t k = matrix.starts[r]; k < matrix.starts[r + 1] && !left_out; ++k) {
        if (rng.uniform() < kDropout) continue;
        const float value = model.weights[matrix.features[k]];
        kept.emplace_back(matrix.features[k], value);
        squares += value * value;
      }
      if (kept.empty() && !left_out) continue;
      const float length = squares > 0 ? 1 / std::sqrt(squares) : 0;
      gradient = model.bias;
      for (auto& [f, value] : kept) weights.add_scores(f, value *= length, gradient.data());
      const float* vector = rows[r].vector.data();
      for (std::size_t l = 0; dims > 0 && l < labels; ++l)
        gradient[l] += kernels().dot(&model.dense[l * dims], vector, dims);
      kernels().softmax(gradient.data(), labels);
      gradient[rows[r].label] -= 1;
      for (std::size_t l = 0; l < labels; ++l) {
        if (std::abs(gradient[l]) < kLeastGradient) continue;
        bias_sums[l] += gradient[l] * gradient[l];
        model.bias[l] -= kBiasRate * rate * gradient[l] / std::sqrt(bias_sums[l]);
        if (dims == 0) continue;
        // One sum for all of a label's weights keeps the direction: with few rows it becomes their mean.
        vector_sums[l] += gradient[l] * gradient[l];
        kernels().axpy(-kVectorRate * rate * gradient[l] / std::sqrt(vector_sums[l]), vector, &model.dense[l * dims],
                       dims);
      }
      for (const auto& [f, value] : kept) weights.step(f, value, gradient.data(), kRate * rate);
    }
  }
  round_weights(weights, model);
  return model;
}

}  // namespace eve::route
