// SPDX-License-Identifier: Apache-2.0
#include "decode/schema_infer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "decode/format.h"

namespace eve {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kMaxPlaces = 10'000;
constexpr std::size_t kMaxChoices = 8, kMinExamples = 10, kUsesOfAChoice = 3, kMaxChoiceBytes = 40;
// In this order: what is a date-time is nothing else, and a host name may be any word.
constexpr Format kFormats[] = {Format::kDateTime, Format::kDate, Format::kTime, Format::kUuid,
                               Format::kEmail,    Format::kIpv4, Format::kIpv6, Format::kUri};

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

}  // namespace

/// All values seen at one place.
struct SchemaInference::Place {
  std::size_t seen = 0;
  std::size_t kinds[6] = {};  // by JsonValue::Kind
  bool fractions = false;
  std::set<std::string> choices;  // up to one more than may be
  std::vector<Format> formats{std::begin(kFormats), std::end(kFormats)};
  std::vector<std::string> names;  // in the order of their first appearance
  std::map<std::string, Place> members;
  std::unique_ptr<Place> items;

  std::size_t of(Kind kind) const { return kinds[static_cast<std::size_t>(kind)]; }

  void add(const JsonValue& value, std::size_t& places) {
    if (places > kMaxPlaces) throw Error(Status::kInput, "the examples have more than 10000 different members");
    ++seen;
    ++kinds[static_cast<std::size_t>(value.kind)];
    if (value.is(Kind::kNumber)) fractions = fractions || !value.number.integer();
    if (value.is(Kind::kString)) {
      if (choices.size() <= kMaxChoices) choices.insert(value.text.substr(0, kMaxChoiceBytes + 1));
      std::erase_if(formats, [&](Format format) { return !matches_format(format, value.text); });
    }
    if (value.is(Kind::kArray)) {
      for (const JsonValue& item : value.items) {
        if (!items) {
          items = std::make_unique<Place>();
          ++places;
        }
        items->add(item, places);
      }
    }
    if (value.is(Kind::kObject)) {
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        const auto [member, fresh] = members.try_emplace(value.names[i]);
        if (fresh) {
          names.push_back(value.names[i]);
          ++places;
        }
        member->second.add(value.items[i], places);
      }
    }
  }

  bool chosen() const {
    return of(Kind::kString) >= std::max(kMinExamples, kUsesOfAChoice * choices.size()) &&
           choices.size() <= kMaxChoices &&
           std::ranges::none_of(choices, [](const std::string& choice) { return choice.size() > kMaxChoiceBytes; });
  }

  std::string schema() const {
    constexpr const char* kNames[] = {"null", "boolean", "number", "string", "array", "object"};
    std::vector<std::string> types, out;
    for (const Kind kind : {Kind::kObject, Kind::kArray, Kind::kString, Kind::kNumber, Kind::kBoolean, Kind::kNull})
      if (of(kind) != 0)
        types.push_back(
            spelled_string(kind == Kind::kNumber && !fractions ? "integer" : kNames[static_cast<std::size_t>(kind)]));
    if (types.empty()) return "true";
    out.push_back("\"type\":" + (types.size() == 1 ? types[0] : "[" + joined(types) + "]"));
    if (of(Kind::kString) != 0) {
      // A choice lists every value, so it cannot stand beside types of many.
      const bool only_choice = types.size() == 1 || (types.size() == 2 && of(Kind::kNull) != 0);
      if (!formats.empty()) {
        out.push_back("\"format\":" + spelled_string(format_name(formats[0])));
      } else if (only_choice && chosen()) {
        std::vector<std::string> values;
        for (const std::string& choice : choices) values.push_back(spelled_string(choice));
        if (of(Kind::kNull) != 0) values.push_back("null");
        out.push_back("\"enum\":[" + joined(values) + "]");
      }
    }
    if (items) out.push_back("\"items\":" + items->schema());
    if (of(Kind::kObject) != 0) {
      std::vector<std::string> properties, required;
      for (const std::string& name : names) {
        const Place& member = members.at(name);
        properties.push_back(spelled_string(name) + ":" + member.schema());
        if (member.seen == of(Kind::kObject)) required.push_back(spelled_string(name));
      }
      out.push_back("\"properties\":{" + joined(properties) + "}");
      out.push_back("\"required\":[" + joined(required) + "]");
      out.push_back("\"additionalProperties\":false");
    }
    return "{" + joined(out) + "}";
  }
};

SchemaInference::SchemaInference() : root_(std::make_unique<Place>()) {}
SchemaInference::~SchemaInference() = default;
SchemaInference::SchemaInference(SchemaInference&&) noexcept = default;

void SchemaInference::add(const JsonValue& example) { root_->add(example, places_); }
std::string SchemaInference::schema() const { return root_->schema(); }

}  // namespace eve
