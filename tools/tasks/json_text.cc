// SPDX-License-Identifier: Apache-2.0
#include "tasks/json_text.h"

namespace eve::tasks {

using simdjson::dom::element;
using simdjson::dom::element_type;

void write_json(JsonWriter& json, element value) {
  switch (value.type()) {
    case element_type::ARRAY:
      json.begin_array();
      for (const element one : simdjson::dom::array(value)) write_json(json, one);
      json.end_array();
      return;
    case element_type::OBJECT:
      json.begin_object();
      for (const auto& [key, member] : simdjson::dom::object(value)) {
        json.key(key);
        write_json(json, member);
      }
      json.end_object();
      return;
    case element_type::INT64:
      json.value(std::int64_t(value));
      return;
    case element_type::UINT64:
      json.value(std::uint64_t(value));
      return;
    case element_type::DOUBLE:
      json.value(double(value));
      return;
    case element_type::STRING:
      json.value(std::string_view(value));
      return;
    case element_type::BOOL:
      json.value(bool(value));
      return;
    case element_type::NULL_VALUE:
      json.null();
      return;
  }
}

std::string json_text(element value) {
  std::string text;
  JsonWriter json(text);
  write_json(json, value);
  return text;
}

}  // namespace eve::tasks
