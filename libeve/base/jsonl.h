// SPDX-License-Identifier: Apache-2.0
// JSON Lines files.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"

namespace eve {

/// Calls fn with each line of the file that is not empty and its place ("FILE:NUMBER"), in order. The element lives
/// until fn returns. A line that is not JSON, or a simdjson_error thrown by fn (a member is missing or of another
/// type), becomes Error(kInput) with that place.
void for_each_json_line(const std::string& path,
                        const std::function<void(simdjson::dom::element, const std::string& where)>& fn);

}  // namespace eve
