// SPDX-License-Identifier: Apache-2.0
#include "decode/schema.h"

#include <algorithm>

#include "base/io.h"
#include "base/regex.h"
#include "decode/schema_uri.h"

namespace eve {
namespace {

using Kind = JsonValue::Kind;

enum class Draft { k4, k7, k2020 };

// One pattern alone stays far below; ten thousand must too.
constexpr std::size_t kMaxPatternStates = 200'000;

std::optional<Draft> draft_named(std::string_view uri) {
  for (const std::string_view scheme : {"https:", "http:"})
    if (uri.starts_with(scheme)) uri.remove_prefix(scheme.size());
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (uri == "//json-schema.org/draft/2020-12/schema" || uri == "//json-schema.org/draft/2019-09/schema" ||
      uri == "//json-schema.org/schema")
    return Draft::k2020;
  if (uri == "//json-schema.org/draft-07/schema" || uri == "//json-schema.org/draft-06/schema") return Draft::k7;
  if (uri == "//json-schema.org/draft-04/schema") return Draft::k4;
  return std::nullopt;
}

std::uint8_t type_bit(std::string_view name) {
  constexpr std::pair<std::string_view, TypeBit> kTypes[] = {
      {"null", kTypeNull},     {"boolean", kTypeBoolean}, {"integer", kTypeInteger}, {"number", kTypeNumber},
      {"string", kTypeString}, {"array", kTypeArray},     {"object", kTypeObject}};
  for (const auto& [type, bit] : kTypes)
    if (name == type) return bit == kTypeNumber ? kTypeNumber | kTypeInteger : bit;
  return 0;
}

}  // namespace

std::string pointer_step(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::string_view Schema::silent(std::string_view keyword) const {
  if (only_ref && keyword != "$ref") return "stands beside a $ref, which stands alone in this draft";
  if (keyword == "additionalItems" && prefix_items.empty()) return "items is no array";
  if ((keyword == "minContains" || keyword == "maxContains") && contains == kNoSchema) return "there is no contains";
  if ((keyword == "then" || keyword == "else") && condition == kNoSchema) return "there is no if";
  if (keyword == "format" && !format) return "formats are remarks here";
  if (keyword == "required" && required.empty()) return "nothing is required here";
  return {};
}

std::string SchemaGraph::pointer(SchemaId id, std::string_view keyword) const {
  std::vector<std::string_view> steps;
  for (; id != kNoSchema; id = schemas_[id].parent) steps.push_back(schemas_[id].step);
  std::string out = "#";
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) out += printable(*step);
  if (!keyword.empty()) out += "/" + printable(keyword);
  return out;
}

class SchemaParser {
 public:
  SchemaParser(SchemaGraph& graph, const SchemaOptions& options) : graph_(graph), options_(options) {}

  void run() {
    graph_.root_ = add(graph_.document_, kNoSchema, "", {0, Draft::k2020});
    resources_.emplace("", graph_.root_);
    // Resolving may find further schemas, and those further references.
    for (std::size_t i = 0; i < references_.size(); ++i) resolve(Reference(references_[i]));
    refuse_cycles();
  }

 private:
  struct Context {
    std::size_t base;  // index into bases_
    Draft draft;
  };
  struct Reference {
    SchemaId from;
    std::string_view text;
    bool dynamic;
  };

  SchemaGraph& graph_;
  const SchemaOptions& options_;
  std::vector<std::string> bases_{""};
  std::vector<Context> contexts_;  // [schemas]
  std::unordered_map<const JsonValue*, SchemaId> ids_;
  std::unordered_map<std::string, SchemaId> resources_, anchors_;      // by URI; by URI#NAME
  std::unordered_map<std::string_view, std::size_t> dynamic_anchors_;  // how many of a name
  std::unordered_map<std::string, std::shared_ptr<const Dfa>> patterns_;
  std::size_t pattern_states_ = 0;
  std::vector<Reference> references_;

  [[noreturn]] void fail(SchemaId id, std::string_view keyword, const std::string& why) const {
    throw Error(Status::kInput, graph_.where_ + " " + graph_.pointer(id, keyword) + ": " + why);
  }

