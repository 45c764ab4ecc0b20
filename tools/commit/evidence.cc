// SPDX-License-Identifier: Apache-2.0
#include "commit/evidence.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "commit/letter_case.h"
#include "commit/paths.h"
#include "tasks/text.h"

namespace eve::commit {

namespace {

using Text = std::string_view;

constexpr std::size_t kReadLines = 600, kWordBytes = 20;

struct Weights {
  Text feature;
  std::array<std::int16_t, kTypes.size()> hundredths;
};

constexpr Weights kWeights[] = {
#include "commit/weights.inc"
};

/// What the commits that the weights were fitted on have too rarely, as everyone knows it; added to the weights.
struct Known {
  Text feature, type;
  double weight;
};
constexpr Known kKnown[] = {
    {"new file with definitions", "feat", 1.5},
    {"only lock files", "build", 2.5},
    {"only renamed files", "refactor", 1.5},
    {"only deleted files", "refactor", 2.5},
    {"submodule", "chore", 2},
    {"white space only", "style", 4},
};

bool is_comment(Text line) {
  for (const Text mark : {"//", "#", "/*", "*", "--", "<!--", "\"\"\"", ";;"})
    if (line.starts_with(mark) && !line.starts_with("#include") && !line.starts_with("#define")) return true;
  return false;
}

/// Only letters and such: two lines that differ elsewhere have the same.
std::string without(Text line, bool (*drop)(char)) {
  std::string out;
  for (const char c : line)
    if (!drop(c)) out += c;
  return out;
}

class Seen {
 public:
  void add(std::string feature) {
    if (known_.insert(feature).second) list_.push_back(std::move(feature));
  }
  std::vector<std::string> take() { return std::move(list_); }

