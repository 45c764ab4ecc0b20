// SPDX-License-Identifier: Apache-2.0
// Where the values of a JSON text lie in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_value.h"

namespace eve {

/// A value inside a JSON text: bytes [begin, end).
struct ValueSpan {
  std::string pointer;  ///< JSON pointer (RFC 6901): "" is the whole, "/a/0" an item
  std::size_t begin, end;
  JsonValue::Kind kind;
};
/// Every value of a JSON text, objects and arrays before what is in them. Throws kInput when it is not JSON.
std::vector<ValueSpan> value_spans(std::string_view json);

}  // namespace eve
