// SPDX-License-Identifier: Apache-2.0
#include "func/shell.h"

#include <algorithm>

#include "base/utf8.h"
#include "eve/error.h"

namespace eve::func {

namespace {

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
         std::string_view("_-+=./:@%,").find(c) != std::string_view::npos;
}

void add_octal(std::string& out, unsigned char byte) {
  out += '\\';
  for (int shift = 6; shift >= 0; shift -= 3) out += static_cast<char>('0' + ((byte >> shift) & 7));
}

void add_flag(std::string& line, const std::string& key, const JsonValue& value) {
  const bool set = value.is(JsonValue::Kind::kBoolean) && value.boolean;
  const std::string text = value.is(JsonValue::Kind::kString) ? value.text : json_text(value);
  line += " " + quote("--" + key + (set ? "" : "=" + text));
}

bool is_scalar(const JsonValue& value) {
  return !value.is(JsonValue::Kind::kArray) && !value.is(JsonValue::Kind::kObject) && !value.is(JsonValue::Kind::kNull);
}

}  // namespace

std::string quote(std::string_view word) {
  bool plain = !word.empty(), steers = false;
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint c = utf8_at(word, at);
    if (c.value == 0) throw Error(Status::kInput, "a value holds a NUL character, which no command line can");
    plain = plain && c.bytes == 1 && is_plain(word[at]);
    steers = steers || c.value == CodePoint::kInvalid || is_unsafe_on_terminal(c.value);
    at += c.bytes;
  }
  if (plain && word.front() != '=') return std::string(word);  // zsh expands a leading =
  std::string out = steers ? "$'" : "'";
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint c = utf8_at(word, at);
    const std::string_view bytes = word.substr(at, c.bytes);
    at += c.bytes;
    if (!steers) {
      out.append(bytes == "'" ? "'\\''" : bytes);
    } else if (bytes == "\\") {
      out += "\\\\";
    } else if (bytes == "'" || c.value == CodePoint::kInvalid || is_unsafe_on_terminal(c.value)) {
      // No quote stands bare: a shell that does not know $'...' would end the word there.
      for (const char byte : bytes) add_octal(out, static_cast<unsigned char>(byte));
    } else {
      out += bytes;
    }
  }
  return out + "'";
}

std::string command_line(const JsonValue& call) {
  const std::string& name = call.find("name")->text;
  std::string line = quote(name);
  // NAME=x in front would be an assignment, not a command.
  if (line == name && name.find('=') != name.npos) line = "'" + line + "'";
  const JsonValue& arguments = *call.find("arguments");
  for (std::size_t i = 0; i < arguments.items.size(); ++i) {
    const JsonValue& value = arguments.items[i];
    if (value.is(JsonValue::Kind::kNull)) continue;
    const bool list = value.is(JsonValue::Kind::kArray) && std::ranges::all_of(value.items, is_scalar);
    for (const JsonValue& one : list ? value.items : std::vector<JsonValue>{value})
      add_flag(line, arguments.names[i], one);
  }
  return line;
}

}  // namespace eve::func
