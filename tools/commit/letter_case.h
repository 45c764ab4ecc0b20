// SPDX-License-Identifier: Apache-2.0
// Letter cases as commitlint's rules name them, which are those of lodash.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eve::commit {

/// Whether commitlint knows a case of this name ("lower-case", "sentence-case", ...).
bool is_case_name(std::string_view name);
/// Whether the text is of that case. What stands in quotes does not count, and a text without letters is of any.
bool has_case(std::string_view text, std::string_view case_name);
/// Whether it begins with a letter that has a case.
bool begins_with_cased_letter(std::string_view text);

/// Bytes of the white space character (as JavaScript's \s) at text[at], 0 where there is none; at < text.size().
std::size_t space_bytes(std::string_view text, std::size_t at);
/// Without white space at its ends.
std::string_view trim(std::string_view text);

}  // namespace eve::commit
