// SPDX-License-Identifier: Apache-2.0
#include "func/match.h"

#include <string>
#include <vector>

namespace eve::func {

namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// Whether each of `a` can be paired with another of `b` that `same` calls the same. Greedy: what is the same as two
/// wanted calls is so because those are alike.
template <class Same>
bool paired(element a, element b, Same same) {
  array left, right;
  if (a.get(left) != SUCCESS || b.get(right) != SUCCESS || left.size() != right.size()) return false;
  std::vector<bool> taken(right.size());
  for (const element one : left) {
    std::size_t i = 0;
    bool found = false;
    for (const element other : right) {
      if (!found && !taken[i] && same(one, other)) found = taken[i] = true;
      ++i;
    }
    if (!found) return false;
  }
  return true;
}

std::string standard(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view(" ,./-_*^").find(c) != std::string_view::npos) continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c == '\'' ? '"' : c;
  }
  return result;
}

bool alike(element value, element allowed) {
  std::string_view a, b;
  if (value.get(a) == SUCCESS && allowed.get(b) == SUCCESS) return standard(a) == standard(b);
  array values, others;
  if (value.get(values) == SUCCESS && allowed.get(others) == SUCCESS) {
    if (values.size() != others.size()) return false;
    auto other = others.begin();
    for (const element one : values) {
      if (!alike(one, *other)) return false;
      ++other;
    }
    return true;
  }
  if (value.is_object() && allowed.is_object()) {
    std::size_t found = 0;
    for (const auto& [key, choices] : object(allowed)) {
      element given;
      array list;
      const bool there = value[key].get(given) == SUCCESS;
      if (choices.get(list) != SUCCESS) {
        if (!there || !alike(given, choices)) return false;
        ++found;
        continue;
      }
      bool good = false;
      for (const element choice : list) {
        std::string_view text;
        good = good || (there ? alike(given, choice) : choice.get(text) == SUCCESS && text.empty());
      }
      if (!good) return false;
      found += there;
    }
    return found == object(value).size();
  }
  return equal(value, allowed);
}

}  // namespace

bool equal(element a, element b) {
  if (a.is_number() && b.is_number()) return double(a) == double(b);
  if (a.is_array() && b.is_array()) {
    const array left = a, right = b;
    if (left.size() != right.size()) return false;
    auto other = right.begin();
    for (const element one : left) {
      if (!equal(one, *other)) return false;
      ++other;
    }
    return true;
  }
  if (a.is_object() && b.is_object()) {
    if (object(a).size() != object(b).size()) return false;
    for (const auto& [key, value] : object(a)) {
      element other;
      if (b[key].get(other) != SUCCESS || !equal(value, other)) return false;
    }
    return true;
  }
  std::string_view text, other;
  if (a.get(text) == SUCCESS && b.get(other) == SUCCESS) return text == other;
  bool truth = false, second = false;
  if (a.get(truth) == SUCCESS && b.get(second) == SUCCESS) return truth == second;
  return a.is_null() && b.is_null();
}

bool same_calls(element calls, element wanted) { return paired(calls, wanted, equal); }

bool matches_bfcl(element calls, element truth) {
  return paired(calls, truth, [](element call, element wanted) {
    const std::string_view name = call["name"];
    for (const auto& [key, value] : object(wanted))
      if (key == name && alike(call["arguments"], value)) return true;
    return false;
  });
}

}  // namespace eve::func
