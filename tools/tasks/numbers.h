// SPDX-License-Identifier: Apache-2.0
// The numbers that a text holds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eve::tasks {

/// A value and the bytes [start, end) of the text that say it.
struct Found {
  std::string json;  ///< the value as compact JSON: 1234.5, "2026-11-22"
  std::size_t start, end;
};

/// Every number that the text can be read to say, by place, each reading once for a place: digits with or without
/// sign, decimals, thousands ("1,234.50", and "1.234,50" both ways, "1 234,50"), exponents, "10k" and "2M", fractions
/// ("1 1/2", "½"; to three decimals), years of two digits after an apostrophe, and English words ("twenty-five", "two
/// hundred and six", "third", "a dozen", "half", "a couple", "alone"). An article alone says no number. At most `limit`
/// of them.
std::vector<Found> find_numbers(std::string_view text, std::size_t limit = 2000);

/// Whether the text of a number ends as decimals do behind a comma: "3,50" and "12,5", but not "1,234" or "1,2,3".
bool is_decimal_comma(std::string_view number);

}  // namespace eve::tasks
