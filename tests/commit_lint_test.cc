// SPDX-License-Identifier: Apache-2.0
// The verdicts of --check. tests/commit_lint.jsonl holds what @commitlint/cli 20.5.3 says of each message under each
// configuration (none: config-conventional): the rules it breaks, with "?" in front of those that only warn.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "base/jsonl.h"
#include "commit/config.h"
#include "fixtures.h"

using namespace eve;
using namespace eve::commit;

namespace {

std::vector<std::string> names(const std::vector<Problem>& problems) {
  std::vector<std::string> list;
  for (const Problem& problem : problems)
    list.push_back((problem.severity == Severity::kWarning ? "?" : "") + problem.rule);
  std::ranges::sort(list);
  return list;
}

Config json(const std::string& text) { return read_config(text, ".commitlintrc.json"); }

}  // namespace

TEST_CASE("a message breaks the rules that commitlint says it breaks") {
  std::size_t rows = 0;
  for_each_json_line(test::source("tests/commit_lint.jsonl"),
                     [&](simdjson::dom::element row, const std::string& where) {
                       std::vector<std::string> wanted;
                       for (const std::string_view name : row["problems"].get_array()) wanted.emplace_back(name);
                       std::ranges::sort(wanted);
                       Rules rules = conventional_rules();
                       if (simdjson::dom::element config; row["config"].get(config) == simdjson::SUCCESS)
                         rules = json(simdjson::minify(config)).rules;
                       INFO(where);
                       CHECK(names(lint(std::string_view(row["message"]), rules)) == wanted);
                       ++rows;
                     });
  CHECK(rows > 300);
}

TEST_CASE("an empty message is refused") {
  CHECK(is_refused(lint("", conventional_rules())));
  CHECK(is_refused(lint(" \n\t\n", conventional_rules())));
}

TEST_CASE("comments and what follows a scissors line are no part of a message file") {
  const std::string file =
      "# a comment\nfeat: x\n\nbody\n# another\n# ------------------------ >8 ------------------------\n" +
      std::string(300, 'd') + "\n";
  CHECK(is_refused(lint(file, conventional_rules())));
  CHECK_FALSE(is_refused(lint(file, conventional_rules(), "#")));
  CHECK(clean_message("\n\nfeat: x  \n\n\n# c\nb\n\n", "#") == "feat: x\n\nb\n");
}

TEST_CASE("a configuration in YAML is the same as in JSON") {
  const Config yaml = read_config(
      "extends:\n  - '@commitlint/config-conventional'\nrules:\n  header-max-length: [2, always, 72]\n"
      "  scope-enum:\n    - 2\n    - always\n    - [api, \"core\"]\n  subject-case: [0]\n",
      ".commitlintrc");
  CHECK(yaml.rules.limit("header-max-length", 0) == 72);
  CHECK(yaml.rules.words("scope-enum") == std::vector<std::string>{"api", "core"});
  CHECK(yaml.notes.empty());
  CHECK(names(lint("feat(web): Capital", yaml.rules)) == std::vector<std::string>{"scope-enum"});
  CHECK(names(lint("feat(web): x", json(R"({"extends": "@commitlint/config-conventional"})").rules)).empty());
}

TEST_CASE("a configuration that commitlint would refuse is refused, with its place") {
  const char* malformed[] = {R"({"rules": {"no-such-rule": [2, "always"]}})",
                             R"({"rules": {"type-enum": [3, "always", []]}})",
                             R"({"rules": {"type-enum": [2, "often", []]}})",
                             R"({"rules": {"type-enum": "always"}})",
                             R"({"rules": {"header-max-length": [2, "always", "x"]}})",
                             R"({"rules": {"type-case": [2, "always", "odd"]}})",
                             R"([1])",
                             R"({"rules": )"};
  for (const char* text : malformed) CHECK_THROWS_WITH(json(text), Catch::StartsWith(".commitlintrc.json: "));
}

TEST_CASE("YAML that could grow or repeat itself is refused") {
  const char* hostile[] = {"a: &x [1]\nb: *x\n", "a: 1\na: 2\n", "--- 1\n--- 2\n", "a: !!binary x\n", "a: [\n", "\x01"};
  for (const char* text : hostile) CHECK_THROWS_AS(read_config(text, "c.yaml"), Error);
  std::string deep(200, '[');
  CHECK_THROWS_AS(read_config(deep, "c.yaml"), Error);
}

TEST_CASE("what stands where is found in the order of commitlint's search places") {
  const auto files = [](std::map<std::string, std::string> of) {
    return [of](const std::string& name) {
      const auto at = of.find(name);
      return at == of.end() ? std::nullopt : std::optional(at->second);
    };
  };
  CHECK(find_config(files({})).file.empty());
  const std::string own =
      R"({"extends": ["@commitlint/config-conventional"], "rules": {"header-max-length": [2, "always", 50]}})";
  CHECK(find_config(files({{"package.json", "{\"name\": \"x\"}"}, {".commitlintrc", own}})).file == ".commitlintrc");
  CHECK(find_config(files({{"package.json", "{\"commitlint\": " + own + "}"}, {".commitlintrc.yml", "a: ["}}))
            .rules.limit("header-max-length", 0) == 50);
  CHECK(find_config(files({{"commitlint.config.js", "export default {extends: ['@commitlint/config-conventional']}"}}))
            .notes.empty());
  CHECK(find_config(files({{"commitlint.config.js", "export default {rules: {}}"}})).notes.size() == 1);
}
