// SPDX-License-Identifier: Apache-2.0
#include "base/json_value.h"

#include <algorithm>
#include <numeric>

#include "base/json.h"

namespace eve {
namespace {

using Kind = JsonValue::Kind;

/// Takes the numbers out of a text, for simdjson has no type for all of them: each becomes 0. What is no number stays,
/// so that a text that is not JSON stays one. In document order.
std::vector<Decimal> take_numbers(std::string& text) {
  std::vector<Decimal> numbers;
  std::size_t to = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at)
        if (text[at] == '\\') ++at;
      at = std::min(at + 1, text.size());
    } else if (text[at] == '-' || (text[at] >= '0' && text[at] <= '9')) {
      while (at < text.size() && (std::string_view("+-.eE").find(text[at]) != std::string_view::npos ||
                                  (text[at] >= '0' && text[at] <= '9')))
        ++at;
      if (auto number = Decimal::parse(std::string_view(text).substr(start, at - start))) {
        numbers.push_back(std::move(*number));
        text[to++] = '0';
        continue;
      }
    } else {
      ++at;
    }
    for (std::size_t i = start; i < at; ++i) text[to++] = text[i];
  }
  text.resize(to);
  return numbers;
}

/// Depth is bounded by the parser.
class Builder {
 public:
  Builder(std::vector<Decimal> numbers, const std::string& where, Status status)
      : numbers_(std::move(numbers)), where_(where), status_(status) {}

  JsonValue build(simdjson::dom::element element) {
    JsonValue out;
    switch (element.type()) {
      case simdjson::dom::element_type::NULL_VALUE:
        break;
      case simdjson::dom::element_type::BOOL:
        out.kind = Kind::kBoolean;
        out.boolean = element.get_bool();
        break;
      case simdjson::dom::element_type::STRING:
        out.kind = Kind::kString;
        out.text = std::string_view(element.get_string());
        break;
      case simdjson::dom::element_type::ARRAY:
        out.kind = Kind::kArray;
        for (const auto item : simdjson::dom::array(element)) out.items.push_back(build(item));
        break;
      case simdjson::dom::element_type::OBJECT:
        build_object(simdjson::dom::object(element), out);
        break;
      default:
        out.kind = Kind::kNumber;
        out.number = std::move(numbers_.at(next_++));
    }
    return out;
  }

 private:
  std::vector<Decimal> numbers_;
  std::size_t next_ = 0;
  const std::string& where_;
  Status status_;

  void build_object(simdjson::dom::object object, JsonValue& out) {
    out.kind = Kind::kObject;
    for (const auto member : object) {
      out.names.emplace_back(member.key);
      out.items.push_back(build(member.value));
    }
    out.sorted.resize(out.names.size());
    std::iota(out.sorted.begin(), out.sorted.end(), 0u);
    std::ranges::sort(out.sorted, {}, [&](std::uint32_t i) -> const std::string& { return out.names[i]; });
    for (std::size_t i = 1; i < out.sorted.size(); ++i)
      if (out.names[out.sorted[i - 1]] == out.names[out.sorted[i]])
        throw Error(status_, where_ + ": an object has a member name twice");
  }
};

void new_line(std::string& out, std::size_t indent, std::size_t level) {
  if (indent == 0) return;
  out += '\n';
  out.append(indent * level, ' ');
}

struct Style {
  bool canonical = false;  // members sorted
  bool spelled = false;    // strings as spelled_string() has them
  std::size_t indent = 0;
};

void append_string(std::string& out, std::string_view text, const Style& style) {
  if (style.spelled)
    out += spelled_string(text);
  else
    JsonWriter(out).value(text);
}

void append(std::string& out, const JsonValue& value, const Style& style, std::size_t level) {
  switch (value.kind) {
    case Kind::kNull:
      out += "null";
      break;
    case Kind::kBoolean:
      out += value.boolean ? "true" : "false";
      break;
    case Kind::kNumber:
      out += value.number.str();
      break;
    case Kind::kString:
      append_string(out, value.text, style);
      break;
    case Kind::kArray:
    case Kind::kObject: {
      const bool object = value.is(Kind::kObject);
      out += object ? '{' : '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        const std::size_t at = object && style.canonical ? value.sorted[i] : i;
        if (i != 0) out += ',';
        new_line(out, style.indent, level + 1);
        if (object) {
          append_string(out, value.names[at], style);
          out += style.indent == 0 ? ":" : ": ";
        }
        append(out, value.items[at], style, level + 1);
      }
      if (!value.items.empty()) new_line(out, style.indent, level);
      out += object ? '}' : ']';
    }
  }
}

}  // namespace

std::size_t JsonValue::index_of(std::string_view name) const {
  const auto at =
      std::ranges::lower_bound(sorted, name, {}, [&](std::uint32_t i) { return std::string_view(names[i]); });
  return at != sorted.end() && names[*at] == name ? *at : npos;
}

const JsonValue* JsonValue::find(std::string_view name) const {
  const std::size_t at = index_of(name);
  return at == npos ? nullptr : &items[at];
}

JsonValue parse_json_value(std::string_view text, const std::string& where, Status status) {
  std::string plain(text);
  std::vector<Decimal> numbers = take_numbers(plain);
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parse_json(parser, plain, where, status);
  return Builder(std::move(numbers), where, status).build(root);
}

std::string spelled_string(std::string_view text) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t", kLetter = "\"\\bfnrt";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t at = kShort.find(c); at != std::string_view::npos) {
      out += '\\';
      out += kLetter[at];
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += "01234567"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string canonical_json(const JsonValue& value) {
  std::string out;
  append(out, value, {.canonical = true}, 0);
  return out;
}

std::string json_text(const JsonValue& value, std::size_t indent) {
  std::string out;
  append(out, value, {.indent = indent}, 0);
  return out;
}

std::string spelled_json(const JsonValue& value, std::size_t indent) {
  std::string out;
  append(out, value, {.spelled = true, .indent = indent}, 0);
  return out;
}

}  // namespace eve
