// SPDX-License-Identifier: Apache-2.0
// Vocabularies and grammars made up from a seed.
#pragma once

#include <set>

#include "base/rng.h"
#include "decode/grammar.h"
#include "text/tokenizer.h"

namespace eve::test {

/// Every byte, the given tokens, and an end of text.
class ToyTokenizer : public Tokenizer {
 public:
  explicit ToyTokenizer(const std::set<std::string>& tokens) {
    for (int byte = 0; byte < 256; ++byte) bytes_.emplace_back(1, static_cast<char>(byte));
    for (const std::string& token : tokens)
      if (token.size() > 1) bytes_.push_back(token);
    bytes_.emplace_back();
  }
  /// Longest token first.
  std::vector<TokenId> encode(std::string_view text) const override {
    std::vector<TokenId> out;
    while (!text.empty()) {
      std::size_t best = static_cast<std::uint8_t>(text[0]);
      for (std::size_t id = 256; id + 1 < bytes_.size(); ++id)
        if (bytes_[id].size() > bytes_[best].size() && text.starts_with(bytes_[id])) best = id;
      out.push_back(static_cast<TokenId>(best));
      text.remove_prefix(bytes_[best].size());
    }
    return out;
  }
  std::string_view bytes(TokenId id) const override {
    return static_cast<std::size_t>(id) < bytes_.size() ? std::string_view(bytes_[static_cast<std::size_t>(id)])
                                                        : std::string_view();
  }
  std::size_t size() const override { return bytes_.size(); }
  bool is_text(TokenId id) const override { return static_cast<std::size_t>(id) + 1 < bytes_.size(); }
  std::optional<TokenId> end_of_text() const override { return static_cast<TokenId>(bytes_.size() - 1); }
  Export exported() const override { return {}; }

 private:
  std::vector<std::string> bytes_;
};

inline std::string random_text(Rng& rng, std::size_t max) {
  const std::string_view pieces[] = {"a", "b", "\"", "\\", "n", "\xC3\xA9", ",", "\xC3", "\xA9", "ab", " ", "1"};
  std::string out;
  for (std::size_t n = 1 + rng.below(max); n > 0; --n) out += pieces[rng.below(std::size(pieces))];
  return out;
}

inline ToyTokenizer random_tokenizer(Rng& rng, std::size_t tokens) {
  std::set<std::string> texts;
  while (texts.size() < tokens) texts.insert(random_text(rng, 5));
  return ToyTokenizer(texts);
}

/// A grammar of random shape that some text satisfies; null when the dice made none.
inline std::shared_ptr<const Grammar> random_grammar(Rng& rng, bool spans) {
  GrammarBuilder b;
  std::vector<GrammarBuilder::Node> nodes{b.literal("a"),    b.literal("\"ab"),     b.literal("\xC3\xA9"),
                                          b.regex("[ab]*b"), b.regex("[^\"]{0,3}"), b.regex("1[0-9]*")};
  const auto rule = b.declare();
  nodes.push_back(rule);
  if (rng.below(3) == 0)
    nodes.push_back(
        b.sequence({b.literal("\""), b.repeat(b.json_character(), 0, static_cast<std::uint32_t>(1 + rng.below(4))),
                    b.literal("\"")}));
  if (rng.below(3) == 0) nodes.push_back(b.json_text());
  if (rng.below(3) == 0) nodes.push_back(b.repeat(b.regex("[^ab\"]|aa"), 1, 5));
  if (spans)
    nodes.push_back(b.span({.json = rng.below(2) == 0,
                            .words = rng.below(2) == 0,
                            .max_bytes = static_cast<std::uint32_t>(1 + rng.below(20))}));
  const auto any = [&] { return nodes[rng.below(nodes.size())]; };
  for (std::size_t n = 3 + rng.below(10); n > 0; --n) {
    std::vector<GrammarBuilder::Node> parts;
    for (std::size_t p = 1 + rng.below(3); p > 0; --p) parts.push_back(any());
    switch (rng.below(4)) {
      case 0:
        nodes.push_back(b.choice(parts));
        break;
      case 1: {
        const auto min = static_cast<std::uint32_t>(rng.below(3));
        nodes.push_back(b.repeat(
            any(), min, rng.below(2) == 0 ? Grammar::kUnbounded : min + static_cast<std::uint32_t>(rng.below(3))));
        break;
      }
      default:
        nodes.push_back(b.sequence(parts));
    }
  }
  try {
    b.define(rule, nodes.back());
    return b.build(nodes[nodes.size() - 1 - rng.below(3)]);
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace eve::test
