// SPDX-License-Identifier: Apache-2.0
// How much of a question a statement says.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/sql.h"

namespace eve::sql {

/// What a question about a schema says besides names of tables and columns: what the literals of an answer are made of.
class Coverage {
 public:
  Coverage(const tasks::SqlSchema& schema, std::string_view question);

  /// What a statement leaves out of the question or says too often: 1 for each word, 2 for each number that is in no
  /// literal, 3 for each use of a literal beyond those in the question. Words that every answer leaves out ("average")
  /// count as well: the figure tells statements for one question apart, and 0 says that all is there.
  std::size_t missing(std::string_view sql) const;

 private:
  struct Piece {
    std::vector<std::string> words;
    std::string number;   ///< as statements spell it; empty: a word
    std::string in_date;  ///< as part of 2026-05-01; empty: cannot be
  };
  std::vector<Piece> pieces_;
  std::vector<std::string> question_;  // all words
};

}  // namespace eve::sql
