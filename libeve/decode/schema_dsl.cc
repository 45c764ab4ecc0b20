// SPDX-License-Identifier: Apache-2.0
#include "decode/schema_dsl.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "base/json_value.h"
#include "base/utf8.h"

namespace eve {
namespace {

constexpr std::size_t kMaxDepth = 24;  // each level nests twice in the schema, which has at most 64

struct TypeName {
  std::string_view name, type, format;
};
constexpr TypeName kTypes[] = {
    {"string", "string", ""},
    {"str", "string", ""},
    {"int", "integer", ""},
    {"integer", "integer", ""},
    {"number", "number", ""},
    {"float", "number", ""},
    {"bool", "boolean", ""},
    {"boolean", "boolean", ""},
    {"any", "", ""},
    {"date", "string", "date"},
    {"time", "string", "time"},
    {"date-time", "string", "date-time"},
    {"duration", "string", "duration"},
    {"email", "string", "email"},
    {"uri", "string", "uri"},
    {"url", "string", "uri"},
    {"uuid", "string", "uuid"},
    {"ipv4", "string", "ipv4"},
    {"ipv6", "string", "ipv6"},
    {"hostname", "string", "hostname"},
};

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

struct Field;

struct Type {
  enum class Kind { kNamed, kList, kRecord, kChoice } kind = Kind::kNamed;
  const TypeName* named = &kTypes[0];
  std::optional<Decimal> low, high;
  std::vector<Type> item;  // of a list: one
  std::vector<Field> fields;
  std::vector<std::string> choices;
  bool numbers = false;  // the choices are
  bool null = false;
};

struct Field {
  std::string name, description;
  bool required = true;
  Type type;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Type run() {
    if (const std::size_t bad = utf8_error(text_); bad != std::string_view::npos) {
      at_ = bad;
      fail("not valid UTF-8");
    }
    skip(kLines);
    Type out;
    if (peek() == '[')
      out = type();
    else
      record(out);
    skip(kLines);
    if (at_ != text_.size()) fail("expected the end");
    return out;
  }

 private:
  static constexpr std::string_view kBlanks = " \t\r", kLines = " \t\r\n", kEnds = " \t\r\n,:?[]{}|\"'";
  std::string_view text_;
  std::size_t at_ = 0, depth_ = 0;

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(Status::kInput, "schema, byte " + std::to_string(at_ + 1) + ": " + why);
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool at_any(std::string_view set) const {
    return at_ < text_.size() && set.find(text_[at_]) != std::string_view::npos;
  }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip(std::string_view blanks) {
    while (at_any(blanks)) ++at_;
  }

