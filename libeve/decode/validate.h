// SPDX-License-Identifier: Apache-2.0
// The judge: whether a JSON value is what a schema allows.
#pragma once

#include <optional>
#include <string>

#include "base/json_value.h"
#include "decode/schema.h"

namespace eve {

/// Why a value is not allowed. Pointers are JSON pointers as SchemaGraph::pointer writes them.
struct Violation {
  std::string schema_pointer;    ///< of the keyword: "#/properties/a/minimum"
  std::string instance_pointer;  ///< of the value: "#/a"
  std::string reason;            ///< "is below the minimum"; never quotes the value
  std::string str() const { return instance_pointer + " " + reason + " (" + schema_pointer + ")"; }
};

/// The first violation, or nothing: `value` is valid. Numbers are compared exactly; lengths count code points; formats
/// are asserted. Throws kInput when the judgement takes more than 4,000 schemas inside one another or about a second.
std::optional<Violation> validate(const SchemaGraph& graph, const JsonValue& value);
/// The same for one subschema.
std::optional<Violation> validate(const SchemaGraph& graph, SchemaId schema, const JsonValue& value);

/// The TypeBit of a value: an integer has kTypeInteger alone.
std::uint8_t type_of(const JsonValue& value);
/// Code points of valid UTF-8.
std::size_t code_points(std::string_view text);

}  // namespace eve
