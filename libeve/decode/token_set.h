// SPDX-License-Identifier: Apache-2.0
// A set of token ids.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "text/tokenizer.h"

namespace eve {

/// A set of token ids, one bit an id.
class TokenSet {
 public:
  TokenSet() = default;
  explicit TokenSet(std::size_t ids) : words_((ids + 63) / 64) {}
  void add(TokenId id) { words_[word(id)] |= bit(id); }
  void remove(TokenId id) { words_[word(id)] &= ~bit(id); }
  bool has(TokenId id) const { return (words_[word(id)] & bit(id)) != 0; }
  void clear() { std::fill(words_.begin(), words_.end(), 0); }
  std::size_t count() const {
    std::size_t n = 0;
    for (const std::uint64_t w : words_) n += static_cast<std::size_t>(std::popcount(w));
    return n;
  }
  void add(const TokenSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  /// Calls fn(id) by ascending id.
  template <class Fn>
  void each(Fn&& fn) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (std::uint64_t w = words_[i]; w != 0; w &= w - 1)
        fn(static_cast<TokenId>(i * 64 + static_cast<std::size_t>(std::countr_zero(w))));
  }
  bool operator==(const TokenSet&) const = default;

 private:
  std::vector<std::uint64_t> words_;
  static std::size_t word(TokenId id) { return static_cast<std::size_t>(id) / 64; }
  static std::uint64_t bit(TokenId id) { return std::uint64_t{1} << (static_cast<std::size_t>(id) % 64); }
};

}  // namespace eve
