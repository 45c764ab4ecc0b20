// SPDX-License-Identifier: Apache-2.0
// Dynamic prompts: {a|b}, {2$$a|b|c}, {1-3$$ and $$a|b|c}, {0.25::a|b}, __wildcard__, nested in any way.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"

namespace eve::prompt {

class Templates {
 public:
  static constexpr std::size_t kMaxDepth = 20, kMaxBytes = 64 << 10;
  /// `directory`: where wildcards are, NAME.txt with a choice a line ("#" begins a remark); empty: there are none.
  explicit Templates(std::string directory = "") : directory_(std::move(directory)) {}
  /// One of the texts a template stands for. What is no template is unchanged byte for byte; "\{" is no template (the
  /// backslash stays). Throws kInput for braces without an end, wildcards that are missing, and texts that grow beyond
  /// the limits.
  std::string expand(std::string_view text, Rng& rng);

 private:
  std::string directory_;
  std::map<std::string, std::vector<std::string>> wildcards_;
  std::string expand(std::string_view text, Rng& rng, std::size_t depth, std::size_t& budget);
  std::string choose(std::string_view inside, Rng& rng, std::size_t depth, std::size_t& budget);
  const std::vector<std::string>& wildcard(const std::string& name);
};

}  // namespace eve::prompt
