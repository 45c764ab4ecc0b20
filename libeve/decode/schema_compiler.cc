// SPDX-License-Identifier: Apache-2.0
#include "decode/schema_compiler.h"

#include <time.h>

#include <algorithm>
#include <optional>

#include "base/regex.h"

namespace eve {
namespace {

using Kind = JsonValue::Kind;

// Keywords that assert something, and those that never do.
constexpr std::string_view kAssertions[] = {"type",
                                            "enum",
                                            "const",
                                            "properties",
                                            "required",
                                            "additionalProperties",
                                            "patternProperties",
                                            "propertyNames",
                                            "minProperties",
                                            "maxProperties",
                                            "items",
                                            "prefixItems",
                                            "additionalItems",
                                            "contains",
                                            "minContains",
                                            "maxContains",
                                            "minItems",
                                            "maxItems",
                                            "uniqueItems",
                                            "minLength",
                                            "maxLength",
                                            "pattern",
                                            "format",
                                            "minimum",
                                            "maximum",
                                            "exclusiveMinimum",
                                            "exclusiveMaximum",
                                            "multipleOf",
                                            "anyOf",
                                            "oneOf",
                                            "allOf",
                                            "not",
                                            "if",
                                            "then",
                                            "else",
                                            "dependentRequired",
                                            "dependentSchemas",
                                            "dependencies",
                                            "unevaluatedItems",
                                            "unevaluatedProperties",
                                            "$ref",
                                            "$dynamicRef"};
constexpr std::string_view kRemarks[] = {
    "$schema",      "$id",        "id",          "$anchor",   "$dynamicAnchor",  "$defs",
    "definitions",  "$comment",   "$vocabulary", "title",     "description",     "default",
    "examples",     "deprecated", "readOnly",    "writeOnly", "contentEncoding", "contentMediaType",
    "contentSchema"};

constexpr std::size_t kMaxRules = 50'000;
constexpr std::size_t kMaxAlternatives = 100'000;
constexpr std::size_t kMaxStates = 400'000;
constexpr std::chrono::seconds kMaxTime{1};

std::chrono::nanoseconds thread_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

SchemaCompiler::SchemaCompiler(GrammarBuilder& builder, const SchemaGraph& graph, const SchemaGrammarOptions& options)
    : builder_(builder), graph_(graph), options_(options), started_(thread_time()), used_(graph.size()) {
  nothing_ = builder_.nothing();
  blank_ = options_.whitespace ? builder_.regex("[ \\t\\r\\n]{0,64}") : builder_.empty();
  comma_ = spaced({builder_.literal(",")});
  colon_ = spaced({builder_.literal(":")});
  any_string_ = builder_.json_text();
  character_ = builder_.json_character();
}

void SchemaCompiler::fail(SchemaId id, const std::string& why) const {
  throw Error(Status::kInput, graph_.where() + " " + graph_.pointer(id) + ": " + why);
}

void SchemaCompiler::check_time(SchemaId id) const {
  if (thread_time() - started_ > kMaxTime) fail(id, "the schema takes more than a second to compile");
}

void SchemaCompiler::loose(SchemaId id, std::string_view keyword, const char* reason) {
  needs_check_ = true;
  ++loose_calls_;
  if (!keyword.empty()) loose_.try_emplace({id, keyword}, reason);
}

SchemaCompiler::Node SchemaCompiler::terminal(Dfa dfa) {
  if ((states_ += dfa.size()) > kMaxStates)
    throw Error(Status::kInput, graph_.where() + ": needs more than 400000 automaton states; use smaller bounds");
  return builder_.terminal(std::move(dfa));
}

SchemaCompiler::Node SchemaCompiler::spaced(std::initializer_list<Node> parts) {
  if (!options_.whitespace) return builder_.sequence(parts);
  std::vector<Node> out{blank_};
  for (const Node part : parts) {
    out.push_back(part);
    out.push_back(blank_);
  }
  return builder_.sequence(out);
}

SchemaCompiler::Node SchemaCompiler::run() {
  const Node root = value({{graph_.root()}});
  while (!open_.empty()) {
    const auto [conjunction, rule] = std::move(open_.front());
    open_.pop_front();
    const SchemaId place = conjunction.empty() ? graph_.root() : conjunction[0].id;
    check_time(place);
    try {
      builder_.define(rule, body(conjunction));
    } catch (const Error& error) {
      // Limits of grammars and automata do not know the place.
      if (std::string_view(error.what()).starts_with(graph_.where())) throw;
      fail(place, error.what());
    }
  }
  return root;
}

SchemaCompiler::Node SchemaCompiler::value(Conjunction conjunction) {
  for (const Literal& literal : conjunction) used_[literal.id] = true;
  // `true` says nothing, and what must and must not hold holds never.
  std::erase_if(conjunction, [&](const Literal& literal) {
    const Schema& schema = graph_[literal.id];
    return literal.negated ? schema.never : !schema.never && (!schema.source || schema.source->items.empty());
  });
  std::ranges::sort(conjunction);
  conjunction.erase(std::unique(conjunction.begin(), conjunction.end()), conjunction.end());
  for (const Literal& literal : conjunction)
    if (!literal.negated && never(literal.id)) return nothing_;
  const auto found = rules_.find(conjunction);
  if (found != rules_.end()) return found->second;
  if (rules_.size() == kMaxRules) fail(conjunction[0].id, "the schema needs more than 50000 rules");
  const Node rule = builder_.declare();
  rules_.emplace(conjunction, rule);
  open_.emplace_back(std::move(conjunction), rule);
  return rule;
}

std::vector<Shape> SchemaCompiler::shapes(const Conjunction& conjunction) {
  std::vector<Shape> out = shapes_of(
      graph_, conjunction,
      [&](SchemaId id, std::string_view keyword, const char* reason) { loose(id, keyword, reason); },
      [&](SchemaId id) { used_[id] = true; });
  shapes_ += out.size();
  if (shapes_ > kMaxAlternatives) fail(conjunction[0].id, "the schema has more than 100000 alternatives");
  return out;
}

SchemaCompiler::Node SchemaCompiler::body(const Conjunction& conjunction) {
  std::vector<Node> choices;
  std::set<std::string> written;
  const std::vector<Shape> alternatives = shapes(conjunction);
  for (const Shape& shape : alternatives) {
    const bool lists = std::ranges::any_of(shape.ids, [&](SchemaId id) { return graph_[id].allowed != nullptr; });
    if (lists) {
      choices.push_back(listed(conjunction, shape, alternatives.size() > 1 ? &written : nullptr));
      continue;
    }
    scalars(shape, choices);
    if (shape.types & kTypeArray) choices.push_back(array(shape));
    if (shape.types & kTypeObject) choices.push_back(object(shape));
  }
  return builder_.choice(choices);
}

/// The enum of one schema that says nothing else but a type.
bool SchemaCompiler::only_lists(const Conjunction& conjunction, const Shape& shape) const {
  if (conjunction.size() != 1 || shape.ids.size() != 1 || conjunction[0] != Literal{shape.ids[0]}) return false;
  const Schema& schema = graph_[shape.ids[0]];
  return !schema.constant && std::ranges::all_of(schema.source->names, [](const std::string& keyword) {
    return keyword == "enum" || keyword == "type" || std::ranges::find(kRemarks, keyword) != std::end(kRemarks);
  });
}

/// The values of a const or an enum of the shape that the whole conjunction allows; each is written once.
SchemaCompiler::Node SchemaCompiler::listed(const Conjunction& conjunction, const Shape& shape,
                                            std::set<std::string>* written) {
  const Schema* source = nullptr;
  for (const SchemaId id : shape.ids) {
    const Schema& schema = graph_[id];
    if (schema.allowed && (!source || schema.allowed->size() < source->allowed->size())) source = &schema;
  }
  std::vector<Node> choices;
  std::vector<std::string> scalar_texts;
  const bool simple = only_lists(conjunction, shape);
  const auto consider = [&](const JsonValue& one) {
    const bool holds =
        simple ? (shape.types & type_of(one)) != 0 : std::ranges::all_of(conjunction, [&](const Literal& l) {
          return validate(graph_, l.id, one).has_value() == l.negated;
        });
    if (!holds || (written && !written->insert(canonical_json(one)).second)) return;
    if (one.is(Kind::kArray) || one.is(Kind::kObject))
      choices.push_back(literal_value(one));
    else
      scalar_texts.push_back(spelled_json(one));
  };
  if (source->constant) {
    consider(*source->constant);
  } else {
    std::size_t looked_at = 0;
    for (const JsonValue& one : source->enumeration->items) {
      if (++looked_at % 1024 == 0) check_time(conjunction[0].id);
      consider(one);
    }
  }
  if (!scalar_texts.empty()) choices.push_back(builder_.words(scalar_texts));
  return builder_.choice(choices);
}

SchemaCompiler::Node SchemaCompiler::literal_value(const JsonValue& value) {
  const bool object = value.is(Kind::kObject);
  if (!object && !value.is(Kind::kArray)) return builder_.literal(spelled_json(value));
  if (!options_.whitespace) return builder_.literal(spelled_json(value));
  std::vector<Node> parts{builder_.literal(object ? "{" : "["), blank_};
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i != 0) parts.push_back(comma_);
    if (object) {
      parts.push_back(builder_.literal(spelled_string(value.names[i])));
      parts.push_back(colon_);
    }
    parts.push_back(literal_value(value.items[i]));
  }
  parts.push_back(blank_);
  parts.push_back(builder_.literal(object ? "}" : "]"));
  return builder_.sequence(parts);
}