 private:
  std::set<std::string> known_;
  std::vector<std::string> list_;
};

void see_kinds(const std::vector<tasks::FileDiff>& files, Seen& seen) {
  std::map<FileKind, std::size_t> lines;
  std::size_t all = 0;
  for (const tasks::FileDiff& file : files) {
    const std::size_t changed = file.added + file.removed + 1;
    lines[kind_of(file.path)] += changed;
    all += changed;
  }
  for (const auto& [kind, changed] : lines) {
    const std::string name(name_of(kind));
    seen.add("some " + name);
    if (changed == all) seen.add("only " + name);
    if (2 * changed > all) seen.add("mostly " + name);
  }
}

void see_files(const std::vector<tasks::FileDiff>& files, Seen& seen) {
  std::size_t added = 0, removed = 0;
  for (const auto& [status, what] :
       {std::pair{'A', "only new files"}, {'D', "only deleted files"}, {'R', "only renamed files"}})
    if (std::ranges::all_of(files, [&, status = status](const tasks::FileDiff& f) { return f.status == status; }))
      seen.add(what);
  for (const tasks::FileDiff& file : files) {
    const std::string name(name_of(kind_of(file.path)));
    if (file.status == 'A') seen.add("new file: " + name);
    if (file.status == 'D') seen.add("deleted file: " + name);
    if (file.status == 'R') seen.add("renamed file: " + name);
    if (file.status == 'B') seen.add("binary file");
    if (file.submodule) seen.add("submodule");
    added += file.added;
    removed += file.removed;
    for (const std::string& word : tasks::words(file.path)) seen.add("path: " + word);
    for (const std::string& word : tasks::words(file_name(file.path))) seen.add("file: " + word);
  }
  seen.add(files.size() == 1 ? "one file" : files.size() <= 3 ? "few files" : "many files");
  const std::size_t all = added + removed;
  seen.add(all <= 2 ? "up to 2 lines" : all <= 10 ? "up to 10 lines" : all <= 50 ? "up to 50 lines" : "many lines");
  if (removed == 0) seen.add("adds only");
  if (added == 0) seen.add("removes only");
  if (added > 4 * removed) seen.add("adds mostly");
  if (removed > 4 * added) seen.add("removes mostly");
  if (added == removed) seen.add("as many added as removed");
}

void see_lines(const std::vector<tasks::FileDiff>& files, Seen& seen) {
  std::string before, now;
  bool comments = true, any = false;
  std::size_t read = 0;
  for (const tasks::FileDiff& file : files) {
    for (const Text line : file.lines) {
      if (line.empty() || line.starts_with("@@") || (line.front() != '+' && line.front() != '-')) continue;
      if (++read > kReadLines) break;
      const bool plus = line.front() == '+';
      const Text text = trim(line.substr(1));
      (plus ? now : before).append(text).append("\n");
      if (text.empty()) continue;
      any = true;
      comments &= is_comment(text);
      for (const std::string& word : tasks::words(text))
        if (word.size() >= 2 && word.size() <= kWordBytes) seen.add((plus ? "adds: " : "removes: ") + word);
    }
  }
  if (read > kReadLines || !any) return;
  if (comments) seen.add("comments only");
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
  const auto is_number = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  if (!before.empty() && without(before, is_space) == without(now, is_space))
    seen.add("white space only");
  else if (!before.empty() && without(before, is_number) == without(now, is_number))
    seen.add("numbers only");
}

void see_symbols(const std::vector<tasks::FileDiff>& files, const SymbolChanges& symbols, Seen& seen) {
  const auto see = [&](const std::vector<Symbol>& list, const std::string& verb) {
    for (const Symbol& symbol : list) seen.add(verb + (symbol.is_public ? " a public " : " a ") + symbol.kind);
  };
  // A definition in a file of its own is hardly ever a correction.
  const auto is_new = [&](const Symbol& symbol) {
    return std::ranges::any_of(files,
                               [&](const tasks::FileDiff& f) { return f.status == 'A' && f.path == symbol.path; });
  };
  if (std::ranges::any_of(symbols.added, is_new)) seen.add("new file with definitions");
  see(symbols.added, "adds");
  see(symbols.removed, "removes");
  see(symbols.changed, "changes");
}

}  // namespace

std::vector<std::string> features(const std::vector<tasks::FileDiff>& files, const SymbolChanges& symbols) {
  Seen seen;
  see_kinds(files, seen);
  see_files(files, seen);
  see_symbols(files, symbols, seen);
  see_lines(files, seen);
  return seen.take();
}

TypeEvidence weigh_types(const std::vector<std::string>& features) {
  TypeEvidence evidence;
  std::array<double, kTypes.size()> sums{};
  const auto weigh = [&](Text feature, bool is_reason) {
    const auto at = std::ranges::lower_bound(kWeights, feature, {}, &Weights::feature);
    if (at == std::end(kWeights) || at->feature != feature) return;
    double mean = 0;
    for (std::size_t i = 0; i < kTypes.size(); ++i) {
      sums[i] += at->hundredths[i] / 100.0;
      mean += at->hundredths[i] / 100.0 / kTypes.size();
    }
    if (!is_reason) return;
    const std::size_t best =
        static_cast<std::size_t>(std::ranges::max_element(at->hundredths) - at->hundredths.begin());
    evidence.reasons.push_back({std::string(feature), kTypes[best], at->hundredths[best] / 100.0 - mean});
  };
  for (const Known& known : kKnown) {
    if (std::ranges::find(features, known.feature) == features.end()) continue;
    sums[static_cast<std::size_t>(std::ranges::find(kTypes, known.type) - kTypes.begin())] += known.weight;
    evidence.reasons.push_back({std::string(known.feature), known.type, known.weight});
  }
  weigh("", false);  // how frequent each type is
  for (const std::string& feature : features) weigh(feature, true);
  double all = 0;
  for (const double sum : sums) all += std::exp(sum);
  for (std::size_t i = 0; i < kTypes.size(); ++i) evidence.log_probability[i] = sums[i] - std::log(all);
  std::ranges::stable_sort(evidence.reasons, std::greater<>(), &TypeEvidence::Reason::weight);
  return evidence;
}

}  // namespace eve::commit
