// SPDX-License-Identifier: Apache-2.0
// A parsed JSON value as the tools write it.
#pragma once

#include <string>

#include "base/json.h"

namespace eve::tasks {

/// Appends the value, members in their order.
void write_json(JsonWriter& json, simdjson::dom::element value);
/// Compact JSON of a value.
std::string json_text(simdjson::dom::element value);

}  // namespace eve::tasks
