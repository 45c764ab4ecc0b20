// SPDX-License-Identifier: Apache-2.0
// Statements that run, in a process of their own.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "sql/gate.h"
#include "sql/rows.h"

namespace eve::sql {

struct QueryLimits {
  double seconds = 1.5;                              ///< then the process is killed
  std::size_t memory_bytes = std::size_t{96} << 20;  ///< of SQLite
  std::size_t result_bytes = std::size_t{48} << 20;  ///< packed
  std::size_t rows = ~std::size_t{0};                ///< more are not asked for
};

struct QueryResult {
  Rows rows;
  std::string failure;  ///< why there are none; empty: they are all here (up to limits.rows)
};

/// Runs one statement on a file's database behind a Gate: in a child process that opens the file itself, cannot make
/// any file larger, and is killed when its time is up, whatever it is doing. Throws kSystem when there can be no child.
QueryResult run_query(const Database& database, std::string_view sql, const QueryLimits& limits);
/// How SQLite would go about it: one line a step, indented by depth.
QueryResult explain_query(const Database& database, std::string_view sql, const QueryLimits& limits);

}  // namespace eve::sql
