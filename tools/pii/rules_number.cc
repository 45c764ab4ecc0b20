// SPDX-License-Identifier: Apache-2.0
// Numbers that their form gives away: cards, accounts, identity numbers, telephones, coordinates.
#include <algorithm>
#include <array>
#include <string>

#include "pii/checks.h"
#include "pii/rules.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

constexpr std::size_t kMaxGroups = 10;

// Digit groups with one separator between two of them, as written: "+49 (0)30/123-45".
struct Groups {
  struct Group {
    std::size_t start, end;
    char separator;  // before the group; '(' when it is in parentheses, '\0' for the first
    std::size_t size() const { return end - start; }
  };
  std::array<Group, kMaxGroups> list;
  std::size_t count = 0;
  bool plus = false;
};

Groups read_groups(std::string_view text, std::size_t i, std::string_view separators) {
  Groups groups;
  if (at(text, i) == '(' && at(text, i + 1) == '+') ++i;
  if (at(text, i) == '+') {
    groups.plus = true;
    ++i;
  }
  char separator = '\0';
  if (at(text, i) == '(') {
    separator = '(';
    ++i;
  }
  while (groups.count < kMaxGroups) {
    const std::size_t end = run_end(text, i, is_digit, 20);
    if (end == i) break;
    groups.list[groups.count++] = {i, end, separator};
    std::size_t next = end;
    bool closed = false;
    if (at(text, next) == ')') {
      ++next;
      closed = true;
    }
    separator = closed ? ')' : '\0';
    if (next < text.size() && separators.find(text[next]) != separators.npos) {
      if (!closed) separator = text[next];
      ++next;
    }
    if (at(text, next) == '(' && !closed) {
      separator = '(';
      ++next;
    }
    if (separator == '\0' || !is_digit(at(text, next))) break;
    i = next;
  }
  return groups;
}

std::string digits_of(std::string_view text, std::size_t start, std::size_t end) {
  std::string digits;
  for (std::size_t i = start; i < end; ++i) {
    if (is_digit(text[i])) digits += text[i];
  }
  return digits;
}

bool free_on_right(std::string_view text, std::size_t end, std::string_view joins = ".-") {
  const char right = at(text, end);
  return !is_word(right) && !(joins.find(right) != joins.npos && right != '\0' && is_digit(at(text, end + 1)));
}

// "x123", "ext. 123" after a telephone number.
std::size_t extension_end(std::string_view text, std::size_t i) {
  std::size_t k = i;
  if (at(text, k) == ' ') ++k;
  bool named = false;
  for (std::string_view word : {"extension", "ext.", "ext", "x"}) {
    if (has_at(text, k, word)) {
      k += word.size();
      named = true;
      break;
    }
  }
  if (!named) return i;
  if (at(text, k) == ' ') ++k;
  const std::size_t end = run_end(text, k, is_digit, 6);
  return end > k && !is_word(at(text, end)) ? end : i;
}

bool shape_is(const Groups& groups, std::size_t count, std::initializer_list<std::size_t> sizes) {
  if (count != sizes.size()) return false;
  std::size_t i = 0;
  for (std::size_t size : sizes) {
    if (groups.list[i++].size() != size) return false;
  }
  return true;
}

bool same_separator(const Groups& groups, std::size_t from, std::size_t count, char separator) {
  for (std::size_t i = from; i < count; ++i) {
    if (groups.list[i].separator != separator) return false;
  }
  return true;
}

}  // namespace

