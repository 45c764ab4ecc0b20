// SPDX-License-Identifier: Apache-2.0
// JSON Schema as a graph: draft 2020-12 and draft-07 (2019-09, -06 and -04 where they say the same).
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/dfa.h"
#include "base/json_value.h"
#include "decode/format.h"

namespace eve {

/// Index of a Schema in its graph.
using SchemaId = std::uint32_t;
inline constexpr SchemaId kNoSchema = std::numeric_limits<SchemaId>::max();
inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// Bits of Schema::types.
enum TypeBit : std::uint8_t {
  kTypeNull = 1,
  kTypeBoolean = 2,
  kTypeInteger = 4,
  kTypeNumber = 8,  ///< integers too
  kTypeString = 16,
  kTypeArray = 32,
  kTypeObject = 64,
  kTypeAny = 127,
};

/// A regular expression of a schema, searched for (ECMA-262; see base/regex.h).
struct Pattern {
  std::string source;
  std::shared_ptr<const Dfa> dfa;
};

/// One (sub)schema: what its keywords say, an absent keyword as what it means. References are edges, never copies.
struct Schema {
  /// The object in the document; nullptr for `true` and `false`.
  const JsonValue* source = nullptr;
  bool never = false;  ///< the schema `false`
  SchemaId parent = kNoSchema;
  std::string step;  ///< JSON pointer from the parent; see SchemaGraph::pointer
  /// draft-07: `$ref` stands alone, all beside it is ignored.
  bool only_ref = false;

  std::uint8_t types = kTypeAny;
  const JsonValue* constant = nullptr;
  const JsonValue* enumeration = nullptr;                   ///< an array
  std::shared_ptr<const std::vector<std::string>> allowed;  ///< canonical_json of what const and enum allow, sorted

  std::optional<Decimal> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;

  std::size_t min_length = 0, max_length = kNoLimit;  ///< code points
  std::optional<Pattern> pattern;
  std::optional<Format> format;

  std::vector<SchemaId> prefix_items;  ///< also draft-07's `items` array
  SchemaId items = kNoSchema;          ///< for those after prefix_items; also draft-07's `additionalItems`
  SchemaId contains = kNoSchema;
  std::size_t min_contains = 1, max_contains = kNoLimit;
  std::size_t min_items = 0, max_items = kNoLimit;
  bool unique_items = false;
  SchemaId unevaluated_items = kNoSchema;

  std::vector<std::pair<std::string, SchemaId>> properties;  ///< in the order of the document
  std::unordered_map<std::string_view, SchemaId> property;   ///< the same by name
  std::vector<std::pair<Pattern, SchemaId>> pattern_properties;
  SchemaId additional_properties = kNoSchema;
  SchemaId property_names = kNoSchema;
  std::vector<std::string> required;
  std::size_t min_properties = 0, max_properties = kNoLimit;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::vector<std::pair<std::string, SchemaId>> dependent_schemas;
  SchemaId unevaluated_properties = kNoSchema;

  SchemaId ref = kNoSchema;
  std::vector<SchemaId> all_of, any_of, one_of;
  SchemaId negated = kNoSchema;  ///< `not`
  SchemaId condition = kNoSchema, then = kNoSchema, otherwise = kNoSchema;

  bool has_unevaluated() const { return unevaluated_items != kNoSchema || unevaluated_properties != kNoSchema; }
  /// Why an assertion that stands here says nothing, beside what it stands with; empty when it says something.
  std::string_view silent(std::string_view keyword) const;
};

struct SchemaOptions {
  bool assert_formats = true;   ///< false: `format` says nothing, the default of JSON Schema itself
  bool assert_required = true;  ///< false: `required` says nothing: members may be left out
};

/// A schema document. Immutable once parsed; safe to share between threads.
class SchemaGraph {
 public:
  static constexpr std::size_t kMaxBytes = 16u << 20;
  static constexpr std::size_t kMaxSchemas = 100'000;
  static constexpr std::size_t kMaxPatterns = 10'000;

  /// Throws kInput, "schema #/JSON/POINTER: why" (with "schema" as WHERE says): not JSON, not a schema, an unknown
  /// `$schema`, a `$ref` that leads outside or nowhere, references that come back without a step into the value, a
  /// pattern base/regex.h refuses, a format or an assertion that cannot be enforced, or a limit above.
  static std::shared_ptr<const SchemaGraph> parse(std::string_view text, const std::string& where = "schema",
                                                  const SchemaOptions& options = {});

  SchemaId root() const { return root_; }
  const Schema& operator[](SchemaId id) const { return schemas_[id]; }
  std::size_t size() const { return schemas_.size(); }
  /// JSON pointer as a URI fragment is written, without its percent escapes: "#" and "#/properties/a". Names are
  /// printable.
  std::string pointer(SchemaId id, std::string_view keyword = {}) const;
  /// Whether any schema has unevaluatedItems or unevaluatedProperties.
  bool has_unevaluated() const { return has_unevaluated_; }
  const std::string& where() const { return where_; }

 private:
  friend class SchemaParser;
  std::string where_;
  JsonValue document_;
  std::vector<Schema> schemas_;
  SchemaId root_ = 0;
  bool has_unevaluated_ = false;
};

/// A step of a JSON pointer: "~" and "/" escaped (RFC 6901).
std::string pointer_step(std::string_view name);

}  // namespace eve
