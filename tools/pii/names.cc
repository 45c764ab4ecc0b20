// SPDX-License-Identifier: Apache-2.0
#include "pii/names.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "pii/labels.h"
#include "pii/scan.h"
#include "tasks/summarize_words.h"

namespace eve::pii {
namespace {

using Text = std::string_view;
using Words = std::vector<Text>;

constexpr auto kPerson = static_cast<std::uint16_t>(Label::kPerson);
constexpr auto kUsername = static_cast<std::uint16_t>(Label::kUsername);

// In log-odds; the threshold of 0.75 lies at 1.1. Chosen on rows of augment.py and on technical text, see the card.
constexpr double kNever = -20, kNobody = -4, kOrdinary = -2, kIdentifier = -1.5, kUnlikely = -1, kFullName = 0.8;

// Sorted. Names of countries that are names of people too (Chad, Georgia, Israel, Jordan) are left out.
constexpr Text kNobodies =
    "afghanistan africa african albania algeria american android ansible apache arabia arabic argentina armenia asia "
    "asian australasia australia australian austria austrian azerbaijan bahrain bangladesh bash basque belarus "
    "belgian belgium bolivia bosnia botswana bravo brazil brazilian british bro bruh bulgaria bulgarian cambodia "
    "cameroon canada canadian catalan chile chinese chromium clang cmake colombia congo croatia croatian cuba cyprus "
    "czech dad daddy danish debian denmark django docker dude dutch ecuador egypt egyptian emacs english estonia "
    "estonian ethiopia europe european fedora finland finnish firefox flemish france french gentoo german germany "
    "ghana git github gitlab gnome gnu grandma grandpa greece greek guatemala haiti haskell hebrew hindi homebrew "
    "honduras hungarian hungary iceland icelandic india indian indonesia iran iraq ireland irish italian italy "
    "jamaica japan japanese javascript jenkins kazakhstan kde kenya korea korean kubernetes kuwait lanka laos latin "
    "latvia latvian lebanon libya linux lithuania lithuanian lol luxembourg macedonia malaysia mexican mexico mom "
    "mommy mongolia morocco mozambique mum mysql nepal netherlands nginx nicaragua nigeria norway norwegian oman omg "
    "oracle pakistan panama paraguay perl persian peru philippines php poland polish portugal portuguese postgres "
    "postgresql python qatar redis romania romanian russia russian rwanda saudi scottish senegal serbia serbian "
    "singapore slovak slovakia slovenia slovenian solaris somalia spain spanish sqlite sri sudan suse sweden swedish "
    "swiss switzerland syria taiwan tanzania thai thailand tunisia turkey turkish ubuntu uganda uk ukraine ukrainian "
    "unix uruguay usa uzbekistan venezuela vietnam vietnamese vim welsh whoa windows wow wtf yay yemen zealand "
    "zimbabwe";
constexpr Text kCompanies =
    "bank corp corporation foods foundation gmbh group holdings inc insurance labs llc ltd media plc semiconductor "
    "software systems";

Words split(Text list) {
  Words words;
  for (std::size_t i = 0; i < list.size();) {
    const std::size_t end = std::min(list.find(' ', i), list.size());
    if (end > i) words.push_back(list.substr(i, end - i));
    i = end + 1;
  }
  return words;
}

std::string lower(Text word) {
  std::string low(word);
  std::transform(low.begin(), low.end(), low.begin(), pii::lower);
  return low;
}

bool contains(const Words& words, Text low) { return std::binary_search(words.begin(), words.end(), low); }

/// A word of the English dictionary that no name is spelled like, mostly.
bool is_ordinary(Text word) {
  struct Ignoring {
    bool operator()(Text a, Text b) const {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                          [](char x, char y) { return pii::lower(x) < pii::lower(y); });
    }
  };
  static const Words words = [] {
    Words list = split(tasks::kCommonWords);
    std::erase_if(list, [](Text w) { return w[0] < 'A' || w[0] > 'Z'; });
    std::sort(list.begin(), list.end(), Ignoring());
    return list;
  }();
  return std::binary_search(words.begin(), words.end(), word, Ignoring());
}

bool is_nobody(Text word) {
  static const Words words = split(kNobodies);
  return contains(words, lower(word));
}

bool is_company(Text word) {
  static const Words words = split(kCompanies);
  return contains(words, lower(word));
}

constexpr bool in_word(char c) { return is_alnum(c) || is_high(c); }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_capital(char c) { return is_upper(c) || is_high(c); }

Words words_of(Text value) {
  Words words;
  for (std::size_t i = 0; i < value.size();) {
    const std::size_t end = run_end(value, i, in_word);
    if (end > i) words.push_back(value.substr(i, end - i));
    i = end + 1;
  }
  return words;
}

/// "saltmining Inc.": up to two words and the form of a company.
bool leads_to_company(Text text, std::size_t i) {
  for (int word = 0; word < 3 && at(text, i) == ' '; ++word) {
    const std::size_t end = run_end(text, i + 1, in_word, 32);
    const Text next = text.substr(i + 1, end - i - 1);
    if (next.empty() || is_ordinary(next)) return false;
    if (is_company(next)) return is_upper(next[0]);
    i = end;
  }
  return false;
}

/// MyMacro and AsciiDoc, not McDonald, DeShawn or LeBron.
bool is_camel(Text word) {
  const auto inner = std::find_if(word.begin() + 1, word.end(), is_upper);
  if (inner == word.end() || !std::any_of(word.begin() + 1, inner, [](char c) { return c >= 'a' && c <= 'z'; }))
    return false;
  static const Words prefixes = split("al da de di du el fitz la le lo mac mc van von");
  return !contains(prefixes, lower(word.substr(0, static_cast<std::size_t>(inner - word.begin()))));
}

double evidence(Text text, std::size_t start, std::size_t end) {
  const Text value = text.substr(start, end - start);
  const Words words = words_of(value);
  if (words.empty()) return kNever;
  const auto characters = std::count_if(value.begin(), value.end(), [](char c) { return (c & 0xC0) != 0x80; });
  if (characters == 1) return kNever;
  if ((words.size() > 1 && is_company(words.back())) || leads_to_company(text, end)) return kNever;

  const auto all = [&](auto is) { return std::all_of(words.begin(), words.end(), is); };
  const bool nobody = all([](Text w) { return is_nobody(w) || is_ordinary(w); });
  if (nobody && std::any_of(words.begin(), words.end(), is_nobody)) return kNobody;
  const bool capitals = all([](Text w) { return is_capital(w[0]); });
  if (nobody) return capitals && words.size() > 1 ? kUnlikely : kOrdinary;  // "May Sun", "Or rather"
  const bool small = std::none_of(value.begin(), value.end(), is_capital);
  if (small && value.find('-') != value.npos && value.find(' ') == value.npos) return kUnlikely;  // sans-serif
  if (words.size() == 1 && is_camel(value)) return kIdentifier;
  const bool full = capitals && words.size() > 1 && value.find(' ') != value.npos &&
                    all([](Text w) { return !is_nobody(w) && !is_ordinary(w); });
  return full ? kFullName : 0;
}

/// Bytes of a log-in name, a host or a path: a name within them is part of something else.
constexpr bool in_token(char c) { return in_word(c) || Text("._-@/\\+%").find(c) != Text::npos; }

/// Every form of a log-in name that is made of the words of one name, in small letters without separators.
void add_log_ins(const Words& words, float score, std::unordered_map<std::string, float>& forms) {
  constexpr std::size_t kMostWords = 4;
  std::vector<std::string> low;
  for (Text word : words) {
    if (std::all_of(word.begin(), word.end(), is_letter) && low.size() < kMostWords) low.push_back(lower(word));
  }
  for (const std::string& first : low) {
    for (const std::string& last : low) {
      if (&first == &last) continue;
      for (const std::string& form : {first + last, first.substr(0, 1) + last, first + last.substr(0, 1)}) {
        if (form.size() > 3 && !is_ordinary(form)) forms.try_emplace(form, score);
      }
    }
  }
}

}  // namespace

