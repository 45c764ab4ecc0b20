// SPDX-License-Identifier: Apache-2.0
#include "extract/extractor.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>

#include "base/io.h"
#include "base/utf8.h"
#include "decode/validate.h"
#include "extract/forms.h"
#include "extract/phones.h"
#include "extract/settle.h"
#include "tasks/answer.h"
#include "tasks/extract.h"
#include "tasks/json_places.h"

namespace eve::extract {

namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kKeptSchemas = 16;

std::string json_quoted(std::string_view text) {
  std::string json;
  JsonWriter(json).value(text);
  return json;
}

/// The subschema of a plain path of properties and items, if there is one: what formats a value has.
const JsonValue* schema_at(const JsonValue& root, std::string_view pointer) {
  const JsonValue* at = &root;
  while (at && !pointer.empty()) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    const std::string_view step = pointer.substr(1, end - 1);
    const JsonValue* properties = at->find("properties");
    const JsonValue* member = properties ? properties->find(step) : nullptr;
    at = member ? member : at->find("items");
    pointer.remove_prefix(end);
  }
  return at;
}

/// Whether a schema lets a string be any.
bool is_any_string(const JsonValue* schema) {
  for (const char* keyword : {"enum", "const", "pattern", "anyOf", "oneOf", "allOf", "$ref"})
    if (!schema || schema->find(keyword)) return false;
  return true;
}

/// A span of signs alone, as a comma: no value of a string that may be any.
bool says_nothing(const JsonValue& value, const JsonValue* schema) {
  return is_any_string(schema) && value.is(Kind::kString) && !value.text.empty() &&
         std::ranges::none_of(value.text, [](unsigned char c) {
           return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
         });
}

/// The schema of an item or member of a value.
const JsonValue* schema_of(const JsonValue& value, std::size_t i, const JsonValue* schema) {
  if (!schema || value.is(Kind::kArray)) return schema ? schema->find("items") : nullptr;
  const JsonValue* properties = schema->find("properties");
  return properties ? properties->find(value.names[i]) : nullptr;
}

/// Strings that may be any without what parts them from the rest of a text: ", the canteen" is the canteen, ","
/// nothing; and telephone numbers whole.
void trim(JsonValue& value, const JsonValue* schema, const std::vector<std::string_view>& phones) {
  constexpr std::string_view kParts = " ,;:";
  if (!schema) return;
  // Another text might be too short or too long.
  if (value.is(Kind::kString) && is_any_string(schema) && !schema->find("minLength") && !schema->find("maxLength") &&
      !schema->find("format")) {
    const std::size_t first = value.text.find_first_not_of(kParts), last = value.text.find_last_not_of(kParts);
    value.text = first == value.text.npos ? "" : value.text.substr(first, last + 1 - first);
    value.text = whole_phone(value.text, phones);
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) trim(value.items[i], schema_of(value, i, schema), phones);
}

std::size_t least_items(const JsonValue* schema) {
  const JsonValue* least = schema ? schema->find("minItems") : nullptr;
  return least && least->is(Kind::kNumber) ? std::strtoul(json_text(*least).c_str(), nullptr, 10) : 0;
}

std::string first_step(std::string_view pointer) {
  const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
  return std::string(pointer.substr(0, end));
}

}  // namespace

/// A part of a text that is read at once.
struct Extractor::Window {
  std::size_t text, start;  // which text, and the window's first byte in it
  tasks::Evidence evidence;
  std::vector<tasks::Found> forms;            // what the text says in other forms
  std::optional<Generator::Request> request;  // none: nothing to be found
  std::vector<std::string> missing;
};

/// What one window gives: the members of the record (of one that is no object: itself, without a name).
struct Extractor::Part {
  struct Member {
    std::string name;
    JsonValue value;
    std::vector<Field> fields;  // pointers from the member on
    double confidence;
  };
  bool is_object = false;
  std::string reason;
  std::vector<Member> members;
  std::vector<std::string> missing;
};

std::vector<std::pair<std::size_t, std::size_t>> cut_windows(std::string_view text, std::size_t bytes,
                                                             std::size_t overlap) {
  std::vector<std::pair<std::size_t, std::size_t>> cuts;
  for (std::size_t start = 0;;) {
    std::size_t end = text.size();
    if (end - start > bytes) {
      end = start + utf8_complete_prefix(text.substr(start, bytes));
      // The last line end of the second half, else the last space of it.
      for (const char border : {'\n', ' '}) {
        const std::size_t found = text.rfind(border, end - 1);
        if (found == text.npos || found < start + bytes / 2) continue;
        end = found + 1;
        break;
      }
    }
    cuts.emplace_back(start, end);
    if (end == text.size()) return cuts;
    start = end - std::min(overlap, (end - start) / 2);
    while ((text[start] & 0xC0) == 0x80) ++start;
  }
}

