// SPDX-License-Identifier: Apache-2.0
#include "pii/token_map.h"

#include <cstdint>

#include "base/json.h"
#include "base/utf8.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;

unsigned hex_value(char c) { return is_digit(c) ? value_of(c) : static_cast<unsigned>(lower(c) - 'a') + 10; }

}  // namespace

void TokenMapWriter::add(std::string_view token, std::string_view label, std::string_view value) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().member("token", token).member("label", label);
  if (utf8_error(value) == value.npos) {
    json.member("value", value);
  } else {
    std::string hex;
    for (char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      hex += "0123456789abcdef"[byte >> 4];
      hex += "0123456789abcdef"[byte & 15];
    }
    json.member("hex", std::string_view(hex));
  }
  json.end_object();
  file_.write(line + "\n");
}

TokenMap::TokenMap(const std::string& path) {
  const std::string text = read_file(path, kMostBytes);
  simdjson::dom::parser parser;
  std::size_t number = 1;
  for (std::size_t from = 0; from < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string where = printable(path) + ": line " + std::to_string(number);
    if (end > from) {
      const simdjson::dom::element line = parse_json(parser, std::string_view(text).substr(from, end - from), where);
      std::string_view token, value;
      std::string bytes;
      if (line["token"].get_string().get(token) != simdjson::SUCCESS || token.empty()) {
        throw Error(Status::kInput, where + ": no \"token\": this is not a map that --map wrote");
      }
      if (line["value"].get_string().get(value) == simdjson::SUCCESS) {
        bytes = value;
      } else if (line["hex"].get_string().get(value) == simdjson::SUCCESS) {
        for (std::size_t i = 0; i + 1 < value.size(); i += 2) {
          if (!is_hex(value[i]) || !is_hex(value[i + 1]))
            throw Error(Status::kInput, where + ": \"hex\" is not hexadecimal");
          bytes += static_cast<char>(hex_value(value[i]) << 4 | hex_value(value[i + 1]));
        }
      } else {
        throw Error(Status::kInput, where + ": neither \"value\" nor \"hex\": this is not a map that --map wrote");
      }
      tokens_.add(token, static_cast<std::uint32_t>(values_.size()));
      values_.push_back(std::move(bytes));
    }
    from = end + 1;
  }
}

std::string TokenMap::restore(std::string_view text) const {
  std::string out;
  std::size_t from = 0;
  for (std::size_t i = text.find('['); i != text.npos; i = text.find('[', i)) {
    const Phrases::Match match = tokens_.longest(text, i);
    if (match.length == 0) {
      ++i;
      continue;
    }
    out.append(text.substr(from, i - from));
    out += values_[match.value];
    from = i += match.length;
  }
  out.append(text.substr(from));
  return out;
}

}  // namespace eve::pii
