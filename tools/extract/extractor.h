// SPDX-License-Identifier: Apache-2.0
// From a text to a record of a schema.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_value.h"
#include "decode/schema.h"
#include "decode/schema_grammar.h"
#include "eve/eve.h"
#include "tasks/evidence.h"
#include "text/tokenizer.h"

namespace eve::extract {

struct ExtractSettings {
  bool grounded = true;          ///< strings are spans of the text, numbers and dates stand in it
  bool strict_required = false;  ///< no record rather than one that lacks a required member
  double min_confidence = 0;     ///< a member that may be null or left out is, when the model is less sure
  std::size_t window_bytes = 2000, overlap_bytes = 200;
  std::optional<tasks::Day> today;
};

/// A value of the record and where it comes from.
struct Field {
  std::string pointer;                                      ///< JSON pointer of the value: "/items/0/price"
  double confidence;                                        ///< probability of the value among those that were allowed
  std::optional<std::pair<std::size_t, std::size_t>> span;  ///< bytes of the text that say it
};

/// Takes out of the lists in `value` empty texts, and texts and objects that an earlier item says word for word (a list
/// that goes in circles), with their fields; `pointer` is that of `value`, and the fields of later items move up.
/// Numbers may repeat, and texts of which the schema's minItems needs so many.
void drop_repeats(JsonValue& value, const JsonValue* schema, const std::string& pointer, std::vector<Field>& fields);

struct Record {
  std::string json;  ///< compact; empty: there is none, and `reason` says why
  std::string reason;
  std::vector<Field> fields;
  std::vector<std::string> missing;  ///< required members for which the text has no value
};

class Extractor {
 public:
  /// `schema` is JSON Schema. Throws Error(kInput, "WHERE: /POINTER ...") when it cannot be enforced.
  Extractor(const std::string& schema, const std::string& where, ExtractSettings settings);
  /// How each keyword is enforced.
  const std::vector<KeywordReport>& keywords() const { return whole_.keywords; }

  /// Records of texts, in their order, from shared passes.
  std::vector<Record> extract(Generator& generator, const Tokenizer& tokenizer, const std::vector<std::string>& texts,
                              const GenerateOptions& options);

 private:
  struct Window;
  struct Part;
  std::string text_;  // of the schema
  std::string where_;
  simdjson::dom::parser parser_;
  simdjson::dom::element element_;
  JsonValue value_;
  SchemaGrammar whole_;
  ExtractSettings settings_;
  std::map<std::string, SchemaGrammar> compiled_;  // by grounded schema, the latest few

  std::vector<Window> windows(const std::vector<std::string>& texts);
  const SchemaGrammar& compiled(const std::string& schema);
  const SchemaGrammar* grammar_for(Window& window);
  void drop_same_span(Part& part, const std::string& text) const;
  Part read(const Window& window, const Generator::Result& result, const Tokenizer& tokenizer) const;
  Record merge(std::vector<Part> parts) const;
  void judge(Record& record) const;
  bool is_optional(const std::string& member) const;
  bool is_nullable(const std::string& member) const;
};

/// Cuts a text into parts of at most `bytes`, at ends of lines or at spaces where there are any; each begins with the
/// last `overlap` bytes of the one before. Offsets of their begin and end.
std::vector<std::pair<std::size_t, std::size_t>> cut_windows(std::string_view text, std::size_t bytes,
                                                             std::size_t overlap);

}  // namespace eve::extract
