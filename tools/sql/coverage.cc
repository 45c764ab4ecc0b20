// SPDX-License-Identifier: Apache-2.0
#include "sql/coverage.h"

#include <algorithm>
#include <map>
#include <set>

#include "sql/tokens.h"
#include "tasks/dates.h"
#include "tasks/numbers.h"
#include "tasks/sql_links.h"
#include "tasks/text.h"

namespace eve::sql {

namespace {

/// How a month or a day of one is written in 2026-05-01.
std::string in_date(const std::string& word) {
  int value = tasks::month_of(word);
  if (value == 0 && word.size() <= 2 && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; }))
    value = std::stoi(word);
  return value == 0 ? "" : (value < 10 ? "0" : "") + std::to_string(value);
}

/// Texts without their quotes, and numbers, of a statement; how often each is used. LIMIT's are not compared with.
std::map<std::string, std::size_t> literals_in(std::string_view sql) {
  std::map<std::string, std::size_t> found;
  std::string last;
  for (Token& token : tokens_of(sql)) {
    if (token.kind == Token::kText || (token.kind == Token::kNumber && last != "LIMIT")) ++found[token.text];
    last = std::move(token.text);
  }
  return found;
}

}  // namespace

Coverage::Coverage(const tasks::SqlSchema& schema, std::string_view question) : question_(tasks::words(question)) {
  const std::vector<tasks::Word> said = tasks::words_with_places(question);
  std::vector<bool> is_name(said.size(), false);
  for (const tasks::NameLink& link : tasks::name_links(schema, said))
    if (!link.is_value)
      std::fill(is_name.begin() + static_cast<std::ptrdiff_t>(link.first),
                is_name.begin() + static_cast<std::ptrdiff_t>(link.last), true);
  const std::vector<tasks::Found> numbers = tasks::find_numbers(question);
  for (std::size_t i = 0; i < said.size(); ++i) {
    if (is_name[i] || tasks::is_function_word(said[i].text)) continue;
    Piece piece{{said[i].text}, "", in_date(said[i].text)};
    // The longest number that begins here takes its words along: "twenty five", "2.5".
    const tasks::Found* longest = nullptr;
    for (const tasks::Found& number : numbers)
      if (number.start + said[i].text.size() <= said[i].end && number.end >= said[i].end &&
          number.start + said[i].text.size() >= said[i].end && (!longest || number.end > longest->end))
        longest = &number;
    if (longest) {
      piece.number = longest->json;
      while (i + 1 < said.size() && said[i + 1].end <= longest->end) piece.words.push_back(said[++i].text);
    }
    pieces_.push_back(std::move(piece));
  }
}

std::size_t Coverage::missing(std::string_view sql) const {
  const std::map<std::string, std::size_t> used = literals_in(sql);
  std::set<std::string> words;
  std::size_t missing = 0;
  for (const auto& [literal, times] : used) {
    const std::vector<std::string> parts = tasks::words(literal);
    words.insert(parts.begin(), parts.end());
    std::size_t said = 0;
    for (auto at = question_.begin(); !parts.empty(); ++said, ++at) {
      at = std::search(at, question_.end(), parts.begin(), parts.end());
      if (at == question_.end()) break;
    }
    if (times > std::max<std::size_t>(said, 1)) missing += 3 * (times - std::max<std::size_t>(said, 1));
  }
  for (const Piece& piece : pieces_) {
    const bool in_text = std::ranges::all_of(piece.words, [&](const std::string& w) { return words.contains(w); });
    const bool in_number = !piece.number.empty() && used.contains(piece.number);
    if (!in_text && !in_number && !words.contains(piece.in_date)) missing += piece.number.empty() ? 1 : 2;
  }
  return missing;
}

}  // namespace eve::sql
