// SPDX-License-Identifier: Apache-2.0
#include "pii/canonical.h"

#include <algorithm>
#include <array>

#include "pii/labels.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

// By label. Short, and of the form that people write most.
constexpr std::array<std::string_view, kLabels> kExamples = {
    "Maria Weber",          // PERSON
    "maria@example.com",    // EMAIL
    "+49 30 1234567",       // PHONE
    "12 Main Street",       // ADDRESS
    "12.03.1985",           // DATE_OF_BIRTH
    "078-05-1120",          // SSN
    "C01X00T47",            // PASSPORT
    "D1234567",             // DRIVER_LICENSE
    "4111 1111 1111 1111",  // CREDIT_CARD
    "DE89370400440532013000",
    "12345678",             // ACCOUNT_NUMBER
    "mweber",               // USERNAME
    "hunter2x9",            // PASSWORD
    "10.2.0.17",            // IP_ADDRESS
    "00:1a:2b:3c:4d:5e",    // MAC_ADDRESS
    "https://example.com",  // URL
    "490154203237518",      // IMEI
    "AB12 CDE",             // VEHICLE
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "41.40338, 2.17403",  // GPS
};
constexpr std::string_view kOtherTag = "[CUSTOM_1]", kHexadecimal = "1a2b3c4d", kStars = "****";

std::string_view example(std::uint16_t label) { return label < kLabels ? kExamples[label] : kOtherTag; }

// Digits keep what a reader may go by: how many they are (up to ten), a leading zero, the century of a year; those of
// words (jk2_init, ssh2) and small numbers keep less. Fewer forms than this and the model takes versions for addresses.
constexpr std::string_view kDigits = "1538462795", kAfterZero = "053846", kYear19 = "1983", kYear20 = "2021";

std::string_view digits_like(std::string_view text, std::size_t start, std::size_t end) {
  const std::string_view run = text.substr(start, end - start);
  const char left = before(text, start), right = at(text, end);
  if (run.size() <= 4 && (is_letter(left) || is_letter(right))) return kDigits.substr(0, 2);
  if (run.size() == 4 && run.starts_with("19")) return kYear19;
  if (run.size() == 4 && run.starts_with("20")) return kYear20;
  if (run[0] == '0' && run.size() > 1 && run.size() <= kAfterZero.size()) return kAfterZero.substr(0, run.size());
  if (run.size() == 1 && left != '.' && right != '.') return kDigits.substr(0, 2);
  return kDigits.substr(0, run.size());
}

template <std::size_t n>
bool is_name_at(std::string_view text, std::size_t i, const std::array<std::string_view, n>& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return has_at(text, i, name); });
}

// "Dec 10 06:55:46" of a system log, "Sun Dec 04 04:47:44" of a web server: end, or 0.
std::size_t stamp_end(std::string_view text, std::size_t i, bool& weekday) {
  static constexpr std::array<std::string_view, 7> kDays = {"mon ", "tue ", "wed ", "thu ", "fri ", "sat ", "sun "};
  static constexpr std::array<std::string_view, 12> kMonths = {"jan ", "feb ", "mar ", "apr ", "may ", "jun ",
                                                               "jul ", "aug ", "sep ", "oct ", "nov ", "dec "};
  if (at(text, i + 3) != ' ') return 0;
  weekday = is_name_at(text, i, kDays);
  if (weekday) i += 4;
  if (!is_name_at(text, i, kMonths)) return 0;
  i += 4;
  if (at(text, i) == ' ') ++i;
  const std::size_t day = run_end(text, i, is_digit, 3);
  if (day == i || day - i > 2) return 0;
  static constexpr std::string_view kTime = " 00:00:00";
  for (std::size_t k = 0; k < kTime.size(); ++k) {
    const char c = at(text, day + k);
    if (kTime[k] == '0' ? !is_digit(c) : c != kTime[k]) return 0;
  }
  return day + kTime.size();
}

// A hexadecimal number: 0x..., a UUID, or six characters and more with digits and letters among them. End, or 0.
std::size_t hexadecimal_end(std::string_view text, std::size_t i) {
  static constexpr std::size_t kLeast = 6;
  if (text[i] == '0' && at(text, i + 1) == 'x') {
    const std::size_t end = run_end(text, i + 2, is_hex);
    return end > i + kLeast && !is_word(at(text, end)) ? end : 0;
  }
  std::size_t end = run_end(text, i, is_hex);
  if (end - i < kLeast) return 0;
  if (end == i + 8 && at(text, end) == '-') {
    std::size_t k = end;
    for (const std::size_t size : {4, 4, 4, 12}) {
      const std::size_t next = at(text, k) == '-' ? run_end(text, k + 1, is_hex, 13) : 0;
      k = next == k + 1 + size ? next : 0;
      if (k == 0) break;
    }
    if (k != 0 && !is_word(at(text, k))) return k;
  }
  const std::string_view run = text.substr(i, end - i);
  const bool mixed = std::any_of(run.begin(), run.end(), is_digit) && std::any_of(run.begin(), run.end(), is_letter);
  return mixed && !is_word(at(text, end)) ? end : 0;
}

