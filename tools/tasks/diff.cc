// SPDX-License-Identifier: Apache-2.0
#include "tasks/diff.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace eve::tasks {

namespace {

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

/// A path as git writes it: "caf\303\251.txt" in quotes when it has bytes that are not plain.
std::string unquoted(std::string_view path) {
  if (path.size() < 2 || !path.starts_with('"') || !path.ends_with('"')) return std::string(path);
  std::string out;
  for (std::size_t i = 1; i + 1 < path.size(); ++i) {
    if (path[i] != '\\' || i + 2 >= path.size()) {
      out += path[i];
      continue;
    }
    const char c = path[++i];
    if (c >= '0' && c <= '3' && i + 3 < path.size()) {
      out += static_cast<char>((c - '0') * 64 + (path[i + 1] - '0') * 8 + (path[i + 2] - '0'));
      i += 2;
    } else {
      constexpr std::string_view kNames = "abtnvfr", kBytes = "\a\b\t\n\v\f\r";
      const std::size_t at = kNames.find(c);
      out += at == kNames.npos ? c : kBytes[at];
    }
  }
  return out;
}

/// "src/x.c" of "--- a/src/x.c"; empty for /dev/null.
std::string side_path(std::string_view path) {
  if (path == "/dev/null") return {};
  if (!path.starts_with('"'))
    if (const std::size_t tab = path.find('\t'); tab != path.npos) path = path.substr(0, tab);
  std::string plain = unquoted(path);
  if (plain.starts_with("a/") || plain.starts_with("b/")) plain.erase(0, 2);
  return plain;
}

/// The path of "diff --git a/PATH b/PATH", where both are the same.
std::string header_path(std::string_view both) { return side_path(both.substr(0, both.size() / 2)); }

/// Lines that are left of a hunk.
struct Room {
  std::size_t old_lines, new_lines;
};

/// Reads "-1,2" or "+3": the number of lines, 1 where none is given.
std::optional<std::size_t> range_lines(std::string_view& text, char sign) {
  if (text.size() < 2 || text.front() != sign) return std::nullopt;
  const char* end = text.data() + text.size();
  std::size_t first = 0, lines = 1;
  auto [at, error] = std::from_chars(text.data() + 1, end, first);
  if (error == std::errc() && at != end && *at == ',') {
    const auto count = std::from_chars(at + 1, end, lines);
    at = count.ptr;
    error = count.ec;
  }
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  return lines;
}

std::optional<Room> room_of(std::string_view heading) {
  if (!drop_prefix(heading, "@@ ")) return std::nullopt;
  const auto old_lines = range_lines(heading, '-');
  if (!old_lines || !drop_prefix(heading, " ")) return std::nullopt;
  const auto new_lines = range_lines(heading, '+');
  if (!new_lines) return std::nullopt;
  return Room{*old_lines, *new_lines};
}

/// A line between "diff --git" and the first hunk, but for "--- ".
void read_head_line(std::string_view line, FileDiff& file) {
  if (drop_prefix(line, "+++ ")) {
    std::string path = side_path(line);
    if (path.empty())
      file.status = 'D';
    else
      file.path = std::move(path);
    if (file.path.empty()) file.path = file.old_path;
  } else if (line.starts_with("new file")) {
    file.status = 'A';
  } else if (line.starts_with("deleted file")) {
    file.status = 'D';
  } else if (drop_prefix(line, "rename from ")) {
    file.status = 'R';
    file.old_path = unquoted(line);
  } else if (drop_prefix(line, "rename to ")) {
    file.path = unquoted(line);
  } else if (line.starts_with("Binary files ") || line.starts_with("GIT binary patch")) {
    file.status = 'B';
  }
  file.submodule |= (line.starts_with("index ") || line.find("file mode ") != line.npos) && line.ends_with(" 160000");
}

}  // namespace

std::string_view hunk_heading(std::string_view line) {
  const std::size_t end = line.find("@@", 2);
  if (end == line.npos) return {};
  line.remove_prefix(end + 2);
  return line;
}

std::vector<FileDiff> read_diff(std::string_view diff) {
  std::vector<FileDiff> files;
  bool in_hunk = false;
  std::optional<Room> room;  // none: the heading does not say
  while (!diff.empty()) {
    std::string_view line = take_line(diff);
    const char sign = line.empty() ? ' ' : line.front();
    const bool counted = room && room->old_lines + room->new_lines != 0;
    const bool is_content = std::string_view(" +-\\").find(sign) != std::string_view::npos;
    if (counted && is_content) {
      FileDiff& file = files.back();
      file.added += sign == '+';
      file.removed += sign == '-';
      if (sign != '+' && sign != '\\') room->old_lines -= room->old_lines != 0;
      if (sign != '-' && sign != '\\') room->new_lines -= room->new_lines != 0;
      if (sign != '\\') file.lines.push_back(line);
      continue;
    }
    const bool of_git = line.starts_with("diff --git ");
    if (of_git || line.starts_with("diff --cc ") || line.starts_with("diff --combined ")) {
      line.remove_prefix(line.find(' ', 5) + 1);
      files.emplace_back().path = of_git ? header_path(line) : unquoted(line);
      in_hunk = false;
      room.reset();
      continue;
    }
    if (line.starts_with("--- ") && (!in_hunk || diff.starts_with("+++ "))) {
      if (in_hunk || files.empty()) files.emplace_back();  // a diff without "diff --git" lines
      in_hunk = false;
      room.reset();
      files.back().old_path = side_path(line.substr(4));
      if (files.back().old_path.empty()) files.back().status = 'A';
      continue;
    }
    if (files.empty()) continue;
    FileDiff& file = files.back();
    if (line.starts_with("@@")) {
      in_hunk = true;
      room = room_of(line);
      file.lines.push_back(line);
    } else if (in_hunk && (!room || (!line.empty() && is_content && line != "-- "))) {  // a heading may count wrong
      file.added += line.starts_with('+');
      file.removed += line.starts_with('-');
      if (!line.starts_with('\\')) file.lines.push_back(line);
    } else if (!in_hunk) {
      read_head_line(line, file);
    }
  }
  return files;
}

}  // namespace eve::tasks
