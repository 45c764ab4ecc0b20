// SPDX-License-Identifier: Apache-2.0
#include "summarize/line_head.h"

#include <algorithm>
#include <array>
#include <string>

#include "tasks/text.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;
using tasks::lower;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

Text trimmed(Text text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Digits and single marks between them, such as 10:20:01,5 or 2026-11-22: how many groups of digits, and the marks.
struct Figures {
  std::size_t groups = 0, digits = 0, colons = 0, dashes = 0;  // dashes: any of - / .
};

std::optional<Figures> figures(Text token) {
  Figures found;
  bool in_group = false;
  for (const char c : token) {
    if (is_digit(c)) {
      found.groups += !in_group;
      ++found.digits;
      in_group = true;
      continue;
    }
    if (!in_group) return std::nullopt;
    in_group = false;
    if (c == ':') {
      ++found.colons;
    } else if (c == '-' || c == '/' || c == '.') {
      ++found.dashes;
    } else if (c != ',' && c != '+') {
      return std::nullopt;
    }
  }
  return found.groups ? std::optional(found) : std::nullopt;
}

constexpr std::array<Text, 19> kCalendar = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct",
                                            "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<Text, 8> kClock = {"am", "pm", "a.m.", "p.m.", "z", "utc", "gmt", "cet"};

enum class Part { kNone, kMoment, kDayName, kNumber, kSuffix };

/// What a token is in a stamp. A moment suffices alone; the others need one.
Part part(Text token) {
  while (!token.empty() && (token.back() == ',' || token.back() == ':' || token.back() == ';')) token.remove_suffix(1);
  if (token.empty()) return Part::kNone;
  std::string word = lower(token);
  if (is_letter(token.front())) {
    if (std::ranges::find(kClock, word) != kClock.end()) return Part::kSuffix;
    return word.size() <= 9 && std::ranges::find(kCalendar, Text(word).substr(0, 3)) != kCalendar.end() &&
                   std::ranges::all_of(word, is_letter)
               ? Part::kDayName
               : Part::kNone;
  }
  if ((token.front() == '+' || token.front() == '-') && token.size() >= 5)
    return figures(token.substr(1)) ? Part::kSuffix : Part::kNone;
  if (word.ends_with("am") || word.ends_with("pm")) word.resize(word.size() - 2);
  if (word.ends_with('z')) word.pop_back();
  if (const std::size_t t = word.find('t'); t != word.npos) {
    const auto day = figures(Text(word).substr(0, t)), time = figures(Text(word).substr(t + 1, 5));
    return day && day->groups == 3 && time && time->colons ? Part::kMoment : Part::kNone;
  }
  const auto found = figures(word);
  if (!found) return Part::kNone;
  if (found->colons && found->groups >= 2 && found->groups <= 4) return Part::kMoment;
  if (found->dashes == 2 && found->groups == 3 && found->digits >= 5 && found->digits <= 8) return Part::kMoment;
  if (found->dashes == 1 && found->groups == 2 && found->digits == 4) return Part::kNumber;  // 03-17
  if (found->groups <= 2 && found->digits >= 10 && !found->dashes) return Part::kNone;
  if (found->groups == 1 && (found->digits <= 2 || found->digits == 4 || found->digits == 6)) return Part::kNumber;
  return Part::kNone;
}

constexpr std::array<Text, 16> kLevels = {"trace", "debug", "info",     "notice", "warn",  "warning", "error",  "err",
                                          "fatal", "crit",  "critical", "alert",  "emerg", "panic",   "severe", "fine"};

bool is_level(Text word) {
  const std::size_t equals = word.find('=');
  if (equals != word.npos && (word.starts_with("level=") || word.starts_with("lvl="))) word.remove_prefix(equals + 1);
  while (!word.empty() && !is_letter(word.front())) word.remove_prefix(1);
  while (!word.empty() && !is_letter(word.back())) word.remove_suffix(1);
  return std::ranges::find(kLevels, lower(word)) != kLevels.end();
}

}  // namespace

