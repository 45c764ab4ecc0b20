// SPDX-License-Identifier: Apache-2.0
// The tokens of a tokenizer as a trie of their bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace eve {

/// The text tokens of a tokenizer as a trie of their bytes. Immutable, safe to share between threads; keeps a reference
/// to the tokenizer.
class Vocabulary {
 public:
  /// Throws kModel when some byte has no token of its own: such a vocabulary cannot spell every text.
  explicit Vocabulary(const Tokenizer& tokenizer);
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  std::size_t size() const { return tokenizer_->size(); }
  std::string_view bytes(TokenId id) const { return tokenizer_->bytes(id); }
  std::size_t longest() const { return longest_; }  ///< bytes of the longest token

  /// In depth-first order: a node's subtree is what follows it up to `end`.
  struct TrieNode {
    std::uint32_t end;
    std::uint32_t first_id, ids;  ///< tokens that end here: ids()[first_id ...]; usually one
    std::uint8_t byte, depth;     ///< depth 1: the first byte
  };
  std::span<const TrieNode> trie() const { return trie_; }
  std::span<const TokenId> ids(const TrieNode& node) const { return {ids_.data() + node.first_id, node.ids}; }

  static constexpr std::uint32_t kNoNode = 0xFFFFFFFF;
  /// The node of `byte` among those from `first` to `end` that are side by side (a node's children: from the node
  /// behind it to its end); kNoNode: none.
  std::uint32_t find(std::uint32_t first, std::uint32_t end, std::uint8_t byte) const {
    if (first == 0) return root_[byte];
    for (; first < end && trie_[first].byte <= byte; first = trie_[first].end)
      if (trie_[first].byte == byte) return first;
    return kNoNode;
  }

 private:
  const Tokenizer* tokenizer_;
  std::vector<TrieNode> trie_;
  std::vector<TokenId> ids_;
  std::uint32_t root_[256];  // trie nodes of first bytes
  std::size_t longest_ = 0;
};

}  // namespace eve
