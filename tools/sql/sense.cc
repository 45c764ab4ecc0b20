// SPDX-License-Identifier: Apache-2.0
#include "sql/sense.h"

#include <algorithm>
#include <set>
#include <string>

#include "sql/tokens.h"

namespace eve::sql {

namespace {

/// Calls fn(part, clause, what ends it) for the parts of a statement between commas, AND and OR, and the words and
/// parentheses that begin its clauses; what ends the last part of a clause is empty.
template <class Fn>
void for_each_part(std::string_view sql, Fn&& fn) {
  static const std::set<std::string_view> kClauses = {"SELECT", "FROM",  "WHERE", "GROUP", "HAVING",
                                                      "ORDER",  "LIMIT", "(",     ")"};
  static const std::set<std::string_view> kSeparators = {",", "AND", "OR"};
  static const std::set<std::string_view> kSecondWords = {"DISTINCT", "BY"};  // of a clause
  std::string clause;
  std::size_t begin = 0, end = 0;
  for (const Token& token : tokens_of(sql)) {
    const bool is_plain = token.kind == Token::kWord || token.kind == Token::kMark;
    const bool starts = is_plain && kClauses.contains(token.text);
    if (starts || (is_plain && kSeparators.contains(token.text))) {
      fn(sql.substr(begin, end - begin), std::string_view(clause), std::string_view(starts ? "" : token.text));
      if (starts) clause = token.text;
      begin = end = token.end;
    } else {
      if (begin == end) begin = token.begin;
      end = token.end;
      if (begin == token.begin && is_plain && kSecondWords.contains(token.text)) begin = end;
    }
  }
  fn(sql.substr(begin, end - begin), std::string_view(clause), std::string_view());
}

bool is_literal(std::string_view text) {
  return !text.empty() && (text[0] == '\'' || (text[0] >= '0' && text[0] <= '9'));
}

/// The column of a condition "column = literal"; empty for others.
std::string_view fixed_column(std::string_view condition) {
  const std::size_t at = condition.find(" = ");
  return at != condition.npos && is_literal(condition.substr(at + 3)) ? condition.substr(0, at) : std::string_view();
}

}  // namespace

bool repeats_itself(std::string_view sql) {
  std::set<std::string_view> parts;
  bool repeats = false;
  for_each_part(sql, [&](std::string_view part, std::string_view, std::string_view end) {
    // The second half of a BETWEEN may be a number or a text again.
    repeats |= !part.empty() && !is_literal(part) && !parts.insert(part).second;
    if (end.empty()) parts.clear();
  });
  return repeats;
}

bool contradicts_itself(std::string_view sql) {
  std::set<std::string_view> fixed;
  bool twice = false, has_or = false, contradicts = false;
  for_each_part(sql, [&](std::string_view part, std::string_view clause, std::string_view end) {
    if (clause == "WHERE")
      if (const std::string_view column = fixed_column(part); !column.empty()) twice |= !fixed.insert(column).second;
    has_or |= end == "OR";
    if (!end.empty()) return;
    contradicts |= twice && !has_or;
    fixed.clear();
    twice = has_or = false;
  });
  return contradicts;
}

bool answers_itself(std::string_view sql) {
  std::set<std::string_view> selected, fixed;
  std::size_t selects = 0, listed = 0;
  bool has_or = false;
  for_each_part(sql, [&](std::string_view part, std::string_view clause, std::string_view end) {
    if (clause == "SELECT") {
      selects += end.empty();
      ++listed;
      selected.insert(part);
    }
    if (clause == "WHERE") fixed.insert(fixed_column(part));
    has_or |= end == "OR";
  });
  return selects == 1 && listed == 1 && !has_or && fixed.contains(*selected.begin());
}

bool cuts_a_text(std::string_view sql) {
  return std::ranges::any_of(tokens_of(sql), [](const Token& token) {
    return token.kind == Token::kText && std::ranges::count(token.text, '(') != std::ranges::count(token.text, ')');
  });
}

}  // namespace eve::sql
