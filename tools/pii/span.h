// SPDX-License-Identifier: Apache-2.0
// A part of a record that is personal data, and the tags that stand in its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eve::pii {

enum class By : std::uint8_t { kRule, kModel, kList };
constexpr std::string_view name(By by) { return by == By::kRule ? "rule" : by == By::kModel ? "model" : "list"; }

struct Span {
  std::size_t start, end;  ///< bytes [start, end) of the record
  std::uint16_t label;     ///< index into LabelSet
  float score;             ///< (0, 1]
  By by;
};
using Spans = std::vector<Span>;  // sorted, not overlapping

/// The labels of a run: the built-in ones in the order of enum Label, CUSTOM (deny lists), then whatever else a model
/// knows.
class LabelSet {
 public:
  LabelSet();
  std::uint16_t add(std::string_view name);  ///< index of the name, added when it is new
  /// Index of the name. Throws kInput when there is none.
  std::uint16_t find(std::string_view name) const;
  const std::string& name(std::size_t label) const { return names_[label]; }
  std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
};
inline constexpr std::string_view kCustomLabel = "CUSTOM";

/// A tag as eve-pii writes it: "[PERSON_1]" (numbered), "[PERSON_x0123456789abcdef]" (hash).
struct Tag {
  std::size_t start, end;
  std::uint16_t label;
  std::uint32_t number;  ///< 0 for a hash
};
/// All tags in a text, in order. Linear.
std::vector<Tag> find_tags(std::string_view text, const LabelSet& labels);

}  // namespace eve::pii
