// SPDX-License-Identifier: Apache-2.0
// The prepare-commit-msg hook: it never makes a commit fail and never damages the message file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "commit/repository.h"

namespace eve::commit {

/// Writes the hook, which calls the program with `hook run` and these flags; one that is there is kept beside it and
/// runs first. Returns what was done, for a user. Throws kInput when that cannot be without losing a file.
std::string install_hook(const Repository& repository, const std::string& program, const std::string& flags);
/// Takes it away again and puts the one from before back.
std::string uninstall_hook(const Repository& repository);
std::string hook_status(const Repository& repository);

/// What git calls with FILE [SOURCE [COMMIT]]: when git has no message from elsewhere and nothing is under way, puts
/// the message of `write` in front of what the file has. `write` may throw; then, as in every other case, the file
/// stays. Returns what went wrong, for a user; empty when nothing did.
std::string run_hook(const std::vector<std::string>& arguments, const std::function<std::string()>& write);

}  // namespace eve::commit
