// SPDX-License-Identifier: Apache-2.0
#include "tasks/numbers.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

namespace eve::tasks {

namespace {

constexpr std::size_t kMostDigits = 40;
constexpr std::uint64_t kLargestPart = 1'000'000'000;  // of fractions and of numbers in words

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

/// JSON of sign, digits, and how many of them stand behind the point; empty for too many digits.
std::string decimal(bool negative, std::string digits, std::size_t behind) {
  if (digits.size() > kMostDigits) return {};
  if (digits.size() <= behind) digits.insert(0, behind + 1 - digits.size(), '0');
  while (behind > 0 && digits.back() == '0') {
    digits.pop_back();
    --behind;
  }
  std::string whole = digits.substr(0, digits.size() - behind);
  const std::size_t first = std::min(whole.find_first_not_of('0'), whole.size() - 1);
  whole.erase(0, first);
  std::string text = whole + (behind ? "." + digits.substr(digits.size() - behind) : "");
  return negative && text != "0" ? "-" + text : text;
}

/// To three decimals, as recipes and their readers do.
std::string fraction(std::uint64_t whole, std::uint64_t above, std::uint64_t below) {
  const std::uint64_t thousandths = whole * 1000 + (above * 1000 * 2 + below) / (below * 2);
  return decimal(false, std::to_string(thousandths), 3);
}

class Numbers {
 public:
  Numbers(std::string_view text, std::size_t limit) : text_(text), limit_(limit) {}
  std::vector<Found> find() {
    for (std::size_t at = 0; at < text_.size() && found_.size() < limit_;) {
      if (is_digit(text_[at]))
        at = read_digits(at);
      else if (is_letter(text_[at]))
        at = read_words(at);
      else
        at = read_sign(at);
    }
    std::ranges::stable_sort(found_, {}, &Found::start);
    found_.resize(std::min(limit_, found_.size()));
    return std::move(found_);
  }

 private:
  std::string_view text_;
  std::size_t limit_;
  std::vector<Found> found_;
  std::optional<std::uint64_t> whole_;  // the number just read, when it may stand in front of a fraction
  std::size_t whole_start_ = 0, whole_end_ = 0;

  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  void add(std::string json, std::size_t start, std::size_t end) {
    if (json.empty()) return;
    for (auto known = found_.rbegin(); known != found_.rend() && known->end >= start; ++known)
      if (known->json == json && known->start == start && known->end == end) return;
    found_.push_back({std::move(json), start, end});
  }

  std::size_t digits_end(std::size_t from) const {
    while (is_digit(at(from))) ++from;
    return from;
  }
  std::optional<std::uint64_t> small(std::size_t start, std::size_t end) const {
    if (end - start > 9) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = start; i < end; ++i) value = value * 10 + static_cast<std::uint64_t>(text_[i] - '0');
    return value;
  }
  /// Whether a sign in front belongs to the number that starts here: "-5", but not "3-5" or "A-5".
  std::size_t sign_start(std::size_t start) const {
    std::size_t sign = start;
    if (start >= 1 && text_[start - 1] == '-')
      sign = start - 1;
    else if (start >= 3 && text_.substr(start - 3, 3) == "\u2212")
      sign = start - 3;
    if (sign == start || (sign > 0 && (is_digit(text_[sign - 1]) || is_letter(text_[sign - 1])))) return start;
    return sign;
  }
  /// Whether a sign can be nothing else: "low of -12", but not "10 -12", which may be a range.
  bool is_certain_sign(std::size_t sign) const {
    if (sign == 0) return true;
    if (std::string_view(" \t\n([:=").find(text_[sign - 1]) == std::string_view::npos) return false;
    const std::size_t before = text_.substr(0, sign).find_last_not_of(' ');
    return before == std::string_view::npos || !is_digit(text_[before]);
  }

