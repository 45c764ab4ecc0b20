// SPDX-License-Identifier: Apache-2.0
// Which of the tags that a model draws belong into one prompt.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace eve::prompt {

/// Takes tags one after the other, in small letters, and refuses those that speak of things the description does not
/// have, and those that say otherwise than the description, its style or a tag taken before: one kind of medium, one
/// palette, one light, one view, one mood.
class TagFilter {
 public:
  /// `style`: the text around the description. `allowed`: words or phrases that may stand in a tag whatever they mean.
  TagFilter(std::string_view description, std::string_view style, const std::vector<std::string>& allowed);
  bool take(std::string_view tag);

 private:
  std::set<std::string, std::less<>> own_;  // of the description, by stem, and allowed words
  unsigned said_ = 0;                       // aspects, see tags.cc
  unsigned media_;                          // kinds that are left, see tags.cc
};

}  // namespace eve::prompt