  SchemaId add(const JsonValue& value, SchemaId parent, std::string step, Context context) {
    if (graph_.schemas_.size() == SchemaGraph::kMaxSchemas) fail(parent, {}, "more than 100000 subschemas");
    const auto id = static_cast<SchemaId>(graph_.schemas_.size());
    Schema schema;
    schema.parent = parent;
    schema.step = std::move(step);
    graph_.schemas_.push_back(schema);
    ids_.emplace(&value, id);
    contexts_.push_back(context);
    if (value.is(Kind::kBoolean)) {
      schema.never = !value.boolean;
    } else if (value.is(Kind::kObject)) {
      schema.source = &value;
      parse(id, value, schema, context);
    } else {
      fail(id, {}, "a schema is an object, true or false");
    }
    graph_.schemas_[id] = std::move(schema);
    return id;
  }

  void parse(SchemaId id, const JsonValue& value, Schema& schema, Context& context) {
    if (const JsonValue* uri = value.find("$schema")) {
      const auto draft = uri->is(Kind::kString) ? draft_named(uri->text) : std::nullopt;
      if (!draft) fail(id, "$schema", "not known: draft 2020-12, 2019-09, -07, -06 and -04 are");
      context.draft = *draft;
    }
    const JsonValue* ref = value.find("$ref");
    schema.only_ref = ref && context.draft != Draft::k2020;
    if (!schema.only_ref) identify(id, value, context);
    contexts_[id] = context;
    if (ref) refer(id, "$ref", *ref, false);
    for (const std::string_view keyword : {"$defs", "definitions"}) schema_map(id, value, keyword, context);
    if (schema.only_ref) return;
    if (const JsonValue* dynamic = value.find("$dynamicRef")) {
      if (ref) fail(id, "$dynamicRef", "not enforced beside a $ref");
      refer(id, "$dynamicRef", *dynamic, true);
    }
    if (value.find("$recursiveRef")) fail(id, "$recursiveRef", "not enforced; use a $ref");
    values(id, value, schema);
    numbers(id, value, schema);
    strings(id, value, schema);
    arrays(id, value, schema, context);
    objects(id, value, schema, context);
    schema.all_of = schema_list(id, value, "allOf", context);
    schema.any_of = schema_list(id, value, "anyOf", context);
    schema.one_of = schema_list(id, value, "oneOf", context);
    schema.negated = sub(id, value, "not", context);
    schema.condition = sub(id, value, "if", context);
    schema.then = sub(id, value, "then", context);
    schema.otherwise = sub(id, value, "else", context);
    if (schema.has_unevaluated()) graph_.has_unevaluated_ = true;
  }

  void identify(SchemaId id, const JsonValue& value, Context& context) {
    const JsonValue* uri = value.find(context.draft == Draft::k4 ? "id" : "$id");
    if (uri && uri->is(Kind::kString)) {
      UriParts parts = resolve_uri(bases_[context.base], uri->text);
      if (!parts.fragment.empty()) anchors_.emplace(parts.uri + "#" + parts.fragment, id);
      if (!uri->text.starts_with('#')) {
        resources_.emplace(parts.uri, id);
        context.base = bases_.size();
        bases_.push_back(std::move(parts.uri));
      }
    }
    for (const std::string_view keyword : {"$anchor", "$dynamicAnchor"}) {
      const JsonValue* name = value.find(keyword);
      if (!name || !name->is(Kind::kString)) continue;
      anchors_.emplace(bases_[context.base] + "#" + name->text, id);
      if (keyword == "$dynamicAnchor") ++dynamic_anchors_[name->text];
    }
  }

  void refer(SchemaId id, std::string_view keyword, const JsonValue& value, bool dynamic) {
    if (!value.is(Kind::kString)) fail(id, keyword, "must be a string");
    references_.push_back({id, value.text, dynamic});
  }

  void resolve(const Reference& reference) {
    const std::string_view keyword = reference.dynamic ? "$dynamicRef" : "$ref";
    const UriParts target = resolve_uri(bases_[contexts_[reference.from].base], reference.text);
    const auto resource = resources_.find(target.uri);
    const auto anchor = anchors_.find(target.uri + "#" + target.fragment);
    if (resource == resources_.end() && anchor == anchors_.end())
      fail(reference.from, keyword, "leads outside this document; put what it names under $defs");
    const bool by_name = !target.fragment.empty() && target.fragment[0] != '/';
    if (by_name && anchor == anchors_.end()) fail(reference.from, keyword, "leads to no anchor of this document");
    const SchemaId found = by_name ? anchor->second : at_pointer(reference, keyword, resource->second, target.fragment);
    if (reference.dynamic) {
      // One anchor of the name: whatever the way here, it is the one.
      const Schema& schema = graph_.schemas_[found];
      const JsonValue* anchor = schema.source ? schema.source->find("$dynamicAnchor") : nullptr;
      if (anchor && anchor->text == target.fragment && dynamic_anchors_[anchor->text] > 1)
        fail(reference.from, keyword, "not enforced: its target depends on the way here; use a $ref");
    }
    graph_.schemas_[reference.from].ref = found;
  }