  std::size_t read_digits(std::size_t start) {
    // Digits and the separators between them.
    std::vector<std::size_t> separators;
    std::size_t end = digits_end(start);
    while ((at(end) == '.' || at(end) == ',') && is_digit(at(end + 1)) && separators.size() < 20) {
      separators.push_back(end);
      end = digits_end(end + 1);
    }
    const std::size_t signed_start = sign_start(start);
    if (separators.empty()) {
      // "'18" is a year, '18' a number in quotes.
      const bool year = start > 0 && end - start == 2 && text_[start - 1] == '\'' && at(end) != '\'' &&
                        !(start > 1 && (is_digit(text_[start - 2]) || is_letter(text_[start - 2])));
      if (!year) add_value(start, signed_start, end, text_.substr(start, end - start), 0);
      if (start > 0 && text_[start - 1] == '.' &&
          !(start > 1 && (is_digit(text_[start - 2]) || is_letter(text_[start - 2]))))
        add(decimal(false, std::string(text_.substr(start, end - start)), end - start), start - 1, end);
      if (year) add((text_[start] < '5' ? "20" : "19") + std::string(text_.substr(start, 2)), start - 1, end);
      read_fraction(start, end);
      return end;
    }
    std::string digits;
    for (std::size_t i = start; i < end; ++i)
      if (is_digit(text_[i])) digits += text_[i];
    const std::size_t last = end - separators.back() - 1;  // digits behind the last separator
    const bool thousands = grouped(start, separators, end);
    const bool one_kind =
        std::ranges::all_of(separators, [&](std::size_t s) { return text_[s] == text_[separators[0]]; });
    const bool decimal_last = separators.size() == 1 || (!one_kind && mixed(start, separators));
    if (decimal_last) add_value(start, signed_start, end, digits, last);
    if (is_decimal_comma(text_.substr(start, end - start))) add_grouped(start, separators[0], end);
    if (thousands && one_kind) add_value(start, signed_start, end, digits, 0);
    if (!thousands && (!decimal_last || (one_kind && text_[separators[0]] == ','))) {
      // A list or a date: "3,4" and "5.3.2026" hold their parts.
      std::size_t from = start;
      separators.push_back(end);
      for (const std::size_t to : separators) {
        add(decimal(false, std::string(text_.substr(from, to - from)), 0), from, to);
        from = to + 1;
      }
    }
    return end;
  }

  /// The bytes of the blank that ends at a place; also one at which no line may be broken.
  std::size_t blank_before(std::size_t end) const {
    for (const std::string_view blank : {" ", "\u00A0", "\u202F"})
      if (text_.substr(0, end).ends_with(blank)) return blank.size();
    return 0;
  }
  /// "1 234,50": a decimal comma, and groups of three in front of it.
  void add_grouped(std::size_t start, std::size_t comma, std::size_t end) {
    std::size_t first = start;
    for (std::size_t width = comma - start; width == 3;) {
      const std::size_t blank = blank_before(first);
      std::size_t from = first - blank;
      while (blank > 0 && from > 0 && is_digit(text_[from - 1])) --from;
      width = first - blank - from;
      if (width == 0 || width > 3) break;
      first = from;
    }
    if (first == start) return;
    std::string digits;
    for (std::size_t i = first; i < end; ++i)
      if (is_digit(text_[i])) digits += text_[i];
    add_value(first, sign_start(first), end, digits, end - comma - 1);
  }

  /// Groups of three behind every separator.
  bool grouped(std::size_t start, const std::vector<std::size_t>& separators, std::size_t end) const {
    if (separators[0] - start > 3) return false;
    for (std::size_t i = 0; i < separators.size(); ++i)
      if ((i + 1 < separators.size() ? separators[i + 1] : end) - separators[i] != 4) return false;
    return true;
  }
  /// "1,234.50": thousands by one sign, then the other once.
  bool mixed(std::size_t start, const std::vector<std::size_t>& separators) const {
    const std::vector<std::size_t> front(separators.begin(), separators.end() - 1);
    return std::ranges::all_of(front, [&](std::size_t s) { return text_[s] == text_[front[0]]; }) &&
           grouped(start, front, separators.back());
  }

