// SPDX-License-Identifier: Apache-2.0
#include "decode/schema_grammar.h"

#include <catch2/catch.hpp>
#include <ctime>
#include <iostream>
#include <map>
#include <sstream>

#include "base/rng.h"
#include "decode/automaton.h"
#include "schema_suite.h"

using namespace eve;
using Catch::Matchers::Contains;

namespace {

SchemaGrammar compile(const std::string& schema, const SchemaGrammarOptions& options = {}) {
  return compile_schema(SchemaGraph::parse(schema), options);
}

bool writes(Automaton& automaton, std::string_view text) {
  return automaton.accepts(automaton.advance(automaton.start(), text));
}

/// Whether the value is written with its members in some other order (looked for in the outer object).
bool writes_reordered(Automaton& automaton, const JsonValue& value) {
  if (!value.is(JsonValue::Kind::kObject) || value.items.size() > 6) return false;
  std::vector<std::size_t> order(value.items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  do {
    std::string text = "{";
    for (const std::size_t i : order)
      text += (text.size() > 1 ? "," : "") + spelled_string(value.names[i]) + ":" + spelled_json(value.items[i]);
    if (writes(automaton, text + "}")) return true;
  } while (std::ranges::next_permutation(order).found);
  return false;
}

/// A text by random bytes out of those that are possible; after `patience` bytes, by the shortest way to an end.
std::string random_text(Automaton& automaton, Rng& rng, std::size_t patience) {
  static const std::string kLikely = "\"\"\"{}[],:0123456789-+.eEabcdefghijklmnopqrstuvwxyzTZPD \\untf";
  std::string text;
  Automaton::State state = automaton.start();
  while (true) {
    if (automaton.accepts(state) && (automaton.is_final(state) || text.size() > patience || rng.below(4) == 0)) break;
    if (text.size() > patience) return text + automaton.completion(state, std::size_t{1} << 20);
    Automaton::State next = Automaton::kDead;
    std::uint8_t byte = 0;
    const auto attempt = [&](std::uint8_t candidate) {
      const Automaton::State to = automaton.advance(state, candidate);
      if (to == Automaton::kDead || automaton.distance(to) == Automaton::kNever) return false;
      next = to, byte = candidate;
      return true;
    };
    for (int i = 0; i < 12; ++i)
      if (attempt(static_cast<std::uint8_t>(kLikely[rng.below(kLikely.size())]))) break;
    const auto first = static_cast<std::uint32_t>(rng.below(256));
    for (std::uint32_t i = 0; next == Automaton::kDead && i < 256; ++i) attempt(static_cast<std::uint8_t>(first + i));
    if (next == Automaton::kDead) return "dead end behind " + text;
    text += static_cast<char>(byte);
    state = next;
  }
  return text;
}

}  // namespace

TEST_CASE("what a schema of the suite's grammar writes is valid, or found not to be") {
  EVE_SHARED_OR_SKIP(root, "suites/json-schema-test-suite/tests");
  for (const std::string folder : {"draft2020-12", "draft7"}) {
    std::size_t compiled = 0, checked = 0, refused = 0, texts = 0, retaken = 0, empty_handed = 0;
    std::map<std::string, std::size_t> reasons;
    Rng rng(7);
    for (const auto& group : test::suite_groups(root, folder)) {
      INFO(group.file + ": " + group.description);
      SchemaGrammar grammar;
      try {
        grammar = compile(group.schema);
      } catch (const Error& error) {
        const std::string what = error.what();
        ++reasons[what.substr(what.find(": ") + 2)];
        ++refused;
        if (what.find("no value, or none") != std::string::npos)
          for (const auto& instance : group.instances) CHECK_FALSE(instance.valid);
        continue;
      }
      ++compiled;
      checked += grammar.needs_check;
      Automaton automaton(grammar.grammar);
      for (int i = 0; i < 20; ++i) {
        std::optional<std::string> wrong;
        int tries = 0;
        std::string text;
        do {
          text = random_text(automaton, rng, rng.below(60));
          wrong = grammar.check(text);
          if (wrong && !grammar.needs_check) break;
        } while (wrong && ++tries < 100);
        retaken += static_cast<std::size_t>(tries);
        ++texts;
        if (wrong && grammar.needs_check) {
          ++empty_handed;
          continue;
        }
        INFO(text);
        CHECK(wrong.value_or("") == "");
      }
    }
    std::cout << "  " << folder << ": " << compiled << " schemas compiled (" << checked << " with a check), " << refused
              << " refused; " << texts << " texts, " << retaken << " taken back, " << empty_handed
              << " without an answer\n";
    for (const auto& [reason, count] : reasons) std::cout << "    refused " << count << ": " << reason << "\n";
  }
}

TEST_CASE("no invalid instance of the suite is let through, and valid ones are but for the order of members") {
  EVE_SHARED_OR_SKIP(root, "suites/json-schema-test-suite/tests");
  for (const std::string folder : {"draft2020-12", "draft7"}) {
    for (const std::size_t indent : {0, 2}) {
      std::size_t valid = 0, accepted = 0, reordered = 0, remarks = 0, invalid = 0, by_grammar = 0, by_check = 0;
      for (const auto& group : test::suite_groups(root, folder)) {
        SchemaGrammar grammar;
        try {
          grammar = compile(group.schema, {.whitespace = indent != 0, .open_objects = true});
        } catch (const Error&) {
          continue;
        }
        Automaton automaton(grammar.grammar);
        for (const auto& instance : group.instances) {
          const std::string text = spelled_json(instance.value, indent);
          INFO(group.file + ": " + group.description + ": " + instance.description + ": " + text);
          const bool written = writes(automaton, text), passes = !grammar.check(text);
          if (instance.valid) {
            ++valid;
            accepted += written;
            // The required part of the suite takes `format` as a remark; it is enforced here.
            const bool remark = !passes && group.file.ends_with("/format");
            remarks += remark;
            CHECK((passes || remark));
            if (written || remark) continue;
            ++reordered;
            if (indent == 0) CHECK(writes_reordered(automaton, instance.value));
            continue;
          }
          ++invalid;
          by_grammar += !written;
          by_check += written && !passes;
          CHECK_FALSE((written && passes));
          // A grammar that asks for no check lets nothing through.
          CHECK_FALSE((written && !grammar.needs_check));
        }
      }
      std::cout << "  " << folder << (indent ? ", pretty" : ", compact") << ": " << accepted << " of " << valid
                << " valid instances written, " << reordered << " only in another order of members, " << remarks
                << " with another format; " << invalid << " invalid: " << by_grammar << " not written, " << by_check
                << " found by the check\n";
    }
  }
}

namespace {

/// Each of `yes` is written and valid, each of `no` is not written.
void check_texts(const std::string& schema, std::initializer_list<const char*> yes,
                 std::initializer_list<const char*> no, const SchemaGrammarOptions& options = {}) {
  INFO(schema);
  const SchemaGrammar grammar = compile(schema, options);
  Automaton automaton(grammar.grammar);
  for (const char* text : yes) {
    INFO(text);
    CHECK(writes(automaton, text));
    CHECK(grammar.check(text).value_or("") == "");
  }
  for (const char* text : no) {
    INFO(text);
    CHECK_FALSE(writes(automaton, text));
  }
}

std::string refusal(const std::string& schema) {
  try {
    compile(schema);
  } catch (const Error& error) {
    CHECK(error.status() == Status::kInput);
    return error.what();
  }
  return "compiled";
}

/// "pointer way reason" of one keyword.
std::string enforced(const SchemaGrammar& grammar, const std::string& pointer) {
  for (const KeywordReport& report : grammar.keywords)
    if (report.pointer == pointer)
      return (report.way == Enforcement::kGrammar ? "grammar"
              : report.way == Enforcement::kCheck ? "check"
                                                  : "nothing") +
             (report.reason.empty() ? std::string() : ": " + report.reason);
  return "not reported";
}

}  // namespace

TEST_CASE("numbers are written in their range only") {
  check_texts(R"({"type":"integer","minimum":-12,"maximum":105})", {"-12", "-9", "0", "7", "105", "100", "99"},
              {"-13", "-20", "106", "200", "1.0", "-0", "007", "1e1"});
  check_texts(R"({"type":"integer","exclusiveMinimum":5,"maximum":1e9})", {"6", "10", "999999999", "1000000000"},
              {"5", "4", "1000000001", "9999999999", "-7"});
  check_texts(R"({"type":"number","minimum":0.25,"exclusiveMaximum":3})", {"0.25", "0.3", "1", "2.999", "2.5"},
              {"0.2", "0.249", "3", "3.0", "30", "-1"});
  check_texts(R"({"type":"number","minimum":-1.5,"maximum":-0.5})", {"-1.5", "-1", "-0.5", "-0.75"},
              {"-1.51", "-0.4", "0", "1"});
  check_texts(R"({"type":"number"})", {"-1.5e10", "0", "12"}, {"01", ".5", "+1"});
  check_texts(R"({"multipleOf":7,"type":"integer","minimum":0})", {"0", "7", "14", "700", "7777"}, {"1", "15", "-7"});
  check_texts(R"({"multipleOf":0.25,"type":"number","maximum":3})", {"0.25", "-10.5", "2.750", "3"},
              {"0.3", "0.255", "3.25"});
  check_texts(R"({"allOf":[{"multipleOf":2},{"multipleOf":3}],"type":"integer"})", {"6", "-12", "0"}, {"2", "3", "9"});
  check_texts(R"({"type":"integer","minimum":123456789012345678901234,"maximum":123456789012345678901236})",
              {"123456789012345678901235"}, {"123456789012345678901233", "5"});
  check_texts(R"({"not":{"type":"integer"},"type":"number"})", {"1.5", "-0.25"}, {"1", "1.0"});
  check_texts(R"({"not":{"maximum":5},"type":"integer"})", {"6"}, {"5", "4"});
  // Against the validator, all small numbers.
  for (const char* schema : {R"({"type":"integer","minimum":-37,"exclusiveMaximum":58})",
                             R"({"type":"integer","multipleOf":6,"minimum":20,"maximum":100})"}) {
    const SchemaGrammar grammar = compile(schema);
    Automaton automaton(grammar.grammar);
    for (int i = -150; i <= 150; ++i) CHECK(writes(automaton, std::to_string(i)) == !grammar.check(std::to_string(i)));
  }
}

TEST_CASE("strings keep length, pattern, format and what they must not be") {
  check_texts(R"({"type":"string","minLength":2,"maxLength":3})", {"\"ab\"", "\"äöü\"", "\"\\n\\\"\""},
              {"\"a\"", "\"abcd\"", "\"\xC3\""});
  check_texts(R"({"type":"string","pattern":"^a+$","maxLength":3,"minLength":2})", {"\"aa\"", "\"aaa\""},
              {"\"a\"", "\"aaaa\""});
  check_texts(R"({"type":"string","pattern":"x","allOf":[{"pattern":"^y"}]})", {"\"yx\"", "\"y x\""},
              {"\"x\"", "\"y\""});
  check_texts(R"({"type":"string","format":"date"})", {"\"2024-02-29\""}, {"\"2023-02-29\"", "\"today\""});
  check_texts(R"({"type":"string","pattern":"^[ab]$","not":{"const":"a"}})", {"\"b\""}, {"\"a\""});
  check_texts(R"({"type":"string","not":{"pattern":"b"}})", {"\"ac\"", "\"\""}, {"\"abc\""});
}

TEST_CASE("objects are written in the order of their schema, required members always") {
  check_texts(R"({"properties":{"b":{"type":"null"},"a":{"type":"null"}},"required":["a"],"type":"object"})",
              {R"({"a":null})", R"({"b":null,"a":null})"},
              {R"({"a":null,"b":null})", "{}", R"({"b":null})", R"({"a":null,"c":1})"});
  check_texts(R"({"type":"object"})", {"{}", R"({"a":[1,{"b":null}]})"}, {"[]", R"({"a":})"});
  check_texts(R"({"type":"object","additionalProperties":{"type":"boolean"},"properties":{"n":{"const":0}}})",
              {"{}", R"({"n":0})", R"({"x":true})", R"({"n":0,"x":true,"y":false})"}, {R"({"n":true})", R"({"x":1})"});
  check_texts(
      R"({"type":"object","patternProperties":{"^s":{"type":"string"},"e$":{"maxLength":1}},"additionalProperties":false})",
      {R"({"s":"long"})", R"({"se":"x"})", R"({"e":1})"}, {R"({"x":1})", R"({"se":"long"})", R"({"s":1})"});
  check_texts(R"({"type":"object","propertyNames":{"pattern":"^[a-c]{1,2}$"}})", {R"({"ab":1,"c":2})"},
              {R"({"d":1})", R"({"abc":1})"});
  check_texts(R"({"type":"object","properties":{"a":{},"b":{},"c":{}},"minProperties":2,"maxProperties":2})",
              {R"({"a":1,"b":2})", R"({"a":1,"c":2})", R"({"b":1,"c":2})"},
              {"{}", R"({"a":1})", R"({"a":1,"b":2,"c":3})"});
  check_texts(R"({"type":"object","minProperties":2,"maxProperties":3})", {R"({"a":1,"b":2})"},
              {R"({"a":1})", R"({"a":1,"b":2,"c":3,"d":4})"});
  check_texts(R"({"type":"object","properties":{"a":{},"b":{}},"dependentRequired":{"a":["b"]}})",
              {"{}", R"({"b":1})", R"({"a":1,"b":1})"}, {R"({"a":1})"});
  check_texts(R"({"properties":{"a":{"type":"integer"}},"required":["a"],"type":"object"})",
              {"{\n  \"a\": 1\n}", "{\"a\":1}"}, {"{\"a\": x}"}, {.whitespace = true});
}

TEST_CASE("arrays keep their counts, positions and what they must contain") {
  check_texts(R"({"type":"array","items":{"type":"null"},"minItems":1,"maxItems":3})", {"[null]", "[null,null,null]"},
              {"[]", "[null,null,null,null]", "[1]"});
  check_texts(R"({"type":"array","prefixItems":[{"const":1},{"const":2}],"items":false,"minItems":1})",
              {"[1]", "[1,2]"}, {"[]", "[2]", "[1,2,3]"});
  check_texts(R"({"type":"array","prefixItems":[{"const":1}],"items":{"const":0},"minItems":3})",
              {"[1,0,0]", "[1,0,0,0]"}, {"[1,0]", "[0,0,0]"});
  check_texts(R"({"type":"array","contains":{"const":5},"items":{"type":"integer"}})", {"[5]", "[1,5,2]", "[1,2,5]"},
              {"[]", "[1]", "[\"5\",5]"});
  check_texts(R"({"type":"array","contains":{"const":5},"minContains":2})", {"[5,5]", "[1,5,2,5]"}, {"[5]", "[1,5]"});
  check_texts(R"({"type":"array","minItems":2,"maxItems":1000000000,"items":{"const":0}})", {"[0,0]"}, {"[0]"});
}

TEST_CASE("choices, conditions and recursion are written") {
  check_texts(R"({"oneOf":[{"type":"integer"},{"type":"string","maxLength":1}]})", {"3", "\"a\""}, {"\"ab\"", "null"});
  check_texts(R"({"type":"object","properties":{"k":{"enum":["n","s"]},"v":true},"required":["k","v"],
                  "if":{"properties":{"k":{"const":"n"}}},"then":{"properties":{"v":{"type":"number"}}},
                  "else":{"properties":{"v":{"type":"string"}}}})",
              {R"({"k":"n","v":1})", R"({"k":"s","v":"x"})"}, {R"({"k":"n","v":"x"})", R"({"k":"s","v":1})"});
  check_texts(
      R"({"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#/$defs/tree"}}},"required":["kids"]}}})",
      {R"({"kids":[]})", R"({"kids":[{"kids":[]},{"kids":[{"kids":[]}]}]})"}, {"{}", R"({"kids":[{}]})"});
  check_texts(R"({"enum":[1,"a",{"b":[null]}],"type":["string","object"]})", {"\"a\"", R"({"b":[null]})"}, {"1"});
}

