// SPDX-License-Identifier: Apache-2.0
// The syntax of prompts: what is weight and what is text. Prompts are read here, never changed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eve::prompt {

/// What a prompt says without its syntax: weights and brackets of A1111 ("(a:1.3)", "((a))", "[a]", "[a:b:0.5]"),
/// InvokeAI ("(a)1.1", "a++"), "<lora:a:1>" tags, BREAK, AND, escapes, and parameters of Midjourney. One line.
std::string plain_text(std::string_view prompt);

/// Where the parameters of Midjourney (" --ar 3:2 ...") begin; the size of the prompt when there are none.
std::size_t parameters_at(std::string_view prompt);

/// Whether the round brackets of the prompt are balanced (escaped ones do not count).
bool is_balanced(std::string_view prompt);

/// Behind the last BREAK of the prompt, where its last chunk for CLIP begins; 0 without one.
std::size_t behind_break(std::string_view prompt);

/// Tokens of CLIP's text encoder that the last chunk of the prompt is estimated to take, without begin and end: weights
/// and tags take none, a common word one, marks and digits one each, other words one for every three letters begun (an
/// estimate: see docs/prompt.md).
std::size_t count_tokens(std::string_view prompt);

}  // namespace eve::prompt
