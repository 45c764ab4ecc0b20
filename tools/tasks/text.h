// SPDX-License-Identifier: Apache-2.0
// Small cuts that the prompt forms share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eve::tasks {

/// Ends every prompt: the answer begins a line, so that its first word is cut into pieces as at the start of any text.
inline constexpr std::string_view kAnswerCue = "\nA:\n";

/// The longest prefix of at most `limit_bytes` that ends between characters, at white space if there is any in its last
/// quarter.
std::string_view cut(std::string_view text, std::size_t limit_bytes);
/// With small letters for A to Z; all else as it stands.
char lower(char c);
std::string lower(std::string_view text);
/// The text with every run of white space as one space, none at the ends.
std::string one_line(std::string_view text);
/// The lower-case words of a name or a sentence: "streetNumber", "street_number" and "Street number" have the same two.
/// Letters outside ASCII belong to words as they stand.
std::vector<std::string> words(std::string_view text);
struct Word {
  std::string text;  ///< as words() gives it
  std::size_t end;   ///< of the bytes it was made of
};
std::vector<Word> words_with_places(std::string_view text);
/// A word without the endings of plural: "countries" and "country", "songs" and "song" have the same.
std::string stem(std::string word);

}  // namespace eve::tasks
