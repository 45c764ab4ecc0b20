// SPDX-License-Identifier: Apache-2.0
#include "tasks/evidence.h"

#include <algorithm>
#include <bit>
#include <set>

#include "base/json.h"
#include "base/regex.h"
#include "base/utf8.h"
#include "decode/format.h"
#include "decode/schema.h"
#include "decode/validate.h"
#include "tasks/text.h"

namespace eve::tasks {

namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kLongestMatch = 400;
constexpr int kDeepest = 64;

bool in_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
/// Whether a value may begin or end between the bytes before and at `at`.
bool is_border(std::string_view text, std::size_t at) {
  return at == 0 || at == text.size() || !(in_word(text[at - 1]) && in_word(text[at]));
}

std::string json_quoted(std::string_view text) {
  std::string json;
  JsonWriter(json).value(text);
  return json;
}

/// Numbers but for the parts of those with a decimal comma: "3,50" is no list of 3 and 50.
std::vector<Found> without_list_reading(std::string_view text, std::vector<Found> numbers) {
  std::vector<Found> whole;
  for (const Found& one : numbers)
    if (is_decimal_comma(text.substr(one.start, one.end - one.start))) whole.push_back(one);
  std::erase_if(numbers, [&](const Found& part) {
    return std::ranges::any_of(whole, [&](const Found& one) {
      return one.start <= part.start && part.end <= one.end && part.end - part.start < one.end - one.start;
    });
  });
  return numbers;
}

/// Digits that belong to no number: date-times, times with seconds, addresses and identifiers.
std::vector<Found> find_codes(std::string_view text) {
  std::vector<Found> codes;
  for (const Format format : {Format::kIpv4, Format::kUuid, Format::kUri, Format::kEmail})
    for (Found& one : find_matches(text, *format_dfa(format), true))
      if (format != Format::kUri || one.json.find("://") != one.json.npos) codes.push_back(std::move(one));
  for (const Found& time : find_times(text)) {
    // "2026-03-04T" in front of a time.
    constexpr std::size_t kIsoDay = 11;
    const bool dated = time.start >= kIsoDay && text[time.start - 1] == 'T';
    const std::string_view said = text.substr(time.start, time.end - time.start);
    if (dated || std::ranges::count(said, ':') > 1)
      codes.push_back({time.json, dated ? time.start - kIsoDay : time.start, time.end});
  }
  return codes;
}

std::vector<std::string_view> type_names(const JsonValue& schema) {
  std::vector<std::string_view> names;
  const JsonValue* type = schema.find("type");
  if (type && type->is(Kind::kString)) names.push_back(type->text);
  if (type && type->is(Kind::kArray))
    for (const JsonValue& one : type->items)
      if (one.is(Kind::kString)) names.push_back(one.text);
  return names;
}

std::string_view text_member(const JsonValue& schema, std::string_view name) {
  const JsonValue* member = schema.find(name);
  return member && member->is(Kind::kString) ? std::string_view(member->text) : std::string_view();
}

/// Writes a schema anew, without what has no evidence.
class Grounding {
 public:
  explicit Grounding(const Evidence& evidence) : evidence_(evidence) {}
  std::vector<std::string> missing;

  std::optional<std::string> schema(const JsonValue& given, int depth) {
    if (!given.is(Kind::kObject) || depth > kDeepest) return json_text(given);
    if (const auto values = evidence_.candidates(given)) return choice(given, *values);
    return members(given, depth);
  }

 private:
  const Evidence& evidence_;

  /// Those of the values that the schema's other keywords (minimum, maxLength, ...) allow.
  static std::set<std::string> allowed(const JsonValue& given, const std::vector<Found>& values) {
    const bool plain = std::ranges::all_of(given.names, [](const std::string& name) {
      return name == "type" || name == "format" || name == "pattern" || is_note(name);
    });
    const auto graph = plain ? nullptr : SchemaGraph::parse(json_text(given));
    std::set<std::string> result;
    for (const Found& value : values)
      if (!graph || !validate(*graph, parse_json_value(value.json, "value"))) result.insert(value.json);
    return result;
  }

  std::optional<std::string> choice(const JsonValue& given, const std::vector<Found>& found) {
    const std::vector<std::string_view> types = type_names(given);
    const bool null = std::ranges::find(types, "null") != types.end();
    std::set<std::string> values = allowed(given, found);
    if (values.empty()) return null ? std::optional<std::string>(R"({"type":"null"})") : std::nullopt;
    std::string out = "{";
    for (std::size_t i = 0; i < given.items.size(); ++i)
      if (given.names[i] != "format" && given.names[i] != "pattern" && !is_note(given.names[i]))
        out += json_quoted(given.names[i]) + ":" + json_text(given.items[i]) + ",";
    if (null) values.insert("null");
    out += "\"enum\":[";
    for (const std::string& value : values) out += (out.back() == '[' ? "" : ",") + value;
    return out + "]}";
  }

