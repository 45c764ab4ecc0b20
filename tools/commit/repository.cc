// SPDX-License-Identifier: Apache-2.0
#include "commit/repository.h"

#include <git2.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/io.h"

namespace eve::commit {

namespace {

constexpr std::size_t kMaxText = std::size_t{4} << 20, kMaxFiles = 2000, kMaxRootFile = std::size_t{1} << 20;
constexpr git_off_t kMaxBlob = 1 << 20;
constexpr std::size_t kMaxRenames = 500, kMaxLogPaths = 50;

/// An object of libgit2's with the function that frees it.
template <class T, void (*kFree)(T*)>
class Owned {
 public:
  Owned() = default;
  ~Owned() { kFree(object_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  T** out() { return &object_; }
  operator T*() const { return object_; }  // NOLINT: it stands for the pointer

 private:
  T* object_ = nullptr;
};
using Object = Owned<git_object, git_object_free>;
using Tree = Owned<git_tree, git_tree_free>;
using Commit = Owned<git_commit, git_commit_free>;
using Diff = Owned<git_diff, git_diff_free>;
using Patch = Owned<git_patch, git_patch_free>;
using Reference = Owned<git_reference, git_reference_free>;
using Config = Owned<git_config, git_config_free>;
using Walk = Owned<git_revwalk, git_revwalk_free>;
using Blob = Owned<git_blob, git_blob_free>;
using Signature = Owned<git_signature, git_signature_free>;

struct Buffer {
  git_buf buf = GIT_BUF_INIT;
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { git_buf_dispose(&buf); }
  std::string_view text() const { return {buf.ptr, buf.size}; }
};

[[noreturn]] void fail(const std::string& what, Status status = Status::kSystem) {
  const git_error* error = git_error_last();
  throw Error(status, what + (error && error->message ? ": " + printable(error->message) : ""));
}

void check(int result, const char* what) {
  if (result < 0) fail(what);
}

/// libgit2 wants to be started and ended.
void start_library() {
  static const struct Library {
    Library() { git_libgit2_init(); }
    ~Library() { git_libgit2_shutdown(); }
  } kLibrary;
}

void tree_of(git_repository* repository, const git_oid* id, Tree& tree) {
  Object object;
  check(git_object_lookup(object.out(), repository, id, GIT_OBJECT_ANY), "cannot read a commit");
  check(git_object_peel(reinterpret_cast<git_object**>(tree.out()), object, GIT_OBJECT_TREE), "not a commit or tree");
}

/// The tree of the commit's first parent; none for a root.
void parent_tree(const git_commit* commit, Tree& tree) {
  if (git_commit_parentcount(commit) == 0) return;
  Commit parent;
  check(git_commit_parent(parent.out(), commit, 0), "cannot read a parent");
  check(git_commit_tree(tree.out(), parent), "cannot read a tree");
}

/// HEAD's commit, or none when the branch is unborn.
void head_commit(git_repository* repository, Commit& commit) {
  git_oid id;
  const int found = git_reference_name_to_id(&id, repository, "HEAD");
  if (found == GIT_ENOTFOUND) return;
  check(found, "cannot read HEAD");
  check(git_commit_lookup(commit.out(), repository, &id), "cannot read HEAD");
}

git_diff_options diff_options() {
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.max_size = kMaxBlob;
  return options;
}

/// The diff of two commits of a revision, or of a commit and its parent.
void revision_diff(git_repository* repository, const std::string& revision, Diff& diff) {
  git_revspec spec{};
  if (git_revparse(&spec, repository, revision.c_str()) != 0) fail("--rev " + printable(revision), Status::kInput);
  Object from, to;
  *from.out() = spec.from;
  *to.out() = spec.to;
  const git_diff_options options = diff_options();
  Tree before, after;
  if ((spec.flags & GIT_REVSPEC_SINGLE) != 0) {
    Commit commit;
    if (git_object_peel(reinterpret_cast<git_object**>(commit.out()), from, GIT_OBJECT_COMMIT) != 0)
      fail("--rev " + printable(revision), Status::kInput);
    parent_tree(commit, before);
    check(git_commit_tree(after.out(), commit), "cannot read a tree");
  } else {
    git_oid base = *git_object_id(from);
    if ((spec.flags & GIT_REVSPEC_MERGE_BASE) != 0 &&
        git_merge_base(&base, repository, git_object_id(from), git_object_id(to)) != 0)
      fail("--rev " + printable(revision), Status::kInput);
    tree_of(repository, &base, before);
    tree_of(repository, git_object_id(to), after);
  }
  check(git_diff_tree_to_tree(diff.out(), repository, before, after, &options), "cannot compare");
}

/// A file by what git knows of it, without its lines.
tasks::FileDiff bare_file(const git_diff_delta& delta) {
  tasks::FileDiff file;
  file.path = delta.new_file.path ? delta.new_file.path : delta.old_file.path;
  if (delta.status != GIT_DELTA_ADDED) file.old_path = delta.old_file.path;
  if (delta.status == GIT_DELTA_ADDED) file.status = 'A';
  if (delta.status == GIT_DELTA_DELETED) file.status = 'D';
  if (delta.status == GIT_DELTA_RENAMED) file.status = 'R';
  return file;
}

bool has_value(git_repository* repository, const std::string& path, const char* name, git_attr_value_t wanted) {
  git_attr_options options = GIT_ATTR_OPTIONS_INIT;
  if (git_repository_is_bare(repository) != 0) options.flags = GIT_ATTR_CHECK_INCLUDE_HEAD;
  const char* value = nullptr;
  if (git_attr_get_ext(&value, repository, &options, path.c_str(), name) != 0) return false;
  const git_attr_value_t kind = git_attr_value(value);
  return kind == wanted ||
         (wanted == GIT_ATTR_VALUE_TRUE && kind == GIT_ATTR_VALUE_STRING && std::string_view(value) == "true");
}

}  // namespace

Repository::Repository(const std::string& directory) {
  start_library();
  const int result = git_repository_open_ext(&repository_, directory.empty() ? nullptr : directory.c_str(),
                                             directory.empty() ? GIT_REPOSITORY_OPEN_FROM_ENV : 0, nullptr);
  if (result == 0) return;
  // libgit2 1.5 says "config value 'safe.directory' was not found" of a foreign repository when there is no such value.
  const git_error* reason = git_error_last();
  if (result == GIT_EOWNER || (result == GIT_ENOTFOUND && reason && reason->klass == GIT_ERROR_CONFIG))
    throw Error(Status::kSystem,
                "the repository belongs to another user; if you trust it, name it in git's safe.directory");
  if (result == GIT_ENOTFOUND)
    throw Error(Status::kInput,
                (directory.empty() ? "this is no git repository" : printable(directory) + " is no git repository") +
                    "; give a diff with FILE, or - for stdin");
  fail("cannot open the repository");
}

Repository::~Repository() { git_repository_free(repository_); }

bool Repository::is_bare() const { return git_repository_is_bare(repository_) != 0; }

RepositoryDiff Repository::diff(const Wanted& wanted, const std::function<bool(const std::string&)>& skip) const {
  Diff diff;
  if (!wanted.revision.empty()) {
    revision_diff(repository_, wanted.revision, diff);
  } else {
    if (is_bare()) throw Error(Status::kInput, "a bare repository has no staged changes; name commits with --rev A..B");
    Commit head;
    head_commit(repository_, head);
    if (wanted.amend && !head) throw Error(Status::kInput, "--amend: there is no commit yet");
    Tree before;
    if (wanted.amend)
      parent_tree(head, before);
    else if (head)
      check(git_commit_tree(before.out(), head), "cannot read HEAD's tree");
    const git_diff_options options = diff_options();
    check(git_diff_tree_to_index(diff.out(), repository_, before, nullptr, &options), "cannot read the index");
  }
  if (git_diff_num_deltas(diff) <= kMaxRenames) {
    git_diff_find_options find = GIT_DIFF_FIND_OPTIONS_INIT;
    find.flags = GIT_DIFF_FIND_RENAMES;
    check(git_diff_find_similar(diff, &find), "cannot look for renamed files");
  }
  RepositoryDiff out;
  for (std::size_t i = 0; i < git_diff_num_deltas(diff); ++i) {
    tasks::FileDiff file = bare_file(*git_diff_get_delta(diff, i));
    if (i >= kMaxFiles || out.text.size() >= kMaxText || skip(file.path)) {
      out.skipped.push_back(std::move(file));
      continue;
    }
    Patch patch;
    Buffer text;
    check(git_patch_from_diff(patch.out(), diff, i), "cannot read a changed file");
    if (patch) check(git_patch_to_buf(&text.buf, patch), "cannot read a changed file");
    out.text += text.text();
  }
  return out;
}

std::optional<std::string> Repository::root_file(const std::string& name) const {
  if (const char* root = git_repository_workdir(repository_)) {
    const std::string path = root + name;
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    return read_file(path, kMaxRootFile);
  }
  Commit head;
  head_commit(repository_, head);
  Tree tree;
  if (!head || git_commit_tree(tree.out(), head) != 0) return std::nullopt;
  const git_tree_entry* entry = git_tree_entry_byname(tree, name.c_str());
  Blob blob;
  if (!entry || git_tree_entry_type(entry) != GIT_OBJECT_BLOB ||
      git_blob_lookup(blob.out(), repository_, git_tree_entry_id(entry)) != 0)
    return std::nullopt;
  const auto size = static_cast<std::size_t>(git_blob_rawsize(blob));
  if (size > kMaxRootFile) throw Error(Status::kInput, name + " is larger than 1 MiB");
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob)), size);
}

