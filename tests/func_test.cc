// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>

#include "base/json.h"
#include "base/jsonl.h"
#include "base/rng.h"
#include "decode/automaton.h"
#include "fixtures.h"
#include "func/caller.h"
#include "func/given.h"
#include "func/match.h"
#include "func/retrieve.h"
#include "func/said.h"
#include "func/shell.h"
#include "toy_vocabulary.h"

using namespace eve;
using namespace eve::func;

namespace {

struct Json {
  explicit Json(std::string_view text) : element(parse_json(parser, text, "test")) {}
  simdjson::dom::parser parser;
  simdjson::dom::element element;
};

bool same(std::string_view calls, std::string_view wanted) {
  return same_calls(parse_json_value(calls, "calls"), parse_json_value(wanted, "wanted"));
}
bool bfcl(std::string_view calls, std::string_view truth) {
  return matches_bfcl(parse_json_value(calls, "calls"), parse_json_value(truth, "truth"));
}

/// What bash makes of a word.
std::string read_by_shell(const std::string& quoted) {
  FILE* shell = popen(
      ("bash -c 'eval \"printf %s $1\"' - \"$(cat <<'END_OF_WORD'\n" + quoted + "\nEND_OF_WORD\n)\"").c_str(), "r");
  REQUIRE(shell);
  std::string text;
  for (int c; (c = fgetc(shell)) != EOF;) text += static_cast<char>(c);
  pclose(shell);
  return text;
}

}  // namespace

TEST_CASE("a quoted word is read by a shell as itself") {
  CHECK(quote("a/b.c") == "a/b.c");
  CHECK(quote("") == "''");
  CHECK(quote("it's $(rm -rf ~) `x`") == "'it'\\''s $(rm -rf ~) `x`'");
  CHECK(quote("\x1b]0;x\x07") == "$'\\033]0;x\\007'");
  // A shell without $'...' must not see an end of the word either.
  CHECK(quote("\x01'; echo #") == "$'\\001\\047; echo #'");
  CHECK_THROWS_AS(quote(std::string_view("a\0b", 3)), Error);
  Rng rng(3);
  const std::string_view alphabet = "ab '\"\\$`!*?[]{}()<>|&;#~=\t\x01\x1b\xC3\xA9\xFF-";
  for (int i = 0; i < 60; ++i) {
    std::string word;
    for (std::uint64_t n = rng.below(12); n > 0; --n) word += alphabet[rng.below(alphabet.size())];
    if (read_by_shell(quote(word)) != word) FAIL(quote(word));
  }
}

TEST_CASE("a call is written as a command line") {
  const JsonValue call = parse_json_value(
      R"({"name":"send mail","arguments":{"to":["a@b.io","c d"],"urgent":true,"copy":false,"n":3,"note":"-x; ls","none":null,"at":{"h":1}}})",
      "call");
  CHECK(command_line(call) ==
        "'send mail' --to=a@b.io '--to=c d' --urgent --copy=false --n=3 '--note=-x; ls' '--at={\"h\":1}'");
  const JsonValue odd = parse_json_value(R"({"name":"PATH=/tmp","arguments":{}})", "call");
  CHECK(command_line(odd) == "'PATH=/tmp'");
}

TEST_CASE("calls are the same as sets, numbers by value, members in any order") {
  const char* const calls = R"([{"name":"a","arguments":{"x":1,"y":"z"}},{"name":"b","arguments":{}}])";
  CHECK(same(calls, R"([{"arguments":{},"name":"b"},{"name":"a","arguments":{"y":"z","x":1.0}}])"));
  CHECK_FALSE(same(calls, R"([{"name":"a","arguments":{"x":1,"y":"z"}},{"name":"a","arguments":{"x":1,"y":"z"}}])"));
  CHECK_FALSE(same(calls, R"([{"name":"b","arguments":{}}])"));
  CHECK_FALSE(same(R"([{"name":"a","arguments":{"x":true}}])", R"([{"name":"a","arguments":{"x":"true"}}])"));
  CHECK_FALSE(same(R"([{"name":"a","arguments":{"x":1}}])", R"([{"name":"a","arguments":{"x":1,"y":null}}])"));
  CHECK(same("[]", "[]"));
}

