// SPDX-License-Identifier: Apache-2.0
// GPT-2 spells every byte as a printable character in its vocabulary files (openai/gpt-2 encoder.py, bytes_to_unicode):
// bytes 33-126, 161-172 and 174-255 are themselves, the other 68 in order are U+0100, U+0101, ...
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eve {

/// Appends the bytes that `spelled` stands for; false (and `bytes` is in an unspecified state) when a character stands
/// for no byte.
bool append_spelled_bytes(std::string_view spelled, std::string& bytes);

/// Appends how `bytes` are spelled.
void append_spelling(std::string_view bytes, std::string& spelled);

}  // namespace eve