  /// Adds the value with its sign, exponent and multiplier.
  void add_value(std::size_t start, std::size_t signed_start, std::size_t end, std::string_view digits,
                 std::size_t behind) {
    if (signed_start == start || !is_certain_sign(signed_start))
      add(decimal(false, std::string(digits), behind), start, end);
    if (signed_start != start) add(decimal(true, std::string(digits), behind), signed_start, end);
    std::size_t shift = 0, next = end;
    if ((at(end) | 32) == 'e') {
      const std::size_t power = end + (at(end + 1) == '+' ? 2 : 1);
      next = digits_end(power);
      if (next > power && next - power <= 2) shift = static_cast<std::size_t>(*small(power, next));
    } else if ((at(end) | 32) == 'k' || (at(end) | 32) == 'm') {
      shift = (at(end) | 32) == 'k' ? 3 : 6;
      next = end + 1;
    }
    if (shift == 0 || is_letter(at(next)) || is_digit(at(next))) return;
    std::string longer(digits);
    longer.append(shift > behind ? shift - behind : 0, '0');
    const std::size_t left = behind > shift ? behind - shift : 0;
    add(decimal(signed_start != start, longer, left), signed_start, next);
  }

  /// "3/4", also behind "1 " or "1-".
  void read_fraction(std::size_t start, std::size_t end) {
    const std::optional<std::uint64_t> value = small(start, end);
    std::size_t slash = end;
    if (at(slash) == '/')
      slash += 1;
    else if (text_.substr(slash, 3) == "\u2044")
      slash += 3;
    if (const std::size_t below_end = digits_end(slash); value && slash != end && below_end > slash) {
      const std::optional<std::uint64_t> below = small(slash, below_end);
      if (below && *below != 0) {
        add(fraction(0, *value, *below), start, below_end);
        if (whole_ && start == whole_end_ + 1) add(fraction(*whole_, *value, *below), whole_start_, below_end);
      }
    }
    whole_ = value && (at(end) == ' ' || at(end) == '-') ? value : std::nullopt;
    whole_start_ = start;
    whole_end_ = end;
    read_vulgar(end, value, start);
    if (at(end) == ' ') read_vulgar(end + 1, value, start);
  }

  /// "½" at a place, perhaps behind a whole number.
  std::size_t read_vulgar(std::size_t at, std::optional<std::uint64_t> whole, std::size_t start) {
    static const std::map<std::string_view, std::pair<int, int>> kSigns = {
        {"¼", {1, 4}}, {"½", {1, 2}}, {"¾", {3, 4}}, {"⅓", {1, 3}}, {"⅔", {2, 3}},
        {"⅕", {1, 5}}, {"⅖", {2, 5}}, {"⅗", {3, 5}}, {"⅘", {4, 5}}, {"⅙", {1, 6}},
        {"⅚", {5, 6}}, {"⅛", {1, 8}}, {"⅜", {3, 8}}, {"⅝", {5, 8}}, {"⅞", {7, 8}}};
    for (const std::size_t size : {std::size_t{2}, std::size_t{3}}) {
      const auto sign = kSigns.find(text_.substr(std::min(at, text_.size()), size));
      if (sign == kSigns.end()) continue;
      const auto [above, below] = sign->second;
      add(fraction(whole.value_or(0), static_cast<std::uint64_t>(above), static_cast<std::uint64_t>(below)), start,
          at + size);
      return at + size;
    }
    return at;
  }

  std::size_t read_sign(std::size_t place) {
    if (static_cast<unsigned char>(text_[place]) < 0x80) return place + 1;
    const std::size_t end = read_vulgar(place, std::nullopt, place);
    return end == place ? place + 1 : end;
  }

  struct Word {
    std::string text;
    std::size_t start, end;
  };
  Word word_at(std::size_t start) const {
    Word word{{}, start, start};
    while (is_letter(at(word.end))) word.text += static_cast<char>(text_[word.end++] | 32);
    return word;
  }

