// SPDX-License-Identifier: Apache-2.0
#include "commit/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <memory>
#include <numeric>

namespace eve::commit {

namespace {

constexpr int kMaxDepth = 64;

struct Event {
  yaml_event_t event{};
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&event); }
};

class Reader {
 public:
  Reader(std::string_view text, const std::string& where) : where_(where) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  JsonValue document() {
    JsonValue value;
    bool any = false;
    while (true) {
      Event e;
      next(e);
      if (e.event.type == YAML_STREAM_END_EVENT) return value;
      if (e.event.type == YAML_STREAM_START_EVENT || e.event.type == YAML_DOCUMENT_START_EVENT ||
          e.event.type == YAML_DOCUMENT_END_EVENT)
        continue;
      if (any) fail("more than one document");
      any = true;
      value = read(e, 0);
    }
  }

 private:
  yaml_parser_t parser_{};
  const std::string& where_;

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(Status::kInput, where_ + ": line " + std::to_string(parser_.mark.line + 1) + ": " + what);
  }

  void next(Event& e) {
    if (yaml_parser_parse(&parser_, &e.event) == 0) fail("not YAML");
  }

  static JsonValue scalar(std::string_view text, bool plain) {
    JsonValue value;
    if (plain && (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")) return value;
    if (plain &&
        (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" || text == "FALSE")) {
      value.kind = JsonValue::Kind::kBoolean;
      value.boolean = text.front() == 't' || text.front() == 'T';
    } else if (const auto number = plain ? Decimal::parse(text) : std::nullopt) {
      value.kind = JsonValue::Kind::kNumber;
      value.number = *number;
    } else {
      value.kind = JsonValue::Kind::kString;
      value.text = text;
    }
    return value;
  }

  JsonValue read(const Event& first, int depth) {
    if (depth > kMaxDepth) fail("nested more than 64 levels deep");
    const yaml_event_t& e = first.event;
    JsonValue value;
    if (e.type == YAML_SCALAR_EVENT) {
      if (e.data.scalar.anchor || e.data.scalar.tag) fail("anchors and tags are not read");
      return scalar({reinterpret_cast<const char*>(e.data.scalar.value), e.data.scalar.length},
                    e.data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
    }
    if (e.type == YAML_SEQUENCE_START_EVENT) {
      if (e.data.sequence_start.anchor || e.data.sequence_start.tag) fail("anchors and tags are not read");
      value.kind = JsonValue::Kind::kArray;
      while (true) {
        Event item;
        next(item);
        if (item.event.type == YAML_SEQUENCE_END_EVENT) return value;
        value.items.push_back(read(item, depth + 1));
      }
    }
    if (e.type != YAML_MAPPING_START_EVENT) fail("aliases are not read");
    if (e.data.mapping_start.anchor || e.data.mapping_start.tag) fail("anchors and tags are not read");
    value.kind = JsonValue::Kind::kObject;
    while (true) {
      Event key;
      next(key);
      if (key.event.type == YAML_MAPPING_END_EVENT) break;
      if (key.event.type != YAML_SCALAR_EVENT) fail("a key is not text");
      value.names.emplace_back(reinterpret_cast<const char*>(key.event.data.scalar.value),
                               key.event.data.scalar.length);
      Event item;
      next(item);
      value.items.push_back(read(item, depth + 1));
    }
    value.sorted.resize(value.names.size());
    std::iota(value.sorted.begin(), value.sorted.end(), 0U);
    std::ranges::sort(value.sorted, {}, [&](std::uint32_t i) { return std::string_view(value.names[i]); });
    const auto twice =
        std::ranges::adjacent_find(value.sorted, {}, [&](std::uint32_t i) { return std::string_view(value.names[i]); });
    if (twice != value.sorted.end()) fail("a key stands twice");
    return value;
  }
};

}  // namespace

JsonValue parse_yaml(std::string_view text, const std::string& where) { return Reader(text, where).document(); }

}  // namespace eve::commit
