// SPDX-License-Identifier: Apache-2.0
#include "decode/vocabulary.h"

#include <algorithm>
#include <bitset>

#include "eve/error.h"

namespace eve {

Vocabulary::Vocabulary(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {
  std::bitset<256> bytes_alone;
  std::fill(std::begin(root_), std::end(root_), kNoNode);
  std::vector<TokenId> sorted;
  for (TokenId id = 0; id < static_cast<TokenId>(tokenizer.size()); ++id) {
    const std::string_view bytes = tokenizer.bytes(id);
    if (!tokenizer.is_text(id) || bytes.empty() || bytes.size() > 255) continue;
    sorted.push_back(id);
    longest_ = std::max(longest_, bytes.size());
    if (bytes.size() == 1) bytes_alone.set(static_cast<std::uint8_t>(bytes[0]));
  }
  if (!bytes_alone.all())
    throw Error(Status::kModel, "the vocabulary has no token for some byte; constrained text needs one for each");
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](TokenId a, TokenId b) { return tokenizer.bytes(a) < tokenizer.bytes(b); });
  std::vector<std::uint32_t> path;  // trie nodes of the last token's bytes
  const auto leave = [&](std::size_t depth) {
    for (; path.size() > depth; path.pop_back()) trie_[path.back()].end = static_cast<std::uint32_t>(trie_.size());
  };
  std::string_view last;
  for (const TokenId id : sorted) {
    const std::string_view bytes = tokenizer.bytes(id);
    auto depth = static_cast<std::size_t>(std::ranges::mismatch(bytes, last).in1 - bytes.begin());
    leave(depth);
    for (; depth < bytes.size(); ++depth) {
      const auto byte = static_cast<std::uint8_t>(bytes[depth]);
      const auto node = static_cast<std::uint32_t>(trie_.size());
      if (depth == 0) root_[byte] = node;
      path.push_back(node);
      trie_.push_back({0, 0, 0, byte, static_cast<std::uint8_t>(depth + 1)});
    }
    TrieNode& node = trie_[path.back()];
    if (node.ids++ == 0) node.first_id = static_cast<std::uint32_t>(ids_.size());
    ids_.push_back(id);
    last = bytes;
  }
  leave(0);
}

}  // namespace eve