TEST_CASE("of optional truth values and choices those are left that the request speaks of") {
  const JsonValue schema = parse_json_value(
      R"({"type":"object","properties":{"wifi":{"type":"boolean"},"pets":{"type":"boolean","description":"Whether animals may come"},)"
      R"("smoking":{"type":"boolean"},"size":{"type":"string","enum":["small","full size","1"]},)"
      R"("class":{"type":"string","enum":["Economy","Business"]},"kind":{"type":"string","enum":["bus","train"]},)"
      R"("name":{"type":"string"}},"required":["smoking","kind"]})",
      "schema");
  const auto left = [&](const char* request) {
    const JsonValue said =
        parse_json_value(said_arguments(schema, "book_room Book a room", tasks::Evidence(request)), "said");
    std::string names;
    const JsonValue& properties = *said.find("properties");
    for (std::size_t i = 0; i < properties.items.size(); ++i) {
      names += properties.names[i];
      if (const JsonValue* values = properties.items[i].find("enum"))
        names += "=" + std::to_string(values->items.size());
      names += " ";
    }
    return names;
  };
  CHECK(left("a room") == "smoking size=3 kind=2 name ");
  CHECK(left("a Full Size car, business class, with my animals") == "pets smoking size=1 class=1 kind=2 name ");
  CHECK(left("wi-fi or wifis in the train") == "wifi smoking size=3 kind=1 name ");
}

TEST_CASE("a number in front of what is counted is that argument's value") {
  const JsonValue schema = parse_json_value(
      R"({"type":"object","properties":{"number_of_rooms":{"type":"integer"},"star_rating":{"type":"integer"},)"
      R"("guests":{"type":"integer","maximum":3},"price":{"type":"number","description":"Most dollars for a night"}}})",
      "schema");
  const auto fixed = [&](const char* request) {
    const JsonValue said =
        parse_json_value(said_arguments(schema, "search_hotel Find a hotel", tasks::Evidence(request)), "said");
    std::string found;
    const JsonValue& properties = *said.find("properties");
    for (std::size_t i = 0; i < properties.items.size(); ++i)
      if (const JsonValue* value = properties.items[i].find("const"))
        found += properties.names[i] + "=" + json_text(*value) + " ";
      else if (const JsonValue* others = properties.items[i].find("not"))
        found += properties.names[i] + "!" + json_text(*others->find("enum")) + " ";
    return found;
  };
  CHECK(fixed("three hotel rooms please") == "number_of_rooms=3 star_rating![3] guests![3] price![3] ");
  CHECK(fixed("2 rooms, 3 star hotel") == "number_of_rooms=2 star_rating=3 guests![2,3] price![2,3] ");
  CHECK(fixed("3 rooms for 3") == "number_of_rooms=3 ");  // it is said twice
  CHECK(fixed("2 rooms or 3 rooms") == "");               // which of them
  CHECK(fixed("from 5 to rooms") == "");                  // not what is counted
  CHECK(fixed("2 guests") == "");                         // a schema that may not allow it
  CHECK(fixed("up to 80.5 dollars") == "number_of_rooms![80.5] star_rating![80.5] guests![80.5] price=80.5 ");
  CHECK(fixed("2.5 rooms") == "");
  CHECK(fixed("on the 6th, the third time, at 7 pm") ==
        "number_of_rooms![3,6,7] star_rating![3,6,7] guests![3,6,7] price![3,6,7] ");
  CHECK(fixed("March 5, 8 of May, 9 o'clock, 7:30") ==
        "number_of_rooms![30,5,7,8,9] star_rating![30,5,7,8,9] guests![30,5,7,8,9] price![30,5,7,8,9] ");
  CHECK(fixed("on the 6th for 6") == "");
  CHECK(fixed("3 novels, 4 marbles, 5 in the movies, 6 junior tickets") == "");
}

