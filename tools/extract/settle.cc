// SPDX-License-Identifier: Apache-2.0
#include "extract/settle.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "decode/schema.h"
#include "decode/validate.h"
#include "tasks/text.h"

namespace eve::extract {

namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kMostItems = 100;

bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
bool in_word(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !in_word(text[at - 1]) || !in_word(word.front());
    if (begins && (end == text.size() || !in_word(text[end]) || !in_word(word.back()))) return true;
  }
  return false;
}

/// Whether the text has a currency's sign ("$" and "US$", but not "C$") or its name.
bool says_currency(std::string_view text, std::string_view code) {
  struct Currency {
    std::string_view code, sign, name, names;
  };
  constexpr std::array<Currency, 8> kCurrencies = {{{"USD", "$", "dollar", "dollars"},
                                                    {"EUR", "€", "euro", "euros"},
                                                    {"GBP", "£", "pound", "pounds"},
                                                    {"JPY", "¥", "yen", "yen"},
                                                    {"INR", "₹", "rupee", "rupees"},
                                                    {"CNY", "元", "yuan", "yuan"},
                                                    {"KRW", "₩", "won", "won"},
                                                    {"CHF", "Fr.", "franc", "francs"}}};
  const auto known = std::ranges::find(kCurrencies, code, &Currency::code);
  if (known == kCurrencies.end()) return false;
  for (std::size_t at = text.find(known->sign); at != text.npos; at = text.find(known->sign, at + 1))
    if (at == 0 || !is_letter(text[at - 1]) || text.substr(0, at).ends_with("US")) return true;
  const std::string small = tasks::lower(text);
  return has_word(small, known->name) || has_word(small, known->names);
}

/// Ordinary words, as "high" and "average", stand in texts that mean something else by them.
bool is_ordinary(std::string_view choice) {
  return std::ranges::all_of(choice, [](char c) { return c >= 'a' && c <= 'z'; });
}

void settle_choice(JsonValue& choices, const std::string& text) {
  const JsonValue* literal = nullptr;
  const JsonValue* meant = nullptr;
  std::size_t literals = 0, meanings = 0;
  for (const JsonValue& one : choices.items) {
    if (!one.is(Kind::kString) || one.text.empty()) continue;
    const bool is_said = has_word(text, one.text);
    if (is_said && is_ordinary(one.text)) return;
    if (is_said) literal = &one, ++literals;
    if (is_said || says_currency(text, one.text)) meant = &one, ++meanings;
  }
  const JsonValue* only = literals == 1 ? literal : literals == 0 && meanings == 1 ? meant : nullptr;
  if (only) choices.items = {JsonValue(*only)};
}

bool is_settling(std::string_view format) {
  constexpr std::array<std::string_view, 7> kFormats = {"email", "ipv4", "ipv6", "uri", "uuid", "date", "date-time"};
  return std::ranges::find(kFormats, format) != kFormats.end();
}

/// All values of the text in their order, each once; nothing when some can be read in two ways.
std::optional<JsonValue> all_of_text(const JsonValue& items, const tasks::Evidence& evidence, bool is_uri) {
  JsonValue list;
  list.kind = Kind::kArray;
  std::set<std::string> have;
  std::size_t end = 0;
  for (const tasks::Found& one : evidence.candidates(items).value_or(std::vector<tasks::Found>())) {
    // "note:" begins a URI too.
    if (is_uri && one.json.find("://") == one.json.npos) continue;
    if (one.start < end || list.items.size() == kMostItems) return std::nullopt;
    end = one.end;
    if (have.insert(one.json).second) list.items.push_back(parse_json_value(one.json, "value"));
  }
  return list;
}

class Settling {
 public:
  explicit Settling(const tasks::Evidence& evidence) : evidence_(evidence) {}

  void settle(JsonValue& schema) {
    count_formats(schema);
    value(schema);
  }

 private:
  const tasks::Evidence& evidence_;
  std::multiset<std::string> formats_;

  void count_formats(const JsonValue& schema) {
    const JsonValue* format = schema.find("format");
    if (format && format->is(Kind::kString)) formats_.insert(format->text);
    for (const JsonValue& item : schema.items) count_formats(item);
  }

  void value(JsonValue& schema) {
    if (!schema.is(Kind::kObject)) return;
    if (const std::size_t at = schema.index_of("enum"); at != JsonValue::npos)
      return settle_choice(schema.items[at], evidence_.text());
    if (schema.find("items")) return list(schema);
    const std::size_t at = schema.index_of("properties");
    if (at == JsonValue::npos || !schema.items[at].is(Kind::kObject)) return;
    for (JsonValue& member : schema.items[at].items) value(member);
  }

  void list(JsonValue& schema) {
    const JsonValue& items = *schema.find("items");
    const JsonValue* format = items.find("format");
    if (!format || !format->is(Kind::kString) || !is_settling(format->text) || formats_.count(format->text) != 1)
      return;
    std::optional<JsonValue> all = all_of_text(items, evidence_, format->text == "uri");
    if (!all || all->items.empty() || schema.find("const") || !allows(schema, *all)) return;
    schema.names.emplace_back("const");
    schema.items.push_back(std::move(*all));
  }

  /// False too where a $ref leads out of the part.
  static bool allows(const JsonValue& schema, const JsonValue& value) {
    try {
      return !validate(*SchemaGraph::parse(json_text(schema)), value);
    } catch (const Error&) {
      return false;
    }
  }
};

}  // namespace

JsonValue settle(const JsonValue& schema, const tasks::Evidence& evidence) {
  JsonValue settled = schema;
  Settling(evidence).settle(settled);
  return parse_json_value(json_text(settled), "schema");
}

}  // namespace eve::extract