std::size_t phone_end(std::string_view text, std::size_t i, bool known) {
  const Groups groups = read_groups(text, i, " -./");
  if (groups.count == 0) return 0;
  const char left = before(text, i);
  if (is_word(left) || left == '+' || ((left == '.' || left == '-' || left == ',') && i > 1 && is_digit(text[i - 2]))) {
    if (!(known && left == ',')) return 0;
  }
  const bool bracket = groups.list[0].separator == '(' || at(text, i) == '(';
  const bool zero = text[groups.list[0].start] == '0';
  std::size_t total = 0;
  // From the longest reading to the shortest: a number beside the telephone number is not part of it.
  std::array<std::size_t, kMaxGroups + 1> sum{};
  for (std::size_t n = 0; n < groups.count; ++n) sum[n + 1] = sum[n] + groups.list[n].size();
  for (std::size_t n = groups.count; n > 0; --n) {
    total = sum[n];
    const std::size_t end = groups.list[n - 1].end;
    if (total > 15 || total < 6) continue;
    if (!free_on_right(text, end, n == groups.count ? ".-" : "")) {
      if (extension_end(text, end) == end) continue;
    }
    const auto& g = groups.list;
    bool good = false;
    if (groups.plus) {
      good = total >= 8 && text[g[0].start] != '0' && g[0].size() <= 15;
      if (total >= 8 && g[0].size() <= 3 && n > 1) good = true;  // "+02 155 ..." is written by people too
      if (total > 13 && n > 1 && g[n - 1].size() == 4 && g[n - 1].separator == ' ' && n > 4) good = false;
    } else {
      const char second = n > 1 ? g[1].separator : '\0';
      // North America: (ddd) ddd-dddd, ddd-ddd-dddd, ddd.ddd.dddd, with an optional 1 before it.
      const bool plain10 = shape_is(groups, n, {3, 3, 4});
      const bool plain11 = shape_is(groups, n, {1, 3, 3, 4}) && text[g[0].start] == '1';
      if (plain10 && (second == ')' || ((second == '-' || second == '.') && g[2].separator == second))) good = true;
      if (plain11 && (second == '(' || (second == '-' && same_separator(groups, 1, 4, '-')))) good = true;
      // Area code in brackets.
      if (bracket && n > 1 && second == ')' && g[0].size() >= 2 && g[0].size() <= 5 && total >= 8 && total <= 12 &&
          (zero || n > 2 || g[0].size() == 3)) {
        good = true;
      }
      // National forms with the trunk prefix 0, in groups.
      if (zero && !bracket && same_separator(groups, 1, n, ' ') && total >= 9 && total <= 11) {
        good |= shape_is(groups, n, {2, 2, 2, 2, 2}) || shape_is(groups, n, {3, 3, 4}) ||
                shape_is(groups, n, {4, 3, 4}) || shape_is(groups, n, {4, 3, 3}) || shape_is(groups, n, {3, 4, 4}) ||
                shape_is(groups, n, {2, 4, 4}) || shape_is(groups, n, {3, 3, 2, 2}) || shape_is(groups, n, {5, 3, 3}) ||
                shape_is(groups, n, {5, 6}) || shape_is(groups, n, {4, 6});
      }
      if (known && !good) {
        if (n == 1)
          good = g[0].size() >= 7 && g[0].size() <= 13;
        else
          good = total >= 6 && total <= (text.compare(i, 2, "00") == 0 ? 14u : 13u) && g[0].size() <= 7 &&
                 (bracket || same_separator(groups, 2, n, n > 2 ? g[2].separator : ' '));
        if (n == 2 && g[1].size() < 3) good = false;
        // A date or a time is no telephone number.
        if (n >= 3 && total == 8 && (g[0].size() == 4 || g[2].size() == 4) && !bracket) good = false;
      }
    }
    if (good) return extension_end(text, end);
  }
  return 0;
}

namespace {

// One signed decimal number at i; 0 when there is none. Gives its magnitude and its count of decimals.
std::size_t decimal_end(std::string_view text, std::size_t i, unsigned& whole, std::size_t& decimals) {
  if (at(text, i) == '-' || at(text, i) == '+') ++i;
  const std::size_t point = run_end(text, i, is_digit, 4);
  if (point == i || point - i > 3 || at(text, point) != '.') return 0;
  whole = 0;
  for (; i < point; ++i) whole = whole * 10 + value_of(text[i]);
  const std::size_t end = run_end(text, point + 1, is_digit, 16);
  decimals = end - point - 1;
  return end;
}

}  // namespace