namespace {

/// The names that a request makes required of a tool with these properties, as JSON; empty: none.
std::string required(const char* properties, const char* request) {
  const JsonValue schema =
      parse_json_value(std::string(R"({"type":"object","properties":)") + properties + "}", "schema");
  const JsonValue said = parse_json_value(said_arguments(schema, "book Book it", tasks::Evidence(request)), "said");
  return said.find("required") ? json_text(*said.find("required")) : "";
}

}  // namespace

TEST_CASE("the one text of a format that one argument has is its value") {
  const char* const one = R"({"day":{"type":"string","format":"date"},"note":{"type":"string"}})";
  CHECK(required(one, "a table on 5.3.2026") == R"(["day"])");
  CHECK(required(one, "on 5.3.2026, that is 2026-03-05") == R"(["day"])");
  CHECK(required(one, "on 5.3.2026 or 6.3.2026") == "");  // which of them
  CHECK(required(one, "a table") == "");
  const char* const two = R"({"from":{"type":"string","format":"date"},"to":{"type":"string","format":"date"}})";
  CHECK(required(two, "from 5.3.2026") == "");
}

TEST_CASE("what a request says of a choice or counts by name is asked for") {
  const char* const choice = R"({"class":{"type":"string","enum":["Economy","Premium Economy","Business","on"]}})";
  CHECK(required(choice, "in premium economy") == R"(["class"])");
  CHECK(required(choice, "in economy") == R"(["class"])");
  CHECK(required(choice, "economy or business") == "");  // which of them
  CHECK(required(choice, "on Monday") == "");
  const char* const numbers =
      R"({"star_rating":{"type":"integer"},"rooms":{"type":"integer"},"best_rating":{"type":"integer"}})";
  CHECK(required(numbers, "2 rooms at a 3 star hotel") == R"(["rooms","star_rating"])");
  CHECK(required(numbers, "a 3 rating") == "");  // two arguments have that word
  const char* const texts = R"({"city":{"type":"string"},"cityName":{"type":"string"}})";
  CHECK(required(texts, "city: Rome") == R"(["city"])");
  CHECK(required(texts, "The city name is Rome") == R"(["cityName"])");
  CHECK(required(texts, "what city is it") == "");
  CHECK(required(texts, "a city in Italy") == "");
}

TEST_CASE("a value behind the whole name of an argument is its value") {
  const JsonValue schema = parse_json_value(
      R"({"type":"object","properties":{"amount":{"type":"number"},"loan_amount":{"type":"number"},)"
      R"("loanTerm":{"type":"integer"},"upper_case":{"type":"boolean"},"lower_case":{"type":"boolean"},)"
      R"("rate":{"type":"number","maximum":9}}})",
      "schema");
  const auto fixed = [&](const std::string& request) {
    const JsonValue said =
        parse_json_value(said_arguments(schema, "compute Compute", tasks::Evidence(request)), "said");
    std::string found;
    const JsonValue& properties = *said.find("properties");
    for (std::size_t i = 0; i < properties.items.size(); ++i)
      if (const JsonValue* value = properties.items[i].find("const"))
        found += properties.names[i] + "=" + json_text(*value) + " ";
      else if (properties.names[i].ends_with("case"))
        found += properties.names[i] + " ";
    return found;
  };
  CHECK(fixed("loan amount: 5000, loan term = 30") == "loan_amount=5000 loanTerm=30 ");
  CHECK(fixed("the amount is 7 and the loan amount 5.5") == "amount=7 loan_amount=5.5 ");
  CHECK(fixed("Upper case: no") == "upper_case=false ");  // and "case" says nothing of the other
  CHECK(fixed("upper case yes, lower case true") == "upper_case=true lower_case=true ");
  CHECK(fixed("in lower case") == "upper_case lower_case ");
  for (const char* other : {"amount 5, no, amount 6", "loan term 2.5", "amount 7:30", "amount 5%", "amount five",
                            "amount 5-6", "rate 5", "the loan term"})
    CHECK(fixed(other) == "");
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "amount 5 ";
  CHECK(fixed(many) == "");
}

