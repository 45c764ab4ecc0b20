// SPDX-License-Identifier: Apache-2.0
// What the rows of a database have to do with a question.
#pragma once

#include <string>
#include <vector>

#include "sql/database.h"
#include "sql/query.h"

namespace eve::sql {

/// Tells the columns which of their texts the question says, in any case (SqlColumn::said). False when there was no
/// time to read all columns.
bool look_up(const Database& database, tasks::SqlSchema& schema, const std::string& question, QueryLimits limits);
/// The question with those texts as their columns spell them.
std::string respelled(std::string question, const tasks::SqlSchema& schema);

/// Texts in the columns of the schema that have a word of the question.
std::vector<std::string> texts_like(const Database& database, const tasks::SqlSchema& schema,
                                    const std::string& question, QueryLimits limits);

}  // namespace eve::sql
