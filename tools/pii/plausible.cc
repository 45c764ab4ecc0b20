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

// Or a UUID.
bool is_hash(std::string_view value) {
  return value.size() >= 24 && std::all_of(value.begin(), value.end(), [](char c) { return is_hex(c) || c == '-'; });
}

// u2e03 of "\\u2e03" in a program.
bool is_escape(std::string_view text, std::size_t start, std::size_t end) {
  while (start < end && !is_alnum(text[start])) ++start;
  while (end > start && !is_alnum(text[end - 1])) --end;
  if (before(text, start) != '\\' || end < start + 3 || (lower(text[start]) != 'u' && lower(text[start]) != 'x'))
    return false;
  return run_end(text, start + 1, is_hex) == end;
}

// A package as dpkg and apt write it, libxcb1-dev:amd64, or a part of one.
bool is_package(std::string_view text, std::size_t start, std::size_t end) {
  static constexpr std::string_view kMachines[] = {"amd64", "arm64", "armel", "armhf", "i386", "riscv64"};
  const auto is_machine = [&](std::size_t from) {
    const std::size_t stop = run_end(text, from, is_alnum, 8);
    return before(text, from) == ':' && std::any_of(std::begin(kMachines), std::end(kMachines), [&](auto machine) {
             return text.substr(from, stop - from) == machine;
           });
  };
  const auto in_name = [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '+'; };
  return is_machine(start) || is_machine(run_end(text, end, in_name, 64) + 1);
}

// A part of the key in "ssh-ed25519 AAAAC3Nza... NAME@HOST": public.
bool in_public_key(std::string_view text, std::size_t start) {
  while (start > 0 && (is_alnum(text[start - 1]) || text[start - 1] == '+' || text[start - 1] == '/')) --start;
  if (!has_at(text, start, "aaaa") || before(text, start) != ' ') return false;
  std::size_t type = start - 1;
  while (type > 0 && start - type < 40 && !is_space(text[type - 1])) --type;
  return has_at(text, type, "ssh-") || has_at(text, type, "ecdsa-");
}

// JSESSIONID of "JSESSIONID=...": what follows has a name, and this is it.
bool is_name_of_value(std::string_view text, std::size_t end) {
  if (before(text, end) != '=' && at(text, end) == '=') ++end;
  return before(text, end) == '=' && (is_word(at(text, end)) || at(text, end) == '[');
}

// "token count: 4096", "max tokens: 512"
bool counts_tokens(std::string_view text, std::size_t start, std::string_view value) {
  if (!std::all_of(value.begin(), value.end(), is_digit)) return false;
  std::size_t i = start;
  while (i > 0 && start - i < 24 && text[i - 1] != '\n') --i;
  for (; i < start; ++i) {
    if (has_at(text, i, "token")) return true;
  }
  return false;
}

bool is_phone(std::string_view value, const std::string& digits) {
  constexpr std::size_t kMostDigits = 15;                                         // ITU-T E.164
  const std::string_view number = value.substr(0, value.find_first_of("xXeE#"));  // "x123": the extension
  std::size_t single = 0, longest = 0, run = 0, size = 0;                         // groups of one digit; the longest
  for (std::size_t i = 0; i < number.size(); ++i) {
    run = is_digit(number[i]) ? run + 1 : 0;
    longest = std::max(longest, run);
    size += is_digit(number[i]);
    single += run == 1 && !is_digit(at(number, i + 1));
  }
  const bool counts = single > 0 && longest <= 2;  // "4 8 15 16 23 42"
  return digits.size() >= 6 && size <= kMostDigits && single < (digits.size() < 7 ? 2 : 3) && !counts &&
         !digits.starts_with("000");
}

// "1996-2019", "1792-1866"
bool is_years(std::string_view value) {
  const auto is_year = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), is_digit) && (part[0] == '1' || part.starts_with("20"));
  };
  return value.size() == 9 && value[4] == '-' && is_year(value.substr(0, 4)) && is_year(value.substr(5)) &&
         value.substr(0, 4) < value.substr(5);
}

