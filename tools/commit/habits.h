// SPDX-License-Identifier: Apache-2.0
// How a project words its commits, by those that were made before.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "commit/evidence.h"
#include "commit/log.h"
#include "tasks/diff.h"

namespace eve::commit {

/// How often each of kTypes.
using TypeCounts = std::array<double, kTypes.size()>;

struct Habits {
  std::size_t messages = 0;                   ///< with a type
  std::map<std::string, std::size_t> scopes;  ///< how often each stands
  std::map<std::string, std::map<std::string, std::size_t>> scopes_of_directory;
  TypeCounts types{};
  std::map<std::string, TypeCounts> types_of_kinds;  ///< by kinds_of(paths)

  /// Whether more than half of at least eight messages have a scope; unknown without so many.
  bool scoped() const;
  bool known() const;
  /// The scope that most commits to these files' directories had, or none.
  std::string scope_of(const std::vector<tasks::FileDiff>& files) const;
  /// Adds to the evidence how much more often the project has each type than others have it, for files of these kinds.
  void weigh_types(const std::vector<tasks::FileDiff>& files, TypeEvidence& evidence) const;
};
Habits read_habits(const std::vector<LogEntry>& log);

/// Which kinds of files a change touches: "source", "source+tests"; more than two are "many".
std::string kinds_of(const std::vector<std::string>& paths);

}  // namespace eve::commit