void SchemaCompiler::scalars(const Shape& shape, std::vector<Node>& out) {
  const auto banned = [&](const char* text) {
    return std::ranges::any_of(
        shape.bans, [&](const Ban& ban) { return ban.values && std::ranges::binary_search(*ban.values, text); });
  };
  if (shape.types & kTypeNull && !banned("null")) out.push_back(builder_.literal("null"));
  if (shape.types & kTypeBoolean)
    for (const char* text : {"false", "true"})
      if (!banned(text)) out.push_back(builder_.literal(text));
  if (shape.types & (kTypeInteger | kTypeNumber)) out.push_back(number(shape));
  if (shape.types & kTypeString) out.push_back(string(shape));
  // What else a ban names is left to the judge.
  for (const Ban& ban : shape.bans) {
    if (!ban.values) continue;
    const auto written = [&](const std::string& text) {
      const char c = text[0];
      return (c == '[' && shape.types & kTypeArray) || (c == '{' && shape.types & kTypeObject) ||
             ((c == '-' || (c >= '0' && c <= '9')) && shape.types & (kTypeInteger | kTypeNumber));
    };
    if (std::ranges::any_of(*ban.values, written))
      loose(ban.from, ban.keyword, "a value that must not be is looked for");
  }
}

SchemaCompiler::Node SchemaCompiler::number(const Shape& shape) {
  NumberSet set{(shape.types & kTypeInteger) != 0, (shape.types & kTypeNumber) != 0, shape.bounds, {}};
  for (const SchemaId id : shape.ids) {
    const Schema& schema = graph_[id];
    if (schema.minimum) set.bounds.push_back({*schema.minimum, false, false});
    if (schema.maximum) set.bounds.push_back({*schema.maximum, true, false});
    if (schema.exclusive_minimum) set.bounds.push_back({*schema.exclusive_minimum, false, true});
    if (schema.exclusive_maximum) set.bounds.push_back({*schema.exclusive_maximum, true, true});
    if (schema.multiple_of) set.divisors.push_back(*schema.multiple_of);
  }
  std::string key{set.integers ? 'i' : '-', set.fractions ? 'f' : '-'};
  for (const auto& bound : set.bounds)
    key += std::string(bound.upper ? "<" : ">") + (bound.open ? "" : "=") + bound.value.str();
  for (const Decimal& divisor : set.divisors) key += "*" + divisor.str();
  auto found = numbers_.find(key);
  if (found == numbers_.end()) found = numbers_.emplace(key, number_grammar(builder_, set)).first;
  const NumberGrammar& made = found->second;
  for (const SchemaId id : shape.ids) {
    const Schema& schema = graph_[id];
    if (!made.divisors_kept && schema.multiple_of) loose(id, "multipleOf", "the divisor needs too large an automaton");
    if (made.bounds_kept) continue;
    constexpr const char* kReason = "the bound has more than 400 digits";
    if (schema.minimum) loose(id, "minimum", kReason);
    if (schema.maximum) loose(id, "maximum", kReason);
    if (schema.exclusive_minimum) loose(id, "exclusiveMinimum", kReason);
    if (schema.exclusive_maximum) loose(id, "exclusiveMaximum", kReason);
  }
  if (!made.bounds_kept) needs_check_ = true;
  return made.node;
}

