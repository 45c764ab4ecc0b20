// SPDX-License-Identifier: Apache-2.0
#include "pii/phrases.h"

namespace eve::pii {
namespace {

std::uint64_t edge(std::uint32_t node, char byte) {
  return std::uint64_t{node} << 8 | static_cast<unsigned char>(byte);
}

}  // namespace

void Phrases::add(std::string_view phrase, std::uint32_t value) {
  if (phrase.empty()) return;
  std::uint32_t node = 0;
  for (char c : phrase) {
    node = next_.try_emplace(edge(node, c), static_cast<std::uint32_t>(next_.size() + 1)).first->second;
  }
  values_[node] = value;
}

Phrases::Match Phrases::longest(std::string_view text, std::size_t at) const {
  Match best;
  std::uint32_t node = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const auto found = next_.find(edge(node, text[i]));
    if (found == next_.end()) break;
    node = found->second;
    if (const auto end = values_.find(node); end != values_.end()) best = {i + 1 - at, end->second};
  }
  return best;
}

}  // namespace eve::pii