  SchemaId at_pointer(const Reference& reference, std::string_view keyword, SchemaId resource,
                      const std::string& pointer) {
    const auto steps = pointer_steps(pointer);
    if (!steps) fail(reference.from, keyword, "not a JSON pointer");
    SchemaId known = resource;  // the innermost schema on the way
    const JsonValue* value = graph_.schemas_[resource].source;
    std::string rest;
    for (const std::string& step : *steps) {
      const JsonValue* next = nullptr;
      if (value && value->is(Kind::kObject)) next = value->find(step);
      if (value && value->is(Kind::kArray)) {
        const auto index = Decimal::parse(step);
        const auto at = index ? index->to_count() : std::nullopt;
        if (at && *at < value->items.size()) next = &value->items[*at];
      }
      if (!next) fail(reference.from, keyword, "leads to nothing in this document");
      value = next;
      rest += "/" + pointer_step(step);
      if (const auto id = ids_.find(value); id != ids_.end()) {
        known = id->second;
        rest.clear();
      }
    }
    return rest.empty() ? known : add(*value, known, rest, contexts_[known]);
  }

  const JsonValue* expect(SchemaId id, const JsonValue& value, std::string_view keyword, Kind kind) {
    const JsonValue* found = value.find(keyword);
    constexpr const char* kNames[] = {"null", "true or false", "a number", "a string", "an array", "an object"};
    if (found && !found->is(kind)) fail(id, keyword, std::string("must be ") + kNames[static_cast<std::size_t>(kind)]);
    return found;
  }

  std::vector<std::string> names(SchemaId id, std::string_view keyword, const JsonValue& list) {
    std::vector<std::string> out;
    if (!list.is(Kind::kArray)) fail(id, keyword, "must be an array of names");
    for (const JsonValue& name : list.items) {
      if (!name.is(Kind::kString)) fail(id, keyword, "must be an array of names");
      out.push_back(name.text);
    }
    return out;
  }

  void count(SchemaId id, const JsonValue& value, std::string_view keyword, std::size_t& out) {
    const JsonValue* number = expect(id, value, keyword, Kind::kNumber);
    if (!number) return;
    const auto count = number->number.to_count();
    if (!count) fail(id, keyword, "must be an integer of at least 0");
    out = *count;
  }

  SchemaId sub(SchemaId id, const JsonValue& value, std::string_view keyword, Context context) {
    const JsonValue* found = value.find(keyword);
    return found ? add(*found, id, "/" + std::string(keyword), context) : kNoSchema;
  }

  std::vector<SchemaId> list_of(SchemaId id, std::string_view keyword, const JsonValue& list, Context context) {
    std::vector<SchemaId> out;
    if (!list.is(Kind::kArray)) fail(id, keyword, "must be an array of schemas");
    for (std::size_t i = 0; i < list.items.size(); ++i)
      out.push_back(add(list.items[i], id, "/" + std::string(keyword) + "/" + std::to_string(i), context));
    return out;
  }

  std::vector<SchemaId> schema_list(SchemaId id, const JsonValue& value, std::string_view keyword, Context context) {
    const JsonValue* list = value.find(keyword);
    if (!list) return {};
    if (list->is(Kind::kArray) && list->items.empty()) fail(id, keyword, "must not be empty");
    return list_of(id, keyword, *list, context);
  }

  std::vector<std::pair<std::string, SchemaId>> schema_map(SchemaId id, const JsonValue& value,
                                                           std::string_view keyword, Context context) {
    std::vector<std::pair<std::string, SchemaId>> out;
    const JsonValue* map = expect(id, value, keyword, Kind::kObject);
    if (!map) return out;
    for (std::size_t i = 0; i < map->items.size(); ++i)
      out.emplace_back(map->names[i],
                       add(map->items[i], id, "/" + std::string(keyword) + "/" + pointer_step(map->names[i]), context));
    return out;
  }

