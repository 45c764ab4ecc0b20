// SPDX-License-Identifier: Apache-2.0
// Which tokens may come next: a vocabulary as a trie, walked with an automaton.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "decode/automaton.h"
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

/// The text tokens of a tokenizer as a trie of their bytes. Immutable, safe to share between threads; keeps a reference
/// to the tokenizer.
class Vocabulary {
 public:
  /// Throws kModel when some byte has no token of its own: such a vocabulary cannot spell every text.
  explicit Vocabulary(const Tokenizer& tokenizer);
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  std::size_t size() const { return tokenizer_->size(); }
  std::string_view bytes(TokenId id) const { return tokenizer_->bytes(id); }
  TokenId byte_token(std::uint8_t byte) const { return byte_token_[byte]; }
  std::size_t longest() const { return longest_; }  ///< bytes of the longest token

  /// In depth-first order: a node's subtree is what follows it up to `end`.
  struct TrieNode {
    std::uint32_t end;
    std::uint32_t first_id, ids;  ///< tokens that end here: ids()[first_id ...]; usually one
    std::uint8_t byte, depth;     ///< depth 1: the first byte
  };
  std::span<const TrieNode> trie() const { return trie_; }
  std::span<const TokenId> ids(const TrieNode& node) const { return {ids_.data() + node.first_id, node.ids}; }

  /// Fewest tokens that spell `bytes`, and which.
  std::vector<TokenId> spell(std::string_view bytes) const;

 private:
  const Tokenizer* tokenizer_;
  std::vector<TrieNode> trie_;
  std::vector<TokenId> ids_;
  TokenId byte_token_[256];
  std::size_t longest_ = 0;
};

}  // namespace eve
