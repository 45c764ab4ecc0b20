// SPDX-License-Identifier: Apache-2.0
// A short way to write the schema of a record.
#pragma once

#include <string>
#include <string_view>

namespace eve {

/// JSON Schema (2020-12, compact JSON) of a record that is described like this:
///
///   name, age int 0..150, tags [string], status open|closed, born? date, note: what else is said
///
///   record = field { "," field }             also "[" type "]" alone: a list
///   field  = name ["?"] [type] [":" text]    "?": may be left out; text up to the next comma or line end: a
///   description type   = base ["?"]                      "?": may be null; without a type: string base   = string |
///   int | number | bool | any | date | time | date-time | duration | email | uri | uuid | ipv4 | ipv6
///          | hostname | (int | number) LOW..HIGH, of which one may be missing | "[" type "]" | "{" record "}"
///          | choice { "|" choice }           words or "quoted text"; numbers when all of them are
///
/// Line ends may stand for commas; integer, float, str, boolean and url are int, number, string, bool and uri. Members
/// keep their order, others are not allowed. Throws kInput, "schema, byte N: why".
std::string schema_from_dsl(std::string_view text);

}  // namespace eve
