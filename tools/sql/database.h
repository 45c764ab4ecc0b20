// SPDX-License-Identifier: Apache-2.0
// A SQLite database that can be read and nothing else.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/sql.h"
#include "tasks/text.h"

namespace eve::sql {

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Connection = std::unique_ptr<sqlite3, CloseDatabase>;
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

using Clock = std::chrono::steady_clock;
inline Clock::time_point deadline_after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

/// The name as a statement spells it: bare when SQLite reads it so, else in double quotes.
std::string quoted_name(std::string_view name);
/// The name that a spelling stands for, in lower case (ASCII), as SQLite compares names.
std::string plain_name(std::string_view spelled);
using tasks::lower;

/// The tables and views that statements may read.
struct Schema {
  tasks::SqlSchema all;              ///< names spelled as a statement spells them
  std::vector<std::string> remarks;  ///< what was left out, and why: one line each
  /// Keeps the tables named in `only` (all when empty) but not those in `except`. Throws kInput for a name it has not.
  void restrict(const std::vector<std::string>& only, const std::vector<std::string>& except);
};

/// Where the rows are. Opening never creates or changes a file or its neighbours: read-only, without a write-ahead
/// log's shared memory when nobody has the file open. All members throw Error(kInput) for a file that cannot be read
/// so.
class Database {
 public:
  /// A SQLite file.
  static Database file(const std::string& path);
  /// CREATE TABLE and CREATE VIEW statements of a script, in memory and without rows; all else in it is passed over.
  /// What SQLite does not understand is read as far as tasks::read_ddl does.
  static Database script(const std::string& text, const std::string& where);

  const Schema& schema() const { return schema_; }
  void restrict(const std::vector<std::string>& only, const std::vector<std::string>& except) {
    schema_.restrict(only, except);
  }
  bool has_rows() const { return !path_.empty(); }
  /// A further connection to a file's database, for a process of its own.
  Connection reopen() const;
  sqlite3* connection() const { return connection_.get(); }

 private:
  std::string path_;  // empty: in memory
  Connection connection_;
  Schema schema_;
};

}  // namespace eve::sql
