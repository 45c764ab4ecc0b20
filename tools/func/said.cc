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
#include "tasks/dates.h"
#include "tasks/numbers.h"
#include "tasks/sql_links.h"
#include "tasks/text.h"

namespace eve::func {

namespace {

using tasks::lower;

using Kind = JsonValue::Kind;
constexpr std::size_t kSameLetters = 4;  // with which words begin that mean the same
constexpr std::size_t kSubjectLetters = 5;
constexpr std::size_t kMostPlaces = 100;  // of arguments' names in a request; one that has more says nothing by them

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

/// Whether a number in a text in small letters is a day, a time or a place in an order: "6th", "third", "May 6", "6
/// pm", "7:30". Of the integers of the training rows 99.9 % are none of these.
bool counts_nothing(std::string_view text, const tasks::Found& number) {
  static constexpr auto kOrdinals =
      std::to_array<std::string_view>({"eighth", "eleventh", "fifth", "first", "fourth", "ninth", "second", "seventh",
                                       "sixth", "tenth", "third", "twelfth"});
  static_assert(std::ranges::is_sorted(kOrdinals));
  static constexpr std::string_view kBehind[] = {
      "am", "pm", "a.m", "p.m", "o'clock",        "o\"clock",       "oclock",
      "st", "nd", "rd",  "th",  "in the morning", "in the evening", "in the afternoon"};
  const auto is_digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  const auto word_at = [&](std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
    return text.substr(std::min(at, text.size()), end - at);
  };
  if (std::ranges::binary_search(kOrdinals, text.substr(number.start, number.end - number.start))) return true;
  if ((number.end < text.size() && text[number.end] == ':' && is_digit(number.end + 1)) ||
      (number.start > 1 && text[number.start - 1] == ':' && is_digit(number.start - 2)))
    return true;
  std::size_t next = number.end;
  if (next < text.size() && text[next] == ' ') ++next;
  const std::string_view behind = text.substr(next);
  for (const std::string_view sign : kBehind)
    if (behind.starts_with(sign) && (sign.size() > 3 || word_at(next).size() <= sign.size())) return true;
  if (tasks::month_of(word_at(behind.starts_with("of ") ? next + 3 : next)) != 0) return true;
  std::size_t end = number.start;
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == ',')) --end;
  std::size_t start = end;
  while (start > 0 && text[start - 1] >= 'a' && text[start - 1] <= 'z') --start;
  return end < number.start && end - start >= 3 && tasks::month_of(text.substr(start, end - start)) != 0;
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
    const std::string text = lower(evidence.text());
    std::set<std::string> counts;
    for (const tasks::Found& number : numbers_)
      (counts_nothing(text, number) ? no_counts_ : counts).insert(number.json);
    for (const std::string& number : counts) no_counts_.erase(number);
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

  /// The same of words that are not those of the tool itself, or of the arguments that are `named`.
  bool speaks_apart_of(std::string_view text, const std::map<std::string, std::string>& named) const {
    std::set<std::string> others = tool_;
    for (const auto& [name, value] : named) others.merge(subject_words(name));
    std::string apart;
    for (const std::string& word : tasks::words(text))
      if (!others.contains(tasks::stem(word).substr(0, kSubjectLetters))) apart += word + " ";
    return !apart.empty() && speaks_of(apart);
  }

  static bool has_type(const JsonValue& schema, std::string_view name) {
    const JsonValue* type = schema.find("type");
    return type && type->is(Kind::kString) && type->text == name;
  }
  static bool is_number(const JsonValue& schema) { return has_type(schema, "integer") || has_type(schema, "number"); }
  static bool is_truth_value(const JsonValue& schema) { return has_type(schema, "boolean"); }
  static bool is_plain_text(const JsonValue& schema) { return has_type(schema, "string") && is_plain(schema); }