bool Repository::is_marked_as_noise(const std::string& path) const {
  return has_value(repository_, path, "linguist-generated", GIT_ATTR_VALUE_TRUE) ||
         has_value(repository_, path, "linguist-vendored", GIT_ATTR_VALUE_TRUE) ||
         has_value(repository_, path, "diff", GIT_ATTR_VALUE_FALSE);
}

std::string Repository::branch() const {
  Reference head;
  if (git_reference_lookup(head.out(), repository_, "HEAD") != 0) return {};
  const char* target = git_reference_symbolic_target(head);
  const std::string name = target ? target : "";
  constexpr std::string_view kHeads = "refs/heads/";
  return name.starts_with(kHeads) ? name.substr(kHeads.size()) : "";
}

std::vector<LogEntry> Repository::log(std::size_t entries, std::size_t with_paths) const {
  std::vector<LogEntry> log;
  Walk walk;
  if (git_revwalk_new(walk.out(), repository_) != 0 || git_revwalk_push_head(walk) != 0) return log;
  git_oid id;
  for (std::size_t seen = 0; seen < 2 * entries && log.size() < entries && git_revwalk_next(&id, walk) == 0; ++seen) {
    Commit commit;
    if (git_commit_lookup(commit.out(), repository_, &id) != 0) break;
    if (git_commit_parentcount(commit) > 1) continue;
    const char* message = git_commit_message(commit);
    log.push_back({message ? message : "", {}});
    if (log.size() > with_paths) continue;
    Tree before, after;
    Diff diff;
    const git_diff_options options = diff_options();
    // A shallow clone has commits whose parents are not there.
    Commit parent;
    if (git_commit_parentcount(commit) == 1 &&
        (git_commit_parent(parent.out(), commit, 0) != 0 || git_commit_tree(before.out(), parent) != 0))
      break;
    if (git_commit_tree(after.out(), commit) != 0 ||
        git_diff_tree_to_tree(diff.out(), repository_, before, after, &options) != 0)
      break;
    for (std::size_t i = 0; i < std::min(git_diff_num_deltas(diff), kMaxLogPaths); ++i)
      log.back().paths.emplace_back(git_diff_get_delta(diff, i)->new_file.path);
  }
  return log;
}

