// SPDX-License-Identifier: Apache-2.0
#include "extract/phones.h"

#include <algorithm>

namespace eve::extract {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == ' ' || c == '-' || c == '.'; }

/// How many digits stand in each group of the run that begins here, and where the run ends.
struct Run {
  std::vector<std::size_t> groups;
  std::size_t end, digits = 0;
};
Run run_at(std::string_view text, std::size_t at) {
  Run run{{}, at};
  for (;;) {
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == at) return run;
    run.groups.push_back(end - at);
    run.digits += end - at;
    run.end = end;
    if (end == text.size() || !is_separator(text[end])) return run;
    at = end + 1;
  }
}

}  // namespace

std::vector<std::string_view> find_phones(std::string_view text) {
  constexpr std::size_t kFewest = 8, kMost = 15;  // digits of an international number (E.164)
  std::vector<std::string_view> phones;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool plus = text[at] == '+';
    if (!plus && (!is_digit(text[at]) || (at > 0 && (is_digit(text[at - 1]) || is_separator(text[at - 1])) &&
                                          !(text[at - 1] == ' ' && at > 1 && !is_digit(text[at - 2])))))
      continue;
    const Run run = run_at(text, at + (plus ? 1 : 0));
    const bool international = plus && run.groups.size() > 1 && run.digits >= kFewest && run.digits <= kMost;
    const bool american = !plus && run.groups == std::vector<std::size_t>{3, 3, 4};
    if (!international && !american) continue;
    phones.push_back(text.substr(at, run.end - at));
    at = run.end - 1;
  }
  return phones;
}

std::string_view whole_phone(std::string_view said, const std::vector<std::string_view>& phones) {
  // One group alone may be an area or a country.
  const bool groups = std::ranges::count_if(said, is_separator) > 0;
  const bool digits = std::ranges::all_of(said, [](char c) { return is_digit(c) || is_separator(c) || c == '+'; });
  if (!groups || !digits) return said;
  for (const std::string_view phone : phones)
    if (phone.find(said) != phone.npos) return phone;
  return said;
}

}  // namespace eve::extract
