// SPDX-License-Identifier: Apache-2.0
#include "func/said.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tasks/numbers.h"
#include "tasks/sql_links.h"
#include "tasks/text.h"

namespace eve::func {

namespace {

using Kind = JsonValue::Kind;
constexpr std::size_t kSameLetters = 4;  // with which words begin that mean the same
constexpr std::size_t kSubjectLetters = 5;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Words of names and descriptions that say that something is asked, not what.
bool is_empty_word(std::string_view word) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"allow",   "allowed",  "available", "boolean", "does",   "false",    "flag",  "has",     "have",
       "include", "included", "need",      "needs",   "option", "optional", "place", "service", "should",
       "that",    "the",      "this",      "true",    "user",   "want",     "wants", "whether", "with"});
  static_assert(std::ranges::is_sorted(kWords));
  return word.size() < 3 || std::ranges::binary_search(kWords, word);
}

/// Words of requests and of tools' names that no tool is about.
bool is_common_word(std::string_view word) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"and", "any", "can", "could", "find", "for", "from", "get", "give", "like",
                                       "look", "please", "search", "show", "some", "would", "you", "your"});
  static_assert(std::ranges::is_sorted(kWords));
  return is_empty_word(word) || std::ranges::binary_search(kWords, word);
}

/// Words beside a number that do not say what is counted.
bool is_measure(std::string_view word) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"amoun", "count", "date", "day", "defau", "end", "hour", "integ", "minut", "num",
                                       "numbe", "start", "time", "total", "value", "year"});
  static_assert(std::ranges::is_sorted(kWords));
  return std::ranges::binary_search(kWords, word);
}

/// The words behind a number, two at most, "rooms" of "3 hotel rooms"; none where a function word comes first.
std::set<std::string> counted_words(std::string_view text, std::size_t at) {
  constexpr std::size_t kMost = 2;
  std::set<std::string> found;
  for (std::size_t n = 0; n < kMost && at < text.size() && text[at] == ' '; ++n) {
    const std::size_t begin = ++at;
    while (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at]))) ++at;
    const std::string word = lower(text.substr(begin, at - begin));
    if (word.empty() || (n == 0 && tasks::is_function_word(word))) break;
    found.merge(subject_words(word));
  }
  return found;
}

