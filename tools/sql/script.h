// SPDX-License-Identifier: Apache-2.0
// The definitions of a script of SQL, of SQLite or another database.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

namespace eve::sql {

/// The statements of a script, without what ends them; strings, quoted names and comments may hold semicolons.
std::vector<std::string_view> split_statements(std::string_view script);

/// Makes the tables and views of a script in an empty database: by SQLite itself where it understands the statement,
/// else (types, options and schema names of others) from the columns and keys that tasks::read_ddl finds. Nothing else
/// of the script is run. Returns remarks on what could not be made. Takes the authorizer of the connection away.
std::vector<std::string> run_definitions(sqlite3* db, std::string_view script);

}  // namespace eve::sql
