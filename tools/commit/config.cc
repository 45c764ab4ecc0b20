// SPDX-License-Identifier: Apache-2.0
#include "commit/config.h"

#include <algorithm>

#include "base/io.h"
#include "commit/yaml.h"

namespace eve::commit {

namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kPresets[] = {"@commitlint/config-conventional", "@commitlint/conventional", "conventional",
                                         "commitlint-config-conventional"};

Config read(const JsonValue& root, const std::string& where) {
  if (!root.is(Kind::kObject)) throw Error(Status::kInput, where + ": not an object");
  Config config;
  config.file = where;
  bool extends_conventional = false;
  if (const JsonValue* extends = root.find("extends")) {
    for (const JsonValue& one : extends->is(Kind::kArray) ? extends->items : std::vector<JsonValue>{*extends}) {
      if (std::ranges::find(kPresets, one.text) != std::end(kPresets))
        extends_conventional = true;
      else
        config.notes.push_back(where + ": extends " + printable(one.text) +
                               ", which is not known here; config-conventional is taken for it");
    }
    extends_conventional |= !config.notes.empty();
  }
  const JsonValue* rules = root.find("rules");
  const bool any = rules && rules->is(Kind::kObject) && !rules->items.empty();
  if (any && !extends_conventional) {
    config.rules.by_name.clear();
    const JsonValue* preset = root.find("parserPreset");
    config.rules.conventional = preset && preset->text.ends_with("conventionalcommits");
  }
  if (any)
    for (std::size_t i = 0; i < rules->items.size(); ++i) config.rules.set(rules->names[i], rules->items[i], where);
  if (const JsonValue* ignores = root.find("defaultIgnores"))
    config.rules.ignores = !ignores->is(Kind::kBoolean) || ignores->boolean;
  if (const JsonValue* plugins = root.find("plugins"); plugins && !plugins->items.empty())
    config.notes.push_back(where + ": plugins are programs and are not run");
  return config;
}

}  // namespace

Config read_config(const std::string& text, const std::string& name) {
  const std::string where = printable(name);
  const JsonValue root = name.ends_with(".json") ? parse_json_value(text, where) : parse_yaml(text, where);
  if (!name.ends_with("package.json")) return read(root, where);
  const JsonValue* own = root.find("commitlint");
  return own ? read(*own, where) : Config{};
}

Config find_config(const ReadRootFile& read_root) {
  for (const char* name :
       {"package.json", ".commitlintrc", ".commitlintrc.json", ".commitlintrc.yaml", ".commitlintrc.yml"}) {
    const auto text = read_root(name);
    if (!text) continue;
    if (Config config = read_config(*text, name); !config.file.empty()) return config;
  }
  for (const std::string stem : {".commitlintrc", "commitlint.config"}) {
    for (const char* ending : {".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"}) {
      const auto text = read_root(stem + ending);
      if (!text) continue;
      Config config;
      if (text->find("config-conventional") == text->npos || text->find("rules") != text->npos)
        config.notes.push_back(stem + ending + " is a program and is not run; config-conventional is taken for it");
      return config;
    }
  }
  return {};
}

}  // namespace eve::commit
