// SPDX-License-Identifier: Apache-2.0
#include "pii/value_ends.h"

#include <algorithm>
#include <string>

#include "pii/scan.h"

namespace eve::pii {
namespace {

constexpr std::size_t kLongestSecret = 256;

std::size_t month_end(std::string_view text, std::size_t i) {
  static constexpr std::string_view kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                                 "july",    "august",   "september", "october", "november", "december"};
  const std::size_t end = run_end(text, i, is_letter, 10);
  if (end - i < 3) return 0;
  for (std::string_view month : kMonths) {
    if (end - i <= month.size() && has_at(text, i, month.substr(0, end - i))) return end;
  }
  return has_at(text, i, "sept") && end - i == 4 ? end : 0;
}

}  // namespace

bool is_placeholder(std::string_view value) {
  if (std::none_of(value.begin(), value.end(), is_alnum)) return true;
  for (std::string_view word :
       {"null",     "none",   "true",     "false",  "nil",    "undefined", "empty",    "required",
        "optional", "string", "str",      "bytes",  "yes",    "no",        "password", "passwd",
        "secret",   "token",  "redacted", "hidden", "masked", "changed",   "expired"}) {
    if (value.size() == word.size() && has_at(value, 0, word)) return true;
  }
  return false;
}

std::size_t date_end(std::string_view text, std::size_t i) {
  const auto number = [&](std::size_t k, std::size_t most) { return run_end(text, k, is_digit, most + 1); };
  const auto ends = [&](std::size_t k) { return !is_alnum(at(text, k)) ? k : std::size_t{0}; };
  const std::size_t first = number(i, 4), n = first - i;
  const char sep = at(text, first);
  if (n == 0) {  // May 3, 1980
    std::size_t k = month_end(text, i);
    if (k == 0) return 0;
    if (at(text, k) == '.') ++k;
    if (at(text, k) != ' ') return 0;
    const std::size_t day = number(++k, 2);
    if (day == k || day - k > 2) return 0;
    k = day;
    if (is_letter(at(text, k))) k = run_end(text, k, is_letter, 2);
    if (at(text, k) == ',') ++k;
    if (at(text, k) != ' ') return 0;
    const std::size_t year = number(++k, 4);
    return year - k == 4 ? ends(year) : 0;
  }
  if (n == 4 || n <= 2) {
    if (sep == '-' || sep == '/' || sep == '.') {
      const std::size_t second = number(first + 1, 2);
      if (second > first + 1 && second - first - 1 <= 2 && at(text, second) == sep) {
        const std::size_t third = number(second + 1, 4), m = third - second - 1;
        if (n == 4 ? m >= 1 && m <= 2 : m == 4 || m == 2) return ends(third);
        return 0;
      }
    }
  }
  if (n > 2) return 0;
  // 3 May 1980, 3-May-1980, 3rd of May 1980
  std::size_t k = first;
  if (has_at(text, k, "st") || has_at(text, k, "nd") || has_at(text, k, "rd") || has_at(text, k, "th")) k += 2;
  const char join = at(text, k);
  if (join != ' ' && join != '-' && join != '.' && join != '/') return 0;
  ++k;
  if (join == '.' && at(text, k) == ' ') ++k;
  if (has_at(text, k, "of ")) k += 3;
  k = month_end(text, k);
  if (k == 0) return 0;
  if (at(text, k) == ',') ++k;
  if (at(text, k) != ' ' && at(text, k) != '-' && at(text, k) != '/') return 0;
  const std::size_t year = number(++k, 4);
  return year - k == 4 || year - k == 2 ? ends(year) : 0;
}

std::size_t document_end(std::string_view text, std::size_t i, std::size_t least, std::size_t most, std::size_t digits,
                         std::string_view joins) {
  const auto in = [joins](char c) { return is_alnum(c) || joins.find(c) != joins.npos; };
  std::size_t end = run_end(text, i, in, most + 8);
  while (end > i && joins.find(text[end - 1]) != joins.npos) --end;
  const std::string_view form = text.substr(i, end - i);
  const auto count = static_cast<std::size_t>(std::count_if(form.begin(), form.end(), is_digit));
  const auto size = static_cast<std::size_t>(std::count_if(form.begin(), form.end(), is_alnum));
  return size >= least && size <= most && count >= digits && !is_word(at(text, end)) ? end : 0;
}

std::size_t national_end(std::string_view text, std::size_t i) {
  std::string digits;
  std::size_t k = i, last = i;
  while (k < text.size() && digits.size() < 16) {
    if (is_digit(text[k]))
      digits += text[k++], last = k;
    else if ((text[k] == ' ' || text[k] == '-' || text[k] == '.') && k > i && is_digit(text[k - 1]) &&
             is_digit(at(text, k + 1)))
      ++k;
    else
      break;
  }
  if (!is_word(at(text, last)) && digits.size() >= 9) {
    // Longest first; a number that follows after a space does not belong to it.
    if (digits.size() == 9 || digits.size() == 11 || digits.size() == 12 || digits.size() == 13 || digits.size() == 15)
      return last;
  }
  return document_end(text, i, 9, 9, 6);
}

