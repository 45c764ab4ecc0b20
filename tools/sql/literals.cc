// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "sql/grammar.h"
#include "sql/tokens.h"
#include "tasks/dates.h"
#include "tasks/numbers.h"
#include "tasks/text.h"

namespace eve::sql {

namespace {

constexpr std::size_t kMaxWords = 10, kMaxTexts = 4000, kQuestionBytes = 1000;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

std::string in_capitals(std::string text) {
  for (char& c : text)
    if (is_lower(c)) c = static_cast<char>(c & ~0x20);
  return text;
}
std::string with_capitals(std::string text, bool every_word) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (is_lower(text[i]) && (i == 0 || (every_word && is_blank(text[i - 1]))))
      text[i] = static_cast<char>(text[i] & ~0x20);
  return text;
}

/// Places where a word begins and ends, with and without the punctuation at its sides.
void edges(std::string_view text, std::set<std::size_t>& starts, std::set<std::size_t>& ends) {
  constexpr std::string_view kSides = "\"'`([{<.,;:!?)]}>%$#";
  for (std::size_t begin = 0; begin < text.size();) {
    if (is_blank(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && !is_blank(text[end])) ++end;
    std::size_t a = begin, b = end;
    starts.insert(a), ends.insert(b);
    while (a < b && kSides.find(text[a]) != kSides.npos) starts.insert(++a);
    while (b > a && kSides.find(text[b - 1]) != kSides.npos) ends.insert(--b);
    // it's, Bonn's; 50-60, a/b
    for (std::size_t i = a + 1; i + 1 < b; ++i)
      if (std::string_view("'-/,=").find(text[i]) != std::string_view::npos) ends.insert(i), starts.insert(i + 1);
    begin = end;
  }
}

/// Days as ISO 8601 writes them, and what those of the months that are said look like: '%-05-%', '2026-05-%'.
void add_dates(const std::string& question, std::set<std::string>& texts, std::set<std::string>& patterns) {
  for (const tasks::Found& day : tasks::find_days(question, std::nullopt))
    texts.insert(in_quotes(std::string_view(day.json).substr(1, day.json.size() - 2)));
  const std::vector<std::string> words = tasks::words(question);
  for (const std::string& word : words) {
    const int month = tasks::month_of(word);
    if (month == 0) continue;
    const std::string middle = (month < 10 ? "-0" : "-") + std::to_string(month) + "-";
    patterns.insert(in_quotes(middle, "%", "%"));
    for (const std::string& year : words)
      if (year.size() == 4 && std::ranges::all_of(year, [](char c) { return c >= '0' && c <= '9'; }))
        patterns.insert(in_quotes(year + middle, "", "%"));
  }
}

}  // namespace

Literals literals_of(std::string_view whole, const std::vector<std::string>& values) {
  const std::string question = tasks::one_line(tasks::cut(whole, kQuestionBytes));
  std::set<std::string> texts, patterns, numbers = {"0", "1"}, counts = {"1"};
  std::set<std::size_t> starts, ends;
  edges(question, starts, ends);
  for (const std::size_t start : starts) {
    std::size_t words = 1;
    for (auto end = ends.upper_bound(start); end != ends.end() && texts.size() < kMaxTexts; ++end) {
      const std::string span = question.substr(start, *end - start);
      words = static_cast<std::size_t>(std::ranges::count(span, ' ')) + 1;
      if (words > kMaxWords) break;
      if (is_blank(span.front()) || is_blank(span.back())) continue;
      if (std::ranges::count(span, '"') % 2 != 0) continue;  // begins or ends inside of what is quoted
      texts.insert(in_quotes(span));
      if (words <= 4) {
        patterns.insert(in_quotes(span, "%", "%")), patterns.insert(in_quotes(span, "", "%"));
        patterns.insert(in_quotes(span, "%", ""));
      }
      if (words == 1 && span.size() > 3 && span.back() == 's') texts.insert(in_quotes(span.substr(0, span.size() - 1)));
      if (words <= 4 && std::ranges::none_of(span, is_upper))
        for (const std::string& other : {with_capitals(span, true), with_capitals(span, false), in_capitals(span)})
          texts.insert(in_quotes(other));
    }
  }
  for (const std::string& value : values) texts.insert(in_quotes(value));
  add_dates(question, texts, patterns);
  std::vector<tasks::Found> said = tasks::find_numbers(question);
  for (const std::string& word : tasks::words(question)) {
    if (word == "once") said.push_back({"1", 0, 0});
    if (word == "twice" || word == "pair" || word == "both") said.push_back({"2", 0, 0});
  }
  for (const tasks::Found& number : said) {
    numbers.insert(number.json);
    const bool whole_number = std::ranges::all_of(number.json, [](char c) { return c >= '0' && c <= '9'; });
    if (whole_number && number.json.size() < 7 && number.json != "0") counts.insert(number.json);
  }
  const auto list = [](const std::set<std::string>& set) { return std::vector<std::string>(set.begin(), set.end()); };
  return {list(texts), list(patterns), list(numbers), list(counts)};
}

}  // namespace eve::sql
