// SPDX-License-Identifier: Apache-2.0
#include "tasks/schema_text.h"

#include <algorithm>

#include "tasks/text.h"

namespace eve::tasks {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr int kDeepest = 5;

element follow(element schema, element root) {
  std::string_view ref;
  for (int hops = 0; hops < kDeepest && schema["$ref"].get(ref) == simdjson::SUCCESS; ++hops) {
    element target;
    if (!ref.starts_with('#') || root.at_pointer(ref.substr(1)).get(target) != simdjson::SUCCESS) break;
    schema = target;
  }
  return schema;
}

bool is_null_type(element schema) {
  std::string_view type;
  return schema["type"].get(type) == simdjson::SUCCESS && type == "null";
}

bool may_be_null(element schema) {
  array list;
  if (is_null_type(schema)) return true;
  if (schema["type"].get(list) == simdjson::SUCCESS)
    for (const element type : list)
      if (std::string_view name; type.get(name) == simdjson::SUCCESS && name == "null") return true;
  for (const char* key : {"anyOf", "oneOf"})
    if (schema[key].get(list) == simdjson::SUCCESS)
      for (const element one : list)
        if (is_null_type(one)) return true;
  return false;
}

void add_choice(std::string& text, std::string_view choice) {
  if (!text.empty()) text += '|';
  text += choice;
}

std::string enum_text(array values, std::size_t limit) {
  std::string text;
  for (const element value : values) {
    if (value.is_null()) continue;
    std::string_view name;
    const std::string choice =
        value.get(name) == simdjson::SUCCESS ? one_line(name) : std::string(simdjson::minify(value));
    if (text.size() + choice.size() > limit) {
      add_choice(text, "...");
      break;
    }
    add_choice(text, choice);
  }
  return text;
}

std::string type_text(std::string_view type, element schema, element root, const SchemaDetail& detail, int depth) {
  if (type == "integer") return "int";
  if (type == "number") return "number";
  if (type == "boolean") return "bool";
  if (type == "array") {
    element items;
    const bool known = schema["items"].get(items) == simdjson::SUCCESS && items.is_object();
    return "[" + (known ? schema_type(items, root, detail, depth + 1) : "") + "]";
  }
  if (type == "object") return "{" + schema_properties(schema, root, detail, ", ", depth + 1) + "}";
  std::string_view format;
  return std::string(schema["format"].get(format) == simdjson::SUCCESS ? cut(format, 20) : "");
}

}  // namespace

std::string schema_type(element schema, element root, const SchemaDetail& detail, int depth) {
  if (depth > kDeepest) return "...";
  schema = follow(schema, root);
  array list;
  if (schema["enum"].get(list) == simdjson::SUCCESS) return enum_text(list, detail.enum_bytes);
  if (element value; schema["const"].get(value) == simdjson::SUCCESS) return std::string(simdjson::minify(value));
  std::string_view type;
  if (schema["type"].get(type) == simdjson::SUCCESS) return type_text(type, schema, root, detail, depth);
  std::string text;
  if (schema["type"].get(list) == simdjson::SUCCESS) {
    for (const element one : list)
      if (one.get(type) == simdjson::SUCCESS && type != "null")
        add_choice(text, type_text(type, schema, root, detail, depth));
    return text;
  }
  for (const char* key : {"anyOf", "oneOf"}) {
    if (schema[key].get(list) != simdjson::SUCCESS) continue;
    for (const element one : list)
      if (!is_null_type(one)) add_choice(text, schema_type(one, root, detail, depth + 1));
    return text;
  }
  if (schema["properties"].error() == simdjson::SUCCESS) return type_text("object", schema, root, detail, depth);
  return text;
}

std::string schema_properties(element schema, element root, const SchemaDetail& detail, std::string_view separator,
                              int depth) {
  if (depth > kDeepest) return "...";
  schema = follow(schema, root);
  std::vector<std::string_view> required;
  if (array names; schema["required"].get(names) == simdjson::SUCCESS)
    for (const element name : names)
      if (std::string_view text; name.get(text) == simdjson::SUCCESS) required.push_back(text);
  std::string text;
  object properties;
  if (schema["properties"].get(properties) != simdjson::SUCCESS) return text;
  for (const auto& [name, unresolved] : properties) {
    const element property = follow(unresolved, root);
    if (!text.empty()) text += separator;
    text += name;
    const bool is_required = std::ranges::find(required, name) != required.end();
    if (detail.mark == SchemaDetail::Mark::kRequired && is_required) text += '!';
    if (detail.mark == SchemaDetail::Mark::kOptional && (!is_required || may_be_null(property))) text += '?';
    if (const std::string type = schema_type(property, root, detail, depth); !type.empty()) text += " " + type;
    std::string_view description;
    if (detail.description_bytes == 0 || (unresolved["description"].get(description) != simdjson::SUCCESS &&
                                          property["description"].get(description) != simdjson::SUCCESS))
      continue;
    const std::vector<std::string> known = words(name);
    const std::vector<std::string> said = words(description);
    if (std::ranges::all_of(said, [&](const std::string& w) { return std::ranges::find(known, w) != known.end(); }))
      continue;
    text.append(": ").append(cut(one_line(description), detail.description_bytes));
  }
  return text;
}

}  // namespace eve::tasks
