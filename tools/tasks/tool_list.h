// SPDX-License-Identifier: Apache-2.0
// Lists of callable tools in the forms that are in use: OpenAI, MCP, plain JSON Schema.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace eve::tasks {

/// A tool that can be called. `parameters` lives as long as the parser of the list.
struct CallableTool {
  std::string name, description;
  std::optional<simdjson::dom::element> parameters;  ///< JSON Schema of the arguments object; none: no arguments
};

/// Reads a list: an array of tools, or an object with it under "tools" (MCP's tools/list result also with "result" in
/// front) or "functions"; a single tool counts as a list of one. A tool is one of
///   {"type": "function", "function": {"name", "description", "parameters"}}   OpenAI, chat completions
///   {"type": "function", "name", "description", "parameters"}                 OpenAI, responses
///   {"name", "description", "inputSchema"} or {"input_schema"}                MCP, Anthropic
///   {"name" or "title", "description", "type": "object", "properties", ...}   a JSON Schema
/// Throws Error(kInput, "WHERE: /POINTER ...") for anything else, an empty list, two tools of one name, a name that is
/// empty, longer than 256 bytes or holds control characters.
std::vector<CallableTool> read_tool_list(simdjson::dom::element list, const std::string& where);

}  // namespace eve::tasks
