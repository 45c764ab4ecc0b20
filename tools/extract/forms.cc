// SPDX-License-Identifier: Apache-2.0
#include "extract/forms.h"

#include <algorithm>
#include <string>

#include "base/json.h"

namespace eve::extract {

namespace {

constexpr std::size_t kMost = 100;

bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || c == '_' || is_small(static_cast<char>(c | 32)); }

/// Empty when the word is no plural.
std::string singular(std::string_view word) {
  constexpr std::size_t kShortest = 4;
  if (word.size() < kShortest || !word.ends_with('s')) return "";
  for (const std::string_view end : {"ss", "us", "is"})
    if (word.ends_with(end)) return "";
  if (word.ends_with("ies")) return std::string(word.substr(0, word.size() - 3)) + "y";
  for (const std::string_view end : {"ches", "shes", "sses", "xes", "zes", "oes"})
    if (word.ends_with(end)) return std::string(word.substr(0, word.size() - 2));
  return std::string(word.substr(0, word.size() - 1));
}

/// Whether a word that begins at `at` is counted: "2 cups", "two cups", and at the start of a text "6 garlic cloves".
bool is_counted(std::string_view text, std::size_t at, const std::vector<tasks::Found>& numbers) {
  const auto before = [&](std::size_t place) {
    while (place > 0 && (text[place - 1] == ' ' || text[place - 1] == '-')) --place;
    return place;
  };
  const std::size_t end = before(at);
  if (end < at && std::ranges::find(numbers, end, &tasks::Found::end) != numbers.end()) return true;
  std::size_t word = end;
  while (word > 0 && is_small(text[word - 1])) --word;
  const std::size_t front = before(word);
  return word < end && front < word &&
         std::ranges::any_of(numbers, [&](const tasks::Found& one) { return one.start == 0 && one.end == front; });
}

/// Behind a dash with spaces around it, or without; `at` when there is none.
std::size_t behind_dash(std::string_view text, std::size_t at) {
  std::size_t end = std::min(text.find_first_not_of(' ', at), text.size());
  for (const std::string_view dash : {"--", "-", "\u2013", "\u2014", "\u2010", "\u2212"}) {
    if (!text.substr(end).starts_with(dash)) continue;
    end += dash.size();
    return std::min(text.find_first_not_of(' ', end), text.size());
  }
  return at;
}

}  // namespace

std::vector<tasks::Found> other_forms(std::string_view text) {
  std::vector<tasks::Found> forms;
  const auto add = [&](std::string_view form, std::size_t start, std::size_t end) {
    std::string json;
    JsonWriter(json).value(form);
    if (form.empty() || form == text.substr(start, end - start) || forms.size() == kMost) return;
    if (std::ranges::find(forms, json, &tasks::Found::json) == forms.end()) forms.push_back({json, start, end});
  };
  const auto end_of = [&](std::size_t at, bool (*is)(char)) {
    while (at < text.size() && is(text[at])) ++at;
    return at;
  };
  const std::vector<tasks::Found> numbers = tasks::find_numbers(text);
  const auto is_ascii = [&](std::size_t i) { return i >= text.size() || (text[i] & 0x80) == 0; };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of(at, is_word);
    if (end > at && end_of(at, is_small) == end) {
      // A letter beyond ASCII beside it is of the same word.
      if ((at == 0 || is_ascii(at - 1)) && is_ascii(end) && is_counted(text, at, numbers))
        add(singular(text.substr(at, end - at)), at, end);
    } else if (end > at && end_of(at, is_digit) == end) {
      const std::size_t second = behind_dash(text, end), last = end_of(second, is_digit);
      if (second > end && last > second && end_of(second, is_word) == last)
        add(std::string(text.substr(at, end - at)) + "-" + std::string(text.substr(second, last - second)), at, last);
    }
    at = std::max(end, at + 1);
  }
  return forms;
}

}  // namespace eve::extract
