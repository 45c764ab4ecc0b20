// SPDX-License-Identifier: Apache-2.0
#include "func/said.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tasks/text.h"

namespace eve::func {

namespace {

using Kind = JsonValue::Kind;
constexpr std::size_t kSameLetters = 4;  // with which words begin that mean the same
constexpr std::size_t kSubjectLetters = 5;

/// Words of names and descriptions that say that something is asked, not what.
bool is_empty_word(std::string_view word) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"allow", "allowed", "available", "boolean", "does",    "false", "flag",   "has",  "have", "include", "included",
       "need",  "needs",   "option",    "optional", "place",  "service", "should", "that", "the",  "this",    "true",
       "user",  "want",    "wants",     "whether",  "with"});
  static_assert(std::ranges::is_sorted(kWords));
  return word.size() < 3 || std::ranges::binary_search(kWords, word);
}

/// Words of requests and of tools' names that no tool is about.
bool is_common_word(std::string_view word) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"and", "any", "can", "could", "find", "for", "from", "get", "give", "like", "look",
                                       "please", "search", "show", "some", "would", "you", "your"});
  static_assert(std::ranges::is_sorted(kWords));
  return is_empty_word(word) || std::ranges::binary_search(kWords, word);
}

class Said {
 public:
  explicit Said(const tasks::Evidence& evidence) : evidence_(evidence) {
    for (const std::string& word : tasks::words(evidence.text())) words_.insert(word.substr(0, kSameLetters));
  }

  /// Also true of a text that has no word to go by.
  bool speaks_of(std::string_view text) const {
    std::vector<std::string> words = tasks::words(text);
    std::erase_if(words, is_empty_word);
    return words.empty() || std::ranges::any_of(words, [&](const std::string& word) {
             return words_.contains(word.substr(0, kSameLetters));
           });
  }

  /// The schema of one argument; an empty text when nobody speaks of it.
  std::string argument(const std::string& name, const JsonValue& schema, bool required) const {
    const JsonValue *type = schema.find("type"), *about = schema.find("description"), *values = schema.find("enum");
    if (type && type->is(Kind::kString) && type->text == "boolean" && !required &&
        !speaks_of(name + " " + (about && about->is(Kind::kString) ? about->text : "")))
      return "";
    if (!values || !values->is(Kind::kArray)) return json_text(schema);
    std::string said;
    bool spoken_of = false;
    for (const JsonValue& value : values->items) {
      spoken_of = spoken_of || !value.is(Kind::kString) || speaks_of(value.text);
      if (value.is(Kind::kString) && evidence_.place(value)) said += (said.empty() ? "" : ",") + json_text(value);
    }
    if (said.empty()) return spoken_of || required ? json_text(schema) : "";
    std::string out = "{";
    for (std::size_t i = 0; i < schema.items.size(); ++i)
      out += (i ? "," : "") + quoted(schema.names[i]) + ":" +
             (schema.names[i] == "enum" ? "[" + said + "]" : json_text(schema.items[i]));
    return out + "}";
  }

  static std::string quoted(std::string_view text) {
    std::string json;
    JsonWriter(json).value(text);
    return json;
  }

 private:
  const tasks::Evidence& evidence_;
  std::set<std::string> words_;  // as they begin
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::size_t times_said(std::string_view request, std::string_view value) {
  std::size_t times = 0;
  if (!value.empty())
    for (std::size_t at = request.find(value); at != request.npos; at = request.find(value, at + 1)) ++times;
  return times;
}

}  // namespace

std::set<std::string> subject_words(std::string_view text) {
  std::set<std::string> out;
  for (std::string& word : tasks::words(text))
    if (!is_common_word(word)) out.insert(tasks::stem(std::move(word)).substr(0, kSubjectLetters));
  return out;
}

double with_words(double probability, bool has_words) {
  constexpr double kCalled = 0.81, kNotCalled = 0.10;  // have such a word
  const double yes = probability * (has_words ? kCalled : 1 - kCalled),
               no = (1 - probability) * (has_words ? kNotCalled : 1 - kNotCalled);
  return yes + no > 0 ? yes / (yes + no) : 0;
}

void drop_reused(std::vector<Given>& given, std::string_view request) {
  std::vector<Given> all = given;
  std::ranges::stable_sort(all, [](const Given& a, const Given& b) {
    return a.required != b.required ? a.required : a.sure > b.sure;
  });
  const std::string all_said = lower(request);
  std::map<std::string, std::size_t> used;
  for (const Given& one : all) {
    const JsonValue value = parse_json_value(one.json, "argument");
    if (value.is(Kind::kBoolean) || value.is(Kind::kNull)) continue;
    const std::string text = lower(value.is(Kind::kString) ? value.text : one.json);
    const std::size_t said = times_said(all_said, text);
    if (++used[text] > said && said > 0 && !one.required)
      std::erase_if(given, [&](const Given& g) { return g.name == one.name; });
  }
}

std::string said_arguments(const JsonValue& schema, const tasks::Evidence& evidence) {
  const Said said(evidence);
  const JsonValue* required = schema.find("required");
  const auto is_required = [&](const std::string& name) {
    return required && std::ranges::any_of(required->items, [&](const JsonValue& one) { return one.text == name; });
  };
  std::string out = "{";
  for (std::size_t i = 0; i < schema.items.size(); ++i) {
    const JsonValue& value = schema.items[i];
    std::string text = json_text(value);
    if (schema.names[i] == "properties" && value.is(Kind::kObject)) {
      text = "{";
      for (std::size_t p = 0; p < value.items.size(); ++p)
        if (const std::string one = said.argument(value.names[p], value.items[p], is_required(value.names[p]));
            !one.empty())
          text += (text.size() > 1 ? "," : "") + Said::quoted(value.names[p]) + ":" + one;
      text += "}";
    }
    out += (i ? "," : "") + Said::quoted(schema.names[i]) + ":" + text;
  }
  return out + "}";
}

}  // namespace eve::func
