// SPDX-License-Identifier: Apache-2.0
// What several schemas ask of one value together, as alternatives without a choice in them.
#pragma once

#include <compare>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/number_grammar.h"
#include "decode/schema.h"

namespace eve {

/// A schema that must hold, or must not.
struct Literal {
  SchemaId id;
  bool negated = false;
  auto operator<=>(const Literal&) const = default;
};
/// All of these; sorted, each once.
using Conjunction = std::vector<Literal>;

/// What must not be, and the keyword that says so.
struct Ban {
  std::shared_ptr<const Dfa> strings;                      ///< these, or
  std::shared_ptr<const std::vector<std::string>> values;  ///< these, as canonical texts, sorted
  SchemaId from;
  std::string_view keyword;
};

/// One alternative: the own keywords of `ids` (their references and combinations are already followed), and what
/// negations leave behind.
struct Shape {
  std::vector<SchemaId> ids;
  std::uint8_t types = kTypeAny;
  std::vector<NumberSet::Bound> bounds;
  std::size_t min_length = 0, max_length = kNoLimit;
  std::vector<Ban> bans;
  std::size_t min_items = 0, max_items = kNoLimit;
  std::size_t min_properties = 0, max_properties = kNoLimit;
  std::vector<std::string> present, absent;  ///< members
  std::vector<std::pair<std::string, Literal>> members;
};

/// Told of a keyword that the shapes do not keep in full: whoever uses them must judge the finished value.
using OnLoose = std::function<void(SchemaId, std::string_view keyword, const char* reason)>;

/// The alternatives; a value that none of them allows is not allowed by the conjunction. At most kMaxShapes: what would
/// take more is left out and told. `used` is called with each schema met.
constexpr std::size_t kMaxShapes = 4'096;
std::vector<Shape> shapes_of(const SchemaGraph& graph, const Conjunction& conjunction, const OnLoose& loose,
                             const std::function<void(SchemaId)>& used);

}  // namespace eve
