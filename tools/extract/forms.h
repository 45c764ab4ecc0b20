// SPDX-License-Identifier: Apache-2.0
// What a text says in another form than a record is to have it.
#pragma once

#include <string_view>
#include <vector>

#include "tasks/numbers.h"

namespace eve::extract {

/// The singular of English words in small letters that a number counts ("tablespoon" of "2 tablespoons"), and ranges of
/// whole numbers with a hyphen ("12-18" of "12–18" and "12 - 18"): as JSON strings, each form once, with the place that
/// says it; a hundred at most.
std::vector<tasks::Found> other_forms(std::string_view text);

}  // namespace eve::extract
