// SPDX-License-Identifier: Apache-2.0
// Where the words of a question name tables and columns.
#pragma once

#include <string>
#include <string_view>

#include "tasks/sql.h"

namespace eve::tasks {

/// The question with the names of tables and columns behind the words that mean them, "the L2 cache [l2_cache ] of":
/// what a small model would have to find out, since "L2 cache" and "l2_cache" share no token. The longest run of words
/// that spells a name counts, in any case, number and spacing; else a single word that three names or fewer have as a
/// part or begin one with.
std::string linked_question(const SqlSchema& schema, std::string_view question);

}  // namespace eve::tasks
