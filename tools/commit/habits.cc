// SPDX-License-Identifier: Apache-2.0
#include "commit/habits.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "commit/message.h"
#include "commit/paths.h"

namespace eve::commit {

namespace {

using Text = std::string_view;

constexpr std::size_t kKnownMessages = 8;
// How many commits of the project weigh as much as what holds for all projects; and, for the kinds of files, as much as
// what holds for all of the project.
constexpr double kProjectPrior = 10, kKindsPrior = 5, kSharePrior = 20;
// So much of every share is the same for all types: a type that nearly nobody has would make a project that has it
// twice seem to have little else.
constexpr double kEven = 0.2;

/// How often commits of many projects have each type, by the kinds of files; "" for all of them.
struct Share {
  Text kinds;
  TypeCounts counts;
};
constexpr Share kShares[] = {
#include "commit/shares.inc"
};

double sum(const TypeCounts& counts) { return std::accumulate(counts.begin(), counts.end(), 0.0); }

/// The share of each type after `counts`, of which `weight` more have been like `before`.
TypeCounts shares(const TypeCounts& counts, const TypeCounts& before, double weight) {
  TypeCounts shares;
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i] = (counts[i] + weight * before[i]) / (sum(counts) + weight);
  return shares;
}

TypeCounts evened(TypeCounts shares) {
  for (double& share : shares) share = (1 - kEven) * share + kEven / static_cast<double>(shares.size());
  return shares;
}

TypeCounts counts_of(Text kinds) {
  const auto at = std::ranges::find(kShares, kinds, &Share::kinds);
  return at == std::end(kShares) ? TypeCounts{} : at->counts;
}

}  // namespace

bool Habits::known() const { return messages >= kKnownMessages; }

bool Habits::scoped() const {
  std::size_t with = 0;
  for (const auto& [scope, count] : scopes) with += count;
  return known() && 2 * with > messages;
}

std::string Habits::scope_of(const std::vector<tasks::FileDiff>& files) const {
  std::map<std::string, double> votes;
  for (const tasks::FileDiff& file : files) {
    const auto of = scopes_of_directory.find(std::string(directory(file.path)));
    if (of == scopes_of_directory.end()) continue;
    double all = 0;
    for (const auto& [scope, count] : of->second) all += static_cast<double>(count);
    for (const auto& [scope, count] : of->second) votes[scope] += static_cast<double>(count) / all;
  }
  const auto best = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return best != votes.end() && 2 * best->second > static_cast<double>(files.size()) ? best->first : "";
}

Habits read_habits(const std::vector<LogEntry>& log) {
  Habits habits;
  for (const LogEntry& entry : log) {
    const Message message = parse_message(entry.message);
    if (message.type.empty()) continue;
    ++habits.messages;
    const auto type = std::ranges::find(kTypes, message.type);
    if (type != kTypes.end()) {
      const auto at = static_cast<std::size_t>(type - kTypes.begin());
      ++habits.types[at];
      if (!entry.paths.empty()) ++habits.types_of_kinds[kinds_of(entry.paths)][at];
    }
    if (!message.scope.empty()) ++habits.scopes[message.scope];
    std::set<std::string> directories;
    for (const std::string& path : entry.paths) directories.insert(std::string(directory(path)));
    for (const std::string& name : directories) ++habits.scopes_of_directory[name][message.scope];
  }
  return habits;
}

std::string kinds_of(const std::vector<std::string>& paths) {
  std::set<Text> names;
  for (const std::string& path : paths) names.insert(name_of(kind_of(path)));
  if (names.size() > 2) return "many";
  std::string kinds;
  for (const Text name : names) kinds.append(kinds.empty() ? "" : "+").append(name);
  return kinds;
}

void Habits::weigh_types(const std::vector<tasks::FileDiff>& files, TypeEvidence& evidence) const {
  if (sum(types) == 0) return;
  std::vector<std::string> paths;
  for (const tasks::FileDiff& file : files) paths.push_back(file.path);
  const std::string kinds = kinds_of(paths);

  const TypeCounts everywhere = evened(shares(counts_of(""), {}, 0));
  const TypeCounts others = evened(shares(counts_of(kinds), everywhere, kSharePrior));
  const TypeCounts project = shares(types, everywhere, kProjectPrior);
  TypeCounts expected;
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = others[i] * project[i] / everywhere[i];
  expected = shares(expected, {}, 0);
  const auto own = types_of_kinds.find(kinds);
  const TypeCounts here = shares(own == types_of_kinds.end() ? TypeCounts{} : own->second, expected, kKindsPrior);

  double all = 0;
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    evidence.log_probability[i] += std::log(here[i] / others[i]);
    all += std::exp(evidence.log_probability[i]);
  }
  for (double& log : evidence.log_probability) log -= std::log(all);
  const auto most = static_cast<std::size_t>(std::ranges::max_element(here) - here.begin());
  evidence.reasons.push_back({"earlier commits, " + kinds, kTypes[most], std::log(here[most] / others[most])});
  std::ranges::stable_sort(evidence.reasons, std::greater<>(), &TypeEvidence::Reason::weight);
}

}  // namespace eve::commit
