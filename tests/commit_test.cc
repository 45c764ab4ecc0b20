// SPDX-License-Identifier: Apache-2.0
// What eve-commit sees in diffs, and the messages it makes of it.
#include <catch2/catch.hpp>

#include "base/rng.h"
#include "commit/changes.h"
#include "commit/suggest.h"
#include "commit/writer.h"
#include "decode/grammar.h"

using namespace eve;
using namespace eve::commit;

namespace {

const WhyLeftOut kNothing = [](const std::string&) { return std::string(); };

Changes changes_of(const std::string& diff) { return read_changes(tasks::read_diff(diff), kNothing); }

std::string file(const std::string& path, const std::string& lines, const char* head = "") {
  return "diff --git a/" + path + " b/" + path + "\n" + head + "--- a/" + path + "\n+++ b/" + path + "\n@@ @@\n" +
         lines;
}

std::string names(const std::vector<Symbol>& symbols) {
  std::string list;
  for (const Symbol& symbol : symbols) list += (symbol.is_public ? "+" : "-") + symbol.name + " ";
  return list;
}

std::string symbol(const char* line, const char* path) {
  const Symbol found = read_symbol(line, path);
  return found.name.empty() ? "" : (found.is_public ? "public " : "") + found.kind + " " + found.name;
}

Wishes with(Rules rules) {
  Wishes wishes;
  wishes.rules = std::move(rules);
  return wishes;
}

}  // namespace

TEST_CASE("a removed line of dashes is no head of a file") {
  const auto files = tasks::read_diff(
      "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- old\n+++ new\n x\n--- a/r\n+++ b/r\n@@ -1 +1 @@\n-a\n+b\n-- "
      "\n2.39.5\n");
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == "q.sql");
  CHECK(files[0].added == 1);
  CHECK(files[0].removed == 1);
  CHECK(files[1].removed == 1);
}

TEST_CASE("paths that git quotes are read as they are") {
  const auto files = tasks::read_diff(
      "diff --git \"a/caf\\303\\251 \\\"x\\\".txt\" \"b/caf\\303\\251 \\\"x\\\".txt\"\n--- \"a/caf\\303\\251 "
      "\\\"x\\\".txt\"\n+++ \"b/caf\\303\\251 \\\"x\\\".txt\"\n@@ -1 +1 @@\n-a\n+b\n");
  REQUIRE(files.size() == 1);
  CHECK(files[0].path == "caf\u00e9 \"x\".txt");
}

TEST_CASE("any bytes are a diff of some files or none") {
  Rng rng(7);
  const std::string parts[] = {"diff --git a/x b/x\n",
                               "--- a/x\n",
                               "+++ b/x\n",
                               "@@ -1,9 +1,9 @@\n",
                               "@@ -99999999999999999999 +1 @@\n",
                               "+a\n",
                               "-b\n",
                               "\n",
                               " \n",
                               "\"",
                               "\\",
                               "rename from \"\\3\n",
                               "index 1..2 160000\n",
                               "@@@ -1 -1 +1 @@@\n",
                               "\xff\n",
                               "Binary files a/x and b/x differ\n",
                               "diff --cc \"y\n"};
  for (int round = 0; round < 3000; ++round) {
    std::string diff;
    for (std::uint64_t n = rng.below(12); n > 0; --n) diff += parts[rng.below(std::size(parts))];
    const Changes changes = changes_of(diff);
    for (const std::string& subject : plain_subjects("fix", changes.files, changes.symbols)) CHECK(subject.size() > 3);
  }
}