TEST_CASE("a day keeps the year that stands behind it") {
  CHECK(with_year("12th of March", "on the 12th of March 2019?") == "12th of March 2019");
  CHECK(with_year("March 5", "March 5, 1999") == "March 5, 1999");
  CHECK(with_year("March", "March 2019") == "March");
  CHECK(with_year("12 men", "12 men 2019") == "12 men");
  for (const char* request : {"March 5 2019th", "March 5 20", "March 5", "March 5 of 2019", "May 5 2019"})
    CHECK(with_year("March 5", request) == "March 5");
}

TEST_CASE("what is said once is one argument") {
  const auto left = [](std::vector<Given> given, const char* request) {
    drop_reused(given, request);
    std::string names;
    for (const Given& one : given) names += one.name;
    return names;
  };
  CHECK(left({{"a", "\"wine bar\"", 0.4, false}, {"b", "\"Wine bar\"", 0.9, false}}, "a wine bar") == "b");
  CHECK(left({{"a", "\"wine bar\"", 0.4, false}, {"b", "\"wine bar\"", 0.9, false}}, "a Wine bar") == "b");
  CHECK(left({{"a", "\"bar\"", 0.4, false}, {"b", "\"bar\"", 0.9, false}}, "from bar to bar") == "ab");
  CHECK(left({{"a", "1", 0.4, true}, {"b", "1", 0.9, false}, {"c", "true", 1, false}, {"d", "true", 1, false}},
             "1 star") == "acd");
  CHECK(left({{"a", "\"savings\"", 1, true}, {"b", "\"savings\"", 1, true}}, "my savings") == "ab");
  CHECK(left({{"a", "4", 1, false}, {"b", "4", 1, false}}, "four and four") == "ab");
  CHECK(left({{"a", "\"the afternoon\"", 0.9, false}, {"b", "\"3 in the afternoon\"", 0.4, true}},
             "at 3 in the afternoon") == "b");
  CHECK(left({{"a", "\"Vermont\"", 0.9, false}, {"b", "\"in Vermont\"", 0.4, false}}, "cold in Vermont") == "a");
  CHECK(left({{"a", "\"Rome\"", 0.4, false}, {"b", "\"Hotel Rome\"", 0.9, false}}, "Hotel Rome in Rome") == "ab");
  CHECK(left({{"a", "\"bar\"", 0.4, false}, {"b", "\"barn\"", 0.9, false}}, "a bar in a barn") == "ab");
}

TEST_CASE("words that request and tool share count for a call, their lack against it") {
  CHECK(with_words(0.5, true) > 0.8);
  CHECK(with_words(0.5, false) < 0.25);
  CHECK(with_words(1, false) == 1);
  CHECK(with_words(0, true) == 0);
  CHECK(subject_words("Could you find the Cities?") == std::set<std::string>{"city"});
  CHECK(subject_words("getWeatherForecast") == std::set<std::string>{"forec", "weath"});
}

namespace {

bool accepts(const Generator::Request& request, std::string_view text) {
  Automaton automaton(request.constraint.grammar, std::make_shared<Source>(request.constraint.source));
  return automaton.accepts(automaton.advance(automaton.start(), text));
}

}  // namespace

TEST_CASE("a time is written as the request says it, without a zone that nobody said") {
  const std::vector<std::pair<std::string, std::string>> lists = {
      {R"([{"name":"meet","inputSchema":{"type":"object","properties":{"at":{"type":"string","format":"time"}},"required":["at"]}}])",
       "tools"}};
  const ToolSet tools(lists);
  const CallSettings settings;
  const Query query(tools, settings, "meet at 14:45");
  CHECK(accepts(query.request(), R"([{"name":"meet","arguments":{"at":"14:45"}}])"));
  CHECK(accepts(query.request(), R"([{"name":"meet","arguments":{"at":"14:45:00Z"}}])"));
  CHECK_FALSE(accepts(query.request(), R"([{"name":"meet","arguments":{"at":"at 14:45"}}])"));
  CHECK_FALSE(accepts(query.request(), R"([{"name":"meet","arguments":{"at":"22:22"}}])"));
  const Query evening(tools, settings, "meet at 7 pm");
  CHECK(accepts(evening.request(), R"([{"name":"meet","arguments":{"at":"19:00"}}])"));
  CHECK_FALSE(accepts(evening.request(), R"([{"name":"meet","arguments":{"at":"07:00"}}])"));
}

