// SPDX-License-Identifier: Apache-2.0
// Where the values of a JSON text stand in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_value.h"

namespace eve::tasks {

/// A value that is no object and no array: its JSON pointer ("/tags/0"), the bytes [start, end) that write it, and the
/// value itself.
struct JsonPlace {
  std::string pointer;
  std::size_t start, end;
  const JsonValue* value;
};

/// The places in the compact text of `value`: json_text(value), or anything else that spells the same values in the
/// same order.
std::vector<JsonPlace> json_places(std::string_view text, const JsonValue& value);

}  // namespace eve::tasks