  static bool is_note(std::string_view name) {
    return name == "description" || name == "title" || name == "default" || name == "examples" || name == "$comment";
  }

  /// A schema keyword by keyword; nothing when it allows no value any more.
  std::optional<std::string> members(const JsonValue& given, int depth) {
    std::string out = "{";
    std::set<std::string> gone;
    const auto add = [&](std::string_view name, const std::string& text) {
      out += (out.size() > 1 ? "," : "") + json_quoted(name) + ":" + text;
    };
    for (std::size_t i = 0; i < given.items.size(); ++i) {
      const std::string& name = given.names[i];
      const JsonValue& value = given.items[i];
      if (is_note(name) || name == "required") continue;
      if (name == "properties" && value.is(Kind::kObject)) {
        add(name, properties(value, gone, depth));
      } else if ((name == "$defs" || name == "definitions") && value.is(Kind::kObject)) {
        add(name, definitions(value, depth));
      } else if (name == "items" && value.is(Kind::kObject)) {
        const std::optional<std::string> items = schema(value, depth + 1);
        const JsonValue* least = given.find("minItems");
        if (!items && least && least->is(Kind::kNumber) && !least->number.zero()) return std::nullopt;
        add(name, items.value_or("false"));
      } else if ((name == "anyOf" || name == "oneOf" || name == "allOf") && value.is(Kind::kArray)) {
        const std::optional<std::string> list = branches(value, name == "allOf", depth);
        if (!list) return std::nullopt;
        add(name, *list);
      } else {
        add(name, json_text(value));
      }
    }
    if (std::ranges::count(type_names(given), "array") != 0 && !given.find("minItems") && !given.find("maxItems"))
      add("maxItems", std::to_string(evidence_.most_items()));
    if (!required(given, gone, depth, add)) return std::nullopt;
    const auto has = [&](const char* name) { return given.find(name) != nullptr; };
    if (has("properties") && !has("additionalProperties") && !has("patternProperties") &&
        !has("unevaluatedProperties") && !has("$ref") && !has("anyOf") && !has("oneOf") && !has("allOf") &&
        !has("if") && !has("dependentSchemas"))
      add("additionalProperties", "false");
    return out + "}";
  }

  std::string properties(const JsonValue& given, std::set<std::string>& gone, int depth) {
    std::string out;
    for (std::size_t i = 0; i < given.items.size(); ++i) {
      const std::optional<std::string> one = schema(given.items[i], depth + 1);
      if (one)
        out += (out.empty() ? "" : ",") + json_quoted(given.names[i]) + ":" + *one;
      else
        gone.insert(given.names[i]);
    }
    return "{" + out + "}";
  }

  std::string definitions(const JsonValue& given, int depth) {
    std::string out;
    for (std::size_t i = 0; i < given.items.size(); ++i)
      out += (i ? "," : "") + json_quoted(given.names[i]) + ":" + schema(given.items[i], depth + 1).value_or("false");
    return "{" + out + "}";
  }

  std::optional<std::string> branches(const JsonValue& given, bool all, int depth) {
    std::string out;
    for (const JsonValue& one : given.items) {
      const std::optional<std::string> branch = schema(one, depth + 1);
      if (!branch && all) return std::nullopt;
      if (branch) out += (out.empty() ? "" : ",") + *branch;
    }
    if (out.empty()) return std::nullopt;
    return "[" + out + "]";
  }

  /// False when a required member is gone; of the outermost object it is missing instead.
  template <class Add>
  bool required(const JsonValue& given, const std::set<std::string>& gone, int depth, const Add& add) {
    const JsonValue* names = given.find("required");
    if (!names || !names->is(Kind::kArray)) return true;
    std::string out;
    for (const JsonValue& name : names->items) {
      if (!name.is(Kind::kString)) continue;
      if (gone.contains(name.text)) {
        if (depth > 0) return false;
        missing.push_back(name.text);
      } else {
        out += (out.empty() ? "" : ",") + json_quoted(name.text);
      }
    }
    add("required", "[" + out + "]");
    return true;
  }
};

}  // namespace

