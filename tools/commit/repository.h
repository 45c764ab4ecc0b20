// SPDX-License-Identifier: Apache-2.0
// A git repository, read by libgit2: no other program is started, no hook, filter or diff driver of the repository
// runs. Every function throws Error: kInput for what is not there, kSystem for what cannot be read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commit/log.h"
#include "tasks/diff.h"

struct git_repository;

namespace eve::commit {

struct Wanted {
  bool amend = false;  ///< the index against the parent of HEAD, not HEAD
  std::string
      revision;  ///< "A..B", "A...B" (from their merge base), or one commit against its parent; empty: the index
};

struct RepositoryDiff {
  std::string text;                      ///< as `git diff` prints it
  std::vector<tasks::FileDiff> skipped;  ///< files whose content was not read
};

class Repository {
 public:
  /// The repository around a directory; with an empty one that of the environment (GIT_DIR, GIT_INDEX_FILE, ...) or
  /// around the current directory. A repository of another user is refused, as git does.
  explicit Repository(const std::string& directory);
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  bool is_bare() const;
  /// Content of files for which `skip` holds is not read, nor of those beyond the first 4 MiB or 2,000 files.
  RepositoryDiff diff(const Wanted& wanted, const std::function<bool(const std::string& path)>& skip) const;
  /// A file of the root of the work tree; in a bare repository, of HEAD. Nothing when there is none or it is no file.
  std::optional<std::string> root_file(const std::string& name) const;
  /// linguist-generated, linguist-vendored, or -diff in .gitattributes.
  bool is_marked_as_noise(const std::string& path) const;
  std::string branch() const;  ///< empty for a detached HEAD
  /// Newest first, without merges.
  std::vector<LogEntry> log(std::size_t entries, std::size_t with_paths) const;
  std::string comment_character() const;  ///< core.commentChar; "#" for auto
  std::string git_directory() const;      ///< of this work tree, ends with "/"
  std::string hooks_directory() const;    ///< core.hooksPath or hooks, ends with "/"
  /// Name and address for a Signed-off-by line. Throws kInput when none is configured.
  std::string signature() const;
  /// Whether a merge, rebase, cherry-pick, revert or `am` is under way.
  bool is_busy() const;

 private:
  git_repository* repository_ = nullptr;
};

}  // namespace eve::commit