std::size_t stamp_end(Text line) {
  std::size_t at = 0, end = 0, six_digits = 0;
  bool moment = false, named = false;
  while (at < line.size() && (is_blank(line[at]) || line[at] == '[' || line[at] == '(')) ++at;
  for (int tokens = 0; tokens < 7 && at < line.size(); ++tokens) {
    std::size_t stop = at;
    while (stop < line.size() && !is_blank(line[stop]) && line[stop] != ']' && line[stop] != ')') ++stop;
    const Part is = part(line.substr(at, stop - at));
    if (is == Part::kNone || (is == Part::kSuffix && !moment)) break;
    if (is == Part::kNumber && stop - at == 6) moment = moment || ++six_digits == 2;  // 081109 203615
    // A number belongs to a day that has a name, or stands before the moment.
    if (is == Part::kNumber && moment && !named && six_digits != 2) break;
    moment = moment || is == Part::kMoment;
    named = named || is == Part::kDayName;
    if (moment) end = stop;
    at = stop;
    const bool closed = at < line.size() && (line[at] == ']' || line[at] == ')');
    while (at < line.size() && (is_blank(line[at]) || line[at] == ']' || line[at] == ')')) ++at;
    if (closed && moment) break;
  }
  if (!moment) return 0;
  const auto skip = [&](Text marks) {
    while (end < line.size() && marks.find(line[end]) != marks.npos) ++end;
  };
  skip(" \t])");
  if (line.substr(end).starts_with("- ")) end += 2;
  skip(" \t");
  return end;
}

std::optional<Said> irc_line(Text line) {
  const Text rest = line.substr(stamp_end(line));
  if (rest.starts_with('<')) {
    const std::size_t close = rest.find('>');
    if (close == rest.npos || close < 2 || close > 40 || rest.substr(0, close).find('/') != rest.npos)
      return std::nullopt;
    Text nick = trimmed(rest.substr(1, close - 1));
    while (!nick.empty() && Text("@+%&~").find(nick.front()) != Text::npos) nick.remove_prefix(1);
    if (nick.empty() || nick.find(' ') != nick.npos) return std::nullopt;
    return Said{nick, trimmed(rest.substr(close + 1))};
  }
  for (const Text mark : {"-!-", "***", "-->", "<--"})
    if (rest.starts_with(mark)) return Said{{}, trimmed(rest.substr(mark.size()))};
  if (rest.size() > 2 && rest.starts_with("* ") && rest.data() != line.data()) {
    const Text act = trimmed(rest.substr(2));
    const std::size_t space = act.find(' ');
    if (space != act.npos) return Said{act.substr(0, space), act};
  }
  return std::nullopt;
}

std::optional<Said> weechat_line(Text line) {
  const std::size_t first = line.find('\t');
  if (first == line.npos || first < 8 || stamp_end(line.substr(0, first)) != first) return std::nullopt;
  const std::size_t second = line.find('\t', first + 1);
  if (second == line.npos || second - first > 40) return std::nullopt;
  Text nick = trimmed(line.substr(first + 1, second - first - 1));
  const Text text = trimmed(line.substr(second + 1));
  if (nick == "-->" || nick == "<--" || nick == "--" || nick.empty()) return Said{{}, text};
  if (nick == "*") return Said{text.substr(0, text.find(' ')), text};
  while (nick.size() > 1 && Text("@+%&~").find(nick.front()) != Text::npos) nick.remove_prefix(1);
  return Said{nick, text};
}

std::optional<Said> named_line(Text line) {
  const std::size_t stamp = stamp_end(line);
  const Text rest = line.substr(stamp);
  const std::size_t colon = rest.find(':');
  if (colon == rest.npos || colon == 0 || colon > 40) return std::nullopt;
  if (colon + 1 < rest.size() && !is_blank(rest[colon + 1])) return std::nullopt;
  Text name = rest.substr(0, colon);
  while (name.starts_with('*') || name.starts_with('@')) name.remove_prefix(1);
  while (name.ends_with('*')) name.remove_suffix(1);
  name = trimmed(name);
  if (name.empty() || (!is_letter(name.front()) && !is_digit(name.front()))) return std::nullopt;
  // "1702 2395 D Manager" is a log's.
  if (is_digit(name.front()) && name.find(' ') != name.npos) return std::nullopt;
  std::size_t words = 0, lower_words = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (Text("<>[]{}=\"$\\/|;!?").find(name[i]) != Text::npos) return std::nullopt;
    if (i && name[i] == '.' && i + 1 < name.size() && name[i + 1] != ' ') return std::nullopt;  // a.b: no name
    if (name[i] == ' ' || (i && name[i - 1] != ' ')) continue;
    ++words;
    lower_words += name[i] >= 'a' && name[i] <= 'z';
    const std::size_t end = std::min(name.find(' ', i), name.size());
    if (end - i > 1 && is_level(name.substr(i, end - i))) return std::nullopt;
  }
  if (words > 4 || (lower_words > 1 && lower_words == words)) return std::nullopt;
  return Said{name, trimmed(rest.substr(colon + 1))};
}

bool has_level(Text line) {
  Text rest = line.substr(stamp_end(line));
  for (int word = 0; word < 4 && !rest.empty(); ++word) {
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    if (end > 1 && is_level(rest.substr(0, end))) return true;
    rest.remove_prefix(end);
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  }
  return false;
}

}  // namespace eve::summarize
