// SPDX-License-Identifier: Apache-2.0
// The other side of a transfer: "from 014-821650 to DE89 3704 ...". What is paid from or to beside an IBAN is an
// account.
#include <algorithm>

#include "pii/rules.h"
#include "pii/scan.h"

namespace eve::pii {

namespace {

constexpr std::size_t kLongest = 24, kLeastDigits = 6, kMostDigits = 18, kMostLetters = 4;

/// Digits in groups, with a few letters at most in front: no word, date or amount.
bool is_account(std::string_view value) {
  if (value.empty() || value.size() > kLongest || !is_alnum(value.front()) || !is_digit(value.back())) return false;
  const std::size_t letters = run_end(value, 0, is_letter);
  if (letters > kMostLetters) return false;
  const auto rest = value.substr(letters);
  const auto digits = static_cast<std::size_t>(std::count_if(rest.begin(), rest.end(), is_digit));
  return digits >= kLeastDigits && digits <= kMostDigits &&
         std::all_of(rest.begin(), rest.end(), [](char c) { return is_digit(c) || c == ' ' || c == '-'; });
}

}  // namespace

void find_transfers(std::string_view text, Findings& found) {
  constexpr std::string_view kFrom = "from ", kTo = " to ";
  const auto add = [&](std::size_t start, std::size_t end) {
    if (is_account(text.substr(start, end - start)) && !is_word(before(text, start)) && !is_word(at(text, end)))
      found.push_back({start, end, Label::kAccountNumber, 0.9f, "transfer"});
  };
  const std::size_t known = found.size();
  for (std::size_t i = 0; i < known; ++i) {
    const Finding iban = found[i];
    if (iban.label != Label::kIban) continue;
    if (ends_before(text, iban.start, kTo)) {
      const std::size_t end = iban.start - kTo.size(), window = end - std::min(end, kLongest + kFrom.size());
      for (std::size_t start = end; start-- > window;)
        if (ends_before(text, start, kFrom)) {
          add(start, end);
          break;
        }
    }
    if (has_at(text, iban.end, kTo)) {
      const std::size_t start = iban.end + kTo.size();
      std::size_t end = start;
      for (std::size_t next = start; next < text.size() && next - start <= kLongest; ++next) {
        if (is_alnum(text[next]))
          end = next + 1;
        else if ((text[next] != ' ' && text[next] != '-') || !is_digit(at(text, next + 1)))
          break;
      }
      add(start, end);
    }
  }
}

}  // namespace eve::pii