Extractor::Extractor(const std::string& schema, const std::string& where, ExtractSettings settings)
    : text_(schema),
      where_(where),
      element_(parse_json(parser_, text_, where)),
      value_(parse_json_value(text_, where)),
      settings_(std::move(settings)) {
  SchemaGrammarOptions options;
  options.grounded = settings_.grounded;
  whole_ = compile_schema(SchemaGraph::parse(text_, where_), options);
}

const SchemaGrammar& Extractor::compiled(const std::string& schema) {
  if (const auto known = compiled_.find(schema); known != compiled_.end()) return known->second;
  if (compiled_.size() >= kKeptSchemas) compiled_.clear();
  SchemaGrammarOptions options;
  options.grounded = true;
  return compiled_.emplace(schema, compile_schema(SchemaGraph::parse(schema, where_), options)).first->second;
}

/// What may be written of a window; nothing when it has no value for the schema.
const SchemaGrammar* Extractor::grammar_for(Window& window) {
  if (!settings_.grounded) return &whole_;
  std::optional<tasks::GroundedSchema> grounded =
      tasks::ground_schema(settle(value_, window.evidence), window.evidence);
  if (!grounded) return nullptr;
  window.missing = std::move(grounded->missing);
  try {
    return &compiled(grounded->schema);
  } catch (const Error& e) {  // none of its values is left
    if (e.status() != Status::kInput) throw;
    return nullptr;
  }
}

std::vector<Extractor::Window> Extractor::windows(const std::vector<std::string>& texts) {
  std::vector<Window> all;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (const auto& [start, end] : cut_windows(texts[i], settings_.window_bytes, settings_.overlap_bytes)) {
      Window window{i, start, tasks::Evidence(texts[i].substr(start, end - start), settings_.today), {}, {}, {}};
      window.evidence.leave_out_inner_numbers();
      const std::string& text = window.evidence.text();
      if (text.find_first_not_of(" \t\r\n") != text.npos) {
        if (const SchemaGrammar* grammar = grammar_for(window)) {
          Generator::Request& request = window.request.emplace();
          request.prompt = tasks::extract_prompt(element_, text, settings_.window_bytes);
          request.constraint.grammar = grammar->grammar;
          request.constraint.source = text;
          window.forms = other_forms(text);
          for (const tasks::Found& form : window.forms)
            request.constraint.source += "\n" + parse_json_value(form.json, "form").text;
          if (grammar->needs_check)
            request.constraint.check = [judge = *grammar](std::string_view answer) { return !judge.check(answer); };
        }
      }
      all.push_back(std::move(window));
    }
  }
  return all;
}

Extractor::Part Extractor::read(const Window& window, const Generator::Result& result,
                                const Tokenizer& tokenizer) const {
  Part part;
  part.missing = window.missing;
  if (const char* reason = tasks::failure(result.reason)) {
    part.reason = reason;
    return part;
  }
  const tasks::Certainty certainty(tokenizer, result);
  const JsonValue value = parse_json_value(result.text, "answer");
  part.is_object = value.is(Kind::kObject);
  const std::vector<std::string_view> phones = find_phones(window.evidence.text());
  std::map<std::string, std::vector<Field>> fields;
  for (const tasks::JsonPlace& place : tasks::json_places(result.text, value)) {
    Field field{place.pointer, certainty.of(place.start, place.end), {}};
    JsonValue said = *place.value;
    const JsonValue* schema = schema_at(value_, place.pointer);
    if (settings_.grounded) trim(said, schema, phones);
    std::optional<tasks::Found> found = window.evidence.place(said, schema);
    const auto form = std::ranges::find(window.forms, json_text(said), &tasks::Found::json);
    if (!found && form != window.forms.end()) found = *form;
    if (found) field.span = {window.start + found->start, window.start + found->end};
    fields[part.is_object ? first_step(place.pointer) : ""].push_back(std::move(field));
  }
  const auto add = [&](const std::string& name, const std::string& pointer, JsonValue member) {
    std::vector<Field>& of_member = fields[pointer];
    if (settings_.grounded) {
      const JsonValue* schema = schema_at(value_, pointer);
      trim(member, schema, phones);
      drop_repeats(member, schema, pointer, of_member);
    }
    double sure = 1;
    for (const Field& field : of_member) sure = std::min(sure, field.confidence);
    part.members.push_back({name, std::move(member), of_member, sure});
  };
  if (!part.is_object) add("", "", value);
  for (std::size_t i = 0; i < value.names.size(); ++i) {
    const std::string &name = value.names[i], pointer = "/" + pointer_step(name);
    const bool is_none = settings_.grounded && says_nothing(value.items[i], schema_at(value_, pointer));
    if (is_none && !is_nullable(name)) {
      if (!is_optional(name)) part.missing.push_back(name);
      continue;
    }
    if (is_none)
      for (Field& field : fields[pointer]) field.span.reset();
    add(name, pointer, is_none ? JsonValue() : value.items[i]);
  }
  if (settings_.grounded) drop_same_span(part, window.evidence.text());
  return part;
}

