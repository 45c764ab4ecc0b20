// SPDX-License-Identifier: Apache-2.0
#include "decode/value_spans.h"

#include "decode/schema.h"

namespace eve {
namespace {

using Kind = JsonValue::Kind;

/// Follows a text that is known to be JSON and whose values are known.
class Walker {
 public:
  Walker(std::string_view text, std::vector<ValueSpan>& out) : text_(text), out_(out) {}

  void walk(const JsonValue& value, const std::string& pointer) {
    skip_blanks();
    const std::size_t index = out_.size();
    out_.push_back({pointer, at_, 0, value.kind});
    if (value.is(Kind::kArray) || value.is(Kind::kObject)) {
      ++at_;
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        skip_blanks();
        if (i != 0) ++at_;  // the comma
        skip_blanks();
        if (value.is(Kind::kObject)) {
          skip_string();
          skip_blanks();
          ++at_;  // the colon
        }
        walk(value.items[i],
             pointer + "/" + (value.is(Kind::kObject) ? pointer_step(value.names[i]) : std::to_string(i)));
      }
      skip_blanks();
      ++at_;
    } else if (value.is(Kind::kString)) {
      skip_string();
    } else {
      while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    }
    out_[index].end = at_;
  }

 private:
  std::string_view text_;
  std::vector<ValueSpan>& out_;
  std::size_t at_ = 0;

  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }
};

}  // namespace

std::vector<ValueSpan> value_spans(std::string_view json) {
  const JsonValue value = parse_json_value(json, "JSON");
  std::vector<ValueSpan> out;
  Walker(json, out).walk(value, "");
  return out;
}

}  // namespace eve
