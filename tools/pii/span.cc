// SPDX-License-Identifier: Apache-2.0
#include "pii/span.h"

#include <algorithm>

#include "eve/error.h"
#include "pii/labels.h"
#include "pii/scan.h"

namespace eve::pii {

LabelSet::LabelSet() : names_(kLabelNames.begin(), kLabelNames.end()) { names_.emplace_back(kCustomLabel); }

std::uint16_t LabelSet::add(std::string_view name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) names_.emplace_back(name);
  return static_cast<std::uint16_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
}

std::uint16_t LabelSet::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    std::string known;
    for (const std::string& n : names_) known += (known.empty() ? "" : ", ") + n;
    throw Error(Status::kInput, "there is no label " + std::string(name) + "; the labels are " + known);
  }
  return static_cast<std::uint16_t>(found - names_.begin());
}

std::vector<Tag> find_tags(std::string_view text, const LabelSet& labels) {
  constexpr std::size_t kMostDigits = 7, kHashDigits = 16;
  std::vector<Tag> tags;
  for (std::size_t i = text.find('['); i != text.npos; i = text.find('[', i + 1)) {
    const auto in_name = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); };
    const std::size_t stop = run_end(
        text, i + 1, [&](char c) { return in_name(c) || c == 'x' || is_hex(c); }, 64);
    if (at(text, stop) != ']') continue;
    const std::string_view inside = text.substr(i + 1, stop - i - 1);
    const std::size_t mark = inside.rfind('_');
    if (mark == inside.npos) continue;
    const std::string_view number = inside.substr(mark + 1);
    const bool hash =
        number.size() == kHashDigits + 1 && number[0] == 'x' && std::all_of(number.begin() + 1, number.end(), is_hex);
    const bool digits = !number.empty() && number.size() <= kMostDigits && number[0] != '0' &&
                        std::all_of(number.begin(), number.end(), is_digit);
    if (!hash && !digits) continue;
    for (std::size_t label = 0; label < labels.size(); ++label) {
      if (labels.name(label) != inside.substr(0, mark)) continue;
      std::uint32_t value = 0;
      if (digits) {
        for (char c : number) value = value * 10 + value_of(c);
      }
      tags.push_back({i, stop + 1, static_cast<std::uint16_t>(label), value});
      break;
    }
  }
  return tags;
}

}  // namespace eve::pii
