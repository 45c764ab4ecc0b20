// SPDX-License-Identifier: Apache-2.0
// Words, sentences, and which words say something.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eve::summarize {

/// The sentences of a line, without white space around them; their quotes and brackets stay with them.
std::vector<std::string_view> sentences(std::string_view line);

/// Words as limits count them: parts between white space that hold a letter or digit.
std::size_t count_words(std::string_view text);

/// Lower-case stems of the words that say something: no articles, pronouns, greetings and the like. In order, with
/// repetitions.
std::vector<std::string> terms(std::string_view text);

/// At most `words` words, at least one: whole clauses if they are not too short, else cut between words with "...".
std::string shortened(std::string_view text, std::size_t words);

}  // namespace eve::summarize