  /// A word, or a text in quotes; empty when neither stands here.
  std::string word() {
    const char quote = peek();
    if (quote == '"' || quote == '\'') {
      const std::size_t end = text_.find(quote, at_ + 1);
      if (end == std::string_view::npos) fail("a quote that is not closed");
      if (end == at_ + 1) fail("an empty name or choice");
      const std::size_t start = std::exchange(at_, end + 1) + 1;
      return std::string(text_.substr(start, end - start));
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && !at_any(kEnds)) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  std::string description() {
    skip(kBlanks);
    if (!take(':')) return {};
    skip(kBlanks);
    const std::size_t start = at_;
    at_ = std::min(text_.find_first_of(",\n}", at_), text_.size());
    std::string_view out = text_.substr(start, at_ - start);
    while (!out.empty() && kBlanks.find(out.back()) != std::string_view::npos) out.remove_suffix(1);
    return std::string(out);
  }

  /// Fields up to the end of the text or a brace.
  void record(Type& out) {
    if (++depth_ > kMaxDepth) fail("nested too deeply");
    out.kind = Type::Kind::kRecord;
    std::set<std::string> names;
    while (true) {
      skip(" \t\r\n,");
      if (at_ == text_.size() || peek() == '}') break;
      Field field;
      field.name = word();
      if (field.name.empty()) fail("expected the name of a field");
      if (!names.insert(field.name).second) fail("a field has this name already");
      field.required = !take('?');
      skip(kBlanks);
      if (at_ < text_.size() && !at_any(",:}\n")) field.type = type();
      field.description = description();
      if (at_ < text_.size() && !at_any(",}\n")) fail("expected a comma between fields");
      out.fields.push_back(std::move(field));
    }
    if (out.fields.empty()) fail("expected the name of a field");
    --depth_;
  }

  Type type() {
    Type out;
    if (take('{')) {
      record(out);
      if (!take('}')) fail("expected a }");
    } else if (take('[')) {
      if (++depth_ > kMaxDepth) fail("nested too deeply");
      skip(kLines);
      out.kind = Type::Kind::kList;
      out.item.push_back(peek() == ']' ? Type() : type());
      skip(kLines);
      if (!take(']')) fail("expected a ]");
      --depth_;
    } else {
      named_or_choice(out);
    }
    out.null = take('?');
    return out;
  }

  void named_or_choice(Type& out) {
    const std::size_t start = at_;
    const bool quoted = at_any("\"'");
    std::string first = word();
    if (first.empty()) fail("expected a type");
    if (peek() != '|' && !quoted) {
      const auto found = std::ranges::find(kTypes, first, &TypeName::name);
      if (found != std::end(kTypes)) {
        out.named = found;
        if (found->type == "integer" || found->type == "number") range(out);
        return;
      }
      at_ = start;
      fail("not a type; choices are written a|b");
    }
    out.kind = Type::Kind::kChoice;
    out.numbers = !quoted;
    out.choices.push_back(std::move(first));
    while (take('|')) {
      out.numbers = out.numbers && !at_any("\"'");
      out.choices.push_back(word());
      if (out.choices.back().empty()) fail("expected a choice");
    }
    for (const std::string& choice : out.choices) out.numbers = out.numbers && Decimal::parse(choice).has_value();
  }

  /// LOW..HIGH, if it stands here.
  void range(Type& out) {
    const std::size_t start = at_;
    skip(kBlanks);
    const std::size_t begin = at_;
    const std::string text = at_any("\"'") ? "" : word();
    const std::size_t dots = text.find("..");
    if (dots == std::string::npos) {
      at_ = start;
      return;
    }
    const auto bound = [&](const std::string& digits) -> std::optional<Decimal> {
      if (digits.empty()) return std::nullopt;
      const auto value = Decimal::parse(digits);
      if (!value) {
        at_ = begin;
        fail("a range is LOW..HIGH");
      }
      return value;
    };
    out.low = bound(text.substr(0, dots));
    out.high = bound(text.substr(dots + 2));
    if (out.low && out.high && *out.low > *out.high) {
      at_ = begin;
      fail("the range is empty");
    }
  }
};

/// {"type":...} and so on. `description` may be empty.
std::string schema_of(const Type& type, const std::string& description) {
  std::vector<std::string> members;
  const auto add = [&](const char* key, const std::string& json) {
    members.push_back(spelled_string(key) + ":" + json);
  };
  const auto add_type = [&](std::string_view name) {
    const std::string quoted = spelled_string(name);
    add("type", type.null ? "[" + quoted + ",\"null\"]" : quoted);
  };
  switch (type.kind) {
    case Type::Kind::kNamed:
      if (!type.named->type.empty()) add_type(type.named->type);
      if (!type.named->format.empty()) add("format", spelled_string(type.named->format));
      if (type.low) add("minimum", type.low->str());
      if (type.high) add("maximum", type.high->str());
      break;
    case Type::Kind::kChoice: {
      std::vector<std::string> values;
      for (const std::string& choice : type.choices)
        values.push_back(type.numbers ? Decimal::parse(choice)->str() : spelled_string(choice));
      if (!type.numbers) add_type("string");
      if (type.null) values.push_back("null");
      add("enum", "[" + joined(values) + "]");
      break;
    }
    case Type::Kind::kList:
      add_type("array");
      add("items", schema_of(type.item[0], {}));
      break;
    case Type::Kind::kRecord: {
      std::vector<std::string> properties, required;
      for (const Field& field : type.fields) {
        properties.push_back(spelled_string(field.name) + ":" + schema_of(field.type, field.description));
        if (field.required) required.push_back(spelled_string(field.name));
      }
      add_type("object");
      add("properties", "{" + joined(properties) + "}");
      add("required", "[" + joined(required) + "]");
      add("additionalProperties", "false");
    }
  }
  if (!description.empty()) add("description", spelled_string(description));
  return "{" + joined(members) + "}";
}

}  // namespace

std::string schema_from_dsl(std::string_view text) { return schema_of(Parser(text).run(), {}); }

}  // namespace eve
