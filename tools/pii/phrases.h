// SPDX-License-Identifier: Apache-2.0
// A set of exact byte strings, looked for in a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace eve::pii {

/// A trie. Each phrase carries a number of the caller's.
class Phrases {
 public:
  void add(std::string_view phrase,
           std::uint32_t value);  ///< the empty phrase is ignored; the last value of a phrase counts
  bool empty() const { return next_.empty(); }
  struct Match {
    std::size_t length = 0;  ///< 0: none
    std::uint32_t value = 0;
  };
  /// The longest phrase that begins at text[at].
  Match longest(std::string_view text, std::size_t at) const;
  /// Whether the whole of `text` is a phrase.
  bool contains(std::string_view text) const { return longest(text, 0).length == text.size() && !text.empty(); }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> next_;    // (node, byte) -> node; the root is 0
  std::unordered_map<std::uint32_t, std::uint32_t> values_;  // of nodes where a phrase ends
};

}  // namespace eve::pii
