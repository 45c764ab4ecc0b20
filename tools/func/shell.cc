// SPDX-License-Identifier: Apache-2.0
#include "func/shell.h"

#include "base/utf8.h"
#include "eve/error.h"
#include "tasks/json_text.h"

namespace eve::func {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
         std::string_view("_-+=./:@%,").find(c) != std::string_view::npos;
}

void add_octal(std::string& out, unsigned char byte) {
  out += '\\';
  for (int shift = 6; shift >= 0; shift -= 3) out += static_cast<char>('0' + ((byte >> shift) & 7));
}

void add_flag(std::string& line, std::string_view key, element value) {
  std::string word = "--" + std::string(key);
  if (value.type() == element_type::BOOL && bool(value)) {
    line += " " + quote(word);
    return;
  }
  std::string_view text;
  word += "=";
  word += value.get(text) == simdjson::SUCCESS ? std::string(text) : tasks::json_text(value);
  line += " " + quote(word);
}

bool is_list_of_scalars(element value) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return false;
  for (const element one : list)
    if (one.is_array() || one.is_object() || one.is_null()) return false;
  return true;
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
    } else if (bytes == "'" || bytes == "\\") {
      out.append("\\").append(bytes);
    } else if (c.value == CodePoint::kInvalid || is_unsafe_on_terminal(c.value)) {
      for (const char byte : bytes) add_octal(out, static_cast<unsigned char>(byte));
    } else {
      out += bytes;
    }
  }
  return out + "'";
}

std::string command_line(element call) {
  const std::string_view name = call["name"];
  std::string line = quote(name);
  // NAME=x in front would be an assignment, not a command.
  if (line == name && name.find('=') != name.npos) line = "'" + line + "'";
  for (const auto& [key, value] : call["arguments"].get_object()) {
    if (value.is_null()) continue;
    if (!is_list_of_scalars(value)) {
      add_flag(line, key, value);
      continue;
    }
    for (const element one : simdjson::dom::array(value)) add_flag(line, key, one);
  }
  return line;
}

}  // namespace eve::func