// Four short numbers with one separator, as in names of machines: "adsl-15-153-15-153.example". End, or 0.
std::size_t quad_end(std::string_view text, std::size_t i) {
  const std::size_t start = i;
  const char separator = at(text, run_end(text, i, is_digit, 4));
  if (separator != '.' && separator != '-') return 0;
  if (i > 1 && text[i - 1] == separator && is_digit(text[i - 2])) return 0;  // a fifth
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && at(text, i++) != separator) return 0;
    const std::size_t end = run_end(text, i, is_digit, 4);
    if (end == i || end - i > 3) return 0;
    i = end;
  }
  if (at(text, i) == separator && is_digit(at(text, i + 1))) return 0;
  const bool in_name = is_letter(before(text, start)) || before(text, start) == '-' || is_letter(at(text, i + 1));
  return separator == '-' || in_name ? i : 0;
}

}  // namespace

Canonical::Canonical(std::string_view text, const Findings& rules, const std::vector<Tag>& tags) {
  text_.reserve(text.size() + 32);
  std::size_t copied = 0;  // of the record
  const auto copy_to = [&](std::size_t end) {
    text_.append(text.substr(copied, end - copied));
    copied = end;
  };
  const auto replace = [&](std::size_t start, std::size_t end, std::string_view by) {
    copy_to(start);
    pieces_.push_back({text_.size(), by.size(), start, end - start});
    text_ += by;
    copied = end;
  };
  const auto overwrite = [&](std::size_t start, std::string_view by) {
    copy_to(start);
    text_ += by;
    copied = start + by.size();
  };

  auto rule = rules.begin();
  auto tag = tags.begin();
  for (std::size_t i = 0; i < text.size();) {
    while (tag != tags.end() && tag->start < i) ++tag;
    while (rule != rules.end() &&
           (rule->start < i || (tag != tags.end() && rule->end > tag->start && rule->start < tag->end)))
      ++rule;
    const std::size_t next_tag = tag != tags.end() ? tag->start : text.size();
    const std::size_t next_rule = rule != rules.end() ? rule->start : text.size();
    // Between two of them.
    const std::size_t stop = std::min(next_tag, next_rule);
    const std::string_view head = text.substr(0, stop);
    while (i < stop) {
      const char c = text[i];
      std::size_t end = 0;
      if (is_digit(c)) {
        const bool alone = !is_word(before(text, i));
        if (alone && (end = hexadecimal_end(text, i)) != 0 && end <= stop) {
          replace(i, end, kHexadecimal);
        } else if ((end = quad_end(head, i)) != 0) {
          replace(i, end, head[run_end(head, i, is_digit)] == '.' ? "15.153.15.15" : "15-153-15-15");
        } else {
          end = run_end(head, i, is_digit);
          const std::string_view digits = digits_like(text, i, end);
          if (digits.size() == end - i)
            overwrite(i, digits);
          else
            replace(i, end, digits);
        }
      } else if (is_letter(c)) {
        bool weekday = false;
        const bool alone = !is_word(before(text, i));
        if (alone && (end = stamp_end(text, i, weekday)) != 0 && end <= stop)
          replace(i, end, weekday ? "Mon Jun 15 10:23:45" : "Jun 15 10:23:45");
        else if (alone && is_hex(c) && (end = hexadecimal_end(text, i)) != 0 && end <= stop)
          replace(i, end, kHexadecimal);
        else
          end = run_end(head, i, is_letter);
      } else if (c == '-' && before(text, i) == '_' && is_digit(at(head, i + 1))) {  // blk_-1608999687919862906
        end = run_end(head, i + 1, is_digit);
        replace(i, end, digits_like(text, i + 1, end));
      } else if (c == '*') {
        end = run_end(head, i, [](char s) { return s == '*'; });
        if (end - i >= kStars.size()) replace(i, end, kStars);
      } else {
        end = i + 1;
      }
      i = end;
    }
    if (i >= text.size()) break;
    if (next_tag <= next_rule) {
      replace(i, tag->end, example(tag->label));
      i = tag->end;
    } else {
      replace(i, rule->end, example(static_cast<std::uint16_t>(rule->label)));
      i = rule->end;
    }
  }
  copy_to(text.size());
}

Canonical::Range Canonical::original(std::size_t start, std::size_t end) const {
  // The last piece that begins at or before the byte: inside it or behind it.
  const auto piece_at = [this](std::size_t at) {
    const auto after =
        std::upper_bound(pieces_.begin(), pieces_.end(), at, [](std::size_t a, const Piece& p) { return a < p.out; });
    return after == pieces_.begin() ? Piece{0, 0, 0, 0} : after[-1];
  };
  const Piece first = piece_at(start), last = piece_at(end - 1);
  return {
      start < first.out + first.out_size ? first.in : start - (first.out + first.out_size) + first.in + first.in_size,
      end <= last.out + last.out_size ? last.in + last.in_size
                                      : end - (last.out + last.out_size) + last.in + last.in_size};
}

}  // namespace eve::pii
