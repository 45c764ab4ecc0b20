// SPDX-License-Identifier: Apache-2.0
#include "func/caller.h"

#include <algorithm>
#include <set>

#include "base/io.h"
#include "base/json.h"
#include "decode/grammar.h"
#include "decode/schema_grammar.h"
#include "decode/validate.h"
#include "func/given.h"
#include "func/said.h"
#include "tasks/answer.h"
#include "tasks/json_places.h"

namespace eve::func {

namespace {

using Kind = JsonValue::Kind;
using Members = std::vector<std::pair<std::string, std::string>>;  // names and compact JSON

std::string json_quoted(std::string_view text) {
  std::string json;
  JsonWriter(json).value(text);
  return json;
}

std::string object_text(const Members& members) {
  std::string out;
  for (const auto& [name, value] : members) out += (out.empty() ? "" : ",") + json_quoted(name) + ":" + value;
  return "{" + out + "}";
}

/// A model that leaves out a required argument less surely than this is asked again, and must be so sure of the value.
/// Of 48 requests whose call lacked one, on dev and made-up rows, the first is so of 19 of 29 that say it and of 1 of
/// 19 that do not.
constexpr double kSurelyLeftOut = 0.7, kSurelySaid = 0.5;

/// "time" and "date-time" as requests write them, or with the time zone that nobody says.
std::string time_of_any_zone(const std::string& format) {
  const std::string_view pattern = format == "time" ? tasks::kLocalTime : tasks::kLocalDateTime;
  return R"([{"type":"string","format":")" + format + R"("},{"type":"string","pattern":")" + std::string(pattern) +
         R"("}])";
}

/// The schema without formats that are none of JSON Schema's: those of OpenAPI (int32, binary, password) say how a
/// value is stored or shown, not what it may be.
std::string without_foreign_formats(const JsonValue& schema) {
  static const std::set<std::string_view> kFormats = {
      "date-time", "date",          "time", "duration",     "email",        "idn-email",
      "hostname",  "idn-hostname",  "ipv4", "ipv6",         "uri",          "uri-reference",
      "iri",       "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer",
      "regex"};
  if (schema.is(Kind::kArray)) {
    std::string out;
    for (const JsonValue& one : schema.items) out += (out.empty() ? "" : ",") + without_foreign_formats(one);
    return "[" + out + "]";
  }
  if (!schema.is(Kind::kObject)) return json_text(schema);
  Members members;
  for (std::size_t i = 0; i < schema.items.size(); ++i) {
    const std::string& name = schema.names[i];
    const JsonValue& value = schema.items[i];
    if (name == "format" && value.is(Kind::kString)) {
      if (!kFormats.contains(value.text)) continue;
      if ((value.text == "time" || value.text == "date-time") && !schema.find("anyOf")) {
        members.emplace_back("anyOf", time_of_any_zone(value.text));
        continue;
      }
    }
    const bool data = name == "enum" || name == "const" || name == "default" || name == "examples";
    members.emplace_back(name, data ? json_text(value) : without_foreign_formats(value));
  }
  return object_text(members);
}

/// The object schema without its "required".
std::string with_nothing_required(const JsonValue& schema) {
  Members members;
  for (std::size_t i = 0; i < schema.items.size(); ++i)
    if (schema.names[i] != "required") members.emplace_back(schema.names[i], json_text(schema.items[i]));
  return object_text(members);
}

bool has_arguments(const JsonValue& schema) {
  return schema.is(Kind::kObject) && !schema.items.empty() &&
         !(schema.find("properties") && schema.find("properties")->items.empty() && !schema.find("$ref") &&
           !schema.find("additionalProperties"));
}

bool is_valid(const ToolSet::Arguments& arguments, const std::string& text) {
  if (!arguments.graph) return text == "{}";
  return !validate(*arguments.graph, parse_json_value(text, "arguments"));
}

/// A fact as a value of the argument: as text, else as the JSON that it spells.
std::optional<std::string> fact_value(const ToolSet::Arguments& arguments, const std::string& name,
                                      const std::string& fact) {
  for (const std::string& json : {json_quoted(fact), fact}) {
    try {
      if (is_valid(arguments, object_text({{name, json_text(parse_json_value(json, "fact"))}}))) return json;
    } catch (const Error&) {  // the fact is no JSON
    }
  }
  return std::nullopt;
}

bool says_today(const tasks::Fact& fact) { return fact.first == "date" || fact.first == "today"; }

/// What values are taken from. The day of today says what "tomorrow" is, and is no day that the request says.
std::string evidence_text(std::string_view request, const std::vector<tasks::Fact>& facts) {
  std::string text(request);
  for (const tasks::Fact& fact : facts)
    if (!says_today(fact)) text += "\n" + fact.second;
  return text;
}

