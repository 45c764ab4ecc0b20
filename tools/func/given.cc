// SPDX-License-Identifier: Apache-2.0
#include "func/given.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/json_value.h"
#include "tasks/dates.h"
#include "tasks/text.h"

namespace eve::func {

namespace {

using tasks::lower;

using Kind = JsonValue::Kind;

/// Where a request says a text as whole words.
std::vector<std::pair<std::size_t, std::size_t>> places_of(std::string_view text, std::string_view request) {
  const auto joins = [&](std::size_t i) {
    return i > 0 && i < request.size() && std::isalnum(static_cast<unsigned char>(request[i - 1])) != 0 &&
           std::isalnum(static_cast<unsigned char>(request[i])) != 0;
  };
  std::vector<std::pair<std::size_t, std::size_t>> places;
  if (!text.empty())
    for (std::size_t at = request.find(text); at != request.npos; at = request.find(text, at + 1))
      if (!joins(at) && !joins(at + text.size())) places.emplace_back(at, at + text.size());
  return places;
}

}  // namespace

std::string with_year(std::string_view value, std::string_view request) {
  const std::string as_is(value);
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const std::size_t start = request.find(value);
  if (start == request.npos || !std::ranges::any_of(value, is_digit) ||
      std::ranges::none_of(tasks::words(value), tasks::month_of))
    return as_is;
  std::size_t end = start + value.size();
  if (end < request.size() && request[end] == ',') ++end;
  const std::string_view year = request.substr(end, 5);
  if (year.size() < 5 || (!year.starts_with(" 19") && !year.starts_with(" 20")) || !is_digit(year[3]) ||
      !is_digit(year[4]) ||
      (end + 5 < request.size() && std::isalnum(static_cast<unsigned char>(request[end + 5])) != 0))
    return as_is;
  return std::string(request.substr(start, end + 5 - start));
}

void drop_reused(std::vector<Given>& given, std::string_view request) {
  std::vector<Given> all = given;
  std::ranges::stable_sort(
      all, [](const Given& a, const Given& b) { return a.required != b.required ? a.required : a.sure > b.sure; });
  const std::string all_said = lower(request);
  struct Kept {
    std::string text;
    std::vector<std::pair<std::size_t, std::size_t>> places;
  };
  std::vector<Kept> kept;
  // Of "the afternoon" and "3 in the afternoon" one says nothing that the other does not.
  const auto lies_in = [](const Kept& one, const Kept& other) {
    return one.text.size() < other.text.size() && std::ranges::all_of(one.places, [&](const auto& place) {
             return std::ranges::any_of(other.places, [&](const auto& around) {
               return around.first <= place.first && place.second <= around.second;
             });
           });
  };
  for (const Given& one : all) {
    const JsonValue value = parse_json_value(one.json, "argument");
    if (value.is(Kind::kBoolean) || value.is(Kind::kNull)) continue;
    Kept now{lower(value.is(Kind::kString) ? value.text : one.json), {}};
    now.places = places_of(now.text, all_said);
    const auto same = static_cast<std::size_t>(std::ranges::count(kept, now.text, &Kept::text));
    const bool reused =
        !now.places.empty() && (same >= now.places.size() || std::ranges::any_of(kept, [&](const Kept& other) {
                                  return !other.places.empty() && (lies_in(now, other) || lies_in(other, now));
                                }));
    if (reused && !one.required)
      std::erase_if(given, [&](const Given& g) { return g.name == one.name; });
    else
      kept.push_back(std::move(now));
  }
}

}  // namespace eve::func
