// SPDX-License-Identifier: Apache-2.0
// The examples that are most like a message.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "route/router.h"

namespace eve::route {

struct Neighbour {
  std::size_t example;  ///< index into Routes::examples
  float similarity;     ///< cosine of the weighted features, (0, 1]
};

/// Finds them by comparing with every example.
class Explainer {
 public:
  explicit Explainer(const Routes& routes);
  /// At most `count`, most alike first, of equal ones the first.
  std::vector<Neighbour> nearest(std::span<const std::uint32_t> features, std::size_t count) const;

 private:
  float weight(std::uint32_t hash) const;
  const Routes& routes_;
  std::vector<std::vector<std::uint32_t>> features_;  // [examples]
  std::vector<float> lengths_;                        // [examples]
};

}  // namespace eve::route
