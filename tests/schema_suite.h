// SPDX-License-Identifier: Apache-2.0
// The official JSON Schema test suite as data.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json_value.h"
#include "fixtures.h"
#include "models.h"

namespace eve::test {

struct SuiteInstance {
  std::string description, text;
  JsonValue value;
  bool valid;
};

struct SuiteGroup {
  std::string file, description, schema;  ///< file: "draft7/anyOf"; schema: JSON text
  std::vector<SuiteInstance> instances;
};

/// Groups of the files in a folder of the suite ("draft7", "draft7/optional/format"), sorted by file.
inline std::vector<SuiteGroup> suite_groups(const std::string& root, const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(root + "/" + folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  std::ranges::sort(files);
  std::vector<SuiteGroup> out;
  for (const std::string& file : files) {
    const JsonValue groups = parse_json_value(slurp(file), file);
    for (const JsonValue& group : groups.items) {
      SuiteGroup& to = out.emplace_back();
      to.file = folder + "/" + std::filesystem::path(file).stem().string();
      to.description = group.find("description")->text;
      JsonValue schema = *group.find("schema");
      // The folder says which draft is meant; a schema of the suite's draft-07 part does not.
      if (folder.starts_with("draft7") && schema.is(JsonValue::Kind::kObject) && !schema.find("$schema")) {
        std::string text = json_text(schema);
        to.schema = "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"" +
                    std::string(schema.items.empty() ? "" : ",") + text.substr(1);
      } else {
        to.schema = json_text(schema);
      }
      for (const JsonValue& test : group.find("tests")->items)
        to.instances.push_back({test.find("description")->text, json_text(*test.find("data")), *test.find("data"),
                                test.find("valid")->boolean});
    }
  }
  return out;
}

}  // namespace eve::test