TEST_CASE("the day of today says what tomorrow is, and is no day of the request") {
  const std::vector<std::pair<std::string, std::string>> lists = {
      {R"([{"name":"remind","inputSchema":{"type":"object","properties":{"on":{"type":"string","format":"date"}},"required":["on"]}}])",
       "tools"}};
  const ToolSet tools(lists);
  CallSettings settings;
  settings.facts = {{"date", "2026-12-01"}};
  const Query query(tools, settings, "remind me tomorrow");
  CHECK(accepts(query.request(), R"([{"name":"remind","arguments":{"on":"2026-12-02"}}])"));
  CHECK_FALSE(accepts(query.request(), R"([{"name":"remind","arguments":{"on":"2026-12-01"}}])"));
}

TEST_CASE("who doubts that no tool fits asks for a call") {
  const std::vector<std::pair<std::string, std::string>> lists = {
      {R"([{"name":"add_alarm","description":"","inputSchema":{"type":"object","properties":{}}}])", "tools"}};
  const ToolSet tools(lists);
  const CallSettings settings;
  const Query query(tools, settings, "one more alarm please");
  const std::string call = R"([{"name":"add_alarm","arguments":{}}])";
  CHECK(accepts(query.request(), "[]"));
  CHECK(accepts(query.request(), call));
  CHECK_FALSE(accepts(query.ask(false, false), "[]"));
  CHECK(accepts(query.ask(false, false), call));
}

TEST_CASE("who is asked for what a tool requires gives it or nothing") {
  const std::vector<std::pair<std::string, std::string>> lists = {
      {R"([{"name":"go","inputSchema":{"properties":{"to":{"type":"string"}},"required":["to"]}}])", "tools"}};
  const ToolSet tools(lists);
  const CallSettings settings;
  const Query query(tools, settings, "go to Rome");
  const std::string without = R"([{"name":"go","arguments":{}}])";
  CHECK(accepts(query.request(), without));
  CHECK_FALSE(accepts(query.ask(false, true), without));
  CHECK(accepts(query.ask(false, true), R"([{"name":"go","arguments":{"to":"Rome"}}])"));
}

TEST_CASE("a call that is written in two parts is one") {
  const std::vector<std::pair<std::string, std::string>> lists = {
      {R"([{"name":"go","inputSchema":{"properties":{"to":{"type":"string"},"when":{"type":"string"}},"required":["to"]}}])",
       "tools"}};
  const ToolSet tools(lists);
  const CallSettings settings;
  const Query query(tools, settings, "go on Monday. To Rome on Sunday, or Tuesday");
  const test::ToyTokenizer tokenizer({});
  const auto read = [&](const std::string& text) {
    return json_text(query.read({text, tokenizer.encode(text), StopReason::kComplete, {}}, tokenizer).calls);
  };
  CHECK(read(R"([{"name":"go","arguments":{"when":"Monday"}},{"name":"go","arguments":{"to":"Rome"}}])") ==
        R"([{"name":"go","arguments":{"when":"Monday","to":"Rome"}}])");
  CHECK(read(R"([{"name":"go","arguments":{"to":"Rome"}},{"name":"go","arguments":{"when":"Monday"}}])") ==
        R"([{"name":"go","arguments":{"when":"Monday","to":"Rome"}}])");
  const std::string both = R"({"name":"go","arguments":{"to":"Rome","when":"Sunday"}})";
  CHECK(read(R"([{"name":"go","arguments":{"when":"Monday"}},)" + both + "]") == "[" + both + "]");
}

