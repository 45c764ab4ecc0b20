// SPDX-License-Identifier: Apache-2.0
// The form in which a model reads a diff.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/diff.h"

namespace eve::tasks {

/// What `git diff` prints, in short: for each file "M path +added -removed" (A, D and R for added, deleted and renamed
/// files, B for binary ones), its hunks as "@@ heading" and their lines. A diff that would take more than `limit_bytes`
/// loses, in this order, lines of context, ends of long lines, and the last lines of each file's changes, every file
/// keeping an equal share; files that do not fit even by name are counted. The answer is the commit message.
std::string commit_prompt(std::string_view diff, std::size_t limit_bytes = 1800);
std::string commit_prompt(const std::vector<FileDiff>& files, std::size_t limit_bytes = 1800);

}  // namespace eve::tasks
