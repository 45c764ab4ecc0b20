// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/utf8.h"

namespace eve {
namespace {

constexpr std::size_t kMaxDepth = 64;

void append_escape(std::string& out, std::uint32_t unit) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[unit >> shift & 15];
}

void append_escaped(std::string& out, std::uint32_t code_point) {
  switch (code_point) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
  }
  if (code_point < 0x10000) return append_escape(out, code_point);
  append_escape(out, 0xD800 + ((code_point - 0x10000) >> 10));
  append_escape(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

template <class Number>
void append_real(std::string& out, Number number) {
  // Beyond 64 bits many readers, simdjson among them, refuse digits without an exponent.
  if (std::abs(number) < Number(1e17)) return append_number(out, number);
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, std::chars_format::scientific).ptr);
}

}  // namespace

simdjson::dom::element parse_json(simdjson::dom::parser& parser, std::string_view text, const std::string& where,
                                  Status status) {
  simdjson::dom::element element;
  simdjson::error_code error = simdjson::SUCCESS;
  if (parser.max_depth() != kMaxDepth || parser.capacity() < text.size())
    error = parser.allocate(std::max<std::size_t>(text.size(), 64), kMaxDepth);
  if (!error) error = parser.parse(text.data(), text.size()).get(element);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  if (error == simdjson::DEPTH_ERROR) throw Error(status, where + ": JSON nested more than 64 levels deep");
  if (error) throw Error(status, where + ": not valid JSON: " + simdjson::error_message(error));
  return element;
}

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_ += '{';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_ += '}';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_ += '[';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_ += ']';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  value(name);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  out_ += '"';
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = utf8_at(text, at);
    if (point.value == CodePoint::kInvalid) {
      append_utf8(out_, 0xFFFD);
    } else if (point.value == '"' || point.value == '\\') {
      out_ += '\\';
      out_ += text[at];
    } else if (is_unsafe_on_terminal(point.value)) {
      append_escaped(out_, point.value);
    } else {
      out_.append(text, at, point.bytes);
    }
    at += point.bytes;
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  separate();
  out_ += truth ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_real(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(float number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_real(out_, number);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::natural(std::uint64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  out_ += "null";
  return *this;
}

}  // namespace eve
