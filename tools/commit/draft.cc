// SPDX-License-Identifier: Apache-2.0
#include "commit/draft.h"

#include <algorithm>
#include <cctype>

#include "commit/letter_case.h"
#include "commit/paths.h"

namespace eve::commit {

namespace {

using Text = std::string_view;

constexpr std::size_t kLineWidth = 72, kNames = 2;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

/// What a type's change does to a thing.
Text verb_of(Text type) {
  if (type == "fix") return "correct";
  if (type == "feat") return "extend";
  if (type == "perf") return "speed up";
  if (type == "refactor") return "rework";
  if (type == "style") return "format";
  return "update";
}

/// A word that can stand in a subject: no blanks, quotes or what a terminal would obey.
bool is_plain(Text word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '`'; });
}

std::string names_of(const std::vector<Symbol>& symbols, bool only_public) {
  std::vector<std::string> names;
  for (const Symbol& symbol : symbols)
    if ((symbol.is_public || !only_public) && is_plain(symbol.name)) names.push_back(symbol.name);
  if (names.empty() || names.size() > kNames) return {};
  return names.size() == 1 ? names[0] : names[0] + " and " + names[1];
}

/// The directory all files lie in; empty for the root.
std::string common_directory(const std::vector<tasks::FileDiff>& files) {
  Text common = directory(files[0].path);
  for (const tasks::FileDiff& file : files)
    while (!common.empty() && !(Text(file.path).starts_with(common) && file.path[common.size()] == '/'))
      common = directory(common);
  return std::string(common);
}

bool all_have(const std::vector<tasks::FileDiff>& files, char status) {
  return std::ranges::all_of(files, [&](const tasks::FileDiff& f) { return f.status == status; });
}

std::string count_of(const std::vector<tasks::FileDiff>& files) {
  return files.size() == 1 ? "a file" : std::to_string(files.size()) + " files";
}

}  // namespace

std::string Draft::header() const {
  return type + (scope.empty() ? "" : "(" + scope + ")") + (breaking ? "!" : "") + ": " + subject;
}

std::string Draft::text() const {
  std::string out = header() + "\n";
  if (!body.empty()) out += "\n" + body + "\n";
  // A token with a blank is none of git's: it stands in a paragraph of its own, so that the last one is all trailers.
  const auto is_note = [](const auto& footer) { return footer.first.find(' ') != std::string::npos; };
  for (const bool notes : {true, false}) {
    if (std::ranges::none_of(footers, [&](const auto& footer) { return is_note(footer) == notes; })) continue;
    out += "\n";
    for (const auto& footer : footers)
      if (is_note(footer) == notes)
        // Git reads no folded name of who signs.
        out += wrapped(footer.first + ": " + footer.second, footer.first == "Signed-off-by" ? Text::npos : kLineWidth,
                       " ") +
               "\n";
  }
  return out;
}

std::string wrapped(Text text, std::size_t width, Text indent) {
  std::string out, line;
  bool first = true;
  const auto end_line = [&] {
    out += (first ? "" : "\n" + std::string(indent)) + line;
    first = false;
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const Text word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!line.empty() && utf16_length(line) + 1 + utf16_length(word) + (first ? 0 : indent.size()) > width) end_line();
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  if (!line.empty()) end_line();
  return out;
}

std::vector<std::string> plain_subjects(const std::string& type, const std::vector<tasks::FileDiff>& files,
                                        const SymbolChanges& symbols) {
  std::vector<std::string> subjects;
  const auto add = [&](const std::string& subject) {
    if (std::ranges::all_of(subject, [](char c) { return c >= ' ' && c <= '~'; })) subjects.push_back(subject);
  };
  if (files.empty()) return {"update files"};
  const std::string where = common_directory(files);
  const std::string in = where.empty() ? "" : " in " + where;
  const bool one = files.size() == 1;
  const std::string name(file_name(files[0].path));
  if (one && files[0].submodule) add("update submodule " + files[0].path);
  if (all_have(files, 'R')) {
    if (one) {
      add("rename " + std::string(file_name(files[0].old_path)) + " to " + name);
      if (file_name(files[0].old_path) == name) subjects.assign(1, "move " + name + " to " + where);
    }
    add("rename " + count_of(files) + in);
  }
  if (all_have(files, 'D')) {
    if (one) add("remove " + name);
    add("remove " + count_of(files) + in);
  }
  const bool tests = type == "test";
  const std::string added = names_of(symbols.added, true), gone = names_of(symbols.removed, true);
  if (!tests && type != "docs") {
    if (type != "fix" && !added.empty()) add("add " + added);
    if (!gone.empty() && added.empty()) add("remove " + gone);
    if (const std::string changed = names_of(symbols.changed, false); !changed.empty())
      add(std::string(verb_of(type)) + " " + changed);
    if (const std::string own = names_of(symbols.added, false); !own.empty() && type != "fix") add("add " + own);
  }
  if (one) {
    const std::string verb(files[0].status == 'A' ? "add" : verb_of(type));
    add(verb + " " + (tests && files[0].status != 'A' ? "tests in " : "") + name);
  }
  if (all_have(files, 'A')) add("add " + count_of(files) + in);
  if (files.size() == 2) add(std::string(verb_of(type)) + " " + name + " and " + std::string(file_name(files[1].path)));
  if (!one) add(std::string(verb_of(type)) + " " + (tests ? "tests" : count_of(files)) + in);
  subjects.push_back("update " + count_of(files));
  return subjects;
}

std::string issue_of_branch(Text branch) {
  // Names of things that have the same form as a key.
  static constexpr Text kNoKeys[] = {"UTF", "ISO", "SHA", "MD", "CVE", "RFC", "HTTP", "TLS", "GPT", "IPV", "X"};
  for (const Text numbered : {"release/", "releases/", "version/"})
    if (branch.starts_with(numbered)) return {};
  while (!branch.empty()) {
    const std::size_t slash = std::min(branch.find('/'), branch.size());
    Text part = branch.substr(0, slash);
    branch.remove_prefix(std::min(slash + 1, branch.size()));
    std::size_t letters = 0;
    while (letters < part.size() && (is_upper(part[letters]) || (letters > 0 && is_digit(part[letters])))) ++letters;
    std::size_t digits = letters + 1;
    while (digits < part.size() && is_digit(part[digits])) ++digits;
    const auto ends = [&](std::size_t at) { return at >= part.size() || part[at] == '-' || part[at] == '_'; };
    if (letters >= 2 && letters < part.size() && part[letters] == '-' && digits > letters + 1 && ends(digits) &&
        std::ranges::find(kNoKeys, part.substr(0, letters)) == std::end(kNoKeys))
      return std::string(part.substr(0, digits));
    // "123-crash", "issue-123", "gh-123", "#123"
    for (const Text front : {"issues-", "issue-", "issue", "gh-", "#"})
      if (part.starts_with(front)) {
        part.remove_prefix(front.size());
        break;
      }
    digits = 0;
    while (digits < part.size() && is_digit(part[digits])) ++digits;
    const bool date = digits + 1 < part.size() && is_digit(part[digits + 1]);
    if (digits > 0 && digits <= 7 && part[0] != '0' && ends(digits) && !date)
      return "#" + std::string(part.substr(0, digits));
  }
  return {};
}

}  // namespace eve::commit