TEST_CASE("definitions are known by their lines, public ones by the customs of each language") {
  CHECK(symbol("def parse(text):", "a.py") == "public function parse");
  CHECK(symbol("    def parse(self):", "a.py") == "function parse");
  CHECK(symbol("def _hidden():", "a.py") == "function _hidden");
  CHECK(symbol("pub fn parse(text: &str) -> Ast {", "a.rs") == "public function parse");
  CHECK(symbol("pub(crate) fn parse() {", "a.rs") == "function parse");
  CHECK(symbol("fn parse() {", "a.rs") == "function parse");
  CHECK(symbol("func (s *Server) Serve(l net.Listener) error {", "a.go") == "public function Serve");
  CHECK(symbol("func serve() {", "a.go") == "function serve");
  CHECK(symbol("export async function load(id) {", "a.ts") == "public function load");
  CHECK(symbol("export const load = (id) => {", "a.ts") == "public function load");
  CHECK(symbol("const local = 1;", "a.ts") == "constant local");
  CHECK(symbol("int parse(const char* text);", "a.h") == "public function parse");
  CHECK(symbol("int parse(const char* text) {", "a.c") == "function parse");
  CHECK(symbol("  return parse(text);", "a.c") == "");
  CHECK(symbol("  if (x) {", "a.c") == "");
  CHECK(symbol("struct Node {", "a.h") == "public class Node");
  CHECK(symbol("struct Node node;", "a.h") == "");
  CHECK(symbol("#define LIMIT 10", "a.h") == "public constant LIMIT");
  CHECK(symbol("public class Shop {", "a.java") == "public class Shop");
  CHECK(symbol("", "a.c") == "");
  CHECK(symbol("   ", "") == "");
}

TEST_CASE("a definition that moves is neither added nor removed") {
  const Changes moved = changes_of(file("a.rs", "-pub fn parse() {\n-pub fn gone() {\n-pub fn other(a: u8) {\n") +
                                   file("b.rs", "+pub fn parse() {\n+pub fn new() {\n+pub fn other(a: u16) {\n"));
  CHECK(names(moved.symbols.added) == "+new ");
  CHECK(names(moved.symbols.removed) == "+gone ");
  CHECK(names(moved.symbols.changed) == "+other ");
  CHECK(moved.removed_public() == std::vector<std::string>{"gone"});
}

TEST_CASE("paths tell what a file is") {
  const std::pair<const char*, FileKind> kinds[] = {{"README.md", FileKind::kDocs},
                                                    {"docs/guide/x.html", FileKind::kDocs},
                                                    {"src/a.cc", FileKind::kSource},
                                                    {"tests/a.cc", FileKind::kTest},
                                                    {"src/a.test.ts", FileKind::kTest},
                                                    {"pkg/a_test.go", FileKind::kTest},
                                                    {".github/workflows/x.yml", FileKind::kCi},
                                                    {"CMakeLists.txt", FileKind::kBuild},
                                                    {"package.json", FileKind::kBuild},
                                                    {"package-lock.json", FileKind::kLock},
                                                    {"go.sum", FileKind::kLock},
                                                    {"Cargo.lock", FileKind::kLock},
                                                    {"a.min.js", FileKind::kGenerated},
                                                    {"api.pb.go", FileKind::kGenerated},
                                                    {"vendor/x/y.go", FileKind::kVendored},
                                                    {".gitignore", FileKind::kSettings},
                                                    {"requirements.txt", FileKind::kBuild},
                                                    {"data/x.csv", FileKind::kData},
                                                    {"src/latest.c", FileKind::kSource},
                                                    {"", FileKind::kSource}};
  for (const auto& [path, kind] : kinds) {
    INFO(path);
    CHECK(name_of(kind_of(path)) == name_of(kind));
  }
}

TEST_CASE("patterns of an ignore file are those of .gitignore") {
  const IgnoreList list("# comment\n*.csv\n/top.txt\nbuild/\na/**/z\n!keep.csv\n[ab].c\nodd+name(1).txt\n", "x");
  for (const char* path :
       {"x.csv", "d/x.csv", "top.txt", "build/x", "d/build/y/z", "a/z", "a/b/c/z", "a.c", "odd+name(1).txt"}) {
    INFO(path);
    CHECK(list.ignores(path));
  }
  for (const char* path :
       {"keep.csv", "d/keep.csv", "d/top.txt", "x.csvx", "b/z", "c.c", "oddname1.txt", "rebuild/x"}) {
    INFO(path);
    CHECK_FALSE(list.ignores(path));
  }
}

