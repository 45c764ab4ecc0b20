// SPDX-License-Identifier: Apache-2.0
// Telephone numbers, whose groups of digits stand apart.
#pragma once

#include <string_view>
#include <vector>

namespace eve::extract {

/// Telephone numbers of a text that are written in groups: "+1 415 555 0132", "415-555-0132".
std::vector<std::string_view> find_phones(std::string_view text);

/// The telephone number of which a string holds some groups ("+1 415 555"), else the string itself.
std::string_view whole_phone(std::string_view said, const std::vector<std::string_view>& phones);

}  // namespace eve::extract