/// What a text says once is one member's: of two the less sure one is left out or null, where it may be.
void Extractor::drop_same_span(Part& part, const std::string& text) const {
  const auto is_plain = [&](const Part::Member& member) {
    const JsonValue* schema = schema_at(value_, "/" + pointer_step(member.name));
    return member.value.is(Kind::kString) && is_any_string(schema) && !schema->find("format");
  };
  const auto may_go = [&](const Part::Member& member) { return is_optional(member.name) || is_nullable(member.name); };
  std::vector<Part::Member*> plain;
  for (Part::Member& member : part.members)
    if (is_plain(member)) plain.push_back(&member);
  std::ranges::stable_sort(plain, std::greater{}, &Part::Member::confidence);
  std::set<std::string> said, gone;
  for (Part::Member* member : plain) {
    const std::size_t first = text.find(member->value.text);
    if (first == text.npos || text.find(member->value.text, first + 1) != text.npos) continue;
    if (said.insert(member->value.text).second || !may_go(*member)) continue;
    if (is_nullable(member->name)) {
      member->value = JsonValue();
      for (Field& field : member->fields) field.span.reset();
    } else {
      gone.insert(member->name);
    }
  }
  std::erase_if(part.members, [&](const Part::Member& member) { return gone.contains(member.name); });
}

bool Extractor::is_optional(const std::string& member) const {
  const JsonValue* required = value_.find("required");
  return !required || std::ranges::none_of(required->items, [&](const JsonValue& one) { return one.text == member; });
}

bool Extractor::is_nullable(const std::string& member) const {
  JsonValue null;
  const Schema& root = (*whole_.schema)[whole_.schema->root()];
  const auto found = root.property.find(member);
  return found != root.property.end() && !validate(*whole_.schema, found->second, null);
}

void drop_repeats(JsonValue& value, const JsonValue* schema, const std::string& pointer, std::vector<Field>& fields) {
  const auto step = [&](std::size_t i) {
    return pointer + "/" + (value.is(Kind::kObject) ? pointer_step(value.names[i]) : std::to_string(i));
  };
  const auto is_of = [](const Field& field, const std::string& item) {
    return field.pointer == item || field.pointer.starts_with(item + "/");
  };
  for (std::size_t i = 0; i < value.items.size(); ++i)
    drop_repeats(value.items[i], schema_of(value, i, schema), step(i), fields);
  if (!value.is(Kind::kArray)) return;
  const std::size_t least = least_items(schema);
  std::set<std::string> have;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const bool may_repeat = !value.items[i].is(Kind::kString) && !value.items[i].is(Kind::kObject);
    const std::string from = step(i), to = step(kept);
    const bool is_empty = value.items[i].is(Kind::kString) && value.items[i].text.empty();
    const bool is_needed = kept + value.items.size() - i <= least;
    if (!is_needed && (is_empty || (!have.insert(canonical_json(value.items[i])).second && !may_repeat))) {
      std::erase_if(fields, [&](const Field& field) { return is_of(field, from); });
      continue;
    }
    if (kept != i) {
      for (Field& field : fields)
        if (is_of(field, from)) field.pointer.replace(0, from.size(), to);
      value.items[kept] = std::move(value.items[i]);
    }
    ++kept;
  }
  value.items.resize(kept);
}

