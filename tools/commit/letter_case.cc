// SPDX-License-Identifier: Apache-2.0
#include "commit/letter_case.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "base/utf8.h"

namespace eve::commit {

namespace {

using Text = std::string_view;
using Points = std::u32string;

Points points_of(Text text) {
  Points points;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = utf8_at(text, at);
    points += static_cast<char32_t>(point.value == CodePoint::kInvalid ? 0xFFFD : point.value);
    at += point.bytes;
  }
  return points;
}

char32_t upper(char32_t c) { return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))); }
char32_t lower(char32_t c) { return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))); }

Points each(Points text, char32_t (*change)(char32_t)) {
  std::ranges::transform(text, text.begin(), change);
  return text;
}
Points upper_first(Points text) {
  if (!text.empty()) text[0] = upper(text[0]);
  return text;
}

/// Latin letters without their marks, apostrophes left out.
Points plain_letters(const Points& text) {
  Points plain;
  for (const char32_t c : text) {
    if (c == U'\'' || c == U'\u2019') continue;
    if (c < 0xC0 || c > 0x1EFF || (c > 0x233 && c < 0x1E00)) {
      if (c < 0x300 || c > 0x36F) plain += c;
      continue;
    }
    std::array<utf8proc_int32_t, 8> parts{};
    int boundary = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(),
                                               UTF8PROC_DECOMPOSE, &boundary);
    for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, parts.size()); ++i)
      if (parts[static_cast<std::size_t>(i)] < 0x300 || parts[static_cast<std::size_t>(i)] > 0x36F)
        plain += static_cast<char32_t>(parts[static_cast<std::size_t>(i)]);
  }
  return plain;
}

enum class Kind { kLower, kUpper, kDigit, kOther, kBreak };

Kind kind_of(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7)) return Kind::kLower;
  if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)) return Kind::kUpper;
  if (c >= '0' && c <= '9') return Kind::kDigit;
  if (c < 0xC0 || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) || c == 0x3000 || c == 0xFEFF)
    return Kind::kBreak;
  return Kind::kOther;
}

/// lodash's words: "parseHTTPReply2" has parse, HTTP, Reply, 2.
std::vector<Points> words_of(const Points& text) {
  std::vector<Points> words;
  const auto kind = [&](std::size_t i) { return i < text.size() ? kind_of(text[i]) : Kind::kBreak; };
  const auto run = [&](std::size_t i, auto&& in) {
    while (i < text.size() && in(kind(i))) ++i;
    return i;
  };
  const auto is_lower = [](Kind k) { return k == Kind::kLower; };
  const auto is_upper = [](Kind k) { return k == Kind::kUpper; };
  const auto lower_or_other = [](Kind k) { return k == Kind::kLower || k == Kind::kOther; };
  const auto upper_or_other = [](Kind k) { return k == Kind::kUpper || k == Kind::kOther; };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t letters = at + (kind(at) == Kind::kUpper);
    std::size_t end = run(letters, is_lower);
    if (end == letters || (kind(end) != Kind::kBreak && kind(end) != Kind::kUpper)) {
      // Capitals up to the one that begins the next word.
      end = run(at, upper_or_other);
      while (end > at && kind(end) != Kind::kBreak && !(kind(end) == Kind::kUpper && lower_or_other(kind(end + 1))))
        --end;
      if (end == at) end = run(letters, lower_or_other);
      if (end == letters) end = run(at, is_upper);
      if (end == at) end = run(at, [](Kind k) { return k == Kind::kDigit; });
    }
    if (end > at) words.push_back(text.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return words;
}

Points joined(const Points& text, Text between, const std::function<Points(const Points&, bool first)>& form) {
  Points out;
  bool first = true;
  for (const Points& word : words_of(plain_letters(text))) {
    if (!first) out += points_of(between);
    out += form(word, first);
    first = false;
  }
  return out;
}

Points camel(const Points& text) {
  return joined(text, "", [](const Points& word, bool first) {
    return first ? each(word, lower) : upper_first(each(word, lower));
  });
}

struct Case {
  Text name;
  Points (*form)(const Points&);
};

Points to_lower(const Points& t) { return each(t, lower); }
Points to_upper(const Points& t) { return each(t, upper); }
Points to_sentence(const Points& t) { return upper_first(t); }
Points to_pascal(const Points& t) { return upper_first(camel(t)); }
Points to_kebab(const Points& t) {
  return joined(t, "-", [](const Points& word, bool) { return each(word, lower); });
}
Points to_snake(const Points& t) {
  return joined(t, "_", [](const Points& word, bool) { return each(word, lower); });
}
Points to_start(const Points& t) {
  return joined(t, " ", [](const Points& word, bool) { return upper_first(word); });
}

constexpr Case kCases[] = {
    {"lower-case", to_lower},   {"lowercase", to_lower},        {"lowerCase", to_lower},       {"upper-case", to_upper},
    {"uppercase", to_upper},    {"sentence-case", to_sentence}, {"sentencecase", to_sentence}, {"camel-case", camel},
    {"pascal-case", to_pascal}, {"kebab-case", to_kebab},       {"snake-case", to_snake},      {"start-case", to_start},
};

/// Without what stands between two quotes of a kind on one line.
std::string without_quoted(Text text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '`' || c == '"' || c == '\'') {
      const std::size_t end = text.find(c, at + 1);
      if (end != text.npos && text.substr(at, end - at).find_first_of("\r\n") == text.npos) {
        at = end + 1;
        continue;
      }
    }
    out += c;
    ++at;
  }
  return out;
}

}  // namespace

std::size_t space_bytes(Text text, std::size_t at) {
  const unsigned char c = static_cast<unsigned char>(text[at]);
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  if (c < 0x80) return 0;
  const CodePoint point = utf8_at(text, at);
  const std::uint32_t v = point.value;
  const bool space = v == 0xA0 || v == 0x1680 || (v >= 0x2000 && v <= 0x200A) || v == 0x2028 || v == 0x2029 ||
                     v == 0x202F || v == 0x205F || v == 0x3000 || v == 0xFEFF;
  return space ? point.bytes : 0;
}

Text trim(Text text) {
  while (!text.empty() && space_bytes(text, 0) != 0) text.remove_prefix(space_bytes(text, 0));
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    if (space_bytes(text, at) == 0 || at + space_bytes(text, at) != text.size()) break;
    text = text.substr(0, at);
  }
  return text;
}

bool is_case_name(Text name) {
  return std::ranges::any_of(kCases, [&](const Case& c) { return c.name == name; });
}

bool has_case(Text text, Text case_name) {
  const std::string rest = without_quoted(text);
  const Points points = points_of(trim(rest));
  for (const Case& c : kCases) {
    if (c.name != case_name) continue;
    const Points changed = c.form(points);
    return changed.empty() || (changed[0] >= U'0' && changed[0] <= U'9') || changed == points;
  }
  return false;
}

bool begins_with_cased_letter(Text text) {
  if (text.empty()) return false;
  const CodePoint point = utf8_at(text, 0);
  if (point.value == CodePoint::kInvalid) return false;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(point.value));
  return category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
}

}  // namespace eve::commit
