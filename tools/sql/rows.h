// SPDX-License-Identifier: Apache-2.0
// Rows of a result, and the forms they are printed in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace eve::sql {

struct Cell {
  enum class Kind : char { kNull = 'n', kInteger = 'i', kReal = 'r', kText = 't', kBlob = 'b' };
  Kind kind = Kind::kNull;
  std::string_view bytes;  ///< numbers in decimal; a blob as it is
};

/// A table of cells, packed: cell after cell as its kind, its length in four bytes, its bytes.
class Rows {
 public:
  std::vector<std::string> columns;
  std::size_t count = 0;
  std::string packed;

  static void append(std::string& packed, Cell cell);
  /// Reads the cell at `at` and moves on. Precondition: there is one.
  static Cell take(std::string_view packed, std::size_t& at);
  /// No row has a value other than NULL.
  bool says_nothing() const;
};

enum class Form { kTsv, kCsv, kJson, kTable };

/// The rows as text: TSV and CSV (RFC 4180, line feeds) with a line of names when `header`; JSON Lines, one object a
/// row; a table with a rule, numbers to the right. NULL is nothing, in JSON null; a blob is x'0A'. Nothing in it steers
/// a terminal: TSV writes \t \n \r \\ and \x1b, CSV and tables \x1b and the like. Every line is ended.
std::string printed(const Rows& rows, Form form, bool header);
/// Members "names" and "rows" (arrays of values) of an open object.
void write_rows(JsonWriter& json, const Rows& rows);

}  // namespace eve::sql