TEST_CASE("the key of an issue is found in the name of a branch, and nothing else is taken for one") {
  const std::pair<const char*, const char*> branches[] = {{"feature/ABC-123-login", "ABC-123"},
                                                          {"ABC-123", "ABC-123"},
                                                          {"fix/123-crash", "#123"},
                                                          {"issue-7", "#7"},
                                                          {"gh-12", "#12"},
                                                          {"user/AB2-9_x", "AB2-9"},
                                                          {"main", ""},
                                                          {"release/1.2", ""},
                                                          {"release/12", ""},
                                                          {"fix/UTF-8-names", ""},
                                                          {"2026-11-22-notes", ""},
                                                          {"v2", ""},
                                                          {"ABC-", ""},
                                                          {"abc-123x", ""},
                                                          {"ABC-12a", ""},
                                                          {"", ""}};
  for (const auto& [branch, key] : branches) {
    INFO(branch);
    CHECK(issue_of_branch(branch) == key);
  }
}

TEST_CASE("secrets are told with their file and blotted out of what the model reads") {
  const std::string key = "ghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2";
  const Changes changes = changes_of(file("settings.py", "+TOKEN = '" + key + "'\n"));
  CHECK(changes.secrets == std::vector<std::string>{"settings.py: github-token"});
  CHECK(model_prompt(changes).find(key) == std::string::npos);
  CHECK(model_prompt(changes).find("TOKEN = '***'") != std::string::npos);
  CHECK_FALSE(is_acceptable("fix: use " + key + "\n", with(conventional_rules())));
}

TEST_CASE("names in a subject stand in the diff, words need not") {
  const Vocabulary known(tasks::read_diff(file("src/parse.cc", "+int maxSize = read_size();\n")));
  CHECK(known.knows_names_of("correct the size that read_size gives in parse.cc"));
  CHECK(known.knows_names_of("say maxSize; MAXSIZE. (src/parse.cc)"));
  CHECK_FALSE(known.knows_names_of("correct write_size"));
  CHECK_FALSE(known.knows_names_of("correct lib/parse.cc"));
  CHECK_FALSE(known.knows_names_of("move to v8"));
}

TEST_CASE("footers are lines that git reads as trailers") {
  Draft draft;
  draft.type = "feat";
  draft.scope = "x";
  draft.subject = "say";
  draft.breaking = true;
  draft.footers = {{"Refs", "#1"}, {"BREAKING CHANGE", std::string(50, 'a') + " " + std::string(50, 'b')}};
  CHECK(draft.text() ==
        "feat(x)!: say\n\nBREAKING CHANGE: " + std::string(50, 'a') + "\n " + std::string(50, 'b') + "\n\nRefs: #1\n");
  CHECK_FALSE(is_refused(lint(draft.text(), conventional_rules())));
  CHECK(wrapped("a bb ccc", 4) == "a bb\nccc");
  CHECK(wrapped("  ", 4).empty());
}

TEST_CASE("plain messages keep rules of every kind, or there is none") {
  const Changes changes = changes_of(file("src/parse.cc", "-int a;\n+int b;\n"));
  const auto message = [&](const char* json) {
    Wishes wishes = with(read_config(json, "c.json").rules);
    const auto found = plain_suggestions(changes, wishes, {}, 1);
    return found.empty() ? std::string("none") : found[0].draft.header();
  };
  const std::string front = R"({"extends": "@commitlint/config-conventional", "rules": )";
  CHECK(message((front + R"({"subject-full-stop": [2, "always", "."]}})").c_str()).ends_with("parse.cc."));
  CHECK(message((front + R"({"subject-case": [2, "always", "sentence-case"]}})").c_str()).find(": Correct") !=
        std::string::npos);
  CHECK(message((front + R"({"scope-empty": [2, "never"], "scope-enum": [2, "always", ["parse"]]}})").c_str())
            .find("(parse)") != std::string::npos);
  CHECK(message((front + R"({"header-max-length": [2, "always", 15]}})").c_str()) == "none");
  CHECK(message((front + R"({"references-empty": [2, "never"]}})").c_str()) == "none");
}