std::string Repository::comment_character() const {
  Config config;
  Buffer value;
  if (git_repository_config_snapshot(config.out(), repository_) != 0 ||
      git_config_get_string_buf(&value.buf, config, "core.commentChar") != 0)
    return "#";
  return value.text() == "auto" || value.text().empty() ? "#" : std::string(value.text());
}

std::string Repository::git_directory() const { return git_repository_path(repository_); }

std::string Repository::hooks_directory() const {
  Config config;
  Buffer value;
  const char* root = git_repository_workdir(repository_);
  if (git_repository_config_snapshot(config.out(), repository_) == 0 &&
      git_config_get_path(&value.buf, config, "core.hooksPath") == 0 && !value.text().empty()) {
    std::string path(value.text());
    if (!path.starts_with('/')) path = (root ? root : git_directory()) + path;
    return path.ends_with('/') ? path : path + "/";
  }
  return std::string(git_repository_commondir(repository_)) + "hooks/";
}

std::string Repository::signature() const {
  Signature signature;
  if (git_signature_default(signature.out(), repository_) != 0)
    throw Error(Status::kInput, "--signoff: git has no user.name and user.email");
  const git_signature* s = signature;
  return std::string(s->name) + " <" + s->email + ">";
}

bool Repository::is_busy() const { return git_repository_state(repository_) != GIT_REPOSITORY_STATE_NONE; }

}  // namespace eve::commit
