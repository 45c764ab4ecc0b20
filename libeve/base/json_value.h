// SPDX-License-Identifier: Apache-2.0
// JSON as a tree that stands by itself, with exact numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "eve/error.h"

namespace eve {

struct JsonValue {
  enum class Kind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  Decimal number;
  std::string text;
  std::vector<JsonValue> items;       ///< of an array; of an object: the values of its members
  std::vector<std::string> names;     ///< of an object, one for each item
  std::vector<std::uint32_t> sorted;  ///< of an object: indices of `names` in the order of their bytes

  /// Index of the member, or npos.
  static constexpr std::size_t npos = ~std::size_t{0};
  std::size_t index_of(std::string_view name) const;
  /// The member, or nullptr. Also nullptr when this is no object.
  const JsonValue* find(std::string_view name) const;
  bool is(Kind k) const { return kind == k; }
};

/// Parses one document with base/json.h and its limits. Numbers are exact, whatever their size. An object that has a
/// name twice is refused (RFC 7493, section 2.3). Throws Error(status, "WHERE: ...").
JsonValue parse_json_value(std::string_view text, const std::string& where, Status status = Status::kInput);

/// One text for all values that JSON Schema calls equal (members sorted, 1.0 written 1).
std::string canonical_json(const JsonValue& value);

/// The value as JSON in its own order, safe on a terminal (see JsonWriter). `indent` 0: one line without a blank; else
/// that many blanks a level.
std::string json_text(const JsonValue& value, std::size_t indent = 0);
/// The same with every string spelled as json_escaped() (base/dfa.h) does, in quotes: \u only below 0x20 and for 0x7F.
std::string spelled_json(const JsonValue& value, std::size_t indent = 0);
std::string spelled_string(std::string_view text);

}  // namespace eve
