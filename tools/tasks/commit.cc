// SPDX-License-Identifier: Apache-2.0
#include "tasks/commit.h"

#include <algorithm>
#include <vector>

#include "tasks/text.h"

namespace eve::tasks {

namespace {

constexpr std::size_t kLineBytes = 160, kShortLineBytes = 90;

struct FileDiff {
  char status = 'M';
  std::string_view path, old_path;
  std::size_t added = 0, removed = 0;
  std::vector<std::string_view> lines;  // of hunks; a heading begins with "@@"
};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool drop_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// "a/src/x.c" of "--- a/src/x.c"; empty for /dev/null.
std::string_view side_path(std::string_view path) {
  if (path == "/dev/null") return {};
  if (const std::size_t tab = path.find('\t'); tab != path.npos) path = path.substr(0, tab);
  if (path.starts_with("a/") || path.starts_with("b/")) path.remove_prefix(2);
  return path;
}

/// The path of "diff --git a/PATH b/PATH", where both are the same.
std::string_view header_path(std::string_view both) {
  const std::string_view half = both.substr(0, both.size() / 2);
  return side_path(half);
}

/// "function" of "@@ -1,2 +3,4 @@ function".
std::string_view hunk_heading(std::string_view line) {
  const std::size_t end = line.find("@@", 2);
  if (end == line.npos) return {};
  line.remove_prefix(end + 2);
  return line;
}

std::vector<FileDiff> read_diff(std::string_view diff) {
  std::vector<FileDiff> files;
  bool in_hunk = false;
  while (!diff.empty()) {
    std::string_view line = take_line(diff);
    if (drop_prefix(line, "diff --git ")) {
      files.emplace_back().path = header_path(line);
      in_hunk = false;
      continue;
    }
    const bool file_header = !in_hunk || (line.starts_with("--- ") && diff.starts_with("+++ "));
    if (file_header && line.starts_with("--- ")) {
      if (in_hunk || files.empty()) files.emplace_back();  // a diff without "diff --git" lines
      in_hunk = false;
      line.remove_prefix(4);
      files.back().old_path = side_path(line);
      if (files.back().old_path.empty()) files.back().status = 'A';
      continue;
    }
    if (files.empty()) continue;
    FileDiff& file = files.back();
    if (line.starts_with("@@")) {
      in_hunk = true;
      file.lines.push_back(line);
    } else if (in_hunk) {
      file.added += line.starts_with('+');
      file.removed += line.starts_with('-');
      if (!line.starts_with('\\')) file.lines.push_back(line);
    } else if (drop_prefix(line, "+++ ")) {
      const std::string_view path = side_path(line);
      if (path.empty())
        file.status = 'D';
      else
        file.path = path;
      if (path.empty() && file.path.empty()) file.path = file.old_path;
    } else if (line.starts_with("new file")) {
      file.status = 'A';
    } else if (line.starts_with("deleted file")) {
      file.status = 'D';
    } else if (drop_prefix(line, "rename from ")) {
      file.status = 'R';
      file.old_path = line;
    } else if (drop_prefix(line, "rename to ")) {
      file.path = line;
    } else if (line.starts_with("Binary files ") || line.starts_with("GIT binary patch")) {
      file.status = 'B';
    }
  }
  return files;
}

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
  const std::vector<FileDiff> files = read_diff(diff);
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
