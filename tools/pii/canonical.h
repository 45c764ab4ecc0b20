// SPDX-License-Identifier: Apache-2.0
// What the model reads in place of a record. Values that differ from record to record and tell nothing about the text
// around them are replaced by one example of their kind: what the rules found, tags of an earlier run, time stamps,
// hexadecimal numbers, digits. So records of one form read the same, and the model's answer is a function of that
// form alone: it can be remembered, and it is the same answer whether it was remembered or not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pii/rules.h"
#include "pii/span.h"

namespace eve::pii {

class Canonical {
 public:
  /// `rules` and `tags` of `text`, each sorted and not overlapping; where the two overlap, the tag counts. Linear.
  ///
  /// A tag stands for the same example as a value that a rule found under the tag's label. So masking what only rules
  /// found changes nothing for the model.
  Canonical(std::string_view text, const Findings& rules, const std::vector<Tag>& tags);

  const std::string& text() const { return text_; }

  struct Range {
    std::size_t start, end;
  };
  /// The bytes of the record that [start, end) of text() stands for. Replaced values are covered whole.
  Range original(std::size_t start, std::size_t end) const;

 private:
  struct Piece {
    std::size_t out, out_size;  // in text_
    std::size_t in, in_size;    // in the record
  };
  std::string text_;
  std::vector<Piece> pieces_;  // replacements; between two of them both sides have the same length
};

}  // namespace eve::pii
