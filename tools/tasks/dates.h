// SPDX-License-Identifier: Apache-2.0
// The dates and times that a text holds, as RFC 3339 writes them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tasks/numbers.h"

namespace eve::tasks {

/// A day of the Gregorian calendar.
struct Day {
  int year, month, day;
  bool operator==(const Day&) const = default;
};

/// "2026-11-22"; nothing when it is no day.
std::optional<Day> read_day(std::string_view text);

/// The month, 1 to 12, whose name a word in small letters is, or the first three letters of its name; 0: none.
int month_of(std::string_view word);

/// Days by place: "2026-11-22", "22.11.2026", "11/22/2026" (both ways where both are days), "22 November 2026", "Nov
/// 22nd, 2026", "22/Nov/2026". With `today` also days without a year (the nearest to today), "today", "tomorrow",
/// "yesterday", and the names of weekdays (the next one). Values are JSON strings "YYYY-MM-DD".
std::vector<Found> find_days(std::string_view text, std::optional<Day> today, std::size_t limit = 200);

/// Times of day: "14:05", "14:05:30.5", "2 pm", "2:30 p.m.", "noon", with the zone that follows ("Z", "UTC", "+01:00",
/// "+0100"); without one, UTC is said. Values are JSON strings "HH:MM:SSZ".
std::vector<Found> find_times(std::string_view text, std::size_t limit = 200);

/// A day and a time of the text, together: those that stand beside each other, and each pair when none do.
std::vector<Found> find_date_times(std::string_view text, std::optional<Day> today, std::size_t limit = 200);

/// Patterns of times without a zone, "14:05" or "14:05:30", and of a day and such a time, "2026-11-22T14:05".
inline constexpr std::string_view kLocalTime = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$";
inline constexpr std::string_view kLocalDateTime =
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$";

/// What find_times() or find_date_times() found, without zones; whole minutes also without seconds.
std::vector<Found> without_zones(const std::vector<Found>& times);

}  // namespace eve::tasks