TEST_CASE("each keyword is told to be in the grammar, checked, or to say nothing") {
  const SchemaGrammar grammar = compile(R"({"title":"t","type":"object","x-own":1,
      "properties":{"a":{"type":"array","uniqueItems":true,"items":{"multipleOf":1234567}},"b":{"pattern":"^x"}},
      "$defs":{"unused":{"type":"null"}}})");
  CHECK(grammar.needs_check);
  CHECK(enforced(grammar, "#/title") == "nothing: a remark or a definition");
  CHECK(enforced(grammar, "#/x-own") == "nothing: not a keyword of JSON Schema");
  CHECK(enforced(grammar, "#/properties") == "grammar");
  CHECK(enforced(grammar, "#/properties/a/uniqueItems") == "check: items are compared when the array is finished");
  CHECK(enforced(grammar, "#/properties/a/items/multipleOf") == "check: the divisor needs too large an automaton");
  CHECK(enforced(grammar, "#/properties/b/pattern") == "grammar");
  CHECK(enforced(grammar, "#/$defs/unused/type") == "nothing: no value is judged by it");
  const SchemaGrammar plain = compile(R"({"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]})");
  CHECK_FALSE(plain.needs_check);
  CHECK(compile(R"({"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/a","maximum":1,
                    "definitions":{"a":{"type":"integer"}}})")
            .keywords[2]
            .reason == "stands beside a $ref, which stands alone in this draft");
}

