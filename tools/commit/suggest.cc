// SPDX-License-Identifier: Apache-2.0
#include "commit/suggest.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/utf8.h"
#include "commit/letter_case.h"

namespace eve::commit {

namespace {

using Text = std::string_view;

constexpr std::size_t kMostScopes = 200, kScopeBytes = 30;

std::string upper_first(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 0x20);
  return text;
}

/// Lower case, with "-" for what cannot stand in a scope; empty where little is left.
std::string as_scope(Text name) {
  std::string scope;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (plain)
      scope += upper ? static_cast<char>(c | 0x20) : c;
    else if (!scope.empty() && scope.back() != '-')
      scope += '-';
  }
  while (scope.ends_with('-')) scope.pop_back();
  const bool letter = !scope.empty() && (scope[0] < '0' || scope[0] > '9');
  return scope.size() >= 2 && scope.size() <= kScopeBytes && letter ? scope : "";
}

/// Directories and file names, whole and by their words: what scopes are mostly named after.
std::vector<std::string> scopes_of_paths(const std::vector<tasks::FileDiff>& files) {
  std::vector<std::string> scopes;
  std::set<std::string> known;
  const auto add = [&](Text name) {
    std::string scope = as_scope(name);
    if (!scope.empty() && known.insert(scope).second && scopes.size() < kMostScopes) scopes.push_back(std::move(scope));
  };
  for (const tasks::FileDiff& file : files) {
    Text path = file.path;
    while (!path.empty()) {
      const std::size_t slash = std::min(path.find('/'), path.size());
      const Text part = path.substr(0, slash);
      path.remove_prefix(std::min(slash + 1, path.size()));
      add(path.empty() ? part.substr(0, part.find('.', 1)) : part);
      for (std::size_t begin = 0; begin < part.size();) {
        const std::size_t end = std::min(part.find_first_of("-_.", begin), part.size());
        add(part.substr(begin, end - begin));
        begin = end + 1;
      }
    }
  }
  return scopes;
}

/// The subject as it is, and as rules for other cases and for a full stop at the end would have it.
std::vector<std::string> forms(const std::string& subject) {
  return {subject, upper_first(subject), subject + ".", upper_first(subject) + "."};
}

}  // namespace

std::vector<std::string> allowed_types(const Wishes& wishes) {
  if (!wishes.type.empty()) return {wishes.type};
  const std::vector<std::string> listed = wishes.rules.words("type-enum");
  std::vector<std::string> types;
  for (const Text type : kTypes)
    if (listed.empty() || std::ranges::find(listed, type) != listed.end()) types.emplace_back(type);
  if (types.empty()) types = listed;
  return types;
}

std::vector<std::string> possible_scopes(const Wishes& wishes, const Habits& habits,
                                         const std::vector<tasks::FileDiff>& files) {
  if (!wishes.scope.empty()) return {wishes.scope};
  std::vector<std::string> scopes = wishes.rules.words("scope-enum");
  if (!scopes.empty()) return scopes;
  for (const auto& [scope, count] : habits.scopes)
    if (scope == as_scope(scope) && scopes.size() < kMostScopes) scopes.push_back(scope);
  if (habits.known() && !scopes.empty()) return scopes;
  for (std::string& scope : scopes_of_paths(files))
    if (std::ranges::find(scopes, scope) == scopes.end()) scopes.push_back(std::move(scope));
  return scopes;
}

bool is_acceptable(const std::string& text, const Wishes& wishes) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = utf8_at(text, at);
    if (point.value == CodePoint::kInvalid || (point.value != '\n' && is_unsafe_on_terminal(point.value))) return false;
    at += point.bytes;
  }
  if (!wishes.comment.empty())
    for (const Text line : lines_of(text))
      if (line.starts_with(wishes.comment)) return false;
  return !is_refused(lint(text, wishes.rules)) && !has_secret(text);
}

std::vector<Suggestion> plain_suggestions(const Changes& changes, const Wishes& wishes, const Habits& habits,
                                          std::size_t count) {
  struct Typed {
    std::string type;
    double probability;
  };
  std::vector<Typed> types;
  for (const std::string& type : allowed_types(wishes)) {
    const auto at = std::ranges::find(kTypes, type);
    const double log =
        at == kTypes.end() ? -5.0 : changes.types.log_probability[static_cast<std::size_t>(at - kTypes.begin())];
    types.push_back({type, std::exp(log)});
  }
  double all = 0;
  for (const Typed& type : types) all += type.probability;
  std::ranges::stable_sort(types, std::greater<>(), &Typed::probability);

  std::string scope = wishes.scope;
  if (scope.empty() && habits.scoped()) scope = habits.scope_of(changes.files);
  const std::vector<std::string> listed = wishes.rules.words("scope-enum");
  if (!scope.empty() && wishes.scope.empty() && !listed.empty() && std::ranges::find(listed, scope) == listed.end())
    scope.clear();
  if (const Rule* needed = wishes.rules.error("scope-empty"); needed && !needed->always && scope.empty()) {
    const std::vector<std::string> paths = scopes_of_paths(changes.files);
    for (const std::string& one : paths)
      if (scope.empty() && (listed.empty() || std::ranges::find(listed, one) != listed.end())) scope = one;
    if (scope.empty() && !listed.empty()) scope = listed.front();
  }

  std::vector<Suggestion> out;
  for (const Typed& type : types) {
    Suggestion suggestion;
    suggestion.draft.type = type.type;
    suggestion.draft.scope = scope;
    suggestion.draft.breaking = wishes.breaking;
    suggestion.draft.footers = wishes.footers;
    suggestion.confidence = type.probability / all;
    bool found = false;
    for (const std::string& subject : plain_subjects(type.type, changes.files, changes.symbols)) {
      for (const std::string& form : forms(subject)) {
        suggestion.draft.subject = form;
        if ((found = is_acceptable(suggestion.draft.text(), wishes))) break;
      }
      if (found) break;
    }
    if (found) out.push_back(std::move(suggestion));
    if (out.size() == count) break;
  }
  return out;
}

}  // namespace eve::commit
