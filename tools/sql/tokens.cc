// SPDX-License-Identifier: Apache-2.0
#include "sql/tokens.h"

#include <algorithm>

namespace eve::sql {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c & 0x80) != 0; }

/// What stands between quotes at `at`, which moves behind them.
std::string quoted(std::string_view sql, std::size_t& at) {
  const char quote = sql[at++];
  std::string text;
  for (; at < sql.size() && (sql[at] != quote || sql.substr(at + 1).starts_with(quote)); ++at) {
    at += sql[at] == quote;
    text += sql[at];
  }
  at = std::min(at + 1, sql.size());
  return text;
}

/// The length of "T1." at `at`, or 0.
std::size_t alias_length(std::string_view sql, std::size_t at) {
  if (sql[at] != 'T') return 0;
  const std::size_t end = std::min(sql.find_first_not_of("0123456789", at + 1), sql.size());
  return end > at + 1 && sql.substr(end).starts_with('.') ? end + 1 - at : 0;
}

}  // namespace

std::vector<Token> tokens_of(std::string_view sql) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < sql.size();) {
    if (sql[at] == ' ') {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    at += alias_length(sql, at);
    const std::size_t name = at;
    Token::Kind kind = Token::kMark;
    std::string text;
    if (at == sql.size()) {
      kind = Token::kWord;
    } else if (sql[at] == '\'' || sql[at] == '"') {
      kind = sql[at] == '"' ? Token::kWord : Token::kText;
      text = quoted(sql, at);
    } else if (is_digit(sql[at])) {
      kind = Token::kNumber;
      while (at < sql.size() && (is_digit(sql[at]) || sql[at] == '.')) ++at;
    } else if (is_word(sql[at])) {
      kind = Token::kWord;
      while (at < sql.size() && is_word(sql[at])) ++at;
    } else {
      const bool has_equals = std::string_view("<>!").find(sql[at]) != std::string_view::npos;
      at += has_equals && sql.substr(at + 1).starts_with('=') ? 2 : 1;
    }
    tokens.push_back({kind, kind == Token::kText ? text : std::string(sql.substr(name, at - name)), begin, at});
  }
  return tokens;
}

std::string in_quotes(std::string_view text, std::string_view front, std::string_view back) {
  std::string result = "'" + std::string(front);
  for (const char c : text) result.append(c == '\'' ? 2 : 1, c);
  return result.append(back) + "'";
}

}  // namespace eve::sql