class Said {
 public:
  Said(std::string_view about, const tasks::Evidence& evidence) : evidence_(evidence), tool_(subject_words(about)) {
    std::size_t last = 0;
    for (const tasks::Found& number : longest_numbers(evidence.text())) {
      if (number.start < last) continue;
      last = number.end;
      numbers_.push_back(number);
      for (const std::string& word : counted_words(evidence.text(), number.end)) counts_[word].insert(number.json);
    }
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

  /// The same of words that are not those of the tool itself.
  bool speaks_apart_of(std::string_view text) const {
    std::string apart;
    for (const std::string& word : tasks::words(text))
      if (!tool_.contains(tasks::stem(word).substr(0, kSubjectLetters))) apart += word + " ";
    return !apart.empty() && speaks_of(apart);
  }

  static bool is_number(const JsonValue& schema) {
    const JsonValue* type = schema.find("type");
    return type && type->is(Kind::kString) && (type->text == "integer" || type->text == "number");
  }

  bool says_once(const std::string& number) const {
    return std::ranges::count(numbers_, number, &tasks::Found::json) == 1;
  }

  /// The number in front of a word of an argument's name or description, as JSON; empty: none, or several.
  std::string counted(const std::string& name, const JsonValue& schema) const {
    std::set<std::string> words = subject_words(name);
    if (const JsonValue* about = schema.find("description"))
      for (const std::string& word : subject_words(about->text))
        if (!tool_.contains(word)) words.insert(word);
    return counted(std::move(words), schema);
  }
  /// The same of its name alone.
  std::string counted_by_name(const std::string& name, const JsonValue& schema) const {
    return counted(subject_words(name), schema);
  }

  /// Whether the request says one value of a choice, and no other but as a part of it.
  bool says_one_value(const JsonValue& schema) const {
    const JsonValue* values = schema.find("enum");
    if (!values || !values->is(Kind::kArray)) return false;
    std::vector<tasks::Found> said;
    for (const JsonValue& value : values->items)
      if (value.is(Kind::kString) && !tasks::is_function_word(lower(value.text)))
        if (const auto found = evidence_.place(value)) said.push_back(*found);
    const auto is_part = [&](const tasks::Found& one) {
      return std::ranges::any_of(said, [&](const tasks::Found& other) {
        return other.start <= one.start && one.end <= other.end && other.end - other.start > one.end - one.start;
      });
    };
    return std::ranges::count_if(said, std::not_fn(is_part)) == 1;
  }

  /// The schema of an argument, of a choice with the values that are said; an empty text when nobody speaks of it.
  /// `taken`: numbers that are other arguments' values.
  std::string argument(const std::string& name, const JsonValue& schema, bool required,
                       const std::set<std::string>& taken) const {
    const JsonValue *type = schema.find("type"), *about = schema.find("description"), *values = schema.find("enum");
    if (type && type->is(Kind::kString) && type->text == "boolean" && !required &&
        !speaks_apart_of(name + " " + (about && about->is(Kind::kString) ? about->text : "")))
      return "";
    if (const std::string number = counted(name, schema); !number.empty()) {
      std::string out = json_text(schema);
      out.back() = ',';
      return out + "\"const\":" + number + "}";
    }
    if (is_number(schema) && !taken.empty() && !schema.find("not")) {
      std::string out = json_text(schema), numbers;
      for (const std::string& number : taken) numbers += (numbers.empty() ? "" : ",") + number;
      out.back() = ',';
      return out + "\"not\":{\"enum\":[" + numbers + "]}}";
    }
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

  /// Whether the request has texts of this form, and all say the same.
  bool has_one_value(const JsonValue& schema) const {
    const auto found = evidence_.candidates(schema);
    return found && !found->empty() &&
           std::ranges::all_of(*found, [&](const tasks::Found& one) { return one.json == found->front().json; });
  }

  static std::string quoted(std::string_view text) {
    std::string json;
    JsonWriter(json).value(text);
    return json;
  }

 private:
  const tasks::Evidence& evidence_;
  std::set<std::string> words_;  // as they begin
  std::set<std::string> tool_;
  std::map<std::string, std::set<std::string>> counts_;  // numbers in front of a word
  std::vector<tasks::Found> numbers_;

  std::string counted(std::set<std::string> words, const JsonValue& schema) const {
    static constexpr auto kPlain =
        std::to_array<std::string_view>({"type", "description", "title", "default", "examples"});
    if (!is_number(schema)) return "";
    for (const std::string& keyword : schema.names)
      if (std::ranges::find(kPlain, keyword) == kPlain.end()) return "";
    std::erase_if(words, is_measure);
    std::set<std::string> values;
    for (const std::string& word : words)
      if (const auto found = counts_.find(word); found != counts_.end())
        values.insert(found->second.begin(), found->second.end());
    if (values.size() != 1) return "";
    const std::string& value = *values.begin();
    return schema.find("type")->text == "integer" && value.find('.') != value.npos ? "" : value;
  }

  /// Of numbers that begin at one place the longest first.
  static std::vector<tasks::Found> longest_numbers(std::string_view text) {
    std::vector<tasks::Found> numbers = tasks::find_numbers(text);
    std::ranges::stable_sort(numbers, [](const tasks::Found& a, const tasks::Found& b) {
      return a.start != b.start ? a.start < b.start : a.end > b.end;
    });
    return numbers;
  }
};

/// Of texts with a form of their own, as dates and addresses; empty: none.
std::string format_of(const JsonValue& schema) {
  const JsonValue* format = schema.find("format");
  return format && format->is(Kind::kString) ? format->text : "";
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
  std::ranges::stable_sort(
      all, [](const Given& a, const Given& b) { return a.required != b.required ? a.required : a.sure > b.sure; });
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

std::string said_arguments(const JsonValue& schema, std::string_view about, const tasks::Evidence& evidence,
                           bool all_required) {
  const Said said(about, evidence);
  const JsonValue* properties = schema.find("properties");
  std::set<std::string> required, given;
  if (const JsonValue* names = schema.find("required"))
    for (const JsonValue& name : names->items) required.insert(name.text);
  std::string out = "{";
  const auto add = [&](const std::string& name, const std::string& json) {
    out += (out.size() > 1 ? "," : "") + Said::quoted(name) + ":" + json;
  };
  for (std::size_t i = 0; i < schema.items.size(); ++i)
    if (schema.names[i] != "required" && schema.names[i] != "properties")
      add(schema.names[i], json_text(schema.items[i]));
  if (properties && properties->is(Kind::kObject)) {
    std::string kept;
    std::map<std::string, std::size_t> formats, counted;
    std::set<std::string> taken;
    for (std::size_t p = 0; p < properties->items.size(); ++p) {
      ++formats[format_of(properties->items[p])];
      ++counted[said.counted_by_name(properties->names[p], properties->items[p])];
      if (std::string number = said.counted(properties->names[p], properties->items[p]); said.says_once(number))
        taken.insert(std::move(number));
    }
    for (std::size_t p = 0; p < properties->items.size(); ++p) {
      const std::string& name = properties->names[p];
      const JsonValue& property = properties->items[p];
      const std::string one = said.argument(name, property, required.contains(name), taken),
                        format = format_of(property);
      if (one.empty()) continue;
      kept += (kept.empty() ? "" : ",") + Said::quoted(name) + ":" + one;
      const std::string number = said.counted_by_name(name, property);
      if ((!format.empty() && formats[format] == 1 && said.has_one_value(property)) ||
          (!number.empty() && counted[number] == 1) || said.says_one_value(property))
        given.insert(name);
    }
    add("properties", "{" + kept + "}");
  } else if (properties) {
    add("properties", json_text(*properties));
  }
  if (all_required) given.merge(required);
  std::string names;
  for (const std::string& name : given) names += (names.empty() ? "" : ",") + Said::quoted(name);
  if (!names.empty()) add("required", "[" + names + "]");
  return out + "}";
}

}  // namespace eve::func
