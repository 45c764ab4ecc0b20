// SPDX-License-Identifier: Apache-2.0
#include "text/pretokenizer.h"

#include <utf8proc.h>

#include <array>

#include "base/utf8.h"
#include "text/tokenizer.h"

namespace eve {
namespace {

enum class Class : std::uint8_t { kSpace, kLetter, kNumber, kOther };

struct Character {
  Class type;
  std::uint32_t bytes;
};

constexpr std::array<Class, 128> kAscii = [] {
  std::array<Class, 128> table{};
  for (std::size_t c = 0; c < 128; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    const bool number = c >= '0' && c <= '9';
    table[c] = letter ? Class::kLetter : space ? Class::kSpace : number ? Class::kNumber : Class::kOther;
  }
  return table;
}();

// The property White_Space beyond ASCII (PropList.txt).
bool is_white_space(std::uint32_t c) {
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

Class class_beyond_ascii(std::uint32_t c) {
  if (c == CodePoint::kInvalid) return Class::kOther;
  if (is_white_space(c)) return Class::kSpace;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return Class::kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Class::kNumber;
    default:
      return Class::kOther;
  }
}

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = static_cast<std::uint8_t>(text[at]);
  if (byte < 0x80) return {kAscii[byte], 1};
  const CodePoint c = utf8_at(text, at);
  return {class_beyond_ascii(c.value), c.bytes};
}

// Length of a contraction after the apostrophe at text[at], the apostrophe included; 0 when there is none.
std::size_t contraction(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at + 1, 2);
  if (rest.empty()) return 0;
  if (rest[0] == 's' || rest[0] == 't' || rest[0] == 'm' || rest[0] == 'd') return 2;
  return rest == "re" || rest == "ve" || rest == "ll" ? 3 : 0;
}

}  // namespace

std::size_t gpt2_piece_end(std::string_view text, std::size_t at) {
  if (text[at] == '\'') {
    if (const std::size_t length = contraction(text, at)) return at + length;
  }
  Character first = character_at(text, at);
  std::size_t end = at + first.bytes;
  if (first.type == Class::kSpace) {
    std::size_t last = at;  // start of the last white space of the run
    Character next = first;
    while (end < text.size() && (next = character_at(text, end)).type == Class::kSpace) {
      last = end;
      end += next.bytes;
    }
    if (end == text.size()) return end;  // the run ends the text
    if (last != at) return last;         // the last one is left to what follows
    if (text[at] != ' ') return end;
    first = next;  // one space: part of the run behind it
    end += next.bytes;
  }
  while (end < text.size()) {
    const Character next = character_at(text, end);
    if (next.type != first.type) break;
    end += next.bytes;
  }
  return end;
}

std::vector<std::string_view> gpt2_split(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = gpt2_piece_end(text, at);
    pieces.push_back(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

}  // namespace eve