std::optional<tasks::Day> today(const std::vector<tasks::Fact>& facts) {
  const auto found = std::ranges::find_if(facts, says_today);
  return found == facts.end() ? std::nullopt : tasks::read_day(found->second);
}

/// One call of a tool, its arguments only such that the text has evidence for; true when they need a check.
std::pair<Grammar::Node, bool> call_node(GrammarBuilder& builder, const tasks::CallableTool& tool,
                                         const ToolSet::Arguments& arguments, const tasks::Evidence& evidence,
                                         bool all_required) {
  const std::string front = "{\"name\":" + json_quoted(tool.name) + ",\"arguments\":";
  const auto bare = [&] { return std::pair{builder.literal(front + "{}}"), false}; };
  if (!arguments.graph) return bare();
  const JsonValue said = parse_json_value(
      said_arguments(arguments.schema, tool.name + " " + tool.description, evidence, all_required), "tool");
  const auto grounded = tasks::ground_schema(said, evidence);
  if (!grounded) return bare();
  const auto graph = SchemaGraph::parse(grounded->schema, printable(tool.name));
  SchemaGrammarOptions options;
  options.grounded = true;
  const SchemaPart part = add_schema(builder, *graph, options);
  return {builder.sequence({builder.literal(front), part.node, builder.literal("}")}), part.needs_check};
}

/// A call as the model writes it.
struct Part {
  std::size_t item, tool;
  std::vector<Given> said;
};

/// Takes in what the other call says besides; false when they do not say the same of an argument.
bool take_in(Part& part, const Part& other) {
  std::vector<Given> more;
  for (const Given& one : other.said) {
    const auto same = std::ranges::find(part.said, one.name, &Given::name);
    if (same == part.said.end())
      more.push_back(one);
    else if (same->json != one.json)
      return false;
  }
  part.said.insert(part.said.end(), more.begin(), more.end());
  return true;
}

/// A call that is told in two sentences is written as two, of which one lacks what the tool requires.
void join_parts(std::vector<Part>& parts, const ToolSet& tools) {
  const auto lacks_one = [&](const Part& part) {
    return std::ranges::any_of(tools.arguments(part.tool).required, [&](const std::string& name) {
      return std::ranges::find(part.said, name, &Given::name) == part.said.end();
    });
  };
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (std::size_t j = 0; j < parts.size(); ++j)
      if (i != j && parts[i].tool == parts[j].tool && lacks_one(parts[i]) && take_in(parts[i], parts[j])) {
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(j));
        i = j = 0;
      }
}

}  // namespace

ToolSet::ToolSet(const std::vector<std::pair<std::string, std::string>>& lists) {
  std::set<std::string> names;
  for (const auto& [text, where] : lists) {
    parsers_.push_back(std::make_unique<simdjson::dom::parser>());
    for (tasks::CallableTool& tool : tasks::read_tool_list(parse_json(*parsers_.back(), text, where), where)) {
      const std::string place = where + ": tool " + printable(tool.name);
      if (!names.insert(tool.name).second) throw Error(Status::kInput, place + ": another list has it too");
      Arguments arguments;
      if (tool.parameters) {
        JsonValue schema = parse_json_value(simdjson::minify(*tool.parameters), place);
        schema = parse_json_value(without_foreign_formats(schema), place);
        if (has_arguments(schema)) {
          arguments.graph = SchemaGraph::parse(with_nothing_required(schema), place);
          if (const JsonValue* required = schema.find("required"))
            for (const JsonValue& name : required->items)
              if (name.is(Kind::kString)) arguments.required.push_back(name.text);
          arguments.schema = std::move(schema);
        }
      }
      arguments.words = subject_words(tool.name + " " + tool.description);
      if (const JsonValue* properties = arguments.schema.find("properties"))
        for (const std::string& name : properties->names) arguments.words.merge(subject_words(name));
      tools_.push_back(std::move(tool));
      arguments_.push_back(std::move(arguments));
    }
  }
  index_ = std::make_unique<ToolIndex>(tools_);
}

std::size_t ToolSet::find(std::string_view name) const {
  const auto found = std::ranges::find(tools_, name, &tasks::CallableTool::name);
  return found == tools_.end() ? npos : static_cast<std::size_t>(found - tools_.begin());
}

Query::Query(const ToolSet& tools, const CallSettings& settings, std::string_view request)
    : tools_(&tools),
      settings_(&settings),
      asked_(request),
      words_(subject_words(request)),
      request_(ask(true, false)) {}

bool Query::has_words_of(std::size_t tool) const {
  return std::ranges::any_of(tools_->arguments(tool).words, [&](const std::string& w) { return words_.contains(w); });
}

