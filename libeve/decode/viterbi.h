// SPDX-License-Identifier: Apache-2.0
// The best legal BIOES tag sequence.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/io.h"

namespace eve {

/// What a tag may follow. Made from tag names: "O" and "B-", "I-", "E-", "S-" of each label.
class TagScheme {
 public:
  /// Throws kModel unless the names are exactly that, "O" first, the four of a label together in this order.
  TagScheme(const std::vector<std::string>& tags, const std::string& where);
  const std::vector<std::string>& labels() const { return labels_; }
  std::size_t tags() const { return 1 + 4 * labels_.size(); }

  struct Run {
    std::size_t first, last;  ///< tokens, inclusive
    std::uint32_t label;
  };
  /// Runs of the sequence with the largest sum of scores [tokens][tags()] among those in which every B is closed by an
  /// E of its label with only I of it between (Viterbi 1967). Linear in tokens times tags.
  std::vector<Run> best(std::span<const float> scores) const;

 private:
  std::vector<std::string> labels_;
};

}  // namespace eve
