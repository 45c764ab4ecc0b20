// SPDX-License-Identifier: Apache-2.0
#include "tasks/tool_list.h"

#include <set>

#include "base/io.h"
#include "base/utf8.h"
#include "eve/error.h"

namespace eve::tasks {

namespace {

using simdjson::SUCCESS;
using simdjson::dom::array;
using simdjson::dom::element;

constexpr std::size_t kLongestName = 256;

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  throw Error(Status::kInput, place + ": " + what);
}

bool text_of(element holder, const char* key, std::string& text) {
  std::string_view view;
  if (holder[key].get(view) != SUCCESS) return false;
  text = view;
  return true;
}

CallableTool read_tool(element given, const std::string& place) {
  CallableTool tool;
  element holder = given;
  if (!given.is_object()) refuse(place, "a tool is a JSON object");
  if (element function; given["function"].get(function) == SUCCESS && function.is_object()) holder = function;
  const bool is_schema = holder["properties"].error() == SUCCESS;
  if (!text_of(holder, "name", tool.name) && !(is_schema && text_of(holder, "title", tool.name)))
    refuse(place, "the tool has no name");
  if (tool.name.empty() || tool.name.size() > kLongestName) refuse(place, "a tool's name has 1 to 256 bytes");
  for (std::size_t at = 0; at < tool.name.size();) {
    const CodePoint c = utf8_at(tool.name, at);
    if (is_unsafe_on_terminal(c.value)) refuse(place, "the tool's name holds control characters");
    at += c.bytes;
  }
  text_of(holder, "description", tool.description);
  for (const char* key : {"parameters", "inputSchema", "input_schema"}) {
    element schema;
    if (holder[key].get(schema) != SUCCESS || schema.is_null()) continue;
    if (!schema.is_object()) refuse(place + "/" + key, "the arguments' schema is not an object");
    tool.parameters = schema;
    return tool;
  }
  if (is_schema) tool.parameters = holder;
  return tool;
}

}  // namespace

std::vector<CallableTool> read_tool_list(element list, const std::string& where) {
  std::string place;
  if (element result; list.is_object() && list["result"].get(result) == SUCCESS && result.is_object()) {
    list = result;
    place = "/result";
  }
  array tools;
  for (const char* key : {"tools", "functions"}) {
    if (!list.is_object() || list[key].get(tools) != SUCCESS) continue;
    list = list[key];
    place += std::string("/") + key;
    break;
  }
  std::vector<CallableTool> result;
  if (list.is_object()) {
    result.push_back(read_tool(list, where + ": " + place));
    return result;
  }
  if (list.get(tools) != SUCCESS) refuse(where, "a tool list is a JSON array of tools, or an object with it as tools");
  std::set<std::string> names;
  for (const element one : tools) {
    const std::string at = where + ": " + place + "/" + std::to_string(result.size());
    result.push_back(read_tool(one, at));
    if (!names.insert(result.back().name).second)
      refuse(at, "there are two tools of the name " + printable(result.back().name));
  }
  if (result.empty()) refuse(where, "the list holds no tool");
  return result;
}

}  // namespace eve::tasks