  /// Where the whole names of arguments stand in the request, not as parts of others' ("amount" of "loan amount: 5").
  struct Place {
    std::size_t first, last;  // words
    std::size_t argument, start, end;
  };
  std::vector<Place> places_of_names(const JsonValue& properties) const {
    const std::vector<tasks::Word> request = tasks::words_with_places(evidence_.text());
    std::vector<Place> places;
    for (std::size_t p = 0; p < properties.items.size(); ++p) {
      const std::vector<std::string> name = tasks::words(properties.names[p]);
      for (std::size_t i = 0; !name.empty() && i + name.size() <= request.size(); ++i) {
        const auto begin = request.begin() + static_cast<std::ptrdiff_t>(i);
        if (!std::equal(name.begin(), name.end(), begin,
                        [](const std::string& word, const tasks::Word& at) { return word == at.text; }))
          continue;
        const std::size_t end = request[i + name.size() - 1].end;
        places.push_back({i, i + name.size(), p, request[i].end - request[i].text.size(), end});
      }
    }
    if (places.size() > kMostPlaces) return {};
    const std::vector<Place> all = places;
    std::erase_if(places, [&](const Place& one) {
      return std::ranges::any_of(all, [&](const Place& other) {
        return other.first <= one.first && one.last <= other.last && other.last - other.first > one.last - one.first;
      });
    });
    return places;
  }

  /// Numbers and truth values by the arguments whose whole name stands in front of them: "loan term: 30", "symbols no".
  std::map<std::string, std::string> named_values(const JsonValue& properties, const std::vector<Place>& places) const {
    std::map<std::string, std::string> values;
    std::set<std::string> unclear;
    for (const Place& place : places) {
      const std::string& name = properties.names[place.argument];
      const std::string json = value_at(place.end, properties.items[place.argument]);
      if (json.empty()) continue;
      const auto [known, is_new] = values.emplace(name, json);
      if (!is_new && known->second != json) unclear.insert(name);
    }
    std::erase_if(values, [&](const auto& value) { return unclear.contains(value.first); });
    return values;
  }

