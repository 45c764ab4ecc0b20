// SPDX-License-Identifier: Apache-2.0
// The examples that are most like a message.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "route/router.h"

namespace eve::route {

struct Neighbour {
  std::size_t example;  ///< index into Routes::examples
  float similarity;     ///< cosine of the weighted features, with vectors the mean of theirs and it; (0, 1]
};

/// Finds them by comparing with every example.
class Explainer {
 public:
  explicit Explainer(const Routes& routes);
  /// At most `count`, those of `label` first, each most alike first, of equal ones the first.
  std::vector<Neighbour> nearest(std::string_view message, std::uint32_t label, std::size_t count) const;

 private:
  struct Text {
    std::vector<std::uint32_t> features;
    float length;               // of the weighted features
    std::vector<float> vector;  // of length 1; empty without vectors
  };
  const Routes& routes_;
  std::vector<Text> examples_;
  Text read(std::string_view text) const;
  float weight(std::uint32_t hash) const;
  float similarity(const Text& a, const Text& b) const;
};

}  // namespace eve::route
