// SPDX-License-Identifier: Apache-2.0
#include "func/match.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace eve::func {

namespace {

using Kind = JsonValue::Kind;

std::string standard(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view(" ,./-_*^").find(c) != std::string_view::npos) continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c == '\'' ? '"' : c;
  }
  return result;
}

bool alike(const JsonValue& value, const JsonValue& allowed);

/// Members against lists of what each may be.
bool members_alike(const JsonValue& value, const JsonValue& allowed) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < allowed.items.size(); ++i) {
    const JsonValue* given = value.find(allowed.names[i]);
    const JsonValue& choices = allowed.items[i];
    if (!choices.is(Kind::kArray)) {
      if (!given || !alike(*given, choices)) return false;
    } else if (!std::ranges::any_of(choices.items, [&](const JsonValue& choice) {
                 return given ? alike(*given, choice) : choice.is(Kind::kString) && choice.text.empty();
               })) {
      return false;
    }
    found += given != nullptr;
  }
  return found == value.items.size();
}

bool alike(const JsonValue& value, const JsonValue& allowed) {
  if (value.is(Kind::kString) && allowed.is(Kind::kString)) return standard(value.text) == standard(allowed.text);
  if (value.is(Kind::kArray) && allowed.is(Kind::kArray)) return std::ranges::equal(value.items, allowed.items, alike);
  if (value.is(Kind::kObject) && allowed.is(Kind::kObject)) return members_alike(value, allowed);
  return canonical_json(value) == canonical_json(allowed);
}

}  // namespace

bool same_calls(const JsonValue& calls, const JsonValue& wanted) {
  const auto sorted = [](const JsonValue& list) {
    std::vector<std::string> texts;
    for (const JsonValue& one : list.items) texts.push_back(canonical_json(one));
    std::ranges::sort(texts);
    return texts;
  };
  return calls.is(Kind::kArray) && wanted.is(Kind::kArray) && sorted(calls) == sorted(wanted);
}

bool matches_bfcl(const JsonValue& calls, const JsonValue& truth) {
  if (!calls.is(Kind::kArray) || !truth.is(Kind::kArray) || calls.items.size() != truth.items.size()) return false;
  std::vector<bool> taken(truth.items.size());
  return std::ranges::all_of(calls.items, [&](const JsonValue& call) {
    for (std::size_t i = 0; i < truth.items.size(); ++i) {
      if (taken[i]) continue;
      const JsonValue* wanted = truth.items[i].find(call.find("name")->text);
      if (wanted && alike(*call.find("arguments"), *wanted)) {
        taken[i] = true;
        return true;
      }
    }
    return false;
  });
}

}  // namespace eve::func