/// Of each member the value of the window that is surest of it, null being no value; arrays are joined.
Record Extractor::merge(std::vector<Part> parts) const {
  Record record;
  std::vector<Part::Member> members;
  std::set<std::string> missing;
  bool is_object = false, answered = false;
  for (Part& part : parts) {
    if (!part.reason.empty()) record.reason = part.reason;
    is_object = is_object || part.is_object;
    missing.insert(part.missing.begin(), part.missing.end());
    for (Part::Member& member : part.members) {
      answered = true;
      const auto known = std::ranges::find(members, member.name, &Part::Member::name);
      if (known == members.end()) {
        members.push_back(std::move(member));
      } else if (known->value.is(Kind::kArray) && member.value.is(Kind::kArray)) {
        std::set<std::string> have;
        for (const JsonValue& item : known->value.items) have.insert(canonical_json(item));
        const std::string front = (is_object ? "/" + pointer_step(member.name) : "") + "/";
        for (std::size_t i = 0; i < member.value.items.size(); ++i) {
          if (!have.insert(canonical_json(member.value.items[i])).second) continue;
          const std::string from = front + std::to_string(i), to = front + std::to_string(known->value.items.size());
          for (const Field& field : member.fields)
            if (field.pointer == from || field.pointer.starts_with(from + "/"))
              known->fields.push_back({to + field.pointer.substr(from.size()), field.confidence, field.span});
          known->value.items.push_back(member.value.items[i]);
        }
      } else if (!member.value.is(Kind::kNull) &&
                 (known->value.is(Kind::kNull) || member.confidence > known->confidence)) {
        *known = std::move(member);
      }
    }
    // An object without members is an answer too.
    answered = answered || (part.is_object && part.reason.empty());
  }
  if (!answered) {
    if (record.reason.empty()) record.reason = "the text has no value for the schema";
    record.missing.assign(missing.begin(), missing.end());
    return record;
  }
  record.reason.clear();
  // The order of the schema, whichever window a member comes from.
  if (const JsonValue* properties = value_.find("properties"))
    std::ranges::stable_sort(members, {}, [&](const Part::Member& m) {
      return std::ranges::find(properties->names, m.name) - properties->names.begin();
    });
  std::string json;
  for (Part::Member& member : members) {
    missing.erase(member.name);
    std::string text = json_text(member.value);
    if (member.confidence < settings_.min_confidence && !member.value.is(Kind::kNull)) {
      if (is_optional(member.name)) continue;
      if (is_nullable(member.name)) text = "null";
    }
    record.fields.insert(record.fields.end(), member.fields.begin(), member.fields.end());
    json += (json.empty() ? "" : ",") + (is_object ? json_quoted(member.name) + ":" : "") + text;
  }
  record.json = is_object ? "{" + json + "}" : json;
  record.missing.assign(missing.begin(), missing.end());
  judge(record);
  return record;
}

/// The last word is the validator's: on the schema as it is, or without what the text cannot give.
void Extractor::judge(Record& record) const {
  std::string reason;
  if (!record.missing.empty() && settings_.strict_required) {
    reason = "the text has no value for ";
    for (const std::string& name : record.missing)
      reason += (&name == &record.missing[0] ? "" : ", ") + printable(name);
  } else {
    std::string schema = text_;
    if (!record.missing.empty()) {
      std::string members;
      for (std::size_t i = 0; i < value_.items.size(); ++i) {
        std::string text = json_text(value_.items[i]);
        if (value_.names[i] == "required") {
          text.clear();
          for (const JsonValue& name : value_.items[i].items)
            if (std::ranges::find(record.missing, name.text) == record.missing.end())
              text += (text.empty() ? "" : ",") + json_text(name);
          text = "[" + text + "]";
        }
        members += (members.empty() ? "" : ",") + json_quoted(value_.names[i]) + ":" + text;
      }
      schema = "{" + members + "}";
    }
    const auto graph = record.missing.empty() ? whole_.schema : SchemaGraph::parse(schema, where_);
    if (const auto violation = validate(*graph, parse_json_value(record.json, "answer"))) reason = violation->str();
  }
  if (reason.empty()) return;
  record.reason = reason;
  record.json.clear();
  record.fields.clear();
}

std::vector<Record> Extractor::extract(Generator& generator, const Tokenizer& tokenizer,
                                       const std::vector<std::string>& texts, const GenerateOptions& options) {
  const std::vector<Window> all = windows(texts);
  std::vector<Generator::Request> requests;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].request) continue;
    requests.push_back(*all[i].request);
    asked.push_back(i);
  }
  std::vector<std::vector<Part>> parts(texts.size());
  generator.generate_all(requests, options, [&](std::size_t i, Generator::Result&& result) {
    const Window& window = all[asked[i]];
    parts[window.text].push_back(read(window, result, tokenizer));
  });
  std::vector<Record> records;
  for (std::vector<Part>& of_text : parts) records.push_back(merge(std::move(of_text)));
  return records;
}

}  // namespace eve::extract
