// SPDX-License-Identifier: Apache-2.0
// The character classes of regular expressions.
#pragma once

#include <string_view>
#include <vector>

#include "base/nfa.h"

namespace eve {

std::vector<CodeRange> digit_class();     ///< \d: ASCII
std::vector<CodeRange> word_class();      ///< \w: ASCII letters, digits and the underscore
std::vector<CodeRange> space_class();     ///< \s: ECMA-262's WhiteSpace and LineTerminator
std::vector<CodeRange> line_end_class();  ///< what `.` is not
/// A general category by its short or long name ("Lu", "Uppercase_Letter", "L", "Letter"), with or without
/// "General_Category=" or "gc="; empty when there is none of the name.
std::vector<CodeRange> category_class(std::string_view name);

}  // namespace eve
