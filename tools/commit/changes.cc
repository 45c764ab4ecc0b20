// SPDX-License-Identifier: Apache-2.0
#include "commit/changes.h"

#include <algorithm>
#include <map>

#include "base/io.h"
#include "pii/rules.h"

namespace eve::commit {

namespace {

using Text = std::string_view;

constexpr std::size_t kNamedFiles = 3;
constexpr float kSureSecret = 0.9f;

/// Findings of eve-pii's rules for secrets that go by their form.
pii::Findings secrets_in(Text text) {
  pii::Findings found;
  pii::find_secrets(text, found);
  std::erase_if(found, [](const pii::Finding& f) { return f.label != pii::Label::kPassword || f.score < kSureSecret; });
  return found;
}

}  // namespace

bool has_secret(Text text) { return !secrets_in(text).empty(); }

std::string why_left_out(const std::string& path, const IgnoreList& own) {
  const FileKind kind = kind_of(path);
  if (own.ignores(path)) return ".eve-commitignore";
  if (kind == FileKind::kLock) return "lock file";
  if (kind == FileKind::kGenerated) return "generated";
  if (kind == FileKind::kVendored) return "vendored";
  return {};
}

bool Changes::only_moves() const {
  return left_out.empty() && std::ranges::all_of(files, [](const tasks::FileDiff& file) {
           return file.status == 'D' || (file.lines.empty() && !file.submodule);
         });
}

std::vector<std::string> Changes::removed_public() const {
  std::vector<std::string> names;
  for (const Symbol& symbol : symbols.removed)
    if (symbol.is_public) names.push_back(symbol.name);
  return names;
}

Changes read_changes(std::vector<tasks::FileDiff> files, const WhyLeftOut& why) {
  Changes changes;
  std::vector<tasks::FileDiff> others;
  for (tasks::FileDiff& file : files) {
    std::string added;
    for (const Text line : file.lines)
      if (line.starts_with('+')) added.append(line.substr(1)).append("\n");
    for (const pii::Finding& secret : secrets_in(added))
      changes.secrets.push_back(printable(file.path) + ": " + std::string(secret.rule));
    std::string reason = why(file.path);
    if (reason.empty() && file.status == 'B') reason = "binary";
    if (reason.empty()) {
      changes.files.push_back(std::move(file));
      continue;
    }
    changes.left_out.push_back({file.path, reason});
    file.lines.clear();
    others.push_back(std::move(file));
  }
  if (changes.files.empty()) changes.files = std::move(others);
  changes.symbols = symbol_changes(changes.files);
  changes.features = features(changes.files, changes.symbols);
  changes.types = weigh_types(changes.features);
  return changes;
}

std::string summary(const std::vector<LeftOut>& left_out) {
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const LeftOut& one : left_out) by_reason[one.reason].push_back(one.path);
  std::string text;
  for (const auto& [reason, paths] : by_reason) {
    if (!text.empty()) text += "; ";
    if (paths.size() > kNamedFiles) {
      text += std::to_string(paths.size()) + " files";
    } else {
      for (const std::string& path : paths) text += (&path == &paths[0] ? "" : ", ") + printable(path);
    }
    text += " (" + reason + ")";
  }
  return text;
}

std::vector<Part> parts_by_type(const Changes& changes) {
  std::vector<Part> parts;
  for (const tasks::FileDiff& file : changes.files) {
    // Tests and documentation go with the source they are for; only what stands for itself is a part.
    const std::vector<tasks::FileDiff> alone{file};
    const TypeEvidence types = weigh_types(features(alone, symbol_changes(alone)));
    const auto best = std::ranges::max_element(types.log_probability) - types.log_probability.begin();
    const std::string type(kTypes[static_cast<std::size_t>(best)]);
    const auto same = std::ranges::find(parts, type, &Part::type);
    if (same == parts.end())
      parts.push_back({type, {file.path}});
    else
      same->paths.push_back(file.path);
  }
  return parts;
}

}  // namespace eve::commit
