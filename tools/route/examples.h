// SPDX-License-Identifier: Apache-2.0
// Examples and descriptions of labels: lines LABEL<TAB>TEXT.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eve::route {

/// Names what belongs to none of the labels; its examples teach where they end.
inline constexpr std::string_view kOutOfScope = "out_of_scope";
/// Index of kOutOfScope where labels are indices.
inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

struct Example {
  std::uint32_t label;  ///< index into Examples::labels, or kNone
  std::string text;
};

struct Examples {
  std::vector<std::string> labels;  ///< in the order of their bytes, without kOutOfScope
  std::vector<Example> rows;        ///< by label, then text: the order of the lines does not matter
  std::size_t repeated = 0;         ///< lines that stood there before; they count once
  std::size_t contradicting = 0;    ///< texts that have more than one label; all are kept
};

/// Reads the lines; empty ones and those that begin with "# " are passed over. Throws kInput ("NAME:LINE: ...") for a
/// line without a tab, an empty text, bytes that are not UTF-8, and a label that is empty, begins or ends with a space
/// or '/', has more than 200 bytes or a control character.
Examples read_examples(std::string_view text, const std::string& name);

/// Why this cannot be a label; nullptr when it can.
const char* label_fault(std::string_view label);

}  // namespace eve::route
