// SPDX-License-Identifier: Apache-2.0
// What a statement may do: read the tables of the schema, for a while, with little memory.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/database.h"

namespace eve::sql {

/// A connection whose statements can only be one SELECT each, of the given tables and views, with functions of a list
/// (no printf and format: they can spin for seconds in one call; nothing that loads, writes or looks at files). An
/// authorizer that allows a list is the wall; lowered limits, no double-quoted strings and a read-only connection stand
/// behind it. For a wall around time and memory too, see contained() in sql/query.h.
class Gate {
 public:
  /// Takes over the authorizer and the progress handler of the connection, which must outlive the gate.
  Gate(sqlite3* db, const tasks::SqlSchema& schema);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  struct Verdict {
    Statement statement;                                       ///< ready to be stepped; null: refused
    std::string refusal;                                       ///< why, without the statement
    std::vector<std::string> tables;                           ///< read, spelled as in the schema, in its order
    std::vector<std::pair<std::string, std::string>> columns;  ///< table, column
    explicit operator bool() const { return statement != nullptr; }
  };
  /// Judges a text that should be one statement; blanks, comments and one semicolon may follow. No later than the
  /// deadline the answer is no.
  Verdict prepare(std::string_view sql, Clock::time_point deadline);

 private:
  sqlite3* db_;
  const tasks::SqlSchema& schema_;
  struct Table {
    std::size_t at;                              // in the schema
    std::map<std::string, std::size_t> columns;  // by plain name
  };
  std::map<std::string, Table> tables_;  // by plain name
  std::set<std::string> others_;         // tables and modules that are there but may not be read
  Clock::time_point deadline_ = Clock::time_point::max();
  // Of the statement that is being prepared.
  std::string refusal_;
  std::map<std::size_t, std::set<std::size_t>> used_;

  int authorize(int action, const char* first, const char* second, const char* database);
  int refuse(const std::string& why);
};

}  // namespace eve::sql