std::size_t gps_end(std::string_view text, std::size_t i, bool known) {
  unsigned latitude = 0, longitude = 0;
  std::size_t decimals = 0, more = 0;
  std::size_t k = decimal_end(text, i, latitude, decimals);
  if (k == 0) return 0;
  if (at(text, k) != ',' && !(known && at(text, k) == ' ')) return 0;
  ++k;
  if (at(text, k) == ' ') ++k;
  const std::size_t end = decimal_end(text, k, longitude, more);
  const std::size_t least = known ? 2 : 4;
  if (end == 0 || latitude > 90 || longitude > 180 || decimals < least || more < least) return 0;
  if (is_word(at(text, end)) || at(text, end) == '.') {
    if (at(text, end) != '.' || is_alnum(at(text, end + 1))) return 0;
  }
  if (known) return end;
  // One pair alone, not two of many columns.
  const bool more_right = at(text, end) == ',' && (is_digit(at(text, end + 1)) || at(text, end + 1) == '-' ||
                                                   (at(text, end + 1) == ' ' && is_digit(at(text, end + 2))));
  const bool more_left = (before(text, i) == ',' && i > 1 && is_digit(text[i - 2])) ||
                         (before(text, i) == ' ' && i > 2 && text[i - 2] == ',' && is_digit(text[i - 3]));
  return more_right || more_left ? 0 : end;
}

namespace {

// Card numbers: the digits together, or in groups as printed on the card.
std::size_t card_end(std::string_view text, std::size_t i) {
  const std::size_t solid = run_end(text, i, is_digit, 20);
  if (solid - i >= 14)
    return solid - i <= 19 && free_on_right(text, solid) && card_number(text.substr(i, solid - i)) ? solid : 0;
  if (solid - i != 4) return 0;
  const Groups groups = read_groups(text, i, " -");
  if (groups.count < 3 || (groups.list[1].separator != ' ' && groups.list[1].separator != '-')) return 0;
  const std::size_t n = [&] {
    if (groups.list[1].size() == 6 && groups.list[2].size() == 5) return std::size_t{3};  // 4-6-5
    if (groups.list[1].size() == 6 && groups.list[2].size() == 4) return std::size_t{3};  // 4-6-4
    if (groups.count >= 4 && groups.list[1].size() == 4 && groups.list[2].size() == 4 && groups.list[3].size() <= 4)
      return std::size_t{4};  // 4-4-4-(1..4)
    return std::size_t{0};
  }();
  if (n == 0 || !same_separator(groups, 1, n, groups.list[1].separator)) return 0;
  std::size_t end = groups.list[n - 1].end;
  if (!is_word(at(text, end)) && card_number(digits_of(text, i, end))) {
    if (at(text, end) != '-' || !is_digit(at(text, end + 1))) return end;
  }
  return 0;
}

std::size_t iban_end(std::string_view text, std::size_t i) {
  if (!is_letter(at(text, i)) || !is_letter(at(text, i + 1)) || !is_digit(at(text, i + 2)) ||
      !is_digit(at(text, i + 3)))
    return 0;
  const std::size_t length = iban_length(text.substr(i, 2));
  if (length == 0) return 0;
  char compact[40];
  std::size_t n = 0, k = i;
  char separator = '\0';
  while (n < length && k < text.size()) {
    const char c = text[k];
    if (is_alnum(c))
      compact[n++] = c;
    else if ((c == ' ' || c == '-') && n % 4 == 0 && is_alnum(at(text, k + 1)) &&
             (separator == '\0' || separator == c) && n > 0)
      separator = c;
    else
      break;
    ++k;
  }
  return n == length && !is_word(at(text, k)) && iban({compact, n}) ? k : 0;
}

// Identity numbers whose form or check digit is strong enough without a word beside them.
std::size_t identity_end(std::string_view text, std::size_t i, std::string_view& rule, float& score) {
  const Groups groups = read_groups(text, i, " -.");
  const auto& g = groups.list;
  if (groups.count >= 3 && g[0].size() == 3 && g[1].size() == 2 && g[2].size() == 4 && g[1].separator == '-' &&
      g[2].separator == '-') {
    const std::size_t end = g[2].end;
    if (free_on_right(text, end, "-.") && us_ssn(digits_of(text, i, end))) {
      rule = "us-ssn";
      score = 0.98f;
      return end;
    }
  }
  if (groups.count >= 4 && g[0].size() == 3 && g[1].size() == 3 && g[2].size() == 3 && g[3].size() == 2 &&
      g[1].separator == '.' && g[2].separator == '.' && g[3].separator == '-') {
    const std::size_t end = g[3].end;
    if (free_on_right(text, end)) {
      rule = "cpf";
      score = cpf(digits_of(text, i, end)) ? 0.99f : 0.985f;
      return end;
    }
  }
  if (g[0].size() == 8 && is_letter(at(text, g[0].end)) && !is_word(at(text, g[0].end + 1)) &&
      spanish_id(text.substr(i, 9))) {
    rule = "dni";
    score = 0.98f;
    return i + 9;
  }
  if (g[0].size() == 15 && free_on_right(text, i + 15) && nir(text.substr(i, 15))) {
    rule = "nir";
    score = 0.98f;
    return i + 15;
  }
  return 0;
}

// "QQ 12 34 56 C" and "QQ123456C", X1234567L.
std::size_t letter_identity_end(std::string_view text, std::size_t i, std::string_view& rule) {
  const char separator = at(text, i + 2) == ' ' ? ' ' : '\0';
  char compact[9];
  std::size_t n = 0, k = i;
  for (; n < 9 && k < text.size(); ++k) {
    if (separator != '\0' && n >= 2 && n % 2 == 0 && text[k] == separator && before(text, k) != separator) continue;
    if (!is_alnum(text[k])) return 0;
    compact[n++] = text[k];
  }
  if (n < 9 || is_word(at(text, k))) return 0;
  if (separator == ' ' && k - i != 13) return 0;
  if (uk_nino({compact, 9}) && (separator == ' ' || is_letter(compact[8]))) {
    rule = "nino";
    return k;
  }
  if (separator == '\0' && spanish_id({compact, 9})) {
    rule = "nie";
    return k;
  }
  return 0;
}

}  // namespace

