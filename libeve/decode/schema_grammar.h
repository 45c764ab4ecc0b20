// SPDX-License-Identifier: Apache-2.0
// From a JSON Schema to the grammar of what it allows.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/grammar.h"
#include "decode/schema.h"
#include "decode/validate.h"

namespace eve {

/// How a schema's values are written.
struct SchemaGrammarOptions {
  /// Up to 64 blanks and line ends wherever JSON allows them; else none.
  bool whitespace = false;
  /// Objects may have members that their schema neither names nor speaks of. Without it they have only where the schema
  /// names none, or says additionalProperties or patternProperties.
  bool open_objects = false;
  /// Strings that no pattern, format, enum or const decides are spans of the source (see SpanForm).
  bool grounded = false;
};

enum class Enforcement : std::uint8_t {
  kGrammar,  ///< nothing else can be written
  kCheck,    ///< the finished value is judged, and taken back where it is wrong
  kNothing,  ///< it says nothing: a remark, a definition, or nothing leads here
};

/// What became of one keyword of the schema.
struct KeywordReport {
  std::string pointer;  ///< "#/properties/a/minimum"
  Enforcement way;
  std::string reason;  ///< may be empty for kGrammar
};

struct SchemaGrammar {
  std::shared_ptr<const SchemaGraph> schema;
  std::shared_ptr<const Grammar> grammar;
  /// Some text of the grammar may not be valid: check() finished ones. (It holds for every text else.)
  bool needs_check = false;
  std::vector<KeywordReport> keywords;  ///< every one, in the order of the document

  /// Why a finished text is not allowed; nothing when it is.
  std::optional<std::string> check(std::string_view text) const;
};

/// Every text of the grammar that passes check() is valid; nothing that the schema says is left out of both. The
/// grammar writes members in the order of the schema (required ones that it does not describe come last), every string
/// and number in one spelling (see json_escaped and number_grammar). Throws kInput naming the place when no value can
/// be valid, or the grammar would be too large: a million nodes, 400,000 automaton states, 100,000 alternatives, or a
/// second of work.
SchemaGrammar compile_schema(std::shared_ptr<const SchemaGraph> schema, const SchemaGrammarOptions& options = {});

/// The same as a part of a larger grammar: `node` writes the value; `keywords` and `needs_check` as above.
struct SchemaPart {
  Grammar::Node node;
  bool needs_check;
  std::vector<KeywordReport> keywords;
};
SchemaPart add_schema(GrammarBuilder& builder, const SchemaGraph& schema, const SchemaGrammarOptions& options = {});

}  // namespace eve
