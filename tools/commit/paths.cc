// SPDX-License-Identifier: Apache-2.0
#include "commit/paths.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/regex.h"
#include "commit/message.h"
#include "eve/error.h"
#include "tasks/text.h"

namespace eve::commit {

namespace {

using Text = std::string_view;
using tasks::lower;

bool is_any(Text text, std::initializer_list<Text> words) { return std::ranges::find(words, text) != words.end(); }
bool ends_with_any(Text text, std::initializer_list<Text> ends) {
  return std::ranges::any_of(ends, [&](Text end) { return text.ends_with(end); });
}
bool starts_with_any(Text text, std::initializer_list<Text> starts) {
  return std::ranges::any_of(starts, [&](Text start) { return text.starts_with(start); });
}

/// Whether one of the directories has one of the names.
bool lies_in(Text path, std::initializer_list<Text> names) {
  for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/')) {
    if (is_any(path.substr(0, slash), names)) return true;
    path.remove_prefix(slash + 1);
  }
  return false;
}

bool is_lock(Text name) {
  return ends_with_any(name, {".lock", ".lockb", "-lock.json", "-lock.yaml", "-lock.yml", ".lock.json", ".lock.hcl"}) ||
         is_any(name, {"go.sum", "npm-shrinkwrap.json", "gradle.lockfile", "packages.lock.json"});
}

bool is_generated(Text name) {
  return ends_with_any(
      name, {".min.js", ".min.css", ".map", ".snap", ".pb.go", ".pb.cc", ".pb.h", "_pb2.py", "_pb2_grpc.py", ".g.dart",
             ".freezed.dart", ".designer.cs", ".generated.ts", ".generated.go", "_generated.go", "_generated.rs"});
}

bool is_test(Text path, Text name) {
  if (lies_in(path, {"test", "tests", "__tests__", "spec", "specs", "testing", "testdata", "fixtures", "__snapshots__",
                     "__mocks__", "e2e", "playground", "testutil", "unittest"}))
    return true;
  const Text stem = name.substr(0, name.find('.'));
  return name.find(".test.") != name.npos || name.find(".spec.") != name.npos || stem.ends_with("_test") ||
         stem.ends_with("_tests") || stem.starts_with("test_") || stem == "conftest" || stem == "test" ||
         stem == "tests";
}

bool is_docs(Text path, Text name) {
  if (ends_with_any(name, {".md", ".mdx", ".rst", ".adoc", ".txt", ".markdown", ".1", ".7"}) &&
      name != "cmakelists.txt" && !starts_with_any(name, {"requirements", "constraints"}))
    return true;
  const Text stem = name.substr(0, name.find('.'));
  return lies_in(path, {"doc", "docs", "documentation", "website", "man"}) ||
         is_any(stem, {"readme", "license", "licence", "copying", "authors", "contributors", "notice", "changelog",
                       "changes", "news", "security", "contributing"});
}

bool is_ci(Text path, Text name) {
  if (path.starts_with(".github/"))
    return starts_with_any(path, {".github/workflows/", ".github/actions/", ".github/scripts/"});
  return starts_with_any(path, {".circleci/", ".buildkite/", ".gitlab/", "ci/"}) ||
         is_any(name, {".gitlab-ci.yml", ".travis.yml", "appveyor.yml", ".appveyor.yml", "jenkinsfile", ".drone.yml",
                       "azure-pipelines.yml", "codecov.yml", ".codecov.yml", ".pre-commit-config.yaml", "noxfile.py",
                       "renovate.json", "renovate.json5", "dependabot.yml", "mergify.yml", ".mergify.yml"});
}

bool is_build(Text path, Text name) {
  if (is_any(name, {"cmakelists.txt",
                    "makefile",
                    "gnumakefile",
                    "dockerfile",
                    "meson.build",
                    "build.gradle",
                    "build.gradle.kts",
                    "settings.gradle",
                    "pom.xml",
                    "package.json",
                    "cargo.toml",
                    "go.mod",
                    "setup.py",
                    "setup.cfg",
                    "pyproject.toml",
                    "pipfile",
                    "gemfile",
                    "composer.json",
                    "build",
                    "build.bazel",
                    "workspace",
                    "rollup.config.js",
                    "rollup.config.ts",
                    "vite.config.ts",
                    "vite.config.js",
                    "webpack.config.js",
                    "configure.ac",
                    "flake.nix",
                    "default.nix",
                    "package.xml",
                    "justfile",
                    "taskfile.yml",
                    "cmakepresets.json",
                    "rust-toolchain",
                    "rust-toolchain.toml",
                    "pnpm-workspace.yaml",
                    "lerna.json",
                    "vcpkg.json",
                    "conanfile.txt",
                    "conanfile.py",
                    "goreleaser.yml",
                    ".goreleaser.yml",
                    ".goreleaser.yaml"}))
    return true;
  return ends_with_any(name, {".cmake", ".mk", ".gradle", ".bazel", ".bzl", ".nix", ".dockerfile", ".csproj", ".sln",
                              ".spec", ".in"}) ||
         starts_with_any(name, {"requirements", "dockerfile."}) || lies_in(path, {"packaging", "cmake", "debian"});
}

bool is_settings(Text path, Text name) {
  if (is_any(name, {".gitignore", ".gitattributes", ".editorconfig", ".clang-format", ".clang-tidy", ".npmrc", ".nvmrc",
                    ".mailmap", "codeowners", ".eslintignore", ".prettierignore"}))
    return true;
  return starts_with_any(name, {".eslintrc", ".prettierrc", ".babelrc", ".stylelint", "tsconfig", "jest.config",
                                "vitest.config", "eslint.config", ".commitlintrc", "commitlint.config"}) ||
         starts_with_any(path, {".github/", ".vscode/", ".idea/", ".husky/"});
}

bool is_source(Text name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return name.find('.') == name.npos;
  static constexpr std::array<Text, 62> kEndings = {
      "c",   "h",    "cc",    "hh",   "cpp", "hpp",   "cxx",  "hxx",  "inc",  "inl",  "rs",  "go",     "py",
      "pyi", "pyx",  "js",    "jsx",  "mjs", "cjs",   "ts",   "tsx",  "mts",  "cts",  "vue", "svelte", "java",
      "kt",  "kts",  "scala", "cs",   "fs",  "swift", "m",    "mm",   "rb",   "php",  "pl",  "pm",     "lua",
      "sh",  "bash", "zsh",   "fish", "ps1", "bat",   "r",    "jl",   "hs",   "ml",   "ex",  "exs",    "erl",
      "clj", "dart", "zig",   "nim",  "sql", "css",   "scss", "less", "html", "proto"};
  return std::ranges::find(kEndings, name.substr(dot + 1)) != kEndings.end();
}

/// A .gitignore pattern as a regular expression over whole paths.
std::string pattern_of(Text line) {
  bool anchored = false;
  if (line.ends_with('/')) line.remove_suffix(1);
  if (line.starts_with('/')) {
    anchored = true;
    line.remove_prefix(1);
  }
  anchored |= line.find('/') != line.npos;
  std::string out = anchored ? "" : "(?:.*/)?";
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (line.substr(i).starts_with("**/")) {
      out += "(?:.*/)?";
      i += 2;
    } else if (line.substr(i).starts_with("**")) {
      out += ".*";
      ++i;
    } else if (c == '*') {
      out += "[^/]*";
    } else if (c == '?') {
      out += "[^/]";
    } else if (c == '[' && line.find(']', i + 2) != line.npos) {
      const std::size_t end = line.find(']', i + 2);
      std::string set(line.substr(i + 1, end - i - 1));
      if (set.front() == '!') set.front() = '^';
      out += "[";
      for (const char s : set) out += (Text("[]\\&~").find(s) != Text::npos ? "\\" : "") + std::string(1, s);
      out += "]";
      i = end;
    } else {
      if (c == '\\' && i + 1 < line.size()) ++i;
      const char plain = line[i];
      if (Text("^$\\.*+?()[]{}|/").find(plain) != Text::npos) out += '\\';
      out += plain;
    }
  }
  return out + "(?:/.*)?";
}

}  // namespace