std::vector<Found> find_matches(std::string_view text, const Dfa& strings, bool longest, std::size_t limit) {
  std::vector<Found> found;
  if (strings.empty()) return found;
  for (std::size_t start = 0; start < text.size() && found.size() < limit; ++start) {
    if (is_space(text[start]) || !is_border(text, start)) continue;
    Dfa::State state = Dfa::kStart;
    std::size_t best = start;
    for (std::size_t at = start; at < text.size() && at - start < kLongestMatch; ++at) {
      state = strings.next(state, static_cast<std::uint8_t>(text[at]));
      if (state == Dfa::kDead) break;
      if (!strings.accepts(state) || is_space(text[at]) || !is_border(text, at + 1)) continue;
      if (!longest) found.push_back({json_quoted(text.substr(start, at + 1 - start)), start, at + 1});
      best = at + 1;
    }
    if (!longest || best == start) continue;
    found.push_back({json_quoted(text.substr(start, best - start)), start, best});
    start = best - 1;
  }
  found.resize(std::min(limit, found.size()));
  return found;
}

Evidence::Evidence(std::string text, std::optional<Day> today)
    : text_(std::move(text)), today_(today), numbers_(find_numbers(text_)) {}

void Evidence::leave_out_inner_numbers() {
  const std::vector<Found> codes = find_codes(text_);
  std::vector<Found> outer;
  for (const Found& one : numbers_)
    if (std::ranges::none_of(codes, [&](const Found& c) { return c.start <= one.start && one.end <= c.end; }))
      outer.push_back(one);
  if (!outer.empty()) numbers_ = std::move(outer);
}

std::size_t Evidence::most_items() const {
  const auto is_letter = [](char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); };
  std::size_t items = 0;
  for (std::size_t at = 0; at < text_.size(); ++at)
    items += is_letter(text_[at]) ? at == 0 || !is_letter(text_[at - 1]) : !is_space(text_[at]);
  return std::bit_ceil(std::max<std::size_t>(items, 1));
}

std::optional<std::vector<Found>> Evidence::candidates(const JsonValue& schema) const {
  if (schema.find("enum") || schema.find("const")) return std::nullopt;
  bool number = false, integer = false, string = false, other = false;
  for (const std::string_view type : type_names(schema)) {
    number = number || type == "number";
    integer = integer || type == "integer";
    string = string || type == "string";
    other = other || type == "boolean" || type == "array" || type == "object";
  }
  const std::string_view format = text_member(schema, "format"), pattern = text_member(schema, "pattern");
  if (!schema.find("type")) string = !format.empty() || !pattern.empty();
  if (other || string == (number || integer)) return std::nullopt;
  if (number) return without_list_reading(text_, numbers_);
  if (integer) {
    std::vector<Found> whole;
    for (const Found& one : numbers_)
      if (one.json.find('.') == one.json.npos) whole.push_back(one);
    return whole;
  }
  if (format == "date") return find_days(text_, today_);
  if (format == "time") return find_times(text_);
  if (format == "date-time") return find_date_times(text_, today_);
  if (pattern == kLocalTime) return without_zones(find_times(text_));
  if (pattern == kLocalDateTime) return without_zones(find_date_times(text_, today_));
  if (!pattern.empty()) return find_matches(text_, regex(pattern, RegexMatch::kSearch), false);
  if (const std::optional<Format> known = format_named(format)) return find_matches(text_, *format_dfa(*known), true);
  return std::nullopt;
}

std::optional<Found> Evidence::place(const JsonValue& value, const JsonValue* schema) const {
  const std::string json = json_text(value);
  std::vector<Found> said;
  if (value.is(Kind::kNumber)) said = numbers_;
  if (value.is(Kind::kString) && schema) said = candidates(*schema).value_or(said);
  for (const Found& one : said)
    if (one.json == json) return one;
  if (!value.is(Kind::kString) || value.text.empty()) return std::nullopt;
  for (const bool any_case : {false, true}) {
    const std::string text = any_case ? lower(text_) : text_, wanted = any_case ? lower(value.text) : value.text;
    for (std::size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1))
      if (is_border(text, at) && is_border(text, at + wanted.size())) return Found{json, at, at + wanted.size()};
  }
  return std::nullopt;
}

std::optional<GroundedSchema> ground_schema(const JsonValue& schema, const Evidence& evidence) {
  Grounding grounding(evidence);
  std::optional<std::string> text = grounding.schema(schema, 0);
  if (!text) return std::nullopt;
  return GroundedSchema{std::move(*text), std::move(grounding.missing)};
}

}  // namespace eve::tasks
