// SPDX-License-Identifier: Apache-2.0
// JSON: reading by simdjson's DOM with our limits, writing by a small writer of our own.
#pragma once

#include <simdjson.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "eve/error.h"

namespace eve {

/// Parses one document, at most 64 levels deep. Throws Error(status, "WHERE: ...") with the reason; never quotes the
/// text. The element lives as long as the parser and until its next parse.
simdjson::dom::element parse_json(simdjson::dom::parser& parser, std::string_view text, const std::string& where,
                                  Status status = Status::kInput);

/// Appends JSON to a string: RFC 8259, UTF-8, shortest numbers that read back equal (std::to_chars); what is unsafe on
/// a terminal is escaped. Commas and colons are its business; the caller keeps begin/end and key/value in order.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);  ///< invalid UTF-8 becomes U+FFFD
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth);
  JsonWriter& value(double number);  ///< NaN and infinities become null
  JsonWriter& value(float number);   ///< shortest form for a float
  JsonWriter& value(std::integral auto number) {
    if constexpr (std::signed_integral<decltype(number)>)
      return integer(number);
    else
      return natural(number);
  }
  JsonWriter& null();
  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

 private:
  std::string& out_;
  bool comma_ = false;  // a comma is due before the next value
  void separate();
  JsonWriter& integer(std::int64_t number);
  JsonWriter& natural(std::uint64_t number);
};

}  // namespace eve
