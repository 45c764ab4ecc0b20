// SPDX-License-Identifier: Apache-2.0
#include "commit/symbols.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "commit/paths.h"
#include "tasks/text.h"

namespace eve::commit {

namespace {

using Text = std::string_view;

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

/// Takes the next word of letters, or one other character, off the text.
Text take(Text& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && in_name(text[end])) ++end;
  if (end == 0 && !text.empty()) end = 1;
  const Text word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

bool is_any(Text word, std::initializer_list<Text> words) { return std::ranges::find(words, word) != words.end(); }

Text ending(Text path) {
  const Text name = file_name(path);
  const std::size_t dot = name.rfind('.');
  return dot == name.npos ? Text{} : name.substr(dot + 1);
}

/// "function", "class" or "type" for a word that announces a definition in any language but C's own.
Text kind_of_keyword(Text word) {
  if (is_any(word, {"def", "fn", "func", "function", "fun", "sub"})) return "function";
  if (is_any(word, {"class", "struct", "trait", "interface", "enum", "protocol", "record", "object"})) return "class";
  if (is_any(word, {"type", "typedef", "using", "namespace"})) return "type";
  return {};
}

/// `int name(args)` and `void Class::name(args)` at the start of a line or in a class, for C and its children.
Symbol c_function(Text line, Text path) {
  Symbol symbol;
  const std::size_t open = line.find('(');
  if (open == line.npos || open == 0 || line.find('=') < open) return symbol;
  const Text end = line.substr(line.find_last_not_of(" \t\\"));
  if (end.empty() || (!is_any(end.substr(0, 1), {"{", ")", ",", ";", "("}))) return symbol;
  std::size_t begin = open;
  while (begin > 0 && (in_name(line[begin - 1]) || line[begin - 1] == '~')) --begin;
  const Text name = line.substr(begin, open - begin);
  Text before = line.substr(0, begin);
  const bool header = is_any(ending(path), {"h", "hh", "hpp", "hxx", "cuh"});
  if (before.find_first_not_of(" \t") == before.npos) return symbol;  // a call, or a constructor
  if (!header && (before.front() == ' ' || before.front() == '\t')) return symbol;
  if (end.starts_with(';') && !header) return symbol;
  Text rest = before;
  if (is_any(take(rest), {"return", "if", "else", "for", "while", "switch", "case", "new", "delete", "throw", "goto",
                          "#", "/", "*", "//", "co_return", "sizeof", "using", "typedef"}))
    return symbol;
  if (before.find_first_of("(){};\"'.+-/|!?%") != before.npos ||
      is_any(name, {"if", "while", "for", "switch", "defined"}))
    return symbol;
  symbol.name = name;
  symbol.kind = "function";
  symbol.is_public = header && !before.starts_with("static");
  return symbol;
}

bool is_c(Text end) { return is_any(end, {"c", "h", "cc", "hh", "cpp", "hpp", "cxx", "hxx", "cu", "cuh", "m", "mm"}); }

}  // namespace

Symbol read_symbol(Text line, Text path) {
  const Text end = ending(path);
  const bool indented = line.starts_with(' ') || line.starts_with('\t');
  Symbol symbol;
  Text rest = line;
  bool exported = false, hidden = false;
  for (Text word = take(rest); !word.empty(); word = take(rest)) {
    if (is_any(word, {"export", "pub", "public"})) {
      exported = true;
      if (word == "pub" && rest.starts_with('(')) {  // pub(crate)
        hidden = true;
        rest.remove_prefix(std::min(rest.find(')'), rest.size() - 1) + 1);
      }
      continue;
    }
    if (is_any(word, {"private", "protected", "internal", "fileprivate"})) {
      hidden = true;
      continue;
    }
    if (is_any(word, {"async", "default", "static", "abstract", "final", "unsafe", "extern", "inline", "override",
                      "declare", "sealed", "partial", "open", "data", "readonly", "virtual", "constexpr"}))
      continue;
    Text kind = kind_of_keyword(word);
    if (kind.empty() && is_any(word, {"const", "let", "var", "val"}) && (exported || !indented) && !is_c(end)) {
      if (rest.starts_with(" enum ")) continue;
      if (rest.starts_with(" fn ")) continue;
      kind = rest.find("=>") != rest.npos || rest.find("= function") != rest.npos ? "function" : "constant";
    }
    if (kind.empty() && word == "#") {
      if (take(rest) == "define" && is_c(end)) kind = "constant";
    }
    if (kind.empty()) break;
    if (word == "func" && rest.starts_with(" (")) rest.remove_prefix(std::min(rest.find(')'), rest.size() - 1) + 1);
    if (is_c(end) && kind != "constant" && rest.find('{') == rest.npos && word != "using" && word != "enum") break;
    Text name = take(rest);
    if (name == "class" || name == "struct") name = take(rest);
    if (name == "*") name = take(rest);
    if (name.empty() || !in_name(name.front()) || std::isdigit(static_cast<unsigned char>(name.front())) != 0) break;
    symbol.name = name;
    symbol.kind = kind;
    break;
  }
  if (symbol.name.empty() && is_c(end)) {
    symbol = c_function(line, path);
  } else if (!symbol.name.empty()) {
    const char first = symbol.name.front();
    if (end == "go")
      symbol.is_public = first >= 'A' && first <= 'Z' && !indented;
    else if (is_any(end, {"py", "pyi", "rb"}))
      symbol.is_public = first != '_' && !indented;
    else if (is_c(end))
      symbol.is_public = is_any(end, {"h", "hh", "hpp", "hxx", "cuh"}) && !indented;
    else if (end == "php")
      symbol.is_public = true;
    else
      symbol.is_public = exported;
    symbol.is_public &= !hidden;
  }
  if (!symbol.name.empty()) {
    symbol.path = path;
    symbol.signature = tasks::one_line(line);
  }
  return symbol;
}

SymbolChanges symbol_changes(const std::vector<tasks::FileDiff>& files) {
  std::map<std::string, std::vector<Symbol>> added, removed;
  std::vector<std::string> order;
  for (const tasks::FileDiff& file : files) {
    const FileKind kind = kind_of(file.path);
    if (kind != FileKind::kSource) continue;
    for (const Text line : file.lines) {
      if (line.empty() || line.starts_with("@@") || (line.front() != '+' && line.front() != '-')) continue;
      Symbol symbol =
          read_symbol(line.substr(1), line.front() == '-' && !file.old_path.empty() ? file.old_path : file.path);
      if (symbol.name.empty()) continue;
      if (!added.contains(symbol.name) && !removed.contains(symbol.name)) order.push_back(symbol.name);
      (line.front() == '+' ? added : removed)[symbol.name].push_back(std::move(symbol));
    }
  }
  SymbolChanges changes;
  for (const std::string& name : order) {
    const auto now = added.find(name), before = removed.find(name);
    if (before == removed.end()) {
      changes.added.push_back(now->second.front());
    } else if (now == added.end()) {
      changes.removed.push_back(before->second.front());
    } else {
      const auto same = [&](const Symbol& s) {
        return std::ranges::any_of(now->second, [&](const Symbol& n) { return n.signature == s.signature; });
      };
      if (!std::ranges::all_of(before->second, same)) changes.changed.push_back(before->second.front());
    }
  }
  return changes;
}

}  // namespace eve::commit