  Pattern pattern(SchemaId id, std::string_view keyword, const std::string& source) {
    auto& dfa = patterns_[source];
    if (!dfa) {
      if (patterns_.size() > SchemaGraph::kMaxPatterns) fail(id, keyword, "more than 10000 different patterns");
      try {
        dfa = std::make_shared<const Dfa>(regex(source, RegexMatch::kSearch));
      } catch (const Error& error) {
        fail(id, keyword, error.what());
      }
      pattern_states_ += dfa->size();
      if (pattern_states_ > kMaxPatternStates) fail(id, keyword, "the patterns up to here are too large together");
    }
    return {source, dfa};
  }

  void values(SchemaId id, const JsonValue& value, Schema& schema) {
    if (const JsonValue* type = value.find("type")) {
      schema.types = 0;
      const std::vector<std::string> list =
          type->is(Kind::kString) ? std::vector<std::string>{type->text} : names(id, "type", *type);
      for (const std::string& name : list) {
        const std::uint8_t bit = type_bit(name);
        if (bit == 0) fail(id, "type", "not a type of JSON Schema");
        schema.types |= bit;
      }
    }
    schema.constant = value.find("const");
    schema.enumeration = expect(id, value, "enum", Kind::kArray);
    if (!schema.constant && !schema.enumeration) return;
    auto allowed = std::make_shared<std::vector<std::string>>();
    if (schema.enumeration) {
      for (const JsonValue& one : schema.enumeration->items) allowed->push_back(canonical_json(one));
      std::ranges::sort(*allowed);
      allowed->erase(std::unique(allowed->begin(), allowed->end()), allowed->end());
    }
    if (schema.constant) {
      std::string constant = canonical_json(*schema.constant);
      const bool possible = !schema.enumeration || std::ranges::binary_search(*allowed, constant);
      allowed->clear();
      if (possible) allowed->push_back(std::move(constant));
    }
    schema.allowed = std::move(allowed);
  }

  void numbers(SchemaId id, const JsonValue& value, Schema& schema) {
    const auto number = [&](std::string_view keyword) -> std::optional<Decimal> {
      const JsonValue* found = expect(id, value, keyword, Kind::kNumber);
      return found ? std::optional(found->number) : std::nullopt;
    };
    schema.minimum = number("minimum");
    schema.maximum = number("maximum");
    // draft-04: true makes the other bound exclusive.
    const auto exclusive = [&](std::string_view keyword, std::optional<Decimal>& bound) -> std::optional<Decimal> {
      const JsonValue* flag = value.find(keyword);
      if (!flag || !flag->is(Kind::kBoolean)) return number(keyword);
      return flag->boolean ? std::exchange(bound, std::nullopt) : std::nullopt;
    };
    schema.exclusive_minimum = exclusive("exclusiveMinimum", schema.minimum);
    schema.exclusive_maximum = exclusive("exclusiveMaximum", schema.maximum);
    schema.multiple_of = number("multipleOf");
    if (!schema.multiple_of) return;
    if (schema.multiple_of->zero() || schema.multiple_of->negative()) fail(id, "multipleOf", "must be above 0");
    if (schema.multiple_of->digits().size() > 18) fail(id, "multipleOf", "has more than 18 digits");
  }

  void strings(SchemaId id, const JsonValue& value, Schema& schema) {
    count(id, value, "minLength", schema.min_length);
    count(id, value, "maxLength", schema.max_length);
    if (const JsonValue* source = expect(id, value, "pattern", Kind::kString))
      schema.pattern = pattern(id, "pattern", source->text);
    if (const JsonValue* name = expect(id, value, "format", Kind::kString); name && options_.assert_formats) {
      schema.format = format_named(name->text);
      if (!schema.format)
        fail(id, "format", "not enforced: date-time, date, time, duration, email, hostname, ipv4, ipv6, uuid, uri are");
    }
  }