std::vector<KeywordReport> SchemaCompiler::reports() const {
  std::vector<KeywordReport> out;
  for (SchemaId id = 0; id < graph_.size(); ++id) {
    const Schema& schema = graph_[id];
    if (!schema.source) continue;
    for (const std::string& keyword : schema.source->names) {
      KeywordReport& report = out.emplace_back();
      report.pointer = graph_.pointer(id, pointer_step(keyword));
      report.way = Enforcement::kNothing;
      const auto found = loose_.find({id, keyword});
      const auto remark = schema.silent(keyword);
      if (std::ranges::find(kRemarks, keyword) != std::end(kRemarks)) {
        report.reason = "a remark or a definition";
      } else if (std::ranges::find(kAssertions, keyword) == std::end(kAssertions)) {
        report.reason = "not a keyword of JSON Schema";
      } else if (!remark.empty()) {
        report.reason = remark;
      } else if (!used_[id]) {
        report.reason = "no value is judged by it";
      } else if (found != loose_.end()) {
        report.way = Enforcement::kCheck;
        report.reason = found->second;
      } else {
        report.way = Enforcement::kGrammar;
      }
    }
  }
  return out;
}

SchemaPart add_schema(GrammarBuilder& builder, const SchemaGraph& schema, const SchemaGrammarOptions& options) {
  SchemaCompiler compiler(builder, schema, options);
  const Grammar::Node node = compiler.run();
  return {node, compiler.needs_check(), compiler.reports()};
}

SchemaGrammar compile_schema(std::shared_ptr<const SchemaGraph> schema, const SchemaGrammarOptions& options) {
  GrammarBuilder builder;
  SchemaPart part = add_schema(builder, *schema, options);
  SchemaGrammar out{schema, nullptr, part.needs_check, std::move(part.keywords)};
  try {
    out.grammar = builder.build(part.node);
  } catch (const Error&) {
    throw Error(Status::kInput, schema->where() + " #: no value, or none of less than a gibibyte, can satisfy it");
  }
  return out;
}

std::optional<std::string> SchemaGrammar::check(std::string_view text) const {
  try {
    const auto violation = validate(*schema, parse_json_value(text, "the answer"));
    return violation ? std::optional(violation->str()) : std::nullopt;
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace eve
