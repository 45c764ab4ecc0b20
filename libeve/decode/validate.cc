// SPDX-License-Identifier: Apache-2.0
#include "decode/validate.h"

#include <algorithm>

#include "base/io.h"

namespace eve {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kMaxDepth = 4'000;
constexpr std::size_t kMaxWork = 100'000'000;  // about bytes looked at

/// The way to a value, on the stack of those who walk it.
struct Path {
  const Path* parent;
  const JsonValue* in;
  std::size_t index;
};

std::string instance_pointer(const Path* path) {
  std::vector<std::string> steps;
  for (; path; path = path->parent)
    steps.push_back(path->in->is(Kind::kObject) ? printable(pointer_step(path->in->names[path->index]))
                                                : std::to_string(path->index));
  std::string out = "#";
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) out += "/" + *step;
  return out;
}

/// Items of an array or members of an object that some schema has looked at; kept only where unevaluated* ask.
using Seen = std::vector<bool>;

class Judge {
 public:
  explicit Judge(const SchemaGraph& graph) : graph_(graph) {}

  bool check(SchemaId id, const JsonValue& value, const Path* path, Seen* seen_by_caller) {
    const Schema& schema = graph_[id];
    work(32);
    if (depth_ == kMaxDepth)
      throw Error(Status::kInput, graph_.where() + " " + graph_.pointer(id) + ": more than 4000 schemas deep");
    ++depth_;
    Seen seen(graph_.has_unevaluated() ? value.items.size() : 0);
    const bool valid = check_all(id, schema, value, path, seen);
    --depth_;
    if (valid && seen_by_caller) merge(seen, *seen_by_caller);
    return valid;
  }

  std::optional<Violation>& violation() { return violation_; }

 private:
  const SchemaGraph& graph_;
  std::optional<Violation> violation_;
  std::size_t depth_ = 0, work_ = 0, quiet_ = 0;

  void work(std::size_t amount) {
    if ((work_ += amount) > kMaxWork)
      throw Error(Status::kInput, graph_.where() + ": the schema takes too long to judge this value");
  }

  bool fail(SchemaId id, std::string_view keyword, const Path* path, const char* reason) {
    if (quiet_ == 0) violation_ = {graph_.pointer(id, keyword), instance_pointer(path), reason};
    return false;
  }

  /// A judgement that may fail without the value being wrong.
  bool holds(SchemaId id, const JsonValue& value, const Path* path, Seen* seen) {
    ++quiet_;
    const bool valid = check(id, value, path, seen);
    --quiet_;
    return valid;
  }

  static void merge(const Seen& from, Seen& to) {
    for (std::size_t i = 0; i < from.size(); ++i)
      if (from[i]) to[i] = true;
  }
  static void mark(Seen& seen, std::size_t index) {
    if (!seen.empty()) seen[index] = true;
  }

  bool check_all(SchemaId id, const Schema& schema, const JsonValue& value, const Path* path, Seen& seen) {
    if (schema.never) return fail(id, {}, path, "is not allowed");
    if (schema.ref != kNoSchema && !check(schema.ref, value, path, &seen)) return false;
    if (!schema.source || schema.only_ref) return true;
    if ((schema.types & type_of(value)) == 0) return fail(id, "type", path, "has another type");
    if (schema.allowed) {
      const std::string text = canonical_json(value);
      work(text.size());
      if (!std::ranges::binary_search(*schema.allowed, text))
        return fail(id, schema.constant ? "const" : "enum", path, "is not one of the values");
    }
    switch (value.kind) {
      case Kind::kNumber:
        if (!check_number(id, schema, value.number, path)) return false;
        break;
      case Kind::kString:
        if (!check_string(id, schema, value.text, path)) return false;
        break;
      case Kind::kArray:
        if (!check_array(id, schema, value, path, seen)) return false;
        break;
      case Kind::kObject:
        if (!check_object(id, schema, value, path, seen)) return false;
        break;
      default:
        break;
    }
    return check_combined(id, schema, value, path, seen) && check_unevaluated(id, schema, value, path, seen);
  }

