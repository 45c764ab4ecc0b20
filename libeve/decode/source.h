// SPDX-License-Identifier: Apache-2.0
// A text whose spans may be quoted: which byte strings occur in it, and where.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decode/grammar.h"

namespace eve {

/// Spans begin and end with a character that is not white space and hold whole UTF-8 characters, none of them one that
/// could steer a terminal (is_unsafe_on_terminal; tabs and line ends may stand inside). With SpanForm::words they also
/// begin and end where a word does: never between two letters or between two digits (underscores count as letters;
/// scripts written without spaces have no such places). Not thread-safe: one source belongs to one request.
class Source {
 public:
  explicit Source(std::string text);
  ~Source();
  const std::string& text() const { return text_; }

  /// States of a recogniser of spans of one form. State 0 is the start; the empty string is no span.
  using State = std::uint32_t;
  static constexpr State kDead = Dfa::kDead;
  State next(const SpanForm& form, State state, std::uint8_t byte);
  bool accepts(const SpanForm& form, State state);
  /// Fewest bytes (as the form writes them) from here to the end of a span; kDead: none (the start of a poor text).
  std::uint32_t distance(const SpanForm& form, State state);

  /// What a state stands for, for those who follow many ways at once and keep none.
  struct Span {
    std::uint32_t low, high;  // suffixes [low, high) of the index's order begin with it
    std::uint32_t depth;      // its bytes
    std::string escape;       // what is written of the next byte
    auto operator<=>(const Span&) const = default;
  };
  const Span& span(const SpanForm& form, State state);
  /// The bytes that may follow, ascending, each with the span behind it (which may have no end: see distance).
  void successors(const SpanForm& form, const Span& span, std::vector<std::pair<std::uint8_t, Span>>& out);
  std::uint32_t distance(const SpanForm& form, const Span& span);

  /// Where `span` (not escaped) occurs as a span: byte offsets, ascending, at most `limit`.
  std::vector<std::size_t> find(std::string_view span, bool words, std::size_t limit = 16) const;

 private:
  struct Index;
  std::string text_;
  std::vector<std::uint16_t> symbols_;  // [bytes + 1] byte + 1; 0: no span goes on here
  std::vector<std::uint8_t> places_;    // [bytes + 1] bits of Place
  std::vector<std::uint32_t> rank_;     // [bytes + 1] order of the suffixes; made when first used
  std::vector<std::pair<SpanForm, std::unique_ptr<Index>>> indexes_;

  Index& index(const SpanForm& form);
  void sort_suffixes();
  std::uint32_t shortest(const SpanForm& form, const Index& index, const Span& span) const;
  Span narrowed(const Index& index, const Span& span, std::uint16_t symbol) const;
  State state_of(const SpanForm& form, Index& index, Span span);
};

}  // namespace eve
