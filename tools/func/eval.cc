// SPDX-License-Identifier: Apache-2.0
#include "func/eval.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/json.h"
#include "base/jsonl.h"
#include "func/match.h"

namespace eve::func {

namespace {

using Kind = JsonValue::Kind;
using simdjson::dom::element;

constexpr std::size_t kBatch = 16;

/// A BFCL function list as JSON Schema knows types.
std::string plain_types(const JsonValue& value, bool is_type = false) {
  static const std::map<std::string_view, std::string_view> kTypes = {
      {"dict", "object"},   {"HashMap", "object"}, {"Hashtable", "object"}, {"float", "number"},
      {"double", "number"}, {"tuple", "array"},    {"ArrayList", "array"},  {"Array", "array"},
      {"String", "string"}, {"char", "string"},    {"Boolean", "boolean"},  {"bool", "boolean"},
      {"long", "integer"},  {"short", "integer"},  {"byte", "integer"},     {"int", "integer"}};
  std::string out;
  if (value.is(Kind::kString) && is_type) {
    const auto known = kTypes.find(value.text);
    JsonWriter(out).value(known == kTypes.end() ? std::string_view(value.text) : known->second);
    return out;
  }
  if (!value.is(Kind::kObject) && !value.is(Kind::kArray)) return json_text(value);
  const bool object = value.is(Kind::kObject);
  const JsonValue* type = value.find("type");
  // "any" says nothing, and any name that JSON Schema does not know says no more.
  static const std::set<std::string_view> kKnown = {"object",  "number",  "array", "string",
                                                    "boolean", "integer", "null"};
  const bool anything = type && type->is(Kind::kString) && !kTypes.contains(type->text) && !kKnown.contains(type->text);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (object && anything && value.names[i] == "type") continue;
    if (!out.empty()) out += ',';
    if (object) {
      JsonWriter(out).value(value.names[i]);
      out += ':';
    }
    const bool literal = object && (value.names[i] == "enum" || value.names[i] == "default");
    out += literal ? json_text(value.items[i]) : plain_types(value.items[i], object && value.names[i] == "type");
  }
  return object ? "{" + out + "}" : "[" + out + "]";
}

struct Row {
  std::string source;
  std::unique_ptr<ToolSet> tools;
  std::unique_ptr<Query> query;
  JsonValue wanted;
  bool bfcl = false;
};

/// "simple" of "simple_12" and "live_multiple" of "live_multiple_3-1-0".
std::string category(std::string_view id) {
  const std::size_t end = id.find_last_not_of("0123456789-");
  return std::string(end == id.npos ? "" : id.substr(0, end + (id[end] == '_' ? 0 : 1)));
}

std::string question_of(element row) {
  std::string text;
  for (const element turn : row["question"].get_array())
    for (const element message : turn.get_array())
      if (std::string_view(message["role"]) == "user")
        text.append(text.empty() ? "" : "\n").append(std::string_view(message["content"]));
  return text;
}

bool names_match(const Calls& got, const Row& row) {
  std::multiset<std::string> have, want;
  for (const JsonValue& call : got.calls.items) have.insert(call.find("name")->text);
  for (const Incomplete& call : got.incomplete) have.insert(call.tool);
  for (const JsonValue& call : row.wanted.items)
    want.insert(row.bfcl ? (call.names.empty() ? "" : call.names.front()) : call.find("name")->text);
  return have == want;
}

}  // namespace

EvalScore evaluate(Generator& generator, const Tokenizer& tokenizer, const std::string& path,
                   const std::string& answers, const CallSettings& settings, const GenerateOptions& options,
                   const std::function<void()>& on_row) {
  std::map<std::string, JsonValue> truth;
  if (!answers.empty())
    for_each_json_line(answers, [&](element row, const std::string& where) {
      truth[std::string(std::string_view(row["id"]))] = parse_json_value(simdjson::minify(row["ground_truth"]), where);
    });
  EvalScore score;
  std::vector<Row> batch;
  const auto count = [&](const Row& row, bool right, bool valid, bool named) {
    const bool none = row.wanted.items.empty();
    for (EvalCounts* counts : {&score.all, &score.by_source[row.source]}) {
      ++counts->rows;
      counts->right += right;
      counts->valid += valid;
      counts->named += named;
      ++(none ? counts->none : counts->calls);
      counts->none_right += none && right;
    }
    on_row();
  };
  const auto run_batch = [&] {
    std::vector<const Query*> queries;
    for (const Row& row : batch) queries.push_back(row.query.get());
    const std::vector<Calls> answers = answer(generator, queries, options, tokenizer);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Row& row = batch[i];
      const Calls& got = answers[i];
      const bool right = got.incomplete.empty() &&
                         (row.bfcl ? matches_bfcl(got.calls, row.wanted) : same_calls(got.calls, row.wanted));
      const bool none = row.wanted.items.empty();
      count(row, right, got.confidence > 0, !none && names_match(got, row));
    }
    batch.clear();
  };
  for_each_json_line(path, [&](element line, const std::string& where) {
    Row row;
    element given;
    std::string list, request;
    row.wanted.kind = Kind::kArray;
    row.bfcl = line["function"].get(given) == simdjson::SUCCESS;
    if (row.bfcl) {
      const std::string id{std::string_view(line["id"])};
      list = plain_types(parse_json_value(simdjson::minify(given), where));
      request = question_of(line);
      row.source = category(id);
      if (const auto found = truth.find(id); found != truth.end()) row.wanted = found->second;
    } else {
      list = simdjson::minify(line["tools"]);
      request = std::string_view(line["request"]);
      row.wanted = parse_json_value(simdjson::minify(line["calls"]), where);
      std::string_view source;
      if (line["source"].get(source) == simdjson::SUCCESS) row.source = source;
    }
    try {
      row.tools = std::make_unique<ToolSet>(std::vector<std::pair<std::string, std::string>>{{list, where}});
      row.query = std::make_unique<Query>(*row.tools, settings, request);
    } catch (const Error& e) {  // a schema that cannot be enforced: a row that is not answered
      if (e.status() != Status::kInput) throw;
      count(row, false, false, false);
      return;
    }
    batch.push_back(std::move(row));
    if (batch.size() == kBatch) run_batch();
  });
  run_batch();
  return score;
}

}  // namespace eve::func
