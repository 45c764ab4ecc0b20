// SPDX-License-Identifier: Apache-2.0
#include "sql/sense.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

namespace eve::sql {

namespace {

constexpr std::string_view kAnd = " AND ", kOr = " OR ";

/// Calls fn(part, clause, what ends it) for the parts of a statement between its separators and the words that begin
/// its clauses; texts in quotes are passed over.
template <class Fn>
void for_each_part(std::string_view sql, Fn&& fn) {
  static constexpr std::string_view kClauses[] = {"SELECT DISTINCT ", "SELECT ",    " FROM ",  " WHERE ", " GROUP BY ",
                                                  " HAVING ",         " ORDER BY ", " LIMIT ", "(",       ")"};
  static constexpr std::string_view kSeparators[] = {", ", kAnd, kOr};
  std::string_view clause;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= sql.size();) {
    const auto here = [&](std::string_view word) { return sql.substr(at).starts_with(word); };
    const auto next = std::ranges::find_if(kClauses, here);
    const auto separator = std::ranges::find_if(kSeparators, here);
    if (at == sql.size() || next != std::end(kClauses) || separator != std::end(kSeparators)) {
      const bool goes_on = at < sql.size() && next == std::end(kClauses);
      fn(sql.substr(begin, at - begin), clause, goes_on ? *separator : std::string_view());
      if (next != std::end(kClauses)) clause = *next;
      begin = at += at == sql.size() ? 1 : goes_on ? separator->size() : next->size();
    } else if (sql[at] == '\'' || sql[at] == '"') {
      at = std::min(sql.find(sql[at], at + 1), sql.size() - 1) + 1;
    } else {
      ++at;
    }
  }
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
    if (clause == " WHERE ")
      if (const std::string_view column = fixed_column(part); !column.empty()) twice |= !fixed.insert(column).second;
    has_or |= end == kOr;
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
    if (clause.starts_with("SELECT")) {
      selects += end.empty();
      ++listed;
      selected.insert(part);
    }
    if (clause == " WHERE ") fixed.insert(fixed_column(part));
    has_or |= end == kOr;
  });
  return selects == 1 && listed == 1 && !has_or && fixed.contains(*selected.begin());
}

}  // namespace eve::sql
