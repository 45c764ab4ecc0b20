// SPDX-License-Identifier: Apache-2.0
#include "tasks/commit.h"

#include <algorithm>
#include <vector>

#include "tasks/text.h"

namespace eve::tasks {

namespace {

constexpr std::size_t kLineBytes = 160, kShortLineBytes = 90;

std::string heading(const FileDiff& file) {
  std::string text = std::string(1, file.status) + " ";
  if (file.status == 'R') text.append(file.old_path).append(" -> ");
  text.append(file.path);
  if (file.added != 0) text += " +" + std::to_string(file.added);
  if (file.removed != 0) text += " -" + std::to_string(file.removed);
  return text + "\n";
}

bool is_context(std::string_view line) { return line.empty() || line.front() == ' '; }

std::vector<std::string> body(const FileDiff& file, bool context, std::size_t line_bytes) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::string_view line = file.lines[i];
    if (line.starts_with("@@")) {
      lines.push_back("@@" + std::string(cut(hunk_heading(line), kShortLineBytes)) + "\n");
      continue;
    }
    if (is_context(line) && !context) continue;
    lines.push_back(std::string(cut(line, line_bytes)) + "\n");
  }
  return lines;
}

std::size_t bytes_of(const std::vector<std::string>& lines) {
  std::size_t sum = 0;
  for (const std::string& line : lines) sum += line.size();
  return sum;
}

/// The largest share of which each part may take up to so much that all together keep within `room`.
std::size_t fair_share(std::vector<std::size_t> sizes, std::size_t room) {
  std::ranges::sort(sizes);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::size_t share = room / (sizes.size() - i);
    if (sizes[i] > share) return share;
    room -= sizes[i];
  }
  return static_cast<std::size_t>(-1);
}

}  // namespace

std::string commit_prompt(std::string_view diff, std::size_t limit_bytes) {
  return commit_prompt(read_diff(diff), limit_bytes);
}

std::string commit_prompt(const std::vector<FileDiff>& files, std::size_t limit_bytes) {
  std::vector<std::string> headings;
  std::size_t taken = 0, named = 0;
  for (const FileDiff& file : files) {
    std::string text = heading(file);
    if (taken + text.size() > limit_bytes) break;
    taken += text.size();
    ++named;
    headings.push_back(std::move(text));
  }
  std::vector<std::vector<std::string>> bodies(named);
  std::vector<std::size_t> sizes(named);
  for (const auto& [context, line_bytes] :
       {std::pair{true, kLineBytes}, {false, kLineBytes}, {false, kShortLineBytes}}) {
    std::size_t sum = taken;
    for (std::size_t i = 0; i < named; ++i) {
      bodies[i] = body(files[i], context, line_bytes);
      sizes[i] = bytes_of(bodies[i]);
      sum += sizes[i];
    }
    if (sum <= limit_bytes) break;
  }
  const std::size_t share = fair_share(sizes, limit_bytes - taken);
  std::string prompt = "COMMIT\n";
  for (std::size_t i = 0; i < named; ++i) {
    prompt += headings[i];
    std::size_t used = 0;
    for (const std::string& line : bodies[i]) {
      used += line.size();
      if (used > share) break;
      prompt += line;
    }
  }
  if (named < files.size()) prompt += "and " + std::to_string(files.size() - named) + " more\n";
  prompt.pop_back();
  return prompt.append(kAnswerCue);
}

}  // namespace eve::tasks
