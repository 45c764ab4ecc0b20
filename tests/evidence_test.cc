// SPDX-License-Identifier: Apache-2.0
// The numbers and dates of texts.
#include "tasks/evidence.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "base/jsonl.h"
#include "base/regex.h"
#include "decode/schema.h"
#include "decode/validate.h"
#include "fixtures.h"
#include "tasks/dates.h"
#include "tasks/json_places.h"
#include "tasks/numbers.h"

using namespace eve;
using namespace eve::tasks;

namespace {

std::string list(const std::vector<Found>& found, std::string_view text) {
  std::string out;
  for (const Found& f : found)
    out += (out.empty() ? "" : " ") + f.json + "=" + std::string(text.substr(f.start, f.end - f.start));
  return out;
}
std::string numbers(std::string_view text) { return list(find_numbers(text), text); }
std::string days(std::string_view text, const char* today = "") { return list(find_days(text, read_day(today)), text); }
std::string times(std::string_view text) { return list(find_times(text), text); }

}  // namespace

TEST_CASE("numbers are found in digits, with every way to read them") {
  CHECK(numbers("1,234.50") == "1234.5=1,234.50");
  CHECK(numbers("1.234,50") == "1234.5=1.234,50");
  CHECK(numbers("1,000,000") == "1000000=1,000,000");
  CHECK(numbers("1,234") == "1.234=1,234 1234=1,234");
  CHECK(numbers("3,4") == "3.4=3,4 3=3 4=4");
  CHECK(numbers("5.3.2026") == "5=5 3=3 2026=2026");
  CHECK(numbers("007 0.50") == "7=007 0.5=0.50");
  CHECK(numbers("-5 3-5") == "-5=-5 3=3 5=5");
  CHECK(numbers("at -3.5, (-12)") == "-3.5=-3.5 -12=-12");
  CHECK(numbers("pp. 10 -12") == "10=10 -12=-12 12=12");
  CHECK(numbers("- 3 A-5 2026-01-02") == "3=3 5=5 2026=2026 1=01 2=02");
  CHECK(numbers("1 234,50") == "1=1 1234.5=1 234,50 234.5=234,50 234=234 50=50");
  CHECK(numbers("12\u00A0345\u00A0678,5").find("12345678.5=12") != std::string::npos);
  CHECK(numbers("1234 567,5").find("1234567.5") == std::string::npos);
  CHECK(numbers("10k") == "10=10 10000=10k");
  CHECK(numbers("2.5M") == "2.5=2.5 2500000=2.5M");
  CHECK(numbers("1e5") == "1=1 100000=1e5 5=5");
  CHECK(numbers("'18") == "2018='18");
  CHECK(numbers("'18', 5'10") == "18=18 5=5 10=10");
  CHECK(numbers("1 1/2") == "1=1 1.5=1 1/2 1=1 0.5=1/2 2=2");
  CHECK(numbers("2½") == "2=2 2.5=2½ 0.5=½");
  CHECK(numbers("1/3") == "1=1 0.333=1/3 3=3");
  CHECK(numbers("1/0") == "1=1 0=0");
  CHECK(numbers(std::string(60, '7')).empty());
}

TEST_CASE("numbers are found in words") {
  CHECK(numbers("twenty-five") == "20=twenty 25=twenty-five 5=five");
  CHECK(numbers("two hundred and six").find("206=two hundred and six") != std::string::npos);
  CHECK(numbers("three thousand two hundred").find("3200=three thousand two hundred") != std::string::npos);
  CHECK(numbers("a dozen") == "12=a dozen 12=dozen");
  CHECK(numbers("an hour, a one-way ticket, one way or one wayside inn, just one") == "1=one 1=one");
  CHECK(numbers("tennis, often anyone") == "");
  CHECK(numbers("Five to six") == "5=Five 6=six");
}

TEST_CASE("numbers of any bytes are found in bounds and within the limit") {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "1,2.3/4 -½\xC2 e9k one\xE2 '";
  CHECK(find_numbers(text, 50).size() == 50);
  for (std::size_t size = 0; size < 40; ++size)
    for (const Found& f : find_numbers(text.substr(3, size))) CHECK((f.start < f.end && f.end <= size));
}

