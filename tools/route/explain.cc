// SPDX-License-Identifier: Apache-2.0
#include "route/explain.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "kernels/kernels.h"
#include "route/features.h"

namespace eve::route {

Explainer::Explainer(const Routes& routes) : routes_(routes) {
  for (const Example& example : routes.examples) examples_.push_back(read(example.text));
}

Explainer::Text Explainer::read(std::string_view text) const {
  Text out{features(text), 0, routes_.vectors ? routes_.vectors->embed(text) : std::vector<float>()};
  for (const std::uint32_t hash : out.features) out.length += weight(hash) * weight(hash);
  out.length = std::sqrt(out.length);
  return out;
}

float Explainer::weight(std::uint32_t hash) const {
  const std::ptrdiff_t f = routes_.linear.find(hash);
  return f < 0 ? routes_.linear.unknown_weight() : routes_.linear.weights[static_cast<std::size_t>(f)];
}

float Explainer::similarity(const Text& a, const Text& b) const {
  float shared = 0;
  for (std::size_t i = 0, j = 0; i < a.features.size() && j < b.features.size();) {
    if (a.features[i] == b.features[j]) {
      shared += weight(a.features[i]) * weight(a.features[i]);
      ++j;
      ++i;
    } else {
      a.features[i] < b.features[j] ? ++i : ++j;
    }
  }
  const float of_words = shared > 0 ? shared / (a.length * b.length) : 0;
  // A score is the sum of what words and vectors say, each of length 1.
  return a.vector.empty() ? of_words
                          : (of_words + kernels().dot(a.vector.data(), b.vector.data(), a.vector.size())) / 2;
}

std::vector<Neighbour> Explainer::nearest(std::string_view message, std::uint32_t label, std::size_t count) const {
  const Text text = read(message);
  std::vector<Neighbour> out;
  for (std::size_t e = 0; e < examples_.size(); ++e)
    if (const float alike = similarity(text, examples_[e]); alike > 0) out.push_back({e, alike});
  const std::size_t kept = std::min(count, out.size());
  const auto rank = [&](const Neighbour& one) {
    return std::tuple(routes_.examples[one.example].label != label, -one.similarity, one.example);
  };
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(kept), out.end(),
                    [&](const Neighbour& a, const Neighbour& b) { return rank(a) < rank(b); });
  out.resize(kept);
  return out;
}

}  // namespace eve::route