  /// The arguments whose whole name stands in front of a sign, or of "is" behind "the": "title: Lunch", "the city is".
  std::set<std::string> introduced(const JsonValue& properties, const std::vector<Place>& places) const {
    const std::string& text = evidence_.text();
    std::set<std::string> names;
    for (const Place& place : places) {
      std::size_t at = place.end;
      while (at < text.size() && text[at] == ' ') ++at;
      const bool sign = at < text.size() && (text[at] == ':' || text[at] == '=');
      const bool is = place.start >= 4 && lower(std::string_view(text).substr(place.start - 4, 4)) == "the " &&
                      text.compare(at, 3, "is ") == 0;
      if (sign || is) names.insert(properties.names[place.argument]);
    }
    return names;
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
  /// `named`: named_values(); `taken`: numbers that are other arguments' values.
  std::string argument(const std::string& name, const JsonValue& schema, bool required,
                       const std::map<std::string, std::string>& named, const std::set<std::string>& taken) const {
    const JsonValue *about = schema.find("description"), *values = schema.find("enum");
    const auto value = named.find(name);
    if (const std::string only = value == named.end() ? counted(name, schema) : value->second; !only.empty()) {
      std::string out = json_text(schema);
      out.back() = ',';
      return out + "\"const\":" + only + "}";
    }
    if (is_truth_value(schema) && !required &&
        !speaks_apart_of(name + " " + (about && about->is(Kind::kString) ? about->text : ""), named))
      return "";
    std::set<std::string> others = taken;
    if (!is_in_order(name + " " + (about && about->is(Kind::kString) ? about->text : "")))
      others.insert(no_counts_.begin(), no_counts_.end());
    if (is_number(schema) && !others.empty() && !schema.find("not")) {
      std::string out = json_text(schema), numbers;
      for (const std::string& number : others) numbers += (numbers.empty() ? "" : ",") + number;
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
  std::set<std::string> no_counts_;  // numbers that are said as days, times and the like alone

  /// Whether an argument is a day, a time or a place in an order.
  static bool is_in_order(std::string_view text) {
    static constexpr auto kWords = std::to_array<std::string_view>(
        {"date", "day", "hour", "index", "minut", "month", "place", "posit", "rank", "row", "time", "week", "year"});
    static_assert(std::ranges::is_sorted(kWords));
    return std::ranges::any_of(tasks::words(text), [](const std::string& word) {
      return std::ranges::binary_search(kWords, std::string_view(word).substr(0, kSubjectLetters));
    });
  }

  /// Whether any value of the type will do.
  static bool is_plain(const JsonValue& schema) {
    static constexpr auto kPlain =
        std::to_array<std::string_view>({"type", "description", "title", "default", "examples"});
    return std::ranges::all_of(
        schema.names, [](const std::string& keyword) { return std::ranges::find(kPlain, keyword) != kPlain.end(); });
  }

  /// The value behind a name that ends at `at`, as JSON: of the argument's type, after a sign or "is"; else empty.
  std::string value_at(std::size_t at, const JsonValue& schema) const {
    const std::string& text = evidence_.text();
    const bool number = is_number(schema);
    if ((!number && !is_truth_value(schema)) || !is_plain(schema)) return "";
    const auto skip = [&](std::string_view signs) {
      while (at < text.size() && signs.find(text[at]) != signs.npos) ++at;
    };
    skip(" ");
    if (at < text.size() && (text[at] == ':' || text[at] == '=')) ++at;
    for (const std::string_view verb : {"is ", "of "})
      if (text.compare(at, verb.size(), verb) == 0) at += verb.size();
    skip(" ");
    if (number) {
      for (const tasks::Found& one : numbers_)
        if (one.start == at && std::isalpha(static_cast<unsigned char>(text[at])) == 0 && !goes_on(text, one.end))
          return has_type(schema, "integer") && one.json.find('.') != one.json.npos ? "" : one.json;
      return "";
    }
    std::size_t end = at;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0) ++end;
    const std::string word = lower(std::string_view(text).substr(at, end - at));
    return word == "yes" || word == "true" ? "true" : word == "no" || word == "false" ? "false" : "";
  }
  /// Whether what stands behind a number makes it a time, a date, a share or a name: "7:30", "5%", "3rd".
  static bool goes_on(const std::string& text, std::size_t end) {
    if (end >= text.size()) return false;
    const char next = text[end], after = end + 1 < text.size() ? text[end + 1] : ' ';
    return std::isalnum(static_cast<unsigned char>(next)) != 0 || next == '%' ||
           (std::string_view(":/-").find(next) != std::string_view::npos &&
            std::isalnum(static_cast<unsigned char>(after)) != 0);
  }

  std::string counted(std::set<std::string> words, const JsonValue& schema) const {
    if (!is_number(schema) || !is_plain(schema)) return "";
    std::erase_if(words, is_measure);
    std::set<std::string> values;
    for (const std::string& word : words)
      if (const auto found = counts_.find(word); found != counts_.end())
        values.insert(found->second.begin(), found->second.end());
    if (values.size() != 1) return "";
    const std::string& value = *values.begin();
    return has_type(schema, "integer") && value.find('.') != value.npos ? "" : value;
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
    const std::vector<Said::Place> places = said.places_of_names(*properties);
    const std::map<std::string, std::string> named = said.named_values(*properties, places);
    const std::set<std::string> introduced = said.introduced(*properties, places);
    std::map<std::string, std::size_t> formats, counted;
    std::set<std::string> taken;
    for (std::size_t p = 0; p < properties->items.size(); ++p) {
      const std::string& name = properties->names[p];
      const auto value = named.find(name);
      ++formats[format_of(properties->items[p])];
      ++counted[said.counted_by_name(name, properties->items[p])];
      if (const std::string number = value == named.end() ? said.counted(name, properties->items[p]) : value->second;
          said.says_once(number))
        taken.insert(number);
    }
    for (std::size_t p = 0; p < properties->items.size(); ++p) {
      const std::string& name = properties->names[p];
      const JsonValue& property = properties->items[p];
      const std::string format = format_of(property),
                        one = said.argument(name, property, required.contains(name), named, taken);
      if (one.empty()) continue;
      kept += (kept.empty() ? "" : ",") + Said::quoted(name) + ":" + one;
      const std::string number = said.counted_by_name(name, property);
      if ((!format.empty() && formats[format] == 1 && said.has_one_value(property)) ||
          (!number.empty() && counted[number] == 1) || named.contains(name) ||
          (Said::is_plain_text(property) && introduced.contains(name)) || said.says_one_value(property))
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