TEST_CASE("scopes and whether there are any are learnt from the log") {
  std::vector<LogEntry> log;
  for (int i = 0; i < 10; ++i) log.push_back({i % 5 ? "fix(core): x" : "docs: y", {i % 5 ? "lib/a.cc" : "README.md"}});
  const Habits habits = read_habits(log);
  CHECK(habits.scoped());
  CHECK(habits.scope_of(tasks::read_diff(file("lib/b.cc", "+x\n"))) == "core");
  CHECK(habits.scope_of(tasks::read_diff(file("other/b.cc", "+x\n"))).empty());
  CHECK_FALSE(read_habits({}).known());
}

TEST_CASE("the type that a project gives to such files is learnt from the log") {
  const auto likeliest = [](const Changes& changes) {
    return kTypes[static_cast<std::size_t>(std::ranges::max_element(changes.types.log_probability) -
                                           changes.types.log_probability.begin())];
  };
  Changes docs = changes_of(file("docs/a.md", "+more words\n")), code = changes_of(file("lib/a.cc", "-x\n+y\n"));
  REQUIRE(likeliest(docs) == "docs");
  REQUIRE(likeliest(code) == "fix");
  std::vector<LogEntry> log;
  for (int i = 0; i < 40; ++i) log.push_back({i % 2 ? "chore: x" : "fix: y", {i % 2 ? "docs/b.md" : "lib/b.cc"}});
  const Habits habits = read_habits(log);
  habits.weigh_types(docs.files, docs.types);
  habits.weigh_types(code.files, code.types);
  CHECK(likeliest(docs) == "chore");
  CHECK(likeliest(code) == "fix");
  CHECK(std::ranges::any_of(docs.types.reasons, [](const TypeEvidence::Reason& reason) {
    return reason.feature == "earlier commits, documentation" && reason.type == "chore";
  }));
  double all = 0;
  for (const double log_probability : docs.types.log_probability) all += std::exp(log_probability);
  CHECK(all == Approx(1));

  // A type that is rare everywhere stays so for a project that has had it twice.
  Changes tests = changes_of(file("tests/a_test.cc", "-x\n+y\n"));
  log.clear();
  for (int i = 0; i < 40; ++i) log.push_back({i % 20 ? "test: x" : "style: y", {"tests/b_test.cc"}});
  read_habits(log).weigh_types(tests.files, tests.types);
  CHECK(likeliest(tests) == "test");

  const Changes before = changes_of(file("docs/a.md", "+more words\n"));
  Changes after = before;
  read_habits({{"no type here", {"docs/b.md"}}}).weigh_types(after.files, after.types);
  CHECK(after.types.log_probability == before.types.log_probability);
}

TEST_CASE("what git log --name-only prints is read") {
  const std::vector<LogEntry> log = read_log(
      "commit 1f (HEAD -> main)\nAuthor: A <a@b.c>\nDate:   Mon Nov 30\n\n    fix(core): x\n    \n    commit more\n\n"
      "lib/a.cc\ncommit.txt\n\ncommit 2e\nMerge: 3a 4b\nAuthor: A <a@b.c>\nDate:   Mon Nov 30\n\n    Merge it\n",
      "LOG");
  REQUIRE(log.size() == 2);
  CHECK(log[0].message == "fix(core): x\n\ncommit more\n");
  CHECK(log[0].paths == std::vector<std::string>{"lib/a.cc", "commit.txt"});
  CHECK(log[1].paths.empty());
  CHECK(read_log("", "LOG").empty());
  for (const char* other : {"1f fix: x\n", "fix: x\n", "commit 1f\ntree 2e\n", "diff --git a/x b/x\n"}) {
    INFO(other);
    CHECK_THROWS_AS(read_log(other, "LOG"), Error);
  }
}

TEST_CASE("a header that leaves no room for a subject is refused") {
  Wishes wishes = with(conventional_rules());
  CHECK_NOTHROW(message_grammar("feat", {"core"}, wishes));
  wishes.rules.set_limit("header-max-length", 10);
  CHECK_THROWS_AS(message_grammar("feat", {"core"}, wishes), Error);
}
