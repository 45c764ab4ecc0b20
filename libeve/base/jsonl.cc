// SPDX-License-Identifier: Apache-2.0
#include "base/jsonl.h"

#include "base/io.h"

namespace eve {

namespace {
constexpr std::size_t kMaxFileBytes = std::size_t{4} << 30;
}

void for_each_json_line(const std::string& path,
                        const std::function<void(simdjson::dom::element, const std::string&)>& fn) {
  simdjson::dom::parser parser;
  const std::string text = read_file(path, kMaxFileBytes);
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    ++number;
    if (end > at) {
      const std::string where = printable(path) + ":" + std::to_string(number);
      try {
        fn(parse_json(parser, std::string_view(text).substr(at, end - at), where), where);
      } catch (const simdjson::simdjson_error& error) {
        throw Error(Status::kInput, where + ": not a row of this kind: " + error.what());
      }
    }
    at = end + 1;
  }
}

}  // namespace eve
