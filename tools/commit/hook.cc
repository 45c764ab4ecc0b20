// SPDX-License-Identifier: Apache-2.0
#include "commit/hook.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/io.h"
#include "commit/message.h"

namespace eve::commit {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "# eve-commit's hook";
constexpr std::size_t kMaxFile = std::size_t{16} << 20;

struct Place {
  std::string hook, before;  // the hook, and the one that was there before
};

Place place_of(const Repository& repository) {
  const std::string hook = repository.hooks_directory() + "prepare-commit-msg";
  return {hook, hook + ".before-eve"};
}

bool exists(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0;
}

bool is_ours(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && read_file(path, kMaxFile).find(kMark) != std::string::npos;
}

void move(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) throw Error(Status::kSystem, "cannot rename " + printable(from));
}

/// In quotes that a shell takes off again.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

/// It leaves before any program is started when git has a message, and ends with 0 whatever happens; only the status of
/// the hook from before counts, as it did.
std::string script(const std::string& program, const std::string& flags) {
  return "#!/bin/sh\n" + std::string(kMark) +
         "; `eve-commit hook uninstall` takes it away\n"
         "if [ -x \"$0.before-eve\" ]; then \"$0.before-eve\" \"$@\" || exit; fi\n"
         "if [ -n \"$2\" ] || [ \"$EVE_COMMIT\" = 0 ]; then exit 0; fi\n"
         "program=" +
         quoted(program) +
         "\n"
         "[ -x \"$program\" ] || program=eve-commit\n"
         "\"$program\" hook run " +
         flags +
         "\"$@\" </dev/null || :\n"
         "exit 0\n";
}

}  // namespace

std::string install_hook(const Repository& repository, const std::string& program, const std::string& flags) {
  const Place place = place_of(repository);
  std::error_code error;
  fs::create_directories(repository.hooks_directory(), error);
  if (error) throw Error(Status::kSystem, "cannot make " + printable(repository.hooks_directory()));
  std::string told = "installed " + printable(place.hook);
  if (exists(place.hook) && !is_ours(place.hook)) {
    if (exists(place.before))
      throw Error(Status::kInput, printable(place.before) + " is in the way; move it elsewhere");
    move(place.hook, place.before);
    told += "; the hook that was there runs first";
  }
  AtomicFile file(place.hook);
  file.write(script(program, flags));
  file.commit();
  if (chmod(place.hook.c_str(), 0755) != 0) throw Error(Status::kSystem, "cannot make the hook executable");
  return told;
}

std::string uninstall_hook(const Repository& repository) {
  const Place place = place_of(repository);
  if (!is_ours(place.hook)) return "there is no hook of eve-commit's in " + printable(repository.hooks_directory());
  if (exists(place.before)) {
    move(place.before, place.hook);
    return "the hook from before is back: " + printable(place.hook);
  }
  if (unlink(place.hook.c_str()) != 0) throw Error(Status::kSystem, "cannot remove " + printable(place.hook));
  return "removed " + printable(place.hook);
}

std::string hook_status(const Repository& repository) {
  const Place place = place_of(repository);
  if (is_ours(place.hook)) return "installed: " + printable(place.hook);
  return (exists(place.hook) ? "not installed; there is another hook: " : "not installed: ") + printable(place.hook);
}

std::string run_hook(const std::vector<std::string>& arguments, const std::function<std::string()>& write) {
  const char* off = std::getenv("EVE_COMMIT");
  if (arguments.empty() || (arguments.size() > 1 && !arguments[1].empty()) || (off && std::string_view(off) == "0"))
    return {};
  try {
    // GIT_DIR and its like are those of the commit that is being made.
    const Repository repository("");
    if (repository.is_busy()) return {};
    const std::string old = read_file(arguments[0], kMaxFile);
    if (!clean_message(old, repository.comment_character()).empty()) return {};
    const std::string message = write();
    if (message.empty()) return {};
    AtomicFile file(arguments[0]);
    file.write(message + (old.empty() || old.starts_with('\n') ? "" : "\n") + old);
    file.commit();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace eve::commit
