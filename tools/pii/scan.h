// SPDX-License-Identifier: Apache-2.0
// Byte classes and small steps that the rules share. ASCII only: bytes of other characters belong to no class.
#pragma once

#include <cstddef>
#include <string_view>

namespace eve::pii {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alnum(char c) { return is_digit(c) || is_letter(c); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
/// A byte of a letter outside ASCII (or of anything else there).
constexpr bool is_high(char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }
/// What a number or an address must not touch on either side to stand alone.
constexpr bool is_word(char c) { return is_alnum(c) || c == '_' || is_high(c); }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr unsigned value_of(char digit) { return static_cast<unsigned>(digit - '0'); }

/// text[at], or NUL outside (NUL is in no class).
constexpr char at(std::string_view text, std::size_t i) { return i < text.size() ? text[i] : '\0'; }
constexpr char before(std::string_view text, std::size_t i) { return i > 0 && i <= text.size() ? text[i - 1] : '\0'; }

/// End of the run that begins at i.
template <class Class>
constexpr std::size_t run_end(std::string_view text, std::size_t i, Class in_class,
                              std::size_t limit = ~std::size_t{0}) {
  const std::size_t stop = limit < text.size() - i ? i + limit : text.size();
  while (i < stop && in_class(text[i])) ++i;
  return i;
}

/// Whether text has `word` (lower case) at i, in any case.
constexpr bool has_at(std::string_view text, std::size_t i, std::string_view word) {
  if (i > text.size() || text.size() - i < word.size()) return false;
  for (std::size_t k = 0; k < word.size(); ++k) {
    if (lower(text[i + k]) != word[k]) return false;
  }
  return true;
}

/// Whether the text before i ends with `word` (lower case), in any case.
constexpr bool ends_before(std::string_view text, std::size_t i, std::string_view word) {
  return i >= word.size() && has_at(text, i - word.size(), word);
}

}  // namespace eve::pii
