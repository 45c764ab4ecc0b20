// SPDX-License-Identifier: Apache-2.0
#include "commit/lint.h"

#include <git2.h>

#include <algorithm>
#include <functional>

#include "base/io.h"
#include "commit/letter_case.h"

namespace eve::commit {

namespace {

using Text = std::string_view;
using Kind = JsonValue::Kind;

/// Whether a message keeps a rule, and what to say when it does not.
struct Verdict {
  bool good = true;
  std::string text = {};
};

JsonValue text_value(Text text) {
  JsonValue value;
  value.kind = Kind::kString;
  value.text = text;
  return value;
}

std::size_t number_of(const JsonValue& value) {
  return value.is(Kind::kNumber) ? value.number.to_count().value_or(0) : 0;
}

/// The strings of an array, or the one string.
std::vector<std::string> strings_of(const JsonValue& value) {
  std::vector<std::string> strings;
  if (value.is(Kind::kString)) strings.push_back(value.text);
  if (value.is(Kind::kArray))
    for (const JsonValue& one : value.items)
      if (one.is(Kind::kString)) strings.push_back(one.text);
  return strings;
}

std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + printable(word);
  return text;
}

std::string must(bool always) { return always ? "must " : "must not "; }

// ------------------------------------------------------------------------------------------------ kinds of rules

using Part = std::string Message::*;

Verdict empty(Text name, const std::string& part, const Rule& rule) {
  return {part.empty() == rule.always, std::string(name) + " " + must(rule.always) + "be empty"};
}

Verdict longest(Text name, const std::string& part, const Rule& rule) {
  const std::size_t limit = number_of(rule.value), length = utf16_length(part);
  return {length <= limit, std::string(name) + " has " + std::to_string(length) + " characters, at most " +
                               std::to_string(limit) + " are allowed"};
}

Verdict shortest(Text name, const std::string& part, const Rule& rule) {
  const std::size_t limit = number_of(rule.value), length = utf16_length(part);
  return {length >= limit, std::string(name) + " has " + std::to_string(length) + " characters, at least " +
                               std::to_string(limit) + " are wanted"};
}

bool names_address(Text line) {
  for (std::size_t at = line.find("http"); at != line.npos; at = line.find("http", at + 1)) {
    if (at > 0 && (std::isalnum(static_cast<unsigned char>(line[at - 1])) != 0 || line[at - 1] == '_')) continue;
    Text rest = line.substr(at + 4);
    if (rest.starts_with('s')) rest.remove_prefix(1);
    if (rest.starts_with("://") && rest.size() > 3 && space_bytes(rest, 3) == 0) return true;
  }
  return false;
}

Verdict line_length(Text name, const std::string& part, const Rule& rule) {
  const std::size_t limit = number_of(rule.value);
  for (const Text line : lines_of(part))
    if (utf16_length(line) > limit && !names_address(line))
      return {false, std::string(name) + " has a line of " + std::to_string(utf16_length(line)) +
                         " characters, at most " + std::to_string(limit) + " are allowed"};
  return {};
}

/// Cases as a rule gives them: "lower-case", ["lower-case", ...], or {"when", "case"} in place of a name.
Verdict letter_case(Text name, const std::vector<std::string>& parts, const Rule& rule, const JsonValue& value) {
  bool any = false;
  std::vector<std::string> names;
  std::vector<JsonValue> checks = value.is(Kind::kArray) ? value.items : std::vector<JsonValue>{value};
  for (const JsonValue& check : checks) {
    const JsonValue* when = check.find("when");
    const JsonValue* which = check.find("case");
    const std::string& name_of_case = which ? which->text : check.text;
    names.push_back(name_of_case);
    const bool all = std::ranges::all_of(parts, [&](const std::string& p) { return has_case(p, name_of_case); });
    any |= all != (when && when->text == "never");
  }
  return {any == rule.always, std::string(name) + " " + must(rule.always) + "be " + list(names)};
}

Verdict full_stop(Text name, Text text, const Rule& rule) {
  const std::string stop = rule.value.is(Kind::kString) ? rule.value.text : ".";
  return {(!text.empty() && text.ends_with(stop) && utf16_length(stop) == 1) == rule.always,
          std::string(name) + " " + must(rule.always) + "end with " + printable(stop)};
}

bool is_marked(const Message& message) {
  Message marked = parse_message(message.header.value_or(""));
  return message.header && marked.breaking;
}

// ------------------------------------------------------------------------------------------------------- scopes

std::vector<std::string> delimiters_of(const JsonValue& value) {
  const JsonValue* own = value.find("delimiters");
  const std::vector<std::string> given = own ? strings_of(*own) : std::vector<std::string>{};
  return given.empty() ? std::vector<std::string>{"/", "\\", ","} : given;
}

/// The scope in the parts that the delimiters make; a comma may have a blank behind it.
std::vector<std::string> scope_parts(Text scope, const std::vector<std::string>& delimiters) {
  std::vector<std::string> parts(1);
  while (!scope.empty()) {
    const auto delimiter =
        std::ranges::find_if(delimiters, [&](const std::string& d) { return !d.empty() && scope.starts_with(d); });
    if (delimiter == delimiters.end()) {
      parts.back() += scope.front();
      scope.remove_prefix(1);
      continue;
    }
    scope.remove_prefix(delimiter->size());
    if (*delimiter == "," && scope.starts_with(' ')) scope.remove_prefix(1);
    parts.emplace_back();
  }
  return parts;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

Verdict scope_enum(const Message& m, const Rule& rule) {
  const JsonValue* inner = rule.value.find("scopes");
  const std::vector<std::string> scopes = strings_of(inner ? *inner : rule.value);
  if (m.scope.empty() || scopes.empty()) return {};
  const std::vector<std::string> parts = scope_parts(m.scope, delimiters_of(rule.value));
  const auto known = [&](const std::string& scope) { return contains(scopes, scope); };
  const bool good = rule.always ? std::ranges::all_of(parts, known) || known(m.scope)
                                : std::ranges::none_of(parts, known) && !known(m.scope);
  return {good, "scope " + must(rule.always) + "be one of " + list(scopes)};
}

Verdict scope_case(const Message& m, const Rule& rule) {
  if (m.scope.empty()) return {};
  const JsonValue* inner = rule.value.find("cases");
  return letter_case("scope", scope_parts(m.scope, delimiters_of(rule.value)), rule, inner ? *inner : rule.value);
}

Verdict scope_delimiters(const Message& m, const Rule& rule) {
  const std::vector<std::string> given = strings_of(rule.value);
  const std::vector<std::string> allowed = given.empty() ? delimiters_of(JsonValue()) : given;
  bool good = true;
  for (std::size_t at = 0; at < m.scope.size();) {
    const auto is_delimiter = [&](std::size_t i) {
      const unsigned char c = static_cast<unsigned char>(m.scope[i]);
      return (c >= 0x80 || std::isalnum(c) == 0) && c != '-' && c != '_';
    };
    std::size_t end = at;
    while (end < m.scope.size() && is_delimiter(end)) ++end;
    if (end > at) {
      const Text one = Text(m.scope).substr(at, end - at);
      good &= contains(allowed, trim(one) == "," ? "," : std::string(one));
    }
    at = std::max(end, at + 1);
  }
  return {m.scope.empty() || good == rule.always, "scope delimiters " + must(rule.always) + "be of " + list(allowed)};
}

// -------------------------------------------------------------------------------------------- single rules

Verdict body_blank(const Message& m, const Rule& rule) {
  if (m.body.empty()) return {};
  const std::vector<Text> lines = lines_of(m.raw);
  const bool blank = lines.size() > 1 && lines[1].empty();
  return {blank == rule.always, "body " + must(rule.always) + "have an empty line in front"};
}

Verdict footer_blank(const Message& m, const Rule& rule) {
  if (m.footer.empty()) return {};
  const std::vector<Text> lines = lines_of(m.raw);
  const auto at = std::ranges::find(lines, lines_of(m.footer)[0]);
  const bool blank = at != lines.begin() && at != lines.end() && std::prev(at)->empty();
  return {blank == rule.always, "footer " + must(rule.always) + "have an empty line in front"};
}

Verdict header_trim(const Message& m, const Rule&) {
  const std::string header = m.header.value_or("");
  return {trim(header).size() == header.size(), "header must not have white space at its ends"};
}

Verdict subject_full_stop(const Message& m, const Rule& rule) {
  const std::string header = m.header.value_or("");
  if (const std::size_t colon = header.find(':'); colon != header.npos && colon > 0 && colon + 1 == header.size())
    return {};
  if (header.ends_with("...")) return {!rule.always, "subject must end with a full stop"};
  return full_stop("subject", header, rule);
}

Verdict subject_case(const Message& m, const Rule& rule) {
  if (!begins_with_cased_letter(m.subject)) return {};
  return letter_case("subject", {m.subject}, rule, rule.value);
}

Verdict header_case(const Message& m, const Rule& rule) {
  if (!m.header || std::isalpha(static_cast<unsigned char>((*m.header)[0])) == 0) return {};
  return letter_case("header", {*m.header}, rule, rule.value);
}

Verdict type_enum(const Message& m, const Rule& rule) {
  const std::vector<std::string> types = strings_of(rule.value);
  return {m.type.empty() || contains(types, m.type) == rule.always,
          "type " + must(rule.always) + "be one of " + list(types)};
}

Verdict both_breaking(const Message& m, const Rule& rule) {
  const bool noted = std::ranges::any_of(lines_of(m.footer), [](Text line) {
    return line.starts_with("BREAKING CHANGE:") || line.starts_with("BREAKING-CHANGE:");
  });
  if (!m.header && m.footer.empty()) return {};
  return {(is_marked(m) == noted) == rule.always,
          "a breaking change " + must(rule.always) + "have both ! in the header and BREAKING CHANGE in the footer"};
}

Verdict signed_off(const Message& m, const Rule& rule) {
  std::string last;
  for (const Text line : lines_of(m.raw))
    if (!line.empty() && !line.starts_with('#') && !trim(line).starts_with("(cherry picked from commit ")) last = line;
  return {(!last.empty() && last.starts_with(rule.value.text)) == rule.always,
          "message " + must(rule.always) + "end with " + printable(rule.value.text)};
}

Verdict trailer(const Message& m, const Rule& rule) {
  git_message_trailer_array trailers{};
  bool found = false;
  git_libgit2_init();
  if (git_message_trailers(&trailers, m.raw.c_str()) == 0) {
    for (std::size_t i = 0; i < trailers.count; ++i)
      found |= (std::string(trailers.trailers[i].key) + ": " + trailers.trailers[i].value).starts_with(rule.value.text);
    git_message_trailer_array_free(&trailers);
  }
  git_libgit2_shutdown();
  return {found == rule.always, "message " + must(rule.always) + "have the trailer " + printable(rule.value.text)};
}

// ----------------------------------------------------------------------------------------------------- the table

using Judge = std::function<Verdict(const Message&, const Rule&)>;

/// The rule for one part of a message; most say nothing of a part that is not there.
Judge of(Text name, Part part, Verdict (*judge)(Text, const std::string&, const Rule&), bool when_empty = false) {
  return [=](const Message& m, const Rule& rule) {
    return (m.*part).empty() && !when_empty ? Verdict{} : judge(name, m.*part, rule);
  };
}

Judge of_header(Verdict (*judge)(Text, const std::string&, const Rule&)) {
  return [=](const Message& m, const Rule& rule) {
    return m.header ? judge("header", *m.header, rule) : Verdict{false, "header is missing"};
  };
}

Judge case_of(Text name, Part part) {
  return [=](const Message& m, const Rule& rule) {
    return (m.*part).empty() ? Verdict{} : letter_case(name, {m.*part}, rule, rule.value);
  };
}

const std::map<std::string, Judge, std::less<>>& judges() {
  using M = Message;
  static const std::map<std::string, Judge, std::less<>> kJudges = {
      {"body-case", case_of("body", &M::body)},
      {"body-empty", of("body", &M::body, empty, true)},
      {"body-full-stop",
       [](const M& m, const Rule& r) { return m.body.empty() ? Verdict{} : full_stop("body", m.body, r); }},
      {"body-leading-blank", body_blank},
      {"body-max-length", of("body", &M::body, longest)},
      {"body-max-line-length", of("body", &M::body, line_length)},
      {"body-min-length", of("body", &M::body, shortest)},
      {"breaking-change-exclamation-mark", both_breaking},
      {"footer-empty", of("footer", &M::footer, empty, true)},
      {"footer-leading-blank", footer_blank},
      {"footer-max-length", of("footer", &M::footer, longest)},
      {"footer-max-line-length", of("footer", &M::footer, line_length)},
      {"footer-min-length", of("footer", &M::footer, shortest)},
      {"header-case", header_case},
      {"header-full-stop", [](const M& m, const Rule& r) { return full_stop("header", m.header.value_or(""), r); }},
      {"header-max-length", of_header(longest)},
      {"header-min-length", of_header(shortest)},
      {"header-trim", header_trim},
      {"references-empty",
       [](const M& m, const Rule& r) {
         return Verdict{m.references.empty() == r.always, "issues " + must(!r.always) + "be named"};
       }},
      {"scope-case", scope_case},
      {"scope-delimiter-style", scope_delimiters},
      {"scope-empty", of("scope", &M::scope, empty, true)},
      {"scope-enum", scope_enum},
      {"scope-max-length", of("scope", &M::scope, longest)},
      {"scope-min-length", of("scope", &M::scope, shortest)},
      {"signed-off-by", signed_off},
      {"subject-case", subject_case},
      {"subject-empty", of("subject", &M::subject, empty, true)},
      {"subject-exclamation-mark",
       [](const M& m, const Rule& r) {
         return Verdict{!m.header || is_marked(m) == r.always,
                        "header " + must(r.always) + "have a ! before the colon"};
       }},
      {"subject-full-stop", subject_full_stop},
      {"subject-max-length", of("subject", &M::subject, longest)},
      {"subject-min-length", of("subject", &M::subject, shortest)},
      {"trailer-exists", trailer},
      {"type-case", case_of("type", &M::type)},
      {"type-empty", of("type", &M::type, empty, true)},
      {"type-enum", type_enum},
      {"type-max-length", of("type", &M::type, longest)},
      {"type-min-length", of("type", &M::type, shortest)},
  };
  return kJudges;
}

/// Every case a rule names is one of commitlint's.
void check_cases(const JsonValue& value, const std::string& where) {
  const JsonValue* inner = value.find("cases");
  const JsonValue& cases = inner ? *inner : value;
  for (const JsonValue& one : cases.is(Kind::kArray) ? cases.items : std::vector<JsonValue>{cases}) {
    const JsonValue* which = one.find("case");
    if (!is_case_name(which ? which->text : one.text)) throw Error(Status::kInput, where + ": not the name of a case");
  }
}

}  // namespace

void Rules::set(const std::string& name, const JsonValue& setting, const std::string& where) {
  const std::string place = where + ": rule " + printable(name);
  if (!judges().contains(name)) throw Error(Status::kInput, place + " is not one of commitlint's");
  if (!setting.is(Kind::kArray) || setting.items.empty() || setting.items.size() > 3)
    throw Error(Status::kInput, place + " must be [level, \"always\" or \"never\", value]");
  const auto level = setting.items[0].is(Kind::kNumber) ? setting.items[0].number.to_count() : std::nullopt;
  if (!level || *level > 2) throw Error(Status::kInput, place + ": the level must be 0, 1 or 2");
  Rule rule;
  rule.severity = static_cast<Severity>(*level);
  if (rule.severity != Severity::kOff || setting.items.size() > 1) {
    const std::string when = setting.items.size() > 1 ? setting.items[1].text : "";
    if (when != "always" && when != "never")
      throw Error(Status::kInput, place + ": the second value must be \"always\" or \"never\"");
    rule.always = when == "always";
  }
  if (setting.items.size() == 3) rule.value = setting.items[2];
  if (rule.severity != Severity::kOff) {
    if ((name.ends_with("-max-length") || name.ends_with("-min-length") || name.ends_with("-line-length")) &&
        !rule.value.is(Kind::kNumber))
      throw Error(Status::kInput, place + " needs a number");
    if (name.ends_with("-case")) check_cases(rule.value, place);
  }
  by_name[name] = std::move(rule);
}

const Rule* Rules::error(Text name) const {
  const auto rule = by_name.find(name);
  return rule != by_name.end() && rule->second.severity == Severity::kError ? &rule->second : nullptr;
}

std::size_t Rules::limit(Text name, std::size_t none) const {
  const Rule* rule = error(name);
  return rule ? number_of(rule->value) : none;
}

std::vector<std::string> Rules::words(Text name) const {
  const Rule* rule = error(name);
  if (!rule || !rule->always) return {};
  const JsonValue* inner = rule->value.find("scopes");
  return strings_of(inner ? *inner : rule->value);
}

void Rules::set_limit(Text name, std::size_t limit) {
  Rule rule;
  rule.value.kind = Kind::kNumber;
  rule.value.number = Decimal(static_cast<std::int64_t>(limit));
  by_name[std::string(name)] = rule;
}

void Rules::set_words(Text name, const std::vector<std::string>& words) {
  Rule rule;
  rule.value.kind = Kind::kArray;
  for (const std::string& word : words) rule.value.items.push_back(text_value(word));
  by_name[std::string(name)] = rule;
}

Rules conventional_rules() {
  Rules rules;
  const auto on = [&](Text name, bool always = true, Severity severity = Severity::kError) -> Rule& {
    Rule& rule = rules.by_name[std::string(name)];
    rule.severity = severity;
    rule.always = always;
    return rule;
  };
  on("body-leading-blank", true, Severity::kWarning);
  on("footer-leading-blank", true, Severity::kWarning);
  for (const Text limit : {"body-max-line-length", "footer-max-line-length", "header-max-length"})
    rules.set_limit(limit, 100);
  on("header-trim");
  rules.set_words("subject-case", {"sentence-case", "start-case", "pascal-case", "upper-case"});
  on("subject-case", false);
  on("subject-empty", false);
  on("subject-full-stop", false).value = text_value(".");
  on("type-case").value = text_value("lower-case");
  on("type-empty", false);
  rules.set_words("type-enum",
                  {"build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test"});
  return rules;
}

std::vector<Problem> lint(Text text, const Rules& rules, Text comment) {
  std::vector<Problem> problems;
  if (rules.ignores && is_ignored(text)) return problems;
  if (trim(text).empty()) return {{"header-empty", Severity::kError, "the message is empty"}};
  const Message message = parse_message(text, {rules.conventional, std::string(comment)});
  if (!message.header && message.body.empty() && message.footer.empty()) return problems;
  for (const auto& [name, rule] : rules.by_name) {
    if (rule.severity == Severity::kOff) continue;
    const Verdict verdict = judges().find(name)->second(message, rule);
    if (!verdict.good) problems.push_back({name, rule.severity, verdict.text});
  }
  return problems;
}

bool is_refused(const std::vector<Problem>& problems) {
  return std::ranges::any_of(problems, [](const Problem& p) { return p.severity == Severity::kError; });
}

}  // namespace eve::commit