TEST_CASE("days are found in every common spelling, and only days that exist") {
  CHECK(days("2026-11-22, 2026/1/2") == "\"2026-11-22\"=2026-11-22 \"2026-01-02\"=2026/1/2");
  CHECK(days("22.11.2026 31.2.2026 2026-13-01 1.2.3.4") == "\"2026-11-22\"=22.11.2026");
  CHECK(days("11/12/26") == "\"2026-12-11\"=11/12/26 \"2026-11-12\"=11/12/26");
  CHECK(days("22 November 2026; Nov 22nd, 2026; 22/Nov/2026:18") ==
        "\"2026-11-22\"=22 November 2026 \"2026-11-22\"=Nov 22nd, 2026 \"2026-11-22\"=22/Nov/2026");
  CHECK(days("March 5, tomorrow") == "");
  CHECK(days("March 5, tomorrow, Friday", "2026-11-22") ==
        "\"2027-03-05\"=March 5 \"2026-11-23\"=tomorrow \"2026-11-27\"=Friday");
  CHECK(days("Dec 31", "2026-01-02") == "\"2025-12-31\"=Dec 31");
  CHECK(days("maybe 5 Marches") == "");
  CHECK_FALSE(read_day("2026-02-30"));
  CHECK_FALSE(read_day("today"));
}

TEST_CASE("times are found with their zones") {
  CHECK(times("14:05 2 pm 2:30 p.m. noon") ==
        "\"14:05:00Z\"=14:05 \"14:00:00Z\"=2 pm \"14:30:00Z\"=2:30 p.m. \"12:00:00Z\"=noon");
  CHECK(times("2026-11-22T14:05:30.25Z") == "\"14:05:30.25Z\"=14:05:30.25Z");
  CHECK(times("18:46:52 +0130") == "\"18:46:52+01:30\"=18:46:52 +0130");
  CHECK(times("25:00 99:99 13 pm 7 3:4") == "");
  CHECK(times("[22/Nov/2026:18:46:52 +0000]") == "\"18:46:52+00:00\"=18:46:52 +0000");
}

TEST_CASE("a day and a time that stand together are one") {
  const std::string text = "on 2026-11-22 at 14:05 and on 2026-11-23 at 15:00 UTC";
  CHECK(list(find_date_times(text, std::nullopt), text) ==
        "\"2026-11-22T14:05:00Z\"=2026-11-22 at 14:05 \"2026-11-23T14:05:00Z\"=14:05 and on 2026-11-23 "
        "\"2026-11-23T15:00:00Z\"=2026-11-23 at 15:00 UTC");
  const std::string apart = "Meeting of 2026-11-22. Everybody is here. We begin at 14:05";
  CHECK(list(find_date_times(apart, std::nullopt), apart).starts_with("\"2026-11-22T14:05:00Z\""));
}

TEST_CASE("spans that match a pattern begin and end where words do") {
  const std::string text = "see AB-12, xAB-34 and AB-56x, AB-78";
  CHECK(list(find_matches(text, regex("[A-Z]{2}-[0-9]+"), true), text) == "\"AB-12\"=AB-12 \"AB-78\"=AB-78");
  CHECK(list(find_matches("a b", regex("[a-z ]+"), false), "a b") == "\"a\"=a \"a b\"=a b \"b\"=b");
}

namespace {
std::string grounded(std::string_view schema, std::string text) {
  const auto made = ground_schema(parse_json_value(schema, "schema"), Evidence(std::move(text)));
  if (!made) return "nothing";
  SchemaGraph::parse(made->schema);
  std::string out = made->schema;
  for (const std::string& name : made->missing) out += " -" + name;
  return out;
}
}  // namespace

TEST_CASE("a schema is cut down to what the text has evidence for") {
  CHECK(grounded(R"({"type":"number"})", "3 or 4.5") == R"({"type":"number","enum":[3,4.5]})");
  CHECK(grounded(R"({"type":["integer","null"],"minimum":1})", "4.5, 2") ==
        R"({"type":["integer","null"],"minimum":1,"enum":[2,null]})");
  CHECK(grounded(R"({"type":"number"})", "12,5 kg") == R"({"type":"number","enum":[12.5]})");
  CHECK(grounded(R"({"type":"number"})", "1 234,50") == R"({"type":"number","enum":[1234.5]})");
  CHECK(grounded(R"({"type":"integer"})", "3,4") == R"({"type":"integer","enum":[3,4]})");
  CHECK(grounded(R"({"type":["integer","null"]})", "none") == R"({"type":"null"})");
  CHECK(grounded(R"({"type":"integer"})", "none") == "nothing");
  CHECK(grounded(R"({"type":"string","format":"date"})", "5.3.2026") == R"({"type":"string","enum":["2026-03-05"]})");
  CHECK(grounded(R"({"type":"string","format":"email"})", "to a@b.io.") == R"({"type":"string","enum":["a@b.io"]})");
  CHECK(grounded(R"({"type":"string"})", "") == R"({"type":"string"})");
  CHECK(grounded(R"({"type":"integer","enum":[1,2]})", "") == R"({"type":"integer","enum":[1,2]})");
}

