// SPDX-License-Identifier: Apache-2.0
// A schema that all examples satisfy.
#pragma once

#include <memory>
#include <string>

#include "base/json_value.h"

namespace eve {

/// Looks at examples one by one and says what they have in common: types, members in the order in which they were first
/// seen (required when every example has them, others not allowed), integers, formats that all strings of a place have,
/// and a choice where few short strings come back again and again (10 examples or more, each choice three times on
/// average, at most 8).
class SchemaInference {
 public:
  SchemaInference();
  ~SchemaInference();
  SchemaInference(SchemaInference&&) noexcept;
  /// Throws kInput when the examples have more than 10,000 places for values.
  void add(const JsonValue& example);
  /// JSON Schema (2020-12), compact. `true` without examples.
  std::string schema() const;

  struct Place;

 private:
  std::unique_ptr<Place> root_;
  std::size_t places_ = 1;
};

}  // namespace eve
