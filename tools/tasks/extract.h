// SPDX-License-Identifier: Apache-2.0
// The form in which a model reads what to extract, and from what.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace eve::tasks {

/// One line for each property of the schema, then the text, of which what is past `limit_bytes` is left out. The schema
/// is described in less detail when it takes more than half of that. The answer is the record as compact JSON, its
/// members in the order of the schema.
std::string extract_prompt(simdjson::dom::element schema, std::string_view text, std::size_t limit_bytes = 2400);

}  // namespace eve::tasks
