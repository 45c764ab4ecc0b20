// SPDX-License-Identifier: Apache-2.0
#include "tasks/text.h"

#include "base/utf8.h"

namespace eve::tasks {

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || is_upper(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string_view cut(std::string_view text, std::size_t limit_bytes) {
  if (text.size() <= limit_bytes) return text;
  const std::size_t end = utf8_complete_prefix(text.substr(0, limit_bytes));
  for (std::size_t at = end; at > end - end / 4; --at)
    if (is_space(text[at])) return text.substr(0, at);
  return text.substr(0, end);
}

char lower(char c) { return is_upper(c) ? static_cast<char>(c | 0x20) : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string one_line(std::string_view text) {
  std::string line;
  bool space = false;
  for (const char c : text) {
    if (is_space(c)) {
      space = !line.empty();
      continue;
    }
    if (space) line += ' ';
    space = false;
    line += c;
  }
  return line;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  for (Word& word : words_with_places(text)) result.push_back(std::move(word.text));
  return result;
}

std::vector<Word> words_with_places(std::string_view text) {
  std::vector<Word> result;
  std::string word;
  const auto end = [&](std::size_t at) {
    if (!word.empty()) result.push_back({std::move(word), at});
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!in_word(c)) {
      end(i);
      continue;
    }
    // A hump begins a word: at "N" of "streetNumber" and at the second "P" of "HTTPPort".
    const bool hump = is_upper(c) && i > 0 &&
                      (!is_upper(text[i - 1]) || (i + 1 < text.size() && text[i + 1] >= 'a' && text[i + 1] <= 'z'));
    if (hump || (i > 0 && is_digit(c) != is_digit(text[i - 1]))) end(i);
    word += lower(c);
  }
  end(text.size());
  return result;
}

std::string stem(std::string word) {
  const auto ends = [&](std::string_view with) { return word.size() > with.size() + 1 && word.ends_with(with); };
  if (ends("ies"))
    word.replace(word.size() - 3, 3, "y");
  else if (ends("sses") || ends("xes") || ends("ches") || ends("shes"))
    word.resize(word.size() - 2);
  else if (ends("s") && !ends("ss") && !ends("us") && !ends("is"))
    word.pop_back();
  return word;
}

}  // namespace eve::tasks
