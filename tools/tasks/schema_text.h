// SPDX-License-Identifier: Apache-2.0
// A JSON Schema in few words, for a model to read.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string>

namespace eve::tasks {

/// How much is said of each property.
struct SchemaDetail {
  std::size_t description_bytes = 80;  ///< of each property; 0: none
  std::size_t enum_bytes = 160;        ///< of the values of one enum
  enum class Mark { kOptional, kRequired } mark = Mark::kOptional;
};

/// The type in a word: nothing for a string, "int", "number", "bool", its format ("date-time"), the values of an enum
/// ("low|high"), "[TYPE]" for an array, "{name, age int}" for an object. `root` is where a $ref is looked up; what is
/// nested deeper than five levels is "...".
std::string schema_type(simdjson::dom::element schema, simdjson::dom::element root, const SchemaDetail& detail,
                        int depth = 0);

/// The properties of an object schema in its order, between `separator`: "name", a mark ("?" for one that may be null
/// or left out, or "!" for one that is required), its type and ": description". A description that only repeats the
/// name is left out.
std::string schema_properties(simdjson::dom::element schema, simdjson::dom::element root, const SchemaDetail& detail,
                              std::string_view separator, int depth = 0);

}  // namespace eve::tasks
