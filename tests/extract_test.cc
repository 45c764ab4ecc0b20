// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "base/utf8.h"
#include "extract/extractor.h"
#include "extract/forms.h"
#include "extract/phones.h"
#include "extract/settle.h"

using namespace eve;
using namespace eve::extract;

TEST_CASE("windows cover a text, overlap, and are cut where lines or words end") {
  CHECK(cut_windows("short", 100, 10) == std::vector<std::pair<std::size_t, std::size_t>>{{0, 5}});
  CHECK(cut_windows("", 100, 10) == std::vector<std::pair<std::size_t, std::size_t>>{{0, 0}});
  std::string text;
  for (int i = 0; i < 300; ++i) text += "w\xC3\xB6rd " + std::to_string(i) + (i % 7 == 0 ? "\n" : " ");
  const auto cuts = cut_windows(text, 200, 20);
  CHECK(cuts.size() > 10);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    CHECK(cuts[i].second - cuts[i].first <= 200);
    CHECK(utf8_error(text.substr(cuts[i].first, cuts[i].second - cuts[i].first)) == std::string::npos);
    if (i > 0) CHECK((cuts[i].first < cuts[i - 1].second && cuts[i].first > cuts[i - 1].first));
    if (i + 1 < cuts.size()) CHECK((text[cuts[i].second - 1] == '\n' || text[cuts[i].second - 1] == ' '));
  }
  CHECK(cuts.front().first == 0);
  CHECK(cuts.back().second == text.size());
  CHECK(cut_windows(std::string(1000, 'x'), 100, 10).size() > 10);
}

TEST_CASE("a list that goes in circles loses what it repeats, and the fields of what is left move up") {
  const auto without_repeats = [](const char* text, std::vector<Field> fields) {
    JsonValue value = parse_json_value(text, "value");
    drop_repeats(value, nullptr, "", fields);
    std::string out = json_text(value);
    for (const Field& field : fields) out += " " + field.pointer;
    return out;
  };
  CHECK(without_repeats(R"(["a","b","a","c","a"])", {{"/0", 1, {}}, {"/1", 1, {}}, {"/2", 1, {}}, {"/3", 1, {}}}) ==
        R"(["a","b","c"] /0 /1 /2)");
  CHECK(without_repeats(R"({"x":[{"n":1},{"n":1},{"n":2}]})",
                        {{"/x/0/n", 1, {}}, {"/x/1/n", 1, {}}, {"/x/2/n", 1, {}}, {"/y", 1, {}}}) ==
        R"({"x":[{"n":1},{"n":2}]} /x/0/n /x/1/n /y)");
  CHECK(without_repeats(R"([{"tags":["a","a"]},{"tags":["a"]}])", {{"/0/tags/1", 1, {}}}) == R"([{"tags":["a"]}])");
  CHECK(without_repeats(R"(["","a",""])", {{"/0", 1, {}}, {"/1", 1, {}}, {"/2", 1, {}}}) == R"(["a"] /0)");
  CHECK(without_repeats("[3,3,5,true,true,null,null]", {}) == "[3,3,5,true,true,null,null]");
}

TEST_CASE("a list keeps so many of its repeats as its schema needs items") {
  JsonValue value = parse_json_value(R"(["a","a","b"])", "value");
  std::vector<Field> none;
  const JsonValue two = parse_json_value(R"({"minItems":2})", "schema"),
                  three = parse_json_value(R"({"minItems":3})", "schema");
  JsonValue same = value;
  drop_repeats(same, &three, "", none);
  CHECK(json_text(same) == R"(["a","a","b"])");
  drop_repeats(value, &two, "", none);
  CHECK(json_text(value) == R"(["a","b"])");
}

TEST_CASE("the text alone settles choices that are no ordinary words, currencies, and lists with a format") {
  const auto settled = [](const char* schema, const char* text) {
    return json_text(settle(parse_json_value(schema, "schema"), tasks::Evidence(text)));
  };
  constexpr const char* kCurrency = R"({"enum":["EUR","USD","GBP"]})";
  for (const auto& [text, code] :
       {std::pair{"it costs $20", "USD"}, {"€20", "EUR"}, {"20 pounds", "GBP"}, {"20 EUR", "EUR"}})
    CHECK(settled(kCurrency, text) == std::string(R"({"enum":[")") + code + "\"]}");
  for (const char* text : {"C$20", "20", "from EUR to USD", "EUROPE"}) CHECK(settled(kCurrency, text) == kCurrency);
  CHECK(settled(R"({"enum":["high","3 out of 5",null]})", "3 out of 5") == R"({"enum":["3 out of 5"]})");
  for (const char* text : {"high", "high, 3 out of 5"})
    CHECK(settled(R"({"enum":["high","3 out of 5"]})", text) == R"({"enum":["high","3 out of 5"]})");

  const std::string emails = R"({"type":"array","items":{"type":"string","format":"email"})";
  CHECK(settled((emails + "}").c_str(), "cc a@b.io, c@d.io and a@b.io") == emails + R"(,"const":["a@b.io","c@d.io"]})");
  CHECK(settled((emails + R"(,"maxItems":1})").c_str(), "a@b.io c@d.io") == emails + R"(,"maxItems":1})");
  CHECK(settled((emails + "}").c_str(), "none") == emails + "}");
  const std::string beside = R"({"properties":{"to":)" + emails + R"(},"from":{"type":"string","format":"email"}}})";
  CHECK(settled(beside.c_str(), "a@b.io c@d.io") == beside);
}

TEST_CASE("telephone numbers are taken whole, when more than one group is said") {
  const auto whole = [](const char* said, std::string_view text) {
    return std::string(whole_phone(said, find_phones(text)));
  };
  CHECK(whole("+1 415 555", "phone +1 415 555 0132") == "+1 415 555 0132");
  CHECK(whole("555-0132", "at 415-555-0132.") == "415-555-0132");
  CHECK(whole("+1", "phone +1 415 555 0132") == "+1");
  CHECK(whole("12 2003", "12 2003 34-45") == "12 2003");
  CHECK(find_phones("12 2003 34-45, +1, +49, 415-555-01324, 1.2.3.4").empty());
}

TEST_CASE("plurals have a singular and ranges a hyphen, with the place that says them") {
  const auto forms = [](const std::string& text) {
    std::string out;
    for (const tasks::Found& form : extract::other_forms(text))
      out += form.json + "=" + text.substr(form.start, form.end - form.start) + " ";
    return out;
  };
  CHECK(forms("2 cups cherries, 3 boxes") == "\"cup\"=cups \"cherry\"=cherries \"box\"=boxes ");
  CHECK(forms("two cups") == "\"cup\"=cups ");
  CHECK(forms("invalid user mreyes on port 22 from hosts") == "");  // nothing counts them
  CHECK(forms("bus, glass, basis, his, Adams, gas, caf\u00e9s") == "");
  CHECK(forms("pp. 12\u201318, 12 - 18, 7--9") == "\"12-18\"=12\u201318 \"7-9\"=7--9 ");
  CHECK(forms("12-18, 5 - x, -3") == "");  // as it stands, or no range
  std::string many;
  for (char a = 'a'; a <= 'z'; ++a)
    for (char b = 'a'; b <= 'z'; ++b) many += std::string("2 wo") + a + b + "os ";
  CHECK(extract::other_forms(many).size() == 100);
}