void find_numbers(std::string_view text, Findings& found) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_letter(c)) {
      const char left = before(text, i);
      if (!is_word(left)) {
        std::size_t end = 0;
        std::string_view rule;
        if (is_letter(at(text, i + 1)) && (is_digit(at(text, i + 2)) || is_digit(at(text, i + 3)))) {
          if ((end = iban_end(text, i)) != 0)
            found.push_back({i, end, Label::kIban, 0.999f, "iban"});
          else if ((end = letter_identity_end(text, i, rule)) != 0)
            found.push_back({i, end, Label::kSsn, 0.97f, rule});
        } else if (is_digit(at(text, i + 1)) && (end = letter_identity_end(text, i, rule)) != 0) {
          found.push_back({i, end, Label::kSsn, 0.97f, rule});
        }
        if (end != 0) {
          i = end - 1;
          continue;
        }
      }
      i = run_end(text, i, is_word) - 1;
      continue;
    }
    if (!is_digit(c) && c != '+' && c != '(' && c != '-') continue;
    if (is_word(before(text, i)) && c != '(') {
      if (is_digit(c)) i = run_end(text, i, is_word) - 1;
      continue;
    }
    std::size_t end = 0;
    std::string_view rule;
    float score = 0;
    const char next = at(text, i + 1);
    if (c == '-' && !is_digit(next)) continue;
    if (c != '(' && c != '+' && (end = gps_end(text, i, false)) != 0) {
      found.push_back({i, end, Label::kGps, 0.98f, "gps"});
    } else if (c == '-') {
      continue;
    } else if (is_digit(c) && before(text, i) != '.' && before(text, i) != '-' && (end = card_end(text, i)) != 0) {
      found.push_back({i, end, Label::kCreditCard, 0.995f, "card"});
    } else if (is_digit(c) && before(text, i) != '.' && before(text, i) != '-' &&
               (end = identity_end(text, i, rule, score)) != 0) {
      found.push_back({i, end, Label::kSsn, score, rule});
    } else if ((c == '+' || c == '(' || is_digit(c)) && (end = phone_end(text, i, false)) != 0) {
      found.push_back({i, end, Label::kPhone, 0.96f, "phone"});
    } else if (is_digit(c)) {
      end = run_end(text, i, is_word);
    }
    if (end > i) i = end - 1;
  }
}

}  // namespace eve::pii
