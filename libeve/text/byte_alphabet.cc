// SPDX-License-Identifier: Apache-2.0
#include "text/byte_alphabet.h"

#include <array>

#include "base/utf8.h"

namespace eve {
namespace {

constexpr std::size_t kLetters = 256 + 68;

constexpr bool is_printable(std::size_t byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

// Byte of each code point below kLetters, -1 for none.
constexpr std::array<std::int16_t, kLetters> kByteOf = [] {
  std::array<std::int16_t, kLetters> table{};
  for (auto& entry : table) entry = -1;
  std::size_t next = 256;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    table[is_printable(byte) ? byte : next++] = static_cast<std::int16_t>(byte);
  }
  return table;
}();

constexpr std::array<std::uint16_t, 256> kLetterOf = [] {
  std::array<std::uint16_t, 256> table{};
  for (std::size_t letter = 0; letter < kLetters; ++letter)
    if (kByteOf[letter] >= 0) table[static_cast<std::size_t>(kByteOf[letter])] = static_cast<std::uint16_t>(letter);
  return table;
}();

}  // namespace

bool append_spelled_bytes(std::string_view spelled, std::string& bytes) {
  for (std::size_t at = 0; at < spelled.size();) {
    const CodePoint c = utf8_at(spelled, at);
    if (c.value >= kLetters || kByteOf[c.value] < 0) return false;
    bytes.push_back(static_cast<char>(kByteOf[c.value]));
    at += c.bytes;
  }
  return true;
}

void append_spelling(std::string_view bytes, std::string& spelled) {
  for (const char byte : bytes) append_utf8(spelled, kLetterOf[static_cast<std::uint8_t>(byte)]);
}

}  // namespace eve