Text file_name(Text path) { return path.substr(path.rfind('/') + 1); }

Text directory(Text path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? Text{} : path.substr(0, slash);
}

FileKind kind_of(Text given) {
  const std::string path = lower(given);
  const Text name = file_name(path);
  if (is_lock(name)) return FileKind::kLock;
  if (lies_in(path, {"vendor", "third_party", "thirdparty", "node_modules", "external", "3rdparty"}))
    return FileKind::kVendored;
  if (is_generated(name) || lies_in(path, {"dist", "generated", "__generated__"})) return FileKind::kGenerated;
  if (is_ci(path, name)) return FileKind::kCi;
  if (is_settings(path, name)) return FileKind::kSettings;
  if (is_test(path, name)) return FileKind::kTest;
  if (is_build(path, name)) return FileKind::kBuild;
  if (is_docs(path, name)) return FileKind::kDocs;
  return is_source(name) ? FileKind::kSource : FileKind::kData;
}

Text name_of(FileKind kind) {
  constexpr std::array<Text, 10> kNames = {"source",   "tests",      "documentation", "CI",       "build",
                                           "settings", "lock files", "generated",     "vendored", "data"};
  return kNames[static_cast<std::size_t>(kind)];
}

IgnoreList::IgnoreList(Text text, const std::string& where) {
  std::size_t number = 0;
  for (Text line : lines_of(text)) {
    ++number;
    while (line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const bool keeps = line.starts_with('!');
    if (keeps) line.remove_prefix(1);
    try {
      patterns_.push_back({regex(pattern_of(line)), keeps});
    } catch (const Error&) {
      throw Error(Status::kInput, where + ": line " + std::to_string(number) + ": not a pattern of paths");
    }
  }
}

bool IgnoreList::ignores(Text path) const {
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern)
    if (pattern->paths.matches(path)) return !pattern->keeps;
  return false;
}

}  // namespace eve::commit
