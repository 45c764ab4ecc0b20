// SPDX-License-Identifier: Apache-2.0
// Which tools of a large catalogue a request may be about.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tasks/tool_list.h"

namespace eve::func {

/// Ranks tools by the words they share with a request: BM25 (Robertson and Zaragoza 2009, k1 1.2, b 0.75) over the
/// stems of names, descriptions, argument names and what is said of arguments, a word of the tool's name counting three
/// times.
class ToolIndex {
 public:
  explicit ToolIndex(std::span<const tasks::CallableTool> tools);
  /// At most `count` tools, in the order of the catalogue: those of the highest scores, of equal ones the first.
  std::vector<std::size_t> best(std::string_view request, std::size_t count) const;

 private:
  struct Posting {
    std::uint32_t tool;
    float weight;  // of the word in the tool, with the word's own weight
  };
  std::unordered_map<std::string, std::vector<Posting>> postings_;
  std::size_t tools_;
};

}  // namespace eve::func
