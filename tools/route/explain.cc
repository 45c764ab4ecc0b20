// SPDX-License-Identifier: Apache-2.0
#include "route/explain.h"

#include <algorithm>
#include <cmath>

#include "route/features.h"

namespace eve::route {

Explainer::Explainer(const Routes& routes) : routes_(routes) {
  for (const Example& example : routes.examples) {
    features_.push_back(features(example.text));
    float squares = 0;
    for (const std::uint32_t hash : features_.back()) squares += weight(hash) * weight(hash);
    lengths_.push_back(std::sqrt(squares));
  }
}

float Explainer::weight(std::uint32_t hash) const {
  const std::ptrdiff_t f = routes_.linear.find(hash);
  return f < 0 ? routes_.linear.unknown_weight() : routes_.linear.weights[static_cast<std::size_t>(f)];
}

std::vector<Neighbour> Explainer::nearest(std::span<const std::uint32_t> features, std::size_t count) const {
  std::vector<float> weights;
  float squares = 0;
  for (const std::uint32_t hash : features) {
    weights.push_back(weight(hash));
    squares += weights.back() * weights.back();
  }
  std::vector<Neighbour> out;
  for (std::size_t e = 0; e < features_.size(); ++e) {
    const std::vector<std::uint32_t>& other = features_[e];
    float shared = 0;
    for (std::size_t i = 0, j = 0; i < features.size() && j < other.size();) {
      if (features[i] == other[j]) {
        shared += weights[i] * weights[i];
        ++j;
        ++i;
      } else {
        features[i] < other[j] ? ++i : ++j;
      }
    }
    if (shared > 0) out.push_back({e, shared / (std::sqrt(squares) * lengths_[e])});
  }
  const std::size_t kept = std::min(count, out.size());
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(kept), out.end(),
                    [](const Neighbour& a, const Neighbour& b) {
                      return a.similarity != b.similarity ? a.similarity > b.similarity : a.example < b.example;
                    });
  out.resize(kept);
  return out;
}

}  // namespace eve::route
