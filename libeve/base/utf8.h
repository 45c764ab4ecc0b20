// SPDX-License-Identifier: Apache-2.0
// UTF-8 as RFC 3629 defines it: shortest forms only, no surrogates, at most U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eve {

struct CodePoint {
  std::uint32_t value;  ///< scalar value; kInvalid for a byte that starts no valid sequence
  std::uint32_t bytes;  ///< bytes consumed: 1 to 4; 1 for an invalid byte
  static constexpr std::uint32_t kInvalid = 0xFFFFFFFF;
};

/// Code point that starts at text[at]; at < text.size().
CodePoint utf8_at(std::string_view text, std::size_t at);
/// Appends the UTF-8 form of a scalar value.
void append_utf8(std::string& out, std::uint32_t code_point);
/// Offset of the first invalid byte, or npos.
std::size_t utf8_error(std::string_view text);
/// Length of the longest prefix that does not end inside a (so far valid) multi-byte sequence:
/// what a stream may print now. Invalid bytes count as complete.
std::size_t utf8_complete_prefix(std::string_view text);
/// Code points that may steer a terminal or hide text: C0, DEL, C1, line and paragraph separators, bidi controls, tags.
bool is_unsafe_on_terminal(std::uint32_t code_point);

}  // namespace eve
