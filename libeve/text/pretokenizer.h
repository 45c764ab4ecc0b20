// SPDX-License-Identifier: Apache-2.0
// GPT-2's pre-tokenizer (openai/gpt-2 encoder.py), written out by hand:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// Classes are those of the Unicode version of libutf8proc.
#pragma once

#include <cstddef>
#include <string_view>

namespace eve {

/// End of the piece that starts at text[at]; at < text.size(). Invalid UTF-8 bytes are characters of no class.
std::size_t gpt2_piece_end(std::string_view text, std::size_t at);

}  // namespace eve
