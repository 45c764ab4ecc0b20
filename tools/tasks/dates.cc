// SPDX-License-Identifier: Apache-2.0
#include "tasks/dates.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>

namespace eve::tasks {

namespace {

constexpr std::size_t kFarthest = 16;  // bytes between a day and its time

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

std::optional<Day> day_of(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (year < 1000 || year > 9999 || !date.ok()) return std::nullopt;
  return Day{year, month, day};
}

std::chrono::sys_days serial(const Day& d) {
  return std::chrono::year_month_day{std::chrono::year{d.year}, std::chrono::month{static_cast<unsigned>(d.month)},
                                     std::chrono::day{static_cast<unsigned>(d.day)}};
}
Day day_from(std::chrono::sys_days at) {
  const std::chrono::year_month_day d(at);
  return {static_cast<int>(d.year()), static_cast<int>(static_cast<unsigned>(d.month())),
          static_cast<int>(static_cast<unsigned>(d.day()))};
}

std::string iso(const Day& d) {
  char text[24];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", d.year % 10000, d.month % 100, d.day % 100);
  return text;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

/// Reads along a text; every reader gives back where it ended, or stays where it was.
class Cursor {
 public:
  Cursor(std::string_view text, std::size_t at) : text_(text), at_(at) {}
  std::size_t place() const { return at_; }
  bool ended() const { return at_ >= text_.size(); }
  char peek() const { return ended() ? '\0' : text_[at_]; }
  bool word_follows() const { return is_letter(peek()) || is_digit(peek()); }

  /// A number of `least` to `most` digits, not more digits behind it.
  std::optional<int> number(std::size_t least, std::size_t most) {
    std::size_t end = at_;
    while (end < text_.size() && is_digit(text_[end]) && end - at_ <= most) ++end;
    if (end - at_ < least || end - at_ > most) return std::nullopt;
    int value = 0;
    for (; at_ < end; ++at_) value = value * 10 + (text_[at_] - '0');
    return value;
  }
  bool accept(std::string_view any) {
    if (ended() || any.find(text_[at_]) == any.npos) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view lower) {
    const Cursor back = *this;
    for (const char c : lower) {
      if (ended() || (is_letter(c) ? (text_[at_] | 32) != c : text_[at_] != c)) {
        *this = back;
        return false;
      }
      ++at_;
    }
    if (is_letter(lower.back()) && is_letter(peek())) {
      *this = back;
      return false;
    }
    return true;
  }
  void blanks() {
    while (accept(" \t")) {
    }
  }

 private:
  std::string_view text_;
  std::size_t at_;
};

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

/// Its full name, its first three letters (four of "sept"), with or without a full stop.
std::optional<int> month_name(Cursor& in) {
  for (std::size_t m = 0; m < kMonths.size(); ++m)
    if (in.word(kMonths[m]) || in.word(kMonths[m].substr(0, 3)) || (m == 8 && in.word("sept"))) {
      in.accept(".");
      return static_cast<int>(m + 1);
    }
  return std::nullopt;
}

/// "22", "22nd", "22."
std::optional<int> day_number(Cursor& in) {
  const std::optional<int> day = in.number(1, 2);
  if (!day) return std::nullopt;
  const Cursor back = in;
  if (!(in.word("st") || in.word("nd") || in.word("rd") || in.word("th") || in.accept("."))) in = back;
  return day;
}

class Days {
 public:
  Days(std::string_view text, std::optional<Day> today, std::size_t limit)
      : text_(text), today_(today), limit_(limit) {}

  std::vector<Found> find() {
    for (std::size_t at = 0; at < text_.size() && found_.size() < limit_; ++at) {
      const char before = at == 0 ? ' ' : text_[at - 1];
      if (is_digit(before) || is_letter(before)) continue;
      const std::size_t known = found_.size();
      if (is_digit(text_[at])) {
        year_first(at);
        day_first(at);
        day_then_name(at);
      } else if (is_letter(text_[at])) {
        name_first(at);
        if (today_) relative(at);
      }
      std::size_t end = at;
      for (std::size_t i = known; i < found_.size(); ++i) end = std::max(end, found_[i].end - 1);
      at = end;
    }
    return std::move(found_);
  }

 private:
  std::string_view text_;
  std::optional<Day> today_;
  std::size_t limit_;
  std::vector<Found> found_;

  void add(std::optional<Day> day, std::size_t start, std::size_t end) {
    if (!day) return;
    std::string json = quoted(iso(*day));
    for (const Found& known : found_)
      if (known.start == start && known.json == json) return;
    found_.push_back({std::move(json), start, end});
  }

  /// The year nearest to today in which the day exists.
  void add_without_year(int month, int day, std::size_t start, std::size_t end) {
    if (!today_) return;
    std::optional<Day> best;
    for (int year = today_->year - 1; year <= today_->year + 1; ++year) {
      const std::optional<Day> one = day_of(year, month, day);
      if (one && (!best ||
                  std::chrono::abs(serial(*one) - serial(*today_)) < std::chrono::abs(serial(*best) - serial(*today_))))
        best = one;
    }
    add(best, start, end);
  }

  void year_first(std::size_t at) {
    Cursor in(text_, at);
    const std::optional<int> year = in.number(4, 4);
    const char separator = in.peek();
    if (!year || !in.accept("-/.")) return;
    const std::optional<int> month = in.number(1, 2);
    if (!month || !in.accept({&separator, 1})) return;
    const std::optional<int> day = in.number(1, 2);
    if (day && !is_digit(in.peek())) add(day_of(*year, *month, *day), at, in.place());
  }

  void day_first(std::size_t at) {
    Cursor in(text_, at);
    const std::optional<int> first = in.number(1, 2);
    const char separator = in.peek();
    if (!first || !in.accept("-/.")) return;
    const std::optional<int> second = in.number(1, 2);
    if (!second || !in.accept({&separator, 1})) return;
    std::optional<int> year = in.number(4, 4);
    if (!year) {
      year = in.number(2, 2);
      if (year) *year += *year < 70 ? 2000 : 1900;
    }
    if (!year || is_digit(in.peek())) return;
    add(day_of(*year, *second, *first), at, in.place());
    if (separator != '.') add(day_of(*year, *first, *second), at, in.place());
  }

  /// The year behind a day and month: "2026", ", 2026", "/2026".
  static std::optional<int> year_behind(Cursor& in) {
    const Cursor back = in;
    in.accept(",");
    in.blanks();
    in.accept("/-");
    const std::optional<int> year = in.number(4, 4);
    if (!year || in.word_follows() || *year < 1000) {
      in = back;
      return std::nullopt;
    }
    return year;
  }

  void day_then_name(std::size_t at) {
    Cursor in(text_, at);
    const std::optional<int> day = day_number(in);
    if (!day) return;
    in.blanks();
    in.accept("/-");
    if (in.word("of")) in.blanks();
    const std::optional<int> month = month_name(in);
    if (!month) return;
    const std::size_t end = in.place();
    if (const std::optional<int> year = year_behind(in))
      add(day_of(*year, *month, *day), at, in.place());
    else
      add_without_year(*month, *day, at, end);
  }

  void name_first(std::size_t at) {
    Cursor in(text_, at);
    const std::optional<int> month = month_name(in);
    if (!month) return;
    in.blanks();
    if (in.word("the")) in.blanks();
    const std::optional<int> day = day_number(in);
    if (!day || is_digit(in.peek())) return;
    const std::size_t end = in.place();
    if (const std::optional<int> year = year_behind(in))
      add(day_of(*year, *month, *day), at, in.place());
    else
      add_without_year(*month, *day, at, end);
  }

  void relative(std::size_t at) {
    using std::chrono::days;
    const std::chrono::sys_days now = serial(*today_);
    for (const auto& [name, shift] : {std::pair{"today", 0}, {"tonight", 0}, {"tomorrow", 1}, {"yesterday", -1}}) {
      Cursor in(text_, at);
      if (in.word(name)) add(day_from(now + days(shift)), at, in.place());
    }
    for (unsigned w = 0; w < kWeekdays.size(); ++w) {
      Cursor in(text_, at);
      if (!in.word(kWeekdays[w])) continue;
      const unsigned ahead = (w + 7 - std::chrono::weekday(now).c_encoding()) % 7;
      add(day_from(now + days(ahead == 0 ? 7 : ahead)), at, in.place());
    }
  }
};

/// " +01:00", "Z", " UTC": the offset as RFC 3339 writes it.
std::string zone(Cursor& in) {
  const Cursor back = in;
  in.blanks();
  if (in.word("z") || in.word("utc") || in.word("gmt")) {
    if (!in.word_follows() && in.peek() != '+' && in.peek() != '-') return "Z";
    in = back;
    return "Z";
  }
  const char sign = in.peek();
  if (in.accept("+-")) {
    Cursor compact = in;
    std::optional<int> hours = in.number(2, 2);
    std::optional<int> minutes;
    if (hours && in.accept(":")) minutes = in.number(2, 2);
    if (!hours) {
      in = compact;
      if (const std::optional<int> both = in.number(4, 4)) {
        hours = *both / 100;
        minutes = *both % 100;
      }
    }
    if (hours && minutes && *hours < 24 && *minutes < 60) {
      char text[24];
      std::snprintf(text, sizeof text, "%c%02d:%02d", sign, *hours % 100, *minutes % 100);
      return text;
    }
  }
  in = back;
  return "Z";
}

/// A time at this place: its text in RFC 3339 and where it ends.
std::optional<std::pair<std::string, std::size_t>> time_at(std::string_view text, std::size_t at) {
  for (const auto& [name, hour] : {std::pair{"noon", 12}, {"midnight", 0}}) {
    Cursor in(text, at);
    if (in.word(name)) return std::pair{std::string(hour == 12 ? "12:00:00" : "00:00:00") + "Z", in.place()};
  }
  Cursor in(text, at);
  std::optional<int> hour = in.number(1, 2);
  if (!hour) return std::nullopt;
  int minute = 0, second = 0;
  std::string part;
  bool colon = in.peek() == ':';
  if (colon) {
    in.accept(":");
    const std::optional<int> minutes = in.number(2, 2);
    if (!minutes) return std::nullopt;
    minute = *minutes;
    Cursor seconds = in;
    if (seconds.accept(":"))
      if (const std::optional<int> value = seconds.number(2, 2)) {
        second = *value;
        in = seconds;
        Cursor fraction = in;
        if (fraction.accept(".,") && is_digit(fraction.peek())) {
          const std::size_t from = fraction.place();
          while (fraction.accept("0123456789")) {
          }
          if (fraction.place() - from <= 9) {
            part = "." + std::string(text.substr(from, fraction.place() - from));
            in = fraction;
          }
        }
      }
  }
  Cursor half = in;
  half.blanks();
  for (const auto& [names, shift] :
       {std::pair{std::array{"am", "a.m.", "a.m"}, 0}, {std::array{"pm", "p.m.", "p.m"}, 12}})
    for (const char* name : names)
      if (half.word(name)) {
        if (*hour < 1 || *hour > 12) return std::nullopt;
        *hour = *hour % 12 + shift;
        colon = true;
        in = half;
        half = Cursor(text, text.size());
      }
  if (!colon || *hour > 23 || minute > 59 || second > 59 || in.word_follows() || in.peek() == ':') {
    // "14:05:30Z" and "2026-11-22T14:05" go on with a letter that is a zone.
    if (!colon || *hour > 23 || minute > 59 || second > 59 || (in.peek() | 32) != 'z') return std::nullopt;
  }
  const std::string offset = zone(in);
  char clock[32];
  std::snprintf(clock, sizeof clock, "%02d:%02d:%02d", *hour % 100, minute % 100, second % 100);
  return std::pair{clock + part + offset, in.place()};
}

}  // namespace

std::optional<Day> read_day(std::string_view text) {
  const std::vector<Found> days = find_days(text, std::nullopt, 2);
  if (text.size() != 10 || days.size() != 1 || days[0].json != quoted(std::string(text))) return std::nullopt;
  Cursor in(text, 0);
  const int year = *in.number(4, 4);
  in.accept("-");
  const int month = *in.number(2, 2);
  in.accept("-");
  return Day{year, month, *in.number(2, 2)};
}

int month_of(std::string_view word) {
  for (std::size_t m = 0; m < kMonths.size(); ++m)
    if (word == kMonths[m] || word == kMonths[m].substr(0, 3) || (m == 8 && word == "sept"))
      return static_cast<int>(m + 1);
  return 0;
}

std::vector<Found> find_days(std::string_view text, std::optional<Day> today, std::size_t limit) {
  return Days(text, today, limit).find();
}

std::vector<Found> find_times(std::string_view text, std::size_t limit) {
  std::vector<Found> found;
  for (std::size_t at = 0; at < text.size() && found.size() < limit; ++at) {
    const char before = at == 0 ? ' ' : text[at - 1];
    // "T14:05" of an ISO time, and ":14:05" of a web server's log.
    const bool inside = is_digit(before) ||
                        (is_letter(before) && !(before == 'T' && at > 1 && is_digit(text[at - 2]))) ||
                        (before == ':' && !(at > 4 && is_digit(text[at - 2]) && is_digit(text[at - 5])));
    if (inside || !(is_digit(text[at]) || is_letter(text[at]))) continue;
    if (const auto time = time_at(text, at)) {
      found.push_back({quoted(time->first), at, time->second});
      at = time->second - 1;
    }
  }
  return found;
}

std::vector<Found> find_date_times(std::string_view text, std::optional<Day> today, std::size_t limit) {
  const std::vector<Found> days = find_days(text, today, limit), times = find_times(text, limit);
  std::vector<Found> beside, any;
  for (const Found& day : days)
    for (const Found& time : times) {
      Found both{day.json.substr(0, day.json.size() - 1) + "T" + time.json.substr(1), std::min(day.start, time.start),
                 std::max(day.end, time.end)};
      const std::size_t gap = day.start < time.start ? time.start - std::min(day.end, time.start)
                                                     : day.start - std::min(time.end, day.start);
      if (gap <= kFarthest && beside.size() < limit) beside.push_back(both);
      if (any.size() < limit) any.push_back(std::move(both));
    }
  return beside.empty() ? any : beside;
}

std::vector<Found> without_zones(const std::vector<Found>& times) {
  std::vector<Found> result;
  for (const Found& time : times) {
    const std::size_t clock = time.json.find(':') - 2, end = time.json.find_first_of(".Z+-", clock);
    const std::string local = time.json.substr(0, end);
    result.push_back({local + '"', time.start, time.end});
    if (local.ends_with(":00")) result.push_back({local.substr(0, local.size() - 3) + '"', time.start, time.end});
  }
  return result;
}

}  // namespace eve::tasks