std::size_t nino_end(std::string_view text, std::size_t i) {
  if (!is_letter(at(text, i)) || !is_letter(at(text, i + 1)) || !is_letter(at(text, i + 12)) ||
      is_word(at(text, i + 13)))
    return 0;
  for (std::size_t k = 2; k < 12; ++k) {
    if (k % 3 == 2 ? at(text, i + k) != ' ' : !is_digit(at(text, i + k))) return 0;
  }
  return i + 13;
}

std::size_t plate_end(std::string_view text, std::size_t i) {
  // L letters, D digits, '-' hyphen, ' ' blank; a letter or digit count may vary where written in lower case: l (0 or
  // 1), d (0 or 1).
  static constexpr std::string_view kForms[] = {"LLDD LLL", "Lll-Ll Dddd", "LL-DDD-LL", "LLL-DDDD", "DLLLDDD"};
  for (std::string_view form : kForms) {
    std::size_t k = i;
    bool good = true;
    for (char f : form) {
      const char c = at(text, k);
      const bool fits = f == 'L' || f == 'l' ? is_letter(c) : f == 'D' || f == 'd' ? is_digit(c) : c == f;
      if (fits)
        ++k;
      else if (f != 'l' && f != 'd') {
        good = false;
        break;
      }
    }
    if (good && !is_word(at(text, k)) && !(at(text, k) == '-' && is_alnum(at(text, k + 1)))) return k;
  }
  return 0;
}

std::size_t secret_end(std::string_view text, std::size_t i, std::size_t& start) {
  std::size_t k = i;
  if (at(text, k) == '"' || at(text, k) == '\'' || at(text, k) == ']') ++k;
  k = run_end(text, k, is_blank, 4);
  const char assign = at(text, k);
  if (assign != '=' && assign != ':') return 0;
  ++k;
  if (assign == ':' && at(text, k) == '=') ++k;
  if (at(text, k) == '=' || at(text, k) == ':' || at(text, k) == '>' || at(text, k) == '/') return 0;
  const std::size_t blanks = k;
  k = run_end(text, k, is_blank, 16);
  const bool spaced = k > blanks;
  const bool quoted_value = at(text, k) == '"' || at(text, k) == '\'' || at(text, k) == '`';
  // "password= user=ann": an empty value, and the next setting.
  if (assign == '=' && spaced && !quoted_value && !is_blank(text[i])) return 0;
  const char quote = at(text, k);
  if (quote == '"' || quote == '\'' || quote == '`') {
    start = k + 1;
    const std::size_t end = text.substr(start, kLongestSecret).find(quote);
    if (end == text.npos || end == 0) return 0;
    const std::string_view value = text.substr(start, end);
    if (value.find_first_of("\r\n") != value.npos || is_placeholder(value)) return 0;
    if (value[0] == '$' && (at(value, 1) == '{' || at(value, 1) == '(')) return 0;
    if (value.find(' ') != value.npos && std::none_of(value.begin(), value.end(), is_digit)) return 0;  // prose
    return start + end;
  }
  start = k;
  std::size_t end = run_end(
      text, k,
      [](char c) { return !is_space(c) && c != '"' && c != '\'' && c != '<' && c != '>' && c != '`' && c != '\0'; },
      kLongestSecret);
  while (end > k && std::string_view(",;)}]").find(text[end - 1]) != std::string_view::npos) --end;
  if (const std::size_t amp = text.substr(k, end - k).find('&'); amp != text.npos) {
    // In a query string the next parameter follows; in a password '&' is a letter like any other.
    const std::size_t equals = text.substr(k + amp, end - k - amp).find('=');
    if (equals != text.npos && equals > 1) end = k + amp;
  }
  const std::string_view value = text.substr(k, end - k);
  const std::string_view bare = value.substr(0, value.find_last_not_of(",;)}]:>") + 1);  // "str):" of a signature
  if (value.size() < 4 || is_placeholder(bare)) return 0;
  if (std::string_view("/$<{[(%*\\").find(value[0]) != std::string_view::npos &&
      !(value[0] == '%' || value[0] == '*' || value[0] == '$'))
    return 0;
  if (value[0] == '$' && (at(value, 1) == '{' || at(value, 1) == '(')) return 0;
  const bool digit = std::any_of(value.begin(), value.end(), is_digit);
  const bool mark = std::any_of(value.begin(), value.end(),
                                [](char c) { return !is_alnum(c) && c != '_' && c != '.' && !is_high(c); });
  // "password: must be ..." is prose, "pass = other.pass" is code.
  const std::size_t rest = run_end(
      text, end, [](char c) { return std::string_view(",;)}] \t\r").find(c) != std::string_view::npos; }, 8);
  const bool at_line_end = rest >= text.size() || text[rest] == '\n';
  if (!digit && !mark && !(at_line_end && !spaced)) return 0;
  if (value.find('(') != value.npos) return 0;  // a call
  if (spaced && assign == '=' && !digit) return 0;
  return end;
}

}  // namespace eve::pii
