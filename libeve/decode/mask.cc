// SPDX-License-Identifier: Apache-2.0
#include "decode/mask.h"

#include <algorithm>

#include "eve/error.h"

namespace eve {

Vocabulary::Vocabulary(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {
  std::fill(std::begin(byte_token_), std::end(byte_token_), -1);
  std::vector<TokenId> sorted;
  for (TokenId id = 0; id < static_cast<TokenId>(tokenizer.size()); ++id) {
    const std::string_view bytes = tokenizer.bytes(id);
    if (!tokenizer.is_text(id) || bytes.empty() || bytes.size() > 255) continue;
    sorted.push_back(id);
    longest_ = std::max(longest_, bytes.size());
    if (bytes.size() == 1) {
      TokenId& token = byte_token_[static_cast<std::uint8_t>(bytes[0])];
      if (token < 0) token = id;
    }
  }
  for (const TokenId token : byte_token_)
    if (token < 0)
      throw Error(Status::kModel, "the vocabulary has no token for some byte; constrained text needs one for each");
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](TokenId a, TokenId b) { return tokenizer.bytes(a) < tokenizer.bytes(b); });
  std::vector<std::uint32_t> path;  // trie nodes of the last token's bytes
  std::string_view last;
  for (const TokenId id : sorted) {
    const std::string_view bytes = tokenizer.bytes(id);
    std::size_t common = static_cast<std::size_t>(std::ranges::mismatch(bytes, last).in1 - bytes.begin());
    for (; path.size() > common; path.pop_back()) trie_[path.back()].end = static_cast<std::uint32_t>(trie_.size());
    for (; common < bytes.size(); ++common) {
      path.push_back(static_cast<std::uint32_t>(trie_.size()));
      trie_.push_back({0, 0, 0, static_cast<std::uint8_t>(bytes[common]), static_cast<std::uint8_t>(common + 1)});
    }
    TrieNode& node = trie_[path.back()];
    if (node.ids++ == 0) node.first_id = static_cast<std::uint32_t>(ids_.size());
    ids_.push_back(id);
    last = bytes;
  }
  for (const std::uint32_t node : path) trie_[node].end = static_cast<std::uint32_t>(trie_.size());
}

std::vector<TokenId> Vocabulary::spell(std::string_view bytes) const {
  // From the end: fewest tokens for each suffix.
  const std::size_t n = bytes.size();
  std::vector<std::uint32_t> count(n + 1, 0);
  std::vector<TokenId> first(n + 1, -1);
  for (std::size_t at = n; at-- > 0;) {
    count[at] = 0xFFFFFFFF;
    std::uint32_t node = 0, end = static_cast<std::uint32_t>(trie_.size());
    for (std::size_t to = at; to < n && node < end;) {
      const TrieNode& here = trie_[node];
      if (here.byte != static_cast<std::uint8_t>(bytes[to])) {
        node = here.end;
        continue;
      }
      ++to;
      if (here.ids > 0 && count[to] + 1 < count[at]) count[at] = count[to] + 1, first[at] = ids_[here.first_id];
      end = here.end;
      ++node;
    }
  }
  std::vector<TokenId> out;
  for (std::size_t at = 0; at < n; at += this->bytes(out.back()).size()) out.push_back(first[at]);
  return out;
}

}  // namespace eve
