// SPDX-License-Identifier: Apache-2.0
#include "tasks/task.h"

#include <algorithm>
#include <functional>
#include <map>

#include "base/io.h"
#include "base/json_value.h"
#include "eve/error.h"
#include "tasks/commit.h"
#include "tasks/extract.h"
#include "tasks/func.h"
#include "tasks/plain.h"
#include "tasks/sql.h"

namespace eve::tasks {

namespace {

using simdjson::dom::element;
using Text = std::string_view;

std::string text(element row, const char* key) { return std::string(Text(row[key])); }

std::string compact(element value) { return json_text(parse_json_value(simdjson::minify(value), "answer")); }

/// The arguments of calls in the order of their tools' schemas, in which they are written under a constraint.
void sort_arguments(JsonValue& calls, const std::vector<CallableTool>& tools) {
  for (JsonValue& call : calls.items) {
    const JsonValue* name = call.find("name");
    const auto arguments = std::ranges::find(call.names, "arguments") - call.names.begin();
    const auto tool = std::ranges::find(tools, name ? name->text : "", &CallableTool::name);
    if (tool == tools.end() || !tool->parameters || call.find("arguments") == nullptr) continue;
    const JsonValue schema = parse_json_value(simdjson::minify(*tool->parameters), "tools");
    const JsonValue* properties = schema.find("properties");
    if (!properties) continue;
    JsonValue& given = call.items[static_cast<std::size_t>(arguments)];
    std::vector<std::pair<std::string, JsonValue>> members;
    for (std::size_t i = 0; i < given.items.size(); ++i)
      members.emplace_back(std::move(given.names[i]), std::move(given.items[i]));
    std::ranges::stable_sort(members, {}, [&](const auto& member) {
      return std::ranges::find(properties->names, member.first) - properties->names.begin();
    });
    for (std::size_t i = 0; i < members.size(); ++i) {
      given.names[i] = std::move(members[i].first);
      given.items[i] = std::move(members[i].second);
    }
  }
}

TaskRow sql_row(element row) {
  SqlSchema schema = read_ddl(Text(row["schema"]));
  if (simdjson::dom::object said; row["said"].get(said) == simdjson::SUCCESS)
    for (SqlTable& table : schema.tables)
      for (SqlColumn& column : table.columns)
        if (simdjson::dom::array texts; said[column.name].get(texts) == simdjson::SUCCESS)
          for (const element one : texts) column.said.emplace_back(Text(one));
  return {sql_prompt(schema, Text(row["question"])), text(row, "sql")};
}

TaskRow func_row(element row) {
  std::vector<Fact> facts;
  if (simdjson::dom::object given; row["facts"].get(given) == simdjson::SUCCESS)
    for (const auto& [key, value] : given) facts.emplace_back(key, Text(value));
  const std::vector<CallableTool> tools = read_tool_list(row["tools"], "tools");
  JsonValue calls = parse_json_value(simdjson::minify(row["calls"]), "calls");
  sort_arguments(calls, tools);
  return {func_prompt(tools, facts, Text(row["request"])), json_text(calls)};
}

TaskRow route_row(element row) {
  std::vector<Text> labels;
  for (const element label : row["labels"].get_array()) labels.emplace_back(Text(label));
  return {route_prompt(labels, Text(row["text"])), text(row, "label")};
}

TaskRow image_row(element row) {
  Text style, source;
  if (row["style"].get(style) != simdjson::SUCCESS)
    style = row["source"].get(source) == simdjson::SUCCESS && source.starts_with("imageinwords") ? "sentences" : "tags";
  return {image_prompt(Text(row["description"]), style), text(row, "prompt")};
}

const std::map<Text, std::function<TaskRow(element)>> kForms = {
    {"sql", sql_row},
    {"commit",
     [](element row) {
       return TaskRow{commit_prompt(Text(row["diff"])), text(row, "message")};
     }},
    {"extract",
     [](element row) {
       return TaskRow{extract_prompt(row["schema"], Text(row["text"])), compact(row["json"])};
     }},
    {"func", func_row},
    {"route", route_row},
    {"summarize",
     [](element row) {
       return TaskRow{summarize_prompt(Text(row["dialogue"])), text(row, "summary")};
     }},
    {"prompt", image_row},
};

}  // namespace

bool has_form(std::string_view task) { return kForms.contains(task); }

std::string prompt_of(std::string_view task, std::string_view text) {
  return task.empty() || task == "base" ? std::string(text) : own_prompt(text);
}

TaskRow task_row(std::string_view task, element row) {
  const auto form = kForms.find(task);
  if (form == kForms.end()) return {prompt_of(task, Text(row["prompt"])), text(row, "answer")};
  Text prompt, answer;
  if (row["prompt"].get(prompt) == simdjson::SUCCESS && row["answer"].get(answer) == simdjson::SUCCESS)
    return {std::string(prompt), std::string(answer)};
  return form->second(row);
}

}  // namespace eve::tasks
