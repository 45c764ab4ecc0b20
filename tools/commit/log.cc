// SPDX-License-Identifier: Apache-2.0
#include "commit/log.h"

#include "commit/message.h"
#include "eve/error.h"

namespace eve::commit {

namespace {

constexpr std::string_view kCommit = "commit ", kIndent = "    ";

bool is_header(std::string_view line) {
  const std::size_t colon = line.find(": ");
  return colon != line.npos && line.find(' ') > colon;  // "Author: ...", "Merge: ..."
}

}  // namespace

std::vector<LogEntry> read_log(std::string_view text, const std::string& where) {
  std::vector<LogEntry> log;
  bool in_headers = false;
  for (const std::string_view line : lines_of(text)) {
    if (line.starts_with(kCommit)) {
      log.emplace_back();
      in_headers = true;
    } else if (line.empty()) {
      in_headers = false;
    } else if (log.empty() || (in_headers && !is_header(line))) {
      throw Error(Status::kInput, where + ": this is not what git log --name-only prints");
    } else if (line.starts_with(kIndent)) {
      log.back().message.append(line.substr(kIndent.size())).append("\n");
    } else if (!in_headers) {
      log.back().paths.emplace_back(line);
    }
  }
  return log;
}

}  // namespace eve::commit