  bool check_number(SchemaId id, const Schema& schema, const Decimal& number, const Path* path) {
    if (schema.minimum && number < *schema.minimum) return fail(id, "minimum", path, "is below the minimum");
    if (schema.maximum && number > *schema.maximum) return fail(id, "maximum", path, "is above the maximum");
    if (schema.exclusive_minimum && number <= *schema.exclusive_minimum)
      return fail(id, "exclusiveMinimum", path, "is not above the minimum");
    if (schema.exclusive_maximum && number >= *schema.exclusive_maximum)
      return fail(id, "exclusiveMaximum", path, "is not below the maximum");
    if (schema.multiple_of && !number.multiple_of(*schema.multiple_of))
      return fail(id, "multipleOf", path, "is not a multiple");
    return true;
  }

  bool check_string(SchemaId id, const Schema& schema, const std::string& text, const Path* path) {
    if (schema.min_length != 0 || schema.max_length != kNoLimit) {
      work(text.size());
      const std::size_t length = code_points(text);
      if (length < schema.min_length) return fail(id, "minLength", path, "is too short");
      if (length > schema.max_length) return fail(id, "maxLength", path, "is too long");
    }
    if (schema.pattern && !matches(*schema.pattern, text))
      return fail(id, "pattern", path, "does not match the pattern");
    if (schema.format) {
      work(text.size());
      if (!matches_format(*schema.format, text)) return fail(id, "format", path, "does not have the format");
    }
    return true;
  }

  bool matches(const Pattern& pattern, const std::string& text) {
    work(text.size());
    return pattern.dfa->matches(text);
  }

