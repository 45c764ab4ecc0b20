// SPDX-License-Identifier: Apache-2.0
// The tokens of a statement of the grammar (sql/grammar.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eve::sql {

struct Token {
  enum Kind { kWord, kText, kNumber, kMark } kind;
  std::string text;        ///< of a kText without its quotes; of a kWord, keyword or name as spelled, without "T1."
  std::size_t begin, end;  ///< bytes of the statement, with quotes and "T1."
};

std::vector<Token> tokens_of(std::string_view sql);

/// A text as a statement spells it; `front` and `back` within its quotes as they stand.
std::string in_quotes(std::string_view text, std::string_view front = "", std::string_view back = "");

}  // namespace eve::sql
