// SPDX-License-Identifier: Apache-2.0
#include "pii/plausible.h"

#include <algorithm>
#include <optional>
#include <string>

#include "pii/checks.h"
#include "pii/labels.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

constexpr std::uint16_t id(Label label) { return static_cast<std::uint16_t>(label); }

bool is_hash(std::string_view value) { return value.size() >= 24 && std::all_of(value.begin(), value.end(), is_hex); }

// The label that the form allows: mostly the model's own; none when it is no such thing.
std::optional<std::uint16_t> checked(std::string_view value, std::uint16_t label) {
  if (label >= kLabels) return label;
  std::string digits, compact;
  std::copy_if(value.begin(), value.end(), std::back_inserter(digits), is_digit);
  std::copy_if(value.begin(), value.end(), std::back_inserter(compact), is_alnum);
  const auto has = [value](char c) { return value.find(c) != value.npos; };
  bool fits = true;
  switch (static_cast<Label>(label)) {
    case Label::kEmail:
      fits = has('@') || value.find("%40") != value.npos;
      break;
    case Label::kIpAddress:
      fits = has('.') || has(':');
      break;
    case Label::kMacAddress:
      fits = compact.size() >= 12 && std::all_of(compact.begin(), compact.end(), is_hex);
      break;
    case Label::kUrl:
      fits = has('.') || value.find("://") != value.npos;
      break;
    case Label::kCreditCard:
      fits = digits.size() >= 12 && digits.size() <= 19 && luhn(digits);
      break;
    case Label::kIban:
      fits = compact.size() >= 15 && iban_length(compact.substr(0, 2)) != 0;
      break;
    case Label::kImei:
      fits = digits.size() >= 14 && digits.size() <= 16;
      break;
    case Label::kGps:
      fits = digits.size() >= 4;
      break;
    case Label::kCrypto:
      fits = compact.size() >= 20 && !is_hash(value);
      break;
    case Label::kPassword:
      fits = !is_hash(value);
      break;
    case Label::kPhone:
      fits = digits.size() >= 5;
      break;
    case Label::kSsn:
      fits = digits.size() >= 6;
      break;
    case Label::kUsername:
      // "Ada Berg" is a person, /users/56134 a number of the program's own (so of all 6,490 in the training rows).
      if (has(' ')) return id(Label::kPerson);
      fits = std::any_of(value.begin(), value.end(), is_letter) || std::any_of(value.begin(), value.end(), is_high);
      break;
    case Label::kPassport:
    case Label::kDriverLicense:
    case Label::kAccountNumber:
      fits = !digits.empty();
      break;
    case Label::kDateOfBirth: {
      // Parts of an address stand in the same column of many records: "2206 Dell St", "046 58".
      std::size_t groups = 0, longest = 0, run = 0;
      for (char c : value) {
        run = is_digit(c) ? run + 1 : 0;
        groups += run == 1;
        longest = std::max(longest, run);
      }
      const bool letters = std::any_of(value.begin(), value.end(), is_letter);
      const bool year = longest == 4 && groups == 1 && value.size() <= 14 && value.size() >= 4 &&
                        is_digit(value.back()) &&
                        (value.substr(value.size() - 4, 2) == "19" || value.substr(value.size() - 4, 2) == "20");
      const bool solid = groups == 1 && longest >= 6 && longest <= 8 && !letters;
      if (solid || year ||
          (longest <= 4 && digits.size() >= 4 && value.size() <= 24 && (groups == 3 || (groups == 2 && letters))))
        return label;
      return digits.empty() ? std::nullopt : std::optional(id(Label::kAddress));
    }
    default:
      break;
  }
  return fits ? std::optional(label) : std::nullopt;
}

// What may stand between two parts of one value.
bool one_value(std::uint16_t label, std::string_view between) {
  if (label == id(Label::kPerson)) return between == " ";
  if (label == id(Label::kAddress)) return between == ", " || between == " , ";
  return false;
}

}  // namespace

Spans plausible(std::string_view text, const Spans& model) {
  Spans whole;
  for (Span span : model) {
    const std::size_t least = whole.empty() ? 0 : whole.back().end;
    const auto joins = [](char c) { return is_alnum(c) || is_high(c); };
    while (span.start > least && joins(text[span.start]) && joins(text[span.start - 1])) --span.start;
    while (span.end < text.size() && joins(text[span.end - 1]) && joins(text[span.end])) ++span.end;
    span.start = std::max(span.start, least);
    if (span.start >= span.end) continue;
    if (!whole.empty() && whole.back().label == span.label &&
        one_value(span.label, text.substr(whole.back().end, span.start - whole.back().end))) {
      whole.back().end = span.end;
      whole.back().score = std::min(whole.back().score, span.score);
      continue;
    }
    whole.push_back(span);
  }
  Spans good;
  for (Span span : whole) {
    const auto label = checked(text.substr(span.start, span.end - span.start), span.label);
    if (!label) continue;
    span.label = *label;
    good.push_back(span);
  }
  return good;
}

}  // namespace eve::pii
