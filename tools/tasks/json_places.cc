// SPDX-License-Identifier: Apache-2.0
#include "tasks/json_places.h"

#include "decode/schema.h"

namespace eve::tasks {

namespace {

using Kind = JsonValue::Kind;

class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}
  std::vector<JsonPlace> places;

  void value(const JsonValue& value, const std::string& pointer) {
    blanks();
    const std::size_t start = at_;
    if (value.is(Kind::kObject) || value.is(Kind::kArray)) {
      ++at_;
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (value.is(Kind::kObject)) {
          blanks();
          scalar();  // the name
          blanks();
          ++at_;  // ':'
        }
        this->value(value.items[i],
                    pointer + "/" + (value.is(Kind::kObject) ? pointer_step(value.names[i]) : std::to_string(i)));
        blanks();
        if (i + 1 < value.items.size()) ++at_;  // ','
      }
      blanks();
      ++at_;
      return;
    }
    scalar();
    places.push_back({pointer, start, at_, &value});
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;

  void blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  void scalar() {
    if (at_ < text_.size() && text_[at_] == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
        if (text_[at_] == '\\') ++at_;
      ++at_;
      return;
    }
    while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
  }
};

}  // namespace

std::vector<JsonPlace> json_places(std::string_view text, const JsonValue& value) {
  Walk walk(text);
  walk.value(value, "");
  return std::move(walk.places);
}

}  // namespace eve::tasks
