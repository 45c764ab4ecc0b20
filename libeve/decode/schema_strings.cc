// SPDX-License-Identifier: Apache-2.0
// Strings of a schema.
#include <algorithm>
#include <optional>

#include "decode/schema_compiler.h"

namespace eve {
namespace {

// Strings are counted by an automaton only where a pattern or a format is one already.
constexpr std::size_t kMaxCounted = 2'000;
constexpr std::size_t kMaxBanned = 10'000;

std::uint32_t bound32(std::size_t bound) {
  return static_cast<std::uint32_t>(std::min<std::size_t>(bound, Grammar::kUnbounded - 1));
}

/// The strings among canonical texts.
std::vector<std::string> strings_of(const std::vector<std::string>& canonical) {
  std::vector<std::string> out;
  for (const std::string& text : canonical)
    if (text.starts_with('"')) out.push_back(parse_json_value(text, "string").text);
  return out;
}

}  // namespace

/// Code points from min to max, of `dfa` when there is one.
struct SchemaCompiler::StringSet {
  std::size_t min = 0, max = kNoLimit;
  std::optional<Dfa> dfa;
  bool counted = false;  ///< the automaton counts too
};

SchemaCompiler::StringSet SchemaCompiler::strings(const Shape& shape) {
  StringSet out{shape.min_length, shape.max_length, std::nullopt, false};
  // An operation that needs too many states leaves the set as it is.
  const auto attempt = [&](auto&& operation) {
    try {
      out.dfa = operation();
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  const auto narrow = [&](const Dfa& by) { return attempt([&] { return out.dfa ? intersection(*out.dfa, by) : by; }); };
  for (const SchemaId id : shape.ids) {
    const Schema& schema = graph_[id];
    out.min = std::max(out.min, schema.min_length);
    out.max = std::min(out.max, schema.max_length);
    if (schema.pattern && !narrow(*schema.pattern->dfa)) loose(id, "pattern", "needs too large an automaton");
    if (schema.format) {
      if (!narrow(*format_dfa(*schema.format))) loose(id, "format", "needs too large an automaton");
      if (*schema.format == Format::kHostname) loose(id, "format", "names of more than 253 bytes are looked for");
    }
  }
  for (const Ban& ban : shape.bans) {
    const Dfa all = Dfa::text();
    bool kept = true;
    if (ban.strings) {
      kept = attempt([&] { return difference(out.dfa ? *out.dfa : all, *ban.strings); });
    } else if (const auto banned = strings_of(*ban.values); !banned.empty()) {
      kept = banned.size() <= kMaxBanned &&
             attempt([&] { return difference(out.dfa ? *out.dfa : all, Dfa::words(banned)); });
    }
    if (!kept) loose(ban.from, ban.keyword, "needs too large an automaton");
  }
  if (!out.dfa || (out.min == 0 && out.max == kNoLimit)) return out;
  out.counted =
      out.min <= kMaxCounted && (out.max <= kMaxCounted || out.max == kNoLimit) &&
      narrow(out.min > out.max ? Dfa()
                               : Dfa::text(bound32(out.min), out.max == kNoLimit ? Dfa::kUnlimited : bound32(out.max)));
  if (out.counted) return out;
  for (const SchemaId id : shape.ids) {
    if (graph_[id].min_length != 0) loose(id, "minLength", "beside a pattern or format, too long to count");
    if (graph_[id].max_length != kNoLimit) loose(id, "maxLength", "beside a pattern or format, too long to count");
  }
  loose(graph_.root(), {}, "");
  return out;
}

SchemaCompiler::Node SchemaCompiler::string(const Shape& shape) {
  // The same words come back in many places: dates, codes.
  std::string key = std::to_string(shape.min_length) + "-" + std::to_string(shape.max_length);
  for (const SchemaId id : shape.ids) {
    const Schema& schema = graph_[id];
    if (schema.pattern) key += "/" + schema.pattern->source + "/";
    if (schema.format) key += format_name(*schema.format);
    key += "{" + std::to_string(schema.min_length) + "," + std::to_string(schema.max_length) + "}";
  }
  const auto found = strings_.find(key);
  if (shape.bans.empty() && found != strings_.end()) return found->second;
  const std::size_t before = loose_calls_;
  const Node made = string_of(shape, strings(shape));
  // What tells somebody must be told again.
  if (shape.bans.empty() && loose_calls_ == before) strings_.emplace(key, made);
  return made;
}

SchemaCompiler::Node SchemaCompiler::string_of(const Shape& shape, const StringSet& set) {
  if (set.min > set.max || (set.dfa && set.dfa->empty())) return nothing_;
  const Node quote = builder_.literal("\"");
  if (set.dfa) return builder_.sequence({quote, terminal(json_escaped(*set.dfa)), quote});
  if (options_.grounded) {
    // A span of so many bytes has no more code points.
    SpanForm form{.json = true};
    if (set.max < form.max_bytes) form.max_bytes = bound32(set.max);
    for (const SchemaId id : shape.ids)
      if (graph_[id].min_length > 1) loose(id, "minLength", "spans are not counted");
    return builder_.sequence({quote, builder_.span(form), quote});
  }
  if (set.min == 0 && set.max == kNoLimit) return any_string_;
  const std::uint32_t max = set.max == kNoLimit ? Grammar::kUnbounded : bound32(set.max);
  return builder_.sequence({quote, builder_.repeat(character_, bound32(set.min), max), quote});
}

/// The strings that the conjunction allows, for names; false when they cannot be told.
bool SchemaCompiler::names_of(const Conjunction& conjunction, Dfa& out) {
  out = Dfa();
  for (const Shape& shape : shapes(conjunction)) {
    if ((shape.types & kTypeString) == 0) continue;
    StringSet set = strings(shape);
    if (set.dfa && !set.counted && (set.min != 0 || set.max != kNoLimit)) return false;
    try {
      if (!set.dfa) {
        if (set.min > set.max) continue;
        if (set.min > kMaxCounted || (set.max > kMaxCounted && set.max != kNoLimit)) return false;
        set.dfa = Dfa::text(bound32(set.min), set.max == kNoLimit ? Dfa::kUnlimited : bound32(set.max));
      }
      for (const SchemaId id : shape.ids)
        if (graph_[id].allowed) set.dfa = intersection(*set.dfa, Dfa::words(strings_of(*graph_[id].allowed)));
      out = union_of(out, *set.dfa);
    } catch (const Error&) {
      return false;
    }
  }
  return true;
}

}  // namespace eve