TEST_CASE("a BFCL ground truth allows what its lists say") {
  const char* const truth =
      R"([{"f":{"city":["New York","NYC"],"unit":["km",""],"at":[{"lat":[1,1.5]}],"ids":[[1,2]]}}])";
  CHECK(bfcl(R"([{"name":"f","arguments":{"city":"new-york","at":{"lat":1.5},"ids":[1,2]}}])", truth));
  CHECK(bfcl(R"([{"name":"f","arguments":{"city":"NYC","unit":"km","at":{"lat":1},"ids":[1,2]}}])", truth));
  CHECK_FALSE(bfcl(R"([{"name":"f","arguments":{"city":"NYC","unit":"m","at":{"lat":1},"ids":[1,2]}}])", truth));
  CHECK_FALSE(bfcl(R"([{"name":"f","arguments":{"at":{"lat":1},"ids":[1,2]}}])", truth));
  CHECK_FALSE(bfcl(R"([{"name":"f","arguments":{"city":"NYC","at":{"lat":1},"ids":[2,1]}}])", truth));
  CHECK_FALSE(bfcl(R"([{"name":"f","arguments":{"city":"NYC","more":1,"at":{"lat":1},"ids":[1,2]}}])", truth));
  CHECK_FALSE(bfcl(R"([{"name":"g","arguments":{"city":"NYC","at":{"lat":1},"ids":[1,2]}}])", truth));
  CHECK(bfcl(R"([{"name":"g","arguments":{}},{"name":"f","arguments":{"a":1}}])", R"([{"f":{"a":[1]}},{"g":{}}])"));
}

TEST_CASE("of a large catalogue the tools are kept whose words the request has") {
  std::string list = "[";
  for (int i = 0; i < 1000; ++i)
    list += "{\"name\":\"tool_" + std::to_string(i) + "\",\"description\":\"handle item " + std::to_string(i) + "\"},";
  list +=
      R"({"name":"bookTable","description":"Reserve a restaurant","parameters":{"properties":{"guests":{"type":"integer","description":"number of people"}}}}])";
  const Json json(list);
  const std::vector<tasks::CallableTool> tools = tasks::read_tool_list(json.element, "x");
  const ToolIndex index(tools);
  const std::vector<std::size_t> best = index.best("a table for two people tonight", 5);
  CHECK(best.size() == 5);
  CHECK(best.back() == 1000);
  CHECK(index.best("item 17", 1) == std::vector<std::size_t>{17});
  CHECK(index.best("", 2) == std::vector<std::size_t>{0, 1});
  CHECK(index.best("zzz", 5000).size() == 1001);
}

TEST_CASE("the right tool is among the few that are kept of all the development set's tools") {
  EVE_SHARED_OR_SKIP(path, "data/func/dev.jsonl");
  std::map<std::string, std::string> by_name;
  std::vector<std::pair<std::string, std::string>> requests;
  for_each_json_line(path, [&](simdjson::dom::element row, const std::string&) {
    for (const simdjson::dom::element tool : row["tools"].get_array())
      by_name[std::string(std::string_view(tool["function"]["name"]))] = simdjson::minify(tool);
    const simdjson::dom::array calls = row["calls"];
    if (calls.size() == 1)
      requests.emplace_back(std::string_view(row["request"]), std::string_view(calls.at(0)["name"]));
  });
  std::string list = "[";
  for (const auto& [name, tool] : by_name) list += (list.size() > 1 ? "," : "") + tool;
  const Json json(list + "]");
  const std::vector<tasks::CallableTool> tools = tasks::read_tool_list(json.element, "x");
  const ToolIndex index(tools);
  std::size_t found = 0;
  for (const auto& [request, name] : requests)
    for (const std::size_t i : index.best(request, 8)) found += tools[i].name == name;
  const double share = static_cast<double>(found) / static_cast<double>(requests.size());
  INFO(tools.size() << " tools, " << requests.size() << " requests, " << share);
  CHECK(share > 0.7);
}
