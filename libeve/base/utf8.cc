// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

namespace eve {
namespace {

struct Lead {
  std::uint32_t bytes;                  // length of the sequence, 0 for a byte that starts none
  std::uint8_t second_min, second_max;  // where RFC 3629 narrows the second byte
};

Lead lead(std::uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte < 0xF0) return {3, std::uint8_t(byte == 0xE0 ? 0xA0 : 0x80), std::uint8_t(byte == 0xED ? 0x9F : 0xBF)};
  if (byte < 0xF5) return {4, std::uint8_t(byte == 0xF0 ? 0x90 : 0x80), std::uint8_t(byte == 0xF4 ? 0x8F : 0xBF)};
  return {0, 0, 0};
}

/// Bytes of the sequence at `at` that are valid, at most lead.bytes, ending at the end of the text.
std::uint32_t valid_bytes(std::string_view text, std::size_t at, const Lead& first) {
  std::uint32_t good = 1;
  for (; good < first.bytes && at + good < text.size(); ++good) {
    const auto byte = static_cast<std::uint8_t>(text[at + good]);
    const std::uint8_t min = good == 1 ? first.second_min : 0x80;
    const std::uint8_t max = good == 1 ? first.second_max : 0xBF;
    if (byte < min || byte > max) break;
  }
  return good;
}

}  // namespace

CodePoint utf8_at(std::string_view text, std::size_t at) {
  const auto byte = static_cast<std::uint8_t>(text[at]);
  if (byte < 0x80) return {byte, 1};
  const Lead first = lead(byte);
  if (first.bytes == 0 || valid_bytes(text, at, first) != first.bytes) return {CodePoint::kInvalid, 1};
  std::uint32_t value = byte & (0x7Fu >> first.bytes);
  for (std::uint32_t i = 1; i < first.bytes; ++i)
    value = value << 6 | (static_cast<std::uint8_t>(text[at + i]) & 0x3Fu);
  return {value, first.bytes};
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto rest = [&](int shift) { put(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6), rest(0);
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12), rest(6), rest(0);
  } else {
    put(0xF0 | code_point >> 18), rest(12), rest(6), rest(0);
  }
}

std::size_t utf8_error(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = utf8_at(text, at);
    if (point.value == CodePoint::kInvalid) return at;
    at += point.bytes;
  }
  return std::string_view::npos;
}

std::size_t utf8_complete_prefix(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const std::size_t at = text.size() - back;
    const Lead first = lead(static_cast<std::uint8_t>(text[at]));
    if (first.bytes > back && valid_bytes(text, at, first) == back) return at;
  }
  return text.size();
}

bool is_unsafe_on_terminal(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || (c >= 0xE0000 && c <= 0xE007F);
}

}  // namespace eve