// The label that the form allows: mostly the model's own; none when it is no such thing.
std::optional<std::uint16_t> checked(std::string_view text, const Span& span) {
  const std::string_view value = text.substr(span.start, span.end - span.start);
  const std::uint16_t label = span.label;
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
      // Groups of an IPv6 address have four digits at most, a port five; those of a UUID have more.
      fits = (std::count(value.begin(), value.end(), '.') > 2 || std::count(value.begin(), value.end(), ':') > 1) &&
             !every_hosts(value);
      for (std::size_t i = 0; i < value.size(); ++i) fits = fits && run_end(value, i, is_hex) - i < 6;
      break;
    case Label::kMacAddress:
      fits = compact.size() >= 12 && std::all_of(compact.begin(), compact.end(), is_hex);
      break;
    case Label::kUrl:
      fits = has('.') || (value.find("://") != value.npos && !value.ends_with("://"));
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
      fits = compact.size() >= 20 && !is_hash(value) && !has('+') && !has('/');  // those are in base 64
      break;
    case Label::kPassword:
      fits = !is_hash(value) && !is_escape(text, span.start, span.end) && !is_package(text, span.start, span.end) &&
             !is_name_of_value(text, span.end) && !counts_tokens(text, span.start, value) &&
             !in_public_key(text, span.start);
      break;
    case Label::kPhone:
      fits = is_phone(value, digits) && !is_years(value);
      break;
    case Label::kAddress:
      fits = !is_years(value);
      break;
    case Label::kVehicle:
      // Plates are short, identification numbers have 17 characters: "BSD-2-Clause" is neither.
      fits = compact.size() == 17 || (compact.size() <= 11 && digits.size() > 1);
      break;
    case Label::kSsn:
      fits = digits.size() >= 6;
      break;
    case Label::kUsername:
      // "Ada Berg" is a person, /users/56134 a number of the program's own (so of all 6,490 in the training rows).
      if (has(' ')) return id(Label::kPerson);
      fits = (std::any_of(value.begin(), value.end(), is_letter) || std::any_of(value.begin(), value.end(), is_high)) &&
             !is_escape(text, span.start, span.end) && !is_package(text, span.start, span.end) &&
             !in_public_key(text, span.start);
      break;
    case Label::kPassport:
    case Label::kDriverLicense:
    case Label::kAccountNumber:
      fits = !digits.empty() && !is_escape(text, span.start, span.end);
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
      if (!letters && has('-') + has('.') + has('/') > 1) return std::nullopt;  // 1.04-2
      if (letters && groups == 1) return std::nullopt;                          // September 1992
      const bool year = longest == 4 && groups == 1 && value.size() <= 14 && value.size() >= 4 &&
                        is_digit(value.back()) &&
                        (value.substr(value.size() - 4, 2) == "19" || value.substr(value.size() - 4, 2) == "20");
      const bool solid = groups == 1 && longest >= 6 && longest <= 8 && !letters;
      if (solid || year ||
          (longest <= 4 && digits.size() >= 4 && value.size() <= 24 && (groups == 3 || (groups == 2 && letters))))
        return label;
      return digits.empty() || is_years(value) ? std::nullopt : std::optional(id(Label::kAddress));
    }
    default:
      break;
  }
  return fits ? std::optional(label) : std::nullopt;
}

}  // namespace

bool one_value(std::uint16_t label, std::string_view between) {
  if (label == id(Label::kPerson)) return between == " ";
  if (label == id(Label::kAddress)) return between == ", " || between == " , ";
  return false;
}

void to_word_ends(std::string_view text, std::size_t least, Span& span) {
  const auto joins = [](char c) { return is_alnum(c) || is_high(c); };
  while (span.start > least && joins(text[span.start]) && joins(text[span.start - 1])) --span.start;
  while (span.end < text.size() && joins(text[span.end - 1]) && joins(text[span.end])) ++span.end;
}

Spans plausible(std::string_view text, const Spans& model) {
  Spans whole;
  for (Span span : model) {
    const std::size_t least = whole.empty() ? 0 : whole.back().end;
    to_word_ends(text, least, span);
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
    const auto label = checked(text, span);
    if (!label) continue;
    span.label = *label;
    good.push_back(span);
  }
  return good;
}

}  // namespace eve::pii
