// SPDX-License-Identifier: Apache-2.0
#include "tasks/func.h"

#include "tasks/schema_text.h"
#include "tasks/text.h"

namespace eve::tasks {

namespace {

constexpr std::size_t kRequestBytes = 2000, kFactBytes = 200;

struct Detail {
  std::size_t tool_bytes, argument_bytes, enum_bytes;
};

std::string tool_line(const CallableTool& tool, const Detail& detail) {
  std::string line = tool.name + "(";
  if (tool.parameters)
    line += schema_properties(*tool.parameters, *tool.parameters,
                              {detail.argument_bytes, detail.enum_bytes, SchemaDetail::Mark::kRequired}, ", ");
  line += ")";
  if (const std::string_view about = tool.description; !about.empty() && detail.tool_bytes != 0)
    line.append(" ").append(cut(one_line(about.substr(0, 4 * detail.tool_bytes)), detail.tool_bytes));
  return line + "\n";
}

}  // namespace

std::string func_prompt(std::span<const CallableTool> tools, std::span<const Fact> facts, std::string_view request,
                        std::size_t limit_bytes) {
  std::string lines;
  for (const Detail detail : {Detail{120, 60, 160}, {80, 24, 80}, {60, 0, 80}, {40, 0, 40}, {0, 0, 24}}) {
    lines.clear();
    for (const CallableTool& tool : tools) lines += tool_line(tool, detail);
    if (lines.size() <= limit_bytes) break;
  }
  std::string prompt = "FUNC\n" + lines;
  for (const auto& [key, value] : facts)
    prompt.append("F: ").append(cut(one_line(key + " = " + value), kFactBytes)).append("\n");
  return prompt.append("Q: ").append(cut(request, kRequestBytes)).append(kAnswerCue);
}

}  // namespace eve::tasks