TEST_CASE("a schema that nothing can satisfy is refused") {
  for (
      const char* schema :
      {"false", R"({"type":"integer","minimum":3,"maximum":2})", R"({"enum":["a"],"type":"integer"})",
       R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"required":["a"]}}})",
       R"({"type":"string","pattern":"^a$","minLength":2})", R"({"not":{}})",
       R"({"type":"object","required":["a"],"properties":{"a":false}})"}) {
    INFO(schema);
    CHECK_THAT(refusal(schema), Contains("schema #: no value, or none of less than a gibibyte"));
  }
}

TEST_CASE("with grounded strings only spans of the source are written") {
  const SchemaGrammar grammar =
      compile(R"({"type":"object","properties":{"name":{"type":"string"},"kind":{"enum":["x"]}},"required":["name"]})",
              {.grounded = true});
  Automaton automaton(grammar.grammar, std::make_shared<Source>("I am \"Anna Lee\", hello"));
  CHECK(writes(automaton, R"({"name":"Anna Lee"})"));
  CHECK(writes(automaton, R"({"name":"hello","kind":"x"})"));
  CHECK_FALSE(writes(automaton, R"({"name":"Bob"})"));
  CHECK_FALSE(writes(automaton, R"({"name":""})"));
}

TEST_CASE("without required, every member may be left out, and the judge agrees") {
  const auto graph = SchemaGraph::parse(R"({"type":"object","properties":{"a":{"type":"null"}},"required":["a"]})",
                                        "schema", {.assert_required = false});
  const SchemaGrammar grammar = compile_schema(graph);
  Automaton automaton(grammar.grammar);
  CHECK(writes(automaton, "{}"));
  CHECK_FALSE(grammar.check("{}"));
  CHECK(enforced(grammar, "#/required") == "nothing: nothing is required here");
}

