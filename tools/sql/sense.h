// SPDX-License-Identifier: Apache-2.0
// Statements of the grammar that prepare and mean nothing: what a small model writes when it has lost its way.
#pragma once

#include <string_view>

namespace eve::sql {

/// Whether a column is selected twice, or a condition is there twice.
bool repeats_itself(std::string_view sql);
/// Whether conditions that must all hold want a column to equal two values (no row of 21,480 training rows does).
bool contradicts_itself(std::string_view sql);
/// Whether the one column that is selected, bare, must equal a value that is given (2 of these rows do).
bool answers_itself(std::string_view sql);
/// Whether a text has one parenthesis of a pair: it was cut short (of 1,172 texts of the training rows that have
/// parentheses 4 are so).
bool cuts_a_text(std::string_view sql);

}  // namespace eve::sql