std::vector<Said> Query::said(const JsonValue& calls) const {
  const tasks::Evidence evidence(asked_, today(settings_->facts));
  std::vector<Said> found;
  for (std::size_t i = 0; i < calls.items.size(); ++i) {
    const JsonValue& given = *calls.items[i].find("arguments");
    const JsonValue* properties =
        tools_->arguments(tools_->find(calls.items[i].find("name")->text)).schema.find("properties");
    for (std::size_t m = 0; m < given.items.size(); ++m) {
      const std::string pointer = "/" + std::to_string(i) + "/arguments/" + pointer_step(given.names[m]);
      const bool is_list = given.items[m].is(Kind::kArray);
      const JsonValue* schema = properties ? properties->find(given.names[m]) : nullptr;
      if (schema && is_list) schema = schema->find("items");
      for (const tasks::JsonPlace& place : tasks::json_places(json_text(given.items[m]), given.items[m]))
        if (const auto said = evidence.place(*place.value, schema))
          found.push_back({pointer + place.pointer, said->start, said->end});
    }
  }
  return found;
}

Generator::Request Query::ask(bool may_refuse, bool insists) const {
  const tasks::Evidence evidence(evidence_text(asked_, settings_->facts), today(settings_->facts));
  std::vector<tasks::CallableTool> shown;
  GrammarBuilder builder;
  std::vector<Grammar::Node> calls;
  bool check = false;
  for (const std::size_t i : tools_->index().best(asked_, settings_->candidates)) {
    shown.push_back(tools_->tools()[i]);
    const auto [node, needs_check] = call_node(builder, tools_->tools()[i], tools_->arguments(i), evidence, insists);
    calls.push_back(node);
    check = check || needs_check;
  }
  const Grammar::Node call = builder.choice(calls);
  const Grammar::Node more = builder.repeat(builder.sequence({builder.literal(","), call}), 0,
                                            static_cast<std::uint32_t>(settings_->max_calls - 1));
  const Grammar::Node list = builder.sequence({builder.literal("["), call, more, builder.literal("]")});
  Generator::Request request;
  request.prompt = tasks::func_prompt(shown, settings_->facts, asked_);
  request.constraint.grammar = builder.build(may_refuse ? builder.choice({builder.literal("[]"), list}) : list);
  request.constraint.source = evidence.text();
  request.constraint.check = [tools = tools_, check](std::string_view text) {
    try {
      const JsonValue list = parse_json_value(text, "answer");
      return !check || std::ranges::all_of(list.items, [&](const JsonValue& one) {
        const ToolSet::Arguments& arguments = tools->arguments(tools->find(one.find("name")->text));
        return !arguments.graph || !validate(*arguments.graph, *one.find("arguments"));
      });
    } catch (const Error&) {  // nested deeper than anyone reads
      return false;
    }
  };
  return request;
}

bool Query::doubts(const Generator::Result& result, const Tokenizer& tokenizer) const {
  if (result.text != "[]" || tasks::failure(result.reason)) return false;
  const std::vector<std::size_t> shown = tools_->index().best(asked_, settings_->candidates);
  return std::ranges::any_of(shown, [&](std::size_t tool) { return has_words_of(tool); }) &&
         with_words(1 - tasks::Certainty(tokenizer, result).whole(), true) >= settings_->min_tool;
}