  bool check_array(SchemaId id, const Schema& schema, const JsonValue& value, const Path* path, Seen& seen) {
    const std::size_t size = value.items.size();
    if (size < schema.min_items) return fail(id, "minItems", path, "has too few items");
    if (size > schema.max_items) return fail(id, "maxItems", path, "has too many items");
    for (std::size_t i = 0; i < size; ++i) {
      const SchemaId item = i < schema.prefix_items.size() ? schema.prefix_items[i] : schema.items;
      if (item == kNoSchema) break;
      const Path at{path, &value, i};
      if (!check(item, value.items[i], &at, nullptr)) return false;
      mark(seen, i);
    }
    if (schema.contains != kNoSchema) {
      std::size_t found = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const Path at{path, &value, i};
        if (!holds(schema.contains, value.items[i], &at, nullptr)) continue;
        mark(seen, i);
        ++found;
      }
      if (found < schema.min_contains)
        return fail(id, schema.min_contains == 1 ? "contains" : "minContains", path,
                    "has too few of the items it must");
      if (found > schema.max_contains) return fail(id, "maxContains", path, "has too many of the items it may");
    }
    return !schema.unique_items || check_unique(id, value, path);
  }

  bool check_unique(SchemaId id, const JsonValue& value, const Path* path) {
    std::vector<std::string> texts;
    for (const JsonValue& item : value.items) {
      texts.push_back(canonical_json(item));
      work(texts.back().size());
    }
    std::ranges::sort(texts);
    if (std::ranges::adjacent_find(texts) != texts.end()) return fail(id, "uniqueItems", path, "has an item twice");
    return true;
  }

  bool check_object(SchemaId id, const Schema& schema, const JsonValue& value, const Path* path, Seen& seen) {
    const std::size_t size = value.items.size();
    if (size < schema.min_properties) return fail(id, "minProperties", path, "has too few members");
    if (size > schema.max_properties) return fail(id, "maxProperties", path, "has too many members");
    work(schema.required.size());
    for (const std::string& name : schema.required)
      if (!value.find(name)) return fail(id, "required", path, "lacks a required member");
    for (const auto& [name, needed] : schema.dependent_required) {
      if (!value.find(name)) continue;
      for (const std::string& other : needed)
        if (!value.find(other)) return fail(id, "dependentRequired", path, "lacks a member that another one needs");
    }
    const bool by_name = !schema.property.empty() || !schema.pattern_properties.empty() ||
                         schema.additional_properties != kNoSchema || schema.property_names != kNoSchema;
    for (std::size_t i = 0; by_name && i < size; ++i) {
      const Path at{path, &value, i};
      if (!check_member(id, schema, value, i, &at, seen)) return false;
    }
    return true;
  }

  bool check_member(SchemaId id, const Schema& schema, const JsonValue& value, std::size_t i, const Path* at,
                    Seen& seen) {
    const std::string& name = value.names[i];
    if (schema.property_names != kNoSchema) {
      JsonValue text;
      text.kind = Kind::kString;
      text.text = name;
      if (!holds(schema.property_names, text, at, nullptr))
        return fail(id, "propertyNames", at, "has a name that is not allowed");
    }
    bool named = false;
    if (const auto property = schema.property.find(name); property != schema.property.end()) {
      named = true;
      if (!check(property->second, value.items[i], at, nullptr)) return false;
    }
    for (const auto& [pattern, property] : schema.pattern_properties) {
      if (!matches(pattern, name)) continue;
      named = true;
      if (!check(property, value.items[i], at, nullptr)) return false;
    }
    if (!named && schema.additional_properties != kNoSchema) {
      named = true;
      if (!check(schema.additional_properties, value.items[i], at, nullptr)) return false;
    }
    if (named) mark(seen, i);
    return true;
  }

  bool check_combined(SchemaId id, const Schema& schema, const JsonValue& value, const Path* path, Seen& seen) {
    for (const SchemaId part : schema.all_of)
      if (!check(part, value, path, &seen)) return false;
    if (!schema.any_of.empty()) {
      bool any = false;
      for (const SchemaId part : schema.any_of) {
        // With unevaluated*, all that hold say what they have looked at.
        if (any && seen.empty()) break;
        any = holds(part, value, path, &seen) || any;
      }
      if (!any) return fail(id, "anyOf", path, "matches none of the alternatives");
    }
    if (!schema.one_of.empty()) {
      std::size_t matched = 0;
      for (const SchemaId part : schema.one_of)
        if (holds(part, value, path, &seen) && ++matched > 1) break;
      if (matched == 0) return fail(id, "oneOf", path, "matches none of the alternatives");
      if (matched > 1) return fail(id, "oneOf", path, "matches more than one alternative");
    }
    if (schema.negated != kNoSchema && holds(schema.negated, value, path, nullptr))
      return fail(id, "not", path, "matches what it must not");
    if (schema.condition != kNoSchema) {
      const SchemaId branch = holds(schema.condition, value, path, &seen) ? schema.then : schema.otherwise;
      if (branch != kNoSchema && !check(branch, value, path, &seen)) return false;
    }
    if (value.is(Kind::kObject))
      for (const auto& [name, part] : schema.dependent_schemas)
        if (value.find(name) && !check(part, value, path, &seen)) return false;
    return true;
  }

  bool check_unevaluated(SchemaId, const Schema& schema, const JsonValue& value, const Path* path, Seen& seen) {
    const SchemaId rest = value.is(Kind::kArray)    ? schema.unevaluated_items
                          : value.is(Kind::kObject) ? schema.unevaluated_properties
                                                    : kNoSchema;
    if (rest == kNoSchema) return true;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      if (seen[i]) continue;
      const Path at{path, &value, i};
      if (!check(rest, value.items[i], &at, nullptr)) return false;
      seen[i] = true;
    }
    return true;
  }
};

}  // namespace

std::uint8_t type_of(const JsonValue& value) {
  switch (value.kind) {
    case Kind::kNull:
      return kTypeNull;
    case Kind::kBoolean:
      return kTypeBoolean;
    case Kind::kNumber:
      return value.number.integer() ? kTypeInteger : kTypeNumber;
    case Kind::kString:
      return kTypeString;
    case Kind::kArray:
      return kTypeArray;
    case Kind::kObject:
      return kTypeObject;
  }
  return 0;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::optional<Violation> validate(const SchemaGraph& graph, SchemaId schema, const JsonValue& value) {
  Judge judge(graph);
  if (judge.check(schema, value, nullptr, nullptr)) return std::nullopt;
  return std::move(judge.violation());
}

std::optional<Violation> validate(const SchemaGraph& graph, const JsonValue& value) {
  return validate(graph, graph.root(), value);
}

}  // namespace eve