  void arrays(SchemaId id, const JsonValue& value, Schema& schema, Context context) {
    if (const JsonValue* prefix = value.find("prefixItems"))
      schema.prefix_items = list_of(id, "prefixItems", *prefix, context);
    const JsonValue* items = value.find("items");
    if (items && items->is(Kind::kArray)) {
      if (!schema.prefix_items.empty()) fail(id, "items", "an array beside prefixItems");
      schema.prefix_items = list_of(id, "items", *items, context);
      schema.items = sub(id, value, "additionalItems", context);
    } else {
      schema.items = sub(id, value, "items", context);
    }
    schema.contains = sub(id, value, "contains", context);
    count(id, value, "minContains", schema.min_contains);
    count(id, value, "maxContains", schema.max_contains);
    count(id, value, "minItems", schema.min_items);
    count(id, value, "maxItems", schema.max_items);
    const JsonValue* unique = expect(id, value, "uniqueItems", Kind::kBoolean);
    schema.unique_items = unique && unique->boolean;
    schema.unevaluated_items = sub(id, value, "unevaluatedItems", context);
  }

  void objects(SchemaId id, const JsonValue& value, Schema& schema, Context context) {
    schema.properties = schema_map(id, value, "properties", context);
    for (const auto& [name, at] : schema.properties) schema.property.emplace(name, at);
    for (auto& [source, at] : schema_map(id, value, "patternProperties", context))
      schema.pattern_properties.emplace_back(pattern(id, "patternProperties/" + pointer_step(source), source), at);
    schema.additional_properties = sub(id, value, "additionalProperties", context);
    schema.property_names = sub(id, value, "propertyNames", context);
    if (const JsonValue* list = value.find("required"); list && options_.assert_required)
      schema.required = names(id, "required", *list);
    count(id, value, "minProperties", schema.min_properties);
    count(id, value, "maxProperties", schema.max_properties);
    if (const JsonValue* map = expect(id, value, "dependentRequired", Kind::kObject))
      for (std::size_t i = 0; i < map->items.size(); ++i)
        schema.dependent_required.emplace_back(map->names[i], names(id, "dependentRequired", map->items[i]));
    schema.dependent_schemas = schema_map(id, value, "dependentSchemas", context);
    if (const JsonValue* map = expect(id, value, "dependencies", Kind::kObject)) {
      for (std::size_t i = 0; i < map->items.size(); ++i) {
        const JsonValue& item = map->items[i];
        if (item.is(Kind::kArray))
          schema.dependent_required.emplace_back(map->names[i], names(id, "dependencies", item));
        else
          schema.dependent_schemas.emplace_back(map->names[i],
                                                add(item, id, "/dependencies/" + pointer_step(map->names[i]), context));
      }
    }
    schema.unevaluated_properties = sub(id, value, "unevaluatedProperties", context);
  }

  /// Schemas that judge the same value as this one.
  std::vector<SchemaId> in_place(const Schema& schema) const {
    std::vector<SchemaId> out{schema.ref, schema.negated, schema.condition, schema.then, schema.otherwise};
    for (const auto* list : {&schema.all_of, &schema.any_of, &schema.one_of})
      out.insert(out.end(), list->begin(), list->end());
    for (const auto& [name, id] : schema.dependent_schemas) out.push_back(id);
    std::erase(out, kNoSchema);
    return out;
  }

  void refuse_cycles() const {
    enum : std::uint8_t { kNew, kOpen, kDone };
    std::vector<std::uint8_t> state(graph_.schemas_.size(), kNew);
    struct Frame {
      SchemaId id;
      std::vector<SchemaId> next;
    };
    std::vector<Frame> stack;
    for (SchemaId root = 0; root < state.size(); ++root) {
      if (state[root] != kNew) continue;
      stack.push_back({root, in_place(graph_.schemas_[root])});
      state[root] = kOpen;
      while (!stack.empty()) {
        Frame& frame = stack.back();
        if (frame.next.empty()) {
          state[frame.id] = kDone;
          stack.pop_back();
          continue;
        }
        const SchemaId next = frame.next.back();
        frame.next.pop_back();
        if (state[next] == kOpen) fail(next, {}, "refers to itself without a step into the value: nothing decides it");
        if (state[next] == kDone) continue;
        state[next] = kOpen;
        stack.push_back({next, in_place(graph_.schemas_[next])});
      }
    }
  }
};

std::shared_ptr<const SchemaGraph> SchemaGraph::parse(std::string_view text, const std::string& where,
                                                      const SchemaOptions& options) {
  if (text.size() > kMaxBytes) throw Error(Status::kInput, where + ": larger than 16 MiB");
  auto graph = std::make_shared<SchemaGraph>();
  graph->where_ = where;
  graph->document_ = parse_json_value(text, where);
  SchemaParser(*graph, options).run();
  return graph;
}

}  // namespace eve
