// SPDX-License-Identifier: Apache-2.0
#include "tasks/extract.h"

#include "tasks/schema_text.h"
#include "tasks/text.h"

namespace eve::tasks {

std::string extract_prompt(simdjson::dom::element schema, std::string_view text, std::size_t limit_bytes) {
  std::string fields;
  // Each step says less: shorter descriptions, then none, then short enums.
  for (const auto& [description, values] : {std::pair{80, 160}, {30, 80}, {0, 80}, {0, 24}}) {
    const SchemaDetail detail{static_cast<std::size_t>(description), static_cast<std::size_t>(values),
                              SchemaDetail::Mark::kOptional};
    fields = schema_properties(schema, schema, detail, "\n");
    if (fields.empty()) fields = schema_type(schema, schema, detail);
    if (fields.size() <= limit_bytes / 2) break;
  }
  return std::string("EXTRACT\n").append(fields).append("\nT: ").append(cut(text, limit_bytes)).append(kAnswerCue);
}

}  // namespace eve::tasks
