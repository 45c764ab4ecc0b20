// SPDX-License-Identifier: Apache-2.0
// Where the words of a question name tables and columns.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/sql.h"
#include "tasks/text.h"

namespace eve::tasks {

/// Words that say how is asked, not what: "the", "which".
bool is_function_word(std::string_view word);

/// Words [first, last) of a question that mean these tables or columns.
struct NameLink {
  std::size_t first, last;
  std::vector<std::string> names;
  bool is_value = false;  ///< they are a text in these columns
};
/// In order. The longest run of words that spells a name, or else a text in three columns or fewer (SqlColumn::said),
/// counts, in any case, number and spacing; else a single word that three names or fewer have as a part or begin one
/// with.
std::vector<NameLink> name_links(const SqlSchema& schema, std::span<const Word> question);

/// The question with the names of tables and columns behind the words that mean them, "the L2 cache [l2_cache ] of
/// Bob [owner ]": what a small model would have to find out, since "L2 cache" and "l2_cache" share no token.
std::string linked_question(const SqlSchema& schema, std::string_view question);

}  // namespace eve::tasks