Calls Query::read(const Generator::Result& result, const Tokenizer& tokenizer, const Calls& first) const {
  std::set<std::pair<std::string, std::string>> asked_again;  // tool, argument
  for (const Incomplete& call : first.incomplete)
    for (const std::string& name : call.missing)
      if (call.sure < kSurelyLeftOut) asked_again.emplace(call.tool, name);
  Calls answer;
  answer.calls.kind = Kind::kArray;
  if (const char* reason = tasks::failure(result.reason)) {
    answer.reason = reason;
    return answer;
  }
  const tasks::Certainty certainty(tokenizer, result);
  answer.confidence = certainty.whole();
  const JsonValue list = parse_json_value(result.text, "answer");
  const std::vector<tasks::JsonPlace> places = tasks::json_places(result.text, list);
  const auto pointer_of = [](const Part& part) { return "/" + std::to_string(part.item) + "/arguments/"; };
  const auto name_of = [&](const Part& part) {
    return std::ranges::find(places, "/" + std::to_string(part.item) + "/name", &tasks::JsonPlace::pointer);
  };
  std::vector<Part> parts;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string& name = list.items[i].find("name")->text;
    Part part{i, tools_->find(name), {}};
    const ToolSet::Arguments& arguments = tools_->arguments(part.tool);
    const JsonValue& given = *list.items[i].find("arguments");
    // Of the first, the tokens before its name say that there is a call at all.
    const auto named = name_of(part);
    if (named != places.end() &&
        with_words(certainty.of(i == 0 ? 0 : named->start, named->end), has_words_of(part.tool)) < settings_->min_tool)
      continue;
    for (std::size_t m = 0; m < given.items.size(); ++m) {
      const bool is_required = std::ranges::find(arguments.required, given.names[m]) != arguments.required.end();
      if (given.items[m].is(Kind::kArray) && given.items[m].items.empty() && !is_required)
        continue;  // nothing is given
      // An array or an object is as sure as the least sure of its values.
      const std::string argument = pointer_of(part) + pointer_step(given.names[m]);
      double sure = 1;
      for (const tasks::JsonPlace& place : places)
        if (place.pointer == argument || place.pointer.starts_with(argument + "/"))
          sure = std::min(sure, certainty.of(place.start, place.end));
      const bool is_forced = asked_again.contains({name, given.names[m]});
      if (sure >= (is_forced ? std::max(kSurelySaid, settings_->min_confidence) : settings_->min_confidence))
        part.said.push_back({given.names[m],
                             given.items[m].is(Kind::kString) ? json_quoted(with_year(given.items[m].text, asked_))
                                                              : json_text(given.items[m]),
                             sure, is_required});
    }
    parts.push_back(std::move(part));
  }
  join_parts(parts, *tools_);

  std::set<std::string> seen;
  std::string complete;
  for (Part& part : parts) {
    const std::string& name = tools_->tools()[part.tool].name;
    const ToolSet::Arguments& arguments = tools_->arguments(part.tool);
    drop_reused(part.said, request_.constraint.source);
    Members members;
    for (const Given& one : part.said) members.emplace_back(one.name, one.json);
    std::vector<std::string> missing;
    for (const std::string& required : arguments.required) {
      if (std::ranges::find(members, required, &std::pair<std::string, std::string>::first) != members.end()) continue;
      const auto fact = std::ranges::find(settings_->facts, required, &tasks::Fact::first);
      const auto value = fact == settings_->facts.end() ? std::nullopt : fact_value(arguments, required, fact->second);
      if (value)
        members.emplace_back(required, *value);
      else
        missing.push_back(required);
    }
    const std::string known = object_text(members);
    if (!missing.empty()) {
      // Between the values stand the names of arguments and the end of the call: with them the missing ones were
      // passed.
      double left_out = 1;
      const auto named = name_of(part);
      std::size_t at = named == places.end() ? 0 : named->end;
      for (const tasks::JsonPlace& place : places)
        if (place.pointer.starts_with(pointer_of(part))) {
          left_out *= certainty.of(at, place.start);
          at = place.end;
        }
      left_out *= certainty.of(at, at + 1);
      answer.incomplete.push_back({name, std::move(missing), left_out});
      continue;
    }
    if (!is_valid(arguments, known)) continue;
    const std::string call = "{\"name\":" + json_quoted(name) + ",\"arguments\":" + known + "}";
    if (seen.insert(call).second) complete += (complete.empty() ? "" : ",") + call;
  }
  answer.calls = parse_json_value("[" + complete + "]", "answer");
  answer.said = said(answer.calls);
  if (answer.calls.items.empty() && answer.reason.empty())
    answer.reason = answer.incomplete.empty() ? "no tool fits" : "required arguments are missing";
  return answer;
}

std::vector<Calls> answer(Generator& generator, std::span<const Query* const> queries, const GenerateOptions& options,
                          const Tokenizer& tokenizer) {
  std::vector<Calls> answers(queries.size());
  std::vector<std::size_t> doubted, incomplete;
  std::vector<Generator::Request> requests;
  const auto read = [&](std::size_t i, const Generator::Result& result) {
    answers[i] = queries[i]->read(result, tokenizer);
    const auto is_unsure = [](const Incomplete& call) { return call.sure < kSurelyLeftOut; };
    if (std::ranges::any_of(answers[i].incomplete, is_unsure)) incomplete.push_back(i);
  };
  for (const Query* query : queries) requests.push_back(query->request());
  generator.generate_all(requests, options, [&](std::size_t i, Generator::Result&& result) {
    if (queries[i]->doubts(result, tokenizer))
      doubted.push_back(i);
    else
      read(i, result);
  });
  requests.clear();
  for (const std::size_t i : doubted) requests.push_back(queries[i]->ask(false, false));
  generator.generate_all(requests, options,
                         [&](std::size_t i, Generator::Result&& result) { read(doubted[i], result); });
  requests.clear();
  for (const std::size_t i : incomplete) requests.push_back(queries[i]->ask(false, true));
  generator.generate_all(requests, options, [&](std::size_t i, Generator::Result&& result) {
    Calls& first = answers[incomplete[i]];
    Calls second = queries[incomplete[i]]->read(result, tokenizer, first);
    if (second.incomplete.empty() && !second.calls.items.empty()) first = std::move(second);
  });
  return answers;
}

}  // namespace eve::func
