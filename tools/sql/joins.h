// SPDX-License-Identifier: Apache-2.0
// Tables that belong together.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tasks/sql.h"

namespace eve::sql {

/// Columns of two tables (indices) on which a join makes sense: those of a foreign key; without one, columns of one
/// name, and a column named like the other table beside its key; in a small schema without any foreign key at last each
/// column with the other table's first.
std::vector<std::pair<std::size_t, std::size_t>> join_columns(const tasks::SqlSchema& schema, std::size_t a,
                                                              std::size_t b);

/// Every way to take one table or to join some, each with one before it: the tables in their order. Shorter ones come
/// first, no more than `limit` in all, but every single table.
std::vector<std::vector<std::size_t>> table_choices(const tasks::SqlSchema& schema, std::size_t most_tables,
                                                    std::size_t limit);

}  // namespace eve::sql