TEST_CASE("schemas made to cost much compile in a second or are refused with their place") {
  const auto timed = [](const std::string& schema) {
    const std::clock_t start = std::clock();
    std::string out;
    try {
      compile(schema);
      out = "compiled";
    } catch (const Error& error) {
      out = error.what();
    }
    const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::cout << "  " << took << " s: " << schema.substr(0, 50) << "... " << out << "\n";
    CHECK(took < 2.5);
    return out;
  };
  std::string choices = "{\"enum\":[";
  for (int i = 0; i < 100000; ++i) choices += "\"choice number " + std::to_string(i * 7919) + "\",";
  CHECK(timed(choices + "0]}") == "compiled");
  CHECK(timed(R"({"type":"string","maxLength":1000000000,"minLength":999999999})") == "compiled");
  CHECK(timed(R"({"type":"array","minItems":1000000000,"items":{"type":"array","minItems":1000000000}})") != "");
  CHECK_THAT(timed(R"({"type":"object","minProperties":1000000000})"), Contains("gibibyte"));
  CHECK(timed(R"({"type":"integer","maximum":1e1000000000})") == "compiled");
  CHECK(timed(R"({"multipleOf":1e-1000000000})") == "compiled");
  CHECK(timed(R"({"type":"string","pattern":"^(a{1,1000}){1,1000}$"})") != "compiled");
  CHECK(timed(R"({"type":"string","pattern":"(a|b)*a(a|b){20}"})") != "compiled");
  CHECK(timed(R"({"type":"string","pattern":"^[a-z]{1,900}$","maxLength":500})") == "compiled");
  // 2^40 alternatives; references that double 40 times.
  std::string product = "{\"type\":\"object\",\"allOf\":[";
  for (int i = 0; i < 40; ++i)
    product += "{\"anyOf\":[{\"required\":[\"a" + std::to_string(i) + "\"]},{\"required\":[\"b" + std::to_string(i) +
               "\"]}]},";
  CHECK(timed(product + "true]}") == "compiled");
  std::string doubling = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{";
  for (int i = 0; i < 40; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
    doubling += "\"d" + std::to_string(i) + "\":{\"type\":\"array\",\"prefixItems\":[" + next + "," + next + "]},";
  }
  CHECK(timed(doubling + "\"d40\":true}}") == "compiled");
  std::string chain = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{";
  for (int i = 0; i < 20000; ++i)
    chain += "\"d" + std::to_string(i) + "\":{\"items\":{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}},";
  CHECK(timed(chain + "\"d20000\":true}}") != "");
  std::string wide = "{\"type\":\"object\",\"minProperties\":500,\"properties\":{";
  for (int i = 0; i < 5000; ++i) wide += "\"member" + std::to_string(i) + "\":{\"type\":\"string\"},";
  CHECK(timed(wide + "\"z\":{}}}") == "compiled");
  std::string patterns = "{\"type\":\"object\",\"patternProperties\":{";
  for (int i = 0; i < 300; ++i) patterns += "\"a" + std::to_string(i) + ".*b\":{},";
  CHECK_THAT(timed(patterns + "\"z\":{}}}"), Contains("more than a second"));
  std::string ones = "{\"oneOf\":[";
  for (int i = 0; i < 1000; ++i) ones += "{\"type\":\"object\",\"properties\":{\"p" + std::to_string(i) + "\":{}}},";
  CHECK(timed(ones + "true]}") == "compiled");
}

TEST_CASE("schemas of extraction rows compile without a check and their answers are written") {
  EVE_SHARED_OR_SKIP(file, "data/extract/dev.jsonl");
  std::istringstream lines(test::slurp(file));
  std::size_t rows = 0, grounded = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const JsonValue row = parse_json_value(line, "row");
    const auto graph = SchemaGraph::parse(spelled_json(*row.find("schema")));
    const std::string answer = spelled_json(*row.find("json"));
    INFO(answer);
    const SchemaGrammar grammar = compile_schema(graph);
    CHECK_FALSE(grammar.needs_check);
    Automaton automaton(grammar.grammar);
    CHECK(writes(automaton, answer));
    CHECK(grammar.check(answer).value_or("") == "");
    Automaton of_spans(compile_schema(graph, {.grounded = true}).grammar,
                       std::make_shared<Source>(row.find("text")->text));
    grounded += writes(of_spans, answer);
  }
  std::cout << "  " << rows << " rows, " << grounded << " answers made of spans of their text\n";
  CHECK(rows > 500);
}