  /// A number in words, as long as it goes on; what stands inside longer words ("tennis") is none.
  std::size_t read_words(std::size_t start) {
    static const std::map<std::string, std::uint64_t> kSmall = {
        {"zero", 0},      {"one", 1},       {"two", 2},       {"three", 3},    {"four", 4},     {"five", 5},
        {"six", 6},       {"seven", 7},     {"eight", 8},     {"nine", 9},     {"ten", 10},     {"eleven", 11},
        {"twelve", 12},   {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17},
        {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20},   {"thirty", 30},  {"forty", 40},   {"fifty", 50},
        {"sixty", 60},    {"seventy", 70},  {"eighty", 80},   {"ninety", 90},  {"first", 1},    {"second", 2},
        {"third", 3},     {"fourth", 4},    {"fifth", 5},     {"sixth", 6},    {"seventh", 7},  {"eighth", 8},
        {"ninth", 9},     {"tenth", 10},    {"eleventh", 11}, {"twelfth", 12}, {"a", 1},        {"an", 1},
        {"single", 1},    {"alone", 1},     {"myself", 1},    {"solo", 1},     {"once", 1},     {"couple", 2},
        {"pair", 2},      {"both", 2},      {"twice", 2},     {"dozen", 12}};
    static const std::map<std::string, std::uint64_t> kScale = {
        {"dozen", 12}, {"hundred", 100}, {"thousand", 1000}, {"million", 1'000'000}, {"billion", 1'000'000'000}};
    Word word = word_at(start);
    const std::size_t first_end = word.end;
    if (word.text == "half") add("0.5", start, word.end);
    if (word.text == "quarter") add("0.25", start, word.end);
    if (const auto scale = kScale.find(word.text); scale != kScale.end())
      add(std::to_string(scale->second), start, word.end);
    const auto known = kSmall.find(word.text);
    if (known == kSmall.end() || (start > 0 && static_cast<unsigned char>(text_[start - 1]) >= 0x80)) return first_end;
    std::uint64_t total = 0, part = known->second;
    std::size_t end = word.end;
    const bool article = word.text == "a" || word.text == "an";
    // "a room" counts nothing, "a hundred" does; and a journey is one way whoever goes.
    if (!article && !(word.text == "one" && word_at(end + 1).text == "way")) add(std::to_string(part), start, end);
    const bool countable = article || part < 100;
    bool tens = part >= 20 && part <= 90;
    for (std::size_t words = 1; countable && words < 12; ++words) {
      const char gap = at(end);
      if (gap != ' ' && gap != '-') break;
      word = word_at(end + 1);
      if (word.text == "and") word = word_at(word.end + 1);
      if (const auto scale = kScale.find(word.text); scale != kScale.end()) {
        if (scale->second >= 1000) {
          total += part * scale->second;
          part = 0;
        } else {
          part *= scale->second;
        }
        tens = false;
      } else if (const auto next = kSmall.find(word.text); next != kSmall.end() && word.text.size() > 2) {
        const bool joins = (tens && next->second < 10) || (!tens && part % 100 == 0 && words > 1) || part + total == 0;
        if (!joins || next->second >= 100) break;
        part += next->second;
        tens = next->second >= 20;
      } else {
        break;
      }
      if (total + part > kLargestPart * 1000 || part > kLargestPart) break;
      end = word.end;
      add(std::to_string(total + part), start, end);
    }
    return first_end;
  }
};

}  // namespace

bool is_decimal_comma(std::string_view number) {
  const std::size_t comma = number.find(',');
  return comma != number.npos && comma > 0 && comma + 1 < number.size() && number.size() - comma <= 3 &&
         std::ranges::all_of(number.substr(comma + 1), is_digit);
}

std::vector<Found> find_numbers(std::string_view text, std::size_t limit) { return Numbers(text, limit).find(); }

}  // namespace eve::tasks
