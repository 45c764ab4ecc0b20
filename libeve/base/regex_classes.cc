// SPDX-License-Identifier: Apache-2.0
#include "base/regex_classes.h"

#include <utf8proc.h>

#include <array>

namespace eve {
namespace {

struct Category {
  std::string_view code, name;
};
// Unicode's PropertyValueAliases for gc. A category is a subset of the one its first letter names.
constexpr Category kCategories[] = {
    {"L", "Letter"},
    {"LC", "Cased_Letter"},
    {"Lu", "Uppercase_Letter"},
    {"Ll", "Lowercase_Letter"},
    {"Lt", "Titlecase_Letter"},
    {"Lm", "Modifier_Letter"},
    {"Lo", "Other_Letter"},
    {"M", "Mark"},
    {"Mn", "Nonspacing_Mark"},
    {"Mc", "Spacing_Mark"},
    {"Me", "Enclosing_Mark"},
    {"N", "Number"},
    {"Nd", "Decimal_Number"},
    {"Nl", "Letter_Number"},
    {"No", "Other_Number"},
    {"P", "Punctuation"},
    {"Pc", "Connector_Punctuation"},
    {"Pd", "Dash_Punctuation"},
    {"Ps", "Open_Punctuation"},
    {"Pe", "Close_Punctuation"},
    {"Pi", "Initial_Punctuation"},
    {"Pf", "Final_Punctuation"},
    {"Po", "Other_Punctuation"},
    {"S", "Symbol"},
    {"Sm", "Math_Symbol"},
    {"Sc", "Currency_Symbol"},
    {"Sk", "Modifier_Symbol"},
    {"So", "Other_Symbol"},
    {"Z", "Separator"},
    {"Zs", "Space_Separator"},
    {"Zl", "Line_Separator"},
    {"Zp", "Paragraph_Separator"},
    {"C", "Other"},
    {"Cc", "Control"},
    {"Cf", "Format"},
    {"Co", "Private_Use"},
    {"Cn", "Unassigned"},
};

bool belongs(std::string_view code, std::string_view of) {
  if (code == "LC") return of == "Lu" || of == "Ll" || of == "Lt";
  return code.size() == 1 ? of.front() == code.front() : of == code;
}

}  // namespace

std::vector<CodeRange> digit_class() { return {{'0', '9'}}; }
std::vector<CodeRange> word_class() { return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}; }
std::vector<CodeRange> space_class() {
  return {{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
          {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
}
std::vector<CodeRange> line_end_class() { return {{0x0A, 0x0A}, {0x0D, 0x0D}, {0x2028, 0x2029}}; }

std::vector<CodeRange> category_class(std::string_view name) {
  for (const std::string_view prefix : {"General_Category=", "gc="})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  std::string_view code;
  for (const Category& category : kCategories)
    if (name == category.code || name == category.name) code = category.code;
  std::vector<CodeRange> out;
  if (code.empty()) return out;
  for (std::uint32_t c = 0; c <= 0x10FFFF; ++c)
    if (belongs(code, utf8proc_category_string(static_cast<utf8proc_int32_t>(c)))) {
      if (!out.empty() && out.back().high + 1 == c)
        out.back().high = c;
      else
        out.push_back({c, c});
    }
  return normalised(std::move(out));
}

}  // namespace eve