TEST_CASE("members without evidence go; a required one of the record is missing, of an inner object takes it along") {
  const char* const schema =
      R"({"type":"object","properties":{"name":{"type":"string","description":"x"},"age":{"type":"integer"},"at":{"type":"object","properties":{"lat":{"type":"number"},"note":{"type":"string"}},"required":["lat"]},"sizes":{"type":"array","items":{"type":"number"}}},"required":["name","age"]})";
  CHECK(
      grounded(schema, "Bob") ==
      R"({"type":"object","properties":{"name":{"type":"string"},"sizes":{"type":"array","items":false,"maxItems":1}},"required":["name"],"additionalProperties":false} -age)");
}

TEST_CASE("numbers inside of times and addresses are left out where the text has others") {
  const auto outer = [](const char* text) {
    Evidence evidence(text);
    evidence.leave_out_inner_numbers();
    return list(*evidence.candidates(parse_json_value(R"({"type":"number"})", "schema")), text);
  };
  CHECK(outer("2026-03-04T10:11:12Z timeout after 3000 ms") == "3000=3000");
  CHECK(outer("10.0.0.1 port 22, a1@b2.io, http://x:80/7") == "22=22");
  CHECK(outer("at 10:30 for 4") == "10=10 30=30 4=4");
  CHECK(outer("10:11:12") == "10=10 11=11 12=12");
}

TEST_CASE("the place of a value in the text is found") {
  const Evidence evidence("Bob Smith, 1,200 EUR on 5.3.2026, smith");
  const JsonValue date = parse_json_value(R"({"type":"string","format":"date"})", "schema");
  const auto place = [&](std::string_view json, const JsonValue* schema = nullptr) {
    const auto found = evidence.place(parse_json_value(json, "value"), schema);
    return found ? evidence.text().substr(found->start, found->end - found->start) : "";
  };
  CHECK(place("\"Smith\"") == "Smith");
  CHECK(place("\"SMITH\"") == "Smith");
  CHECK(place("1200") == "1,200");
  CHECK(place("\"2026-03-05\"", &date) == "5.3.2026");
  CHECK(place("\"mit\"") == "");
  CHECK(place("null") == "");
}

TEST_CASE("values stand where the places say") {
  for (const std::size_t indent : {0UL, 2UL}) {
    const JsonValue value = parse_json_value(R"({"a/b":"x\\\"y","c":[1,{"d":null},[]],"e":{},"f":true})", "value");
    const std::string text = json_text(value, indent);
    std::string seen;
    for (const JsonPlace& place : json_places(text, value))
      seen += place.pointer + "=" + text.substr(place.start, place.end - place.start) + " ";
    CHECK(seen == "/a~1b=\"x\\\\\\\"y\" /c/0=1 /c/1/d=null /f=true ");
  }
}

TEST_CASE("nearly every number of the extraction answers is one that is found in the text") {
  EVE_SHARED_OR_SKIP(path, "data/extract/dev.jsonl");
  std::size_t wanted = 0, found = 0;
  for_each_json_line(path, [&](simdjson::dom::element row, const std::string&) {
    const std::vector<Found> numbers = find_numbers(row["text"]);
    for (const auto& [name, value] : simdjson::dom::object(row["json"])) {
      if (!value.is_number()) continue;
      ++wanted;
      found += std::ranges::any_of(
          numbers, [&, value = value](const Found& f) { return std::abs(std::stod(f.json) - double(value)) < 1e-9; });
    }
  });
  INFO(found << " of " << wanted);
  CHECK(found * 1000 >= wanted * 995);
}

TEST_CASE("a list is no longer than its text has words and signs, unless the schema says how long") {
  CHECK(Evidence("").most_items() == 1);
  CHECK(Evidence("red, green and blue").most_items() == 8);
  CHECK(Evidence("a,b,c").most_items() == 8);
  CHECK(Evidence("\xE4\xB8\x80\xE4\xBA\x8C").most_items() == 8);
  const auto grounded = [](const char* schema) {
    return ground_schema(parse_json_value(schema, "schema"), Evidence("one two"))->schema;
  };
  CHECK(grounded(R"({"type":"array","items":{"type":"string"}})") ==
        R"({"type":"array","items":{"type":"string"},"maxItems":2})");
  CHECK(grounded(R"({"type":"array","maxItems":9})") == R"({"type":"array","maxItems":9})");
  CHECK(grounded(R"({"type":"array","minItems":3})") == R"({"type":"array","minItems":3})");
}