float weighed(Text text, std::size_t start, std::size_t end, float score) {
  const double odds = evidence(text, start, end);
  if (odds == 0) return score;
  const double p = std::min(static_cast<double>(score), 1 - 1e-6);
  return static_cast<float>(1 / (1 + (1 - p) / p * std::exp(-odds)));
}

void add_namesakes(Text text, Spans& spans) {
  std::unordered_map<Text, float> names;                   // as they are written
  std::unordered_map<std::string, float> log_ins, firsts;  // in small letters; firsts: before digits
  for (const Span& span : spans) {
    if (span.label != kPerson) continue;
    const Words words = words_of(text.substr(span.start, span.end - span.start));
    for (Text word : words) {
      if (word.size() < 3 || is_ordinary(word) || is_nobody(word)) continue;
      if (is_capital(word[0])) names.try_emplace(word, span.score);
      if (std::all_of(word.begin(), word.end(), is_letter)) firsts.try_emplace(lower(word), span.score);
    }
    add_log_ins(words, span.score, log_ins);
  }
  if (names.empty() && log_ins.empty() && firsts.empty()) return;

  Spans more;
  std::size_t next = 0;  // of the spans
  for (std::size_t i = 0; i < text.size();) {
    if (!in_token(text[i])) {
      ++i;
      continue;
    }
    std::size_t start = i, end = run_end(text, i, in_token);
    i = end;
    while (end > start && !in_word(text[end - 1])) --end;
    if (start == end || !in_word(text[start])) continue;
    while (next < spans.size() && spans[next].end <= start) ++next;
    if (next < spans.size() && spans[next].start < end) continue;
    const Text token = text.substr(start, end - start);
    if (const auto name = names.find(token); name != names.end()) {
      more.push_back({start, end, kPerson, name->second, By::kModel});
      continue;
    }
    std::string form = lower(token);
    std::size_t digits = 0;
    while (digits < form.size() && is_digit(form[form.size() - 1 - digits])) ++digits;
    form.resize(form.size() - digits);
    std::erase_if(form, [](char c) { return c == '.' || c == '_' || c == '-'; });
    const auto& known = log_ins.contains(form) ? log_ins : firsts;
    const auto log_in = known.find(form);
    if (log_in == known.end() || (&known == &firsts && digits == 0)) continue;
    more.push_back({start, end, kUsername, log_in->second, By::kModel});
  }
  if (more.empty()) return;
  spans.insert(spans.end(), more.begin(), more.end());
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
}

}  // namespace eve::pii
