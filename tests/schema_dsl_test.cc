// SPDX-License-Identifier: Apache-2.0
#include "decode/schema_dsl.h"

#include <catch2/catch.hpp>

#include "decode/schema.h"
#include "decode/schema_infer.h"
#include "decode/validate.h"

using namespace eve;
using Catch::Matchers::Contains;

namespace {

/// Also a schema.
std::string dsl(std::string_view text) {
  const std::string out = schema_from_dsl(text);
  SchemaGraph::parse(out);
  return out;
}

std::string inferred(std::initializer_list<const char*> examples) {
  SchemaInference inference;
  for (const char* example : examples) inference.add(parse_json_value(example, "example"));
  const std::string out = inference.schema();
  const auto graph = SchemaGraph::parse(out);
  for (const char* example : examples) CHECK_FALSE(validate(*graph, parse_json_value(example, "example")));
  return out;
}

}  // namespace

TEST_CASE("a record in short is the schema one would write") {
  CHECK(dsl("name, age int, tags [string]") ==
        R"({"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"},)"
        R"("tags":{"type":"array","items":{"type":"string"}}},"required":["name","age","tags"],)"
        R"("additionalProperties":false})");
  CHECK_THAT(dsl("a? int"), Contains(R"("required":[])"));
  CHECK_THAT(dsl("a int?"), Contains(R"("a":{"type":["integer","null"]})"));
  CHECK_THAT(dsl("a? date?"),
             Contains(R"("a":{"type":["string","null"],"format":"date"})") && Contains(R"("required":[])"));
  CHECK_THAT(dsl("a open|closed|'on hold'"), Contains(R"("a":{"type":"string","enum":["open","closed","on hold"]})"));
  CHECK_THAT(dsl("a open|closed?"), Contains(R"("enum":["open","closed",null])"));
  CHECK_THAT(dsl("a 1|2|3.50"), Contains(R"("a":{"enum":[1,2,3.5]})"));
  CHECK_THAT(dsl("a int 0..150, b number ..-0.5, c int 3.."),
             Contains(R"("a":{"type":"integer","minimum":0,"maximum":150})") &&
                 Contains(R"("b":{"type":"number","maximum":-0.5})") &&
                 Contains(R"("c":{"type":"integer","minimum":3})"));
  CHECK_THAT(dsl("a {b int, c? [{d}]}?"), Contains(R"("a":{"type":["object","null"],"properties":{"b":)"));
  CHECK_THAT(dsl("a: what it is, b int: how many"), Contains(R"("a":{"type":"string","description":"what it is"})") &&
                                                        Contains(R"("b":{"type":"integer","description":"how many"})"));
  CHECK_THAT(dsl("[{a, b int}]"), Contains(R"({"type":"array","items":{"type":"object")"));
  CHECK(dsl("a\nb bool\n") == dsl("a,b boolean"));
  CHECK_THAT(dsl("\"first name\""), Contains(R"("first name":{"type":"string"})"));
  CHECK_THAT(dsl("a any"), Contains(R"("a":{})"));
  CHECK_THAT(dsl("größe number"), Contains("größe"));
}

TEST_CASE("what is no record in short is refused with the byte") {
  const auto refusal = [](std::string_view text) -> std::string {
    try {
      schema_from_dsl(text);
    } catch (const Error& error) {
      CHECK(error.status() == Status::kInput);
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal("name, age integr") == "schema, byte 11: not a type; choices are written a|b");
  CHECK_THAT(refusal(""), Contains("byte 1: expected the name"));
  CHECK_THAT(refusal("a, a"), Contains("this name already"));
  CHECK_THAT(refusal("a [int"), Contains("byte 7: expected a ]"));
  CHECK_THAT(refusal("a {b"), Contains("expected a }"));
  CHECK_THAT(refusal("a int b"), Contains("expected a comma"));
  CHECK_THAT(refusal("a x|"), Contains("expected a choice"));
  CHECK_THAT(refusal("a int 5..1"), Contains("the range is empty"));
  CHECK_THAT(refusal("a int 5..x"), Contains("LOW..HIGH"));
  CHECK_THAT(refusal("a 'x"), Contains("not closed"));
  CHECK_THAT(refusal("a}"), Contains("expected the end"));
  CHECK_THAT(refusal("a \xFF"), Contains("byte 3: not valid UTF-8"));
  CHECK_THAT(refusal("a " + std::string(1000, '[')), Contains("nested too deeply"));
}

TEST_CASE("an inferred schema holds for its examples and says what they have in common") {
  CHECK(inferred({R"({"a":1,"b":"x"})", R"({"a":2.5,"c":null})"}) ==
        R"({"type":"object","properties":{"a":{"type":"number"},"b":{"type":"string"},"c":{"type":"null"}},)"
        R"("required":["a"],"additionalProperties":false})");
  CHECK(inferred({R"([{"a":1},{"a":null}])", "[]"}) ==
        R"({"type":"array","items":{"type":"object","properties":{"a":{"type":["integer","null"]}},"required":["a"],)"
        R"("additionalProperties":false}})");
  CHECK(inferred({R"("2024-02-29")", R"("2023-01-01")"}) == R"({"type":"string","format":"date"})");
  CHECK(inferred({R"("2024-02-29")", R"("soon")"}) == R"({"type":"string"})");
  CHECK(inferred({"\"b\"", "\"a\"", "\"a\"", "\"b\"", "\"a\"", "\"b\"", "\"a\"", "\"b\"", "\"a\"", "null", "\"b\""}) ==
        R"({"type":["string","null"],"enum":["a","b",null]})");
  CHECK(SchemaInference().schema() == "true");
}
