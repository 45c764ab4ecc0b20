// SPDX-License-Identifier: Apache-2.0
// What a text gives evidence for, and a schema that allows nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/dfa.h"
#include "base/json_value.h"
#include "tasks/dates.h"
#include "tasks/numbers.h"

namespace eve::tasks {

/// Spans of the text that `strings` matches, beginning and ending where words do, at most 400 bytes each: all of them,
/// or with `longest` of those that overlap the first and longest. Values are JSON strings.
std::vector<Found> find_matches(std::string_view text, const Dfa& strings, bool longest, std::size_t limit = 2000);

/// A text and the values it holds.
class Evidence {
 public:
  explicit Evidence(std::string text, std::optional<Day> today = std::nullopt);
  const std::string& text() const { return text_; }
  /// Leaves out the numbers inside of date-times, times with seconds, addresses and identifiers, where the text has
  /// others.
  void leave_out_inner_numbers();

  /// Values of the text that a schema of one kind may take: "number", "integer", or a format or pattern of strings.
  /// Nothing when any text is as good (a plain string, an enum, a boolean, ...).
  std::optional<std::vector<Found>> candidates(const JsonValue& schema) const;

  /// More items than a list from this text has: its words and signs, rounded up to a power of two so that texts share
  /// schemas.
  std::size_t most_items() const;

  /// Where the text says this value, if it does: the first place. Strings are looked for as they are, then in any case.
  std::optional<Found> place(const JsonValue& value, const JsonValue* schema = nullptr) const;

 private:
  std::string text_;
  std::optional<Day> today_;
  std::vector<Found> numbers_;
};

struct GroundedSchema {
  std::string schema;                ///< JSON Schema
  std::vector<std::string> missing;  ///< required members of the object for which the text has no value; not in it
};

/// The schema with what the text has no evidence for taken out, and lists no longer than it can fill: numbers, and
/// strings with a format or pattern, become a choice of those in the text, or null where null is allowed, or their
/// members go; members that are not named go too. Nothing when no value is left.
std::optional<GroundedSchema> ground_schema(const JsonValue& schema, const Evidence& evidence);

}  // namespace eve::tasks
