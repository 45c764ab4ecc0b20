// SPDX-License-Identifier: Apache-2.0
// Arrays and objects of a schema.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "decode/schema_compiler.h"

namespace eve {
namespace {

using Kind = JsonValue::Kind;

// Members are counted by nodes: one for each member and count.
constexpr std::size_t kMaxCounts = 50'000;
// 2^4 sets of names, one for each choice of patterns.
constexpr std::size_t kMaxPatternsTogether = 4;
constexpr std::size_t kMaxContained = 64;

std::uint32_t bound32(std::size_t bound) {
  return bound >= Grammar::kUnbounded ? Grammar::kUnbounded : static_cast<std::uint32_t>(bound);
}
std::size_t less(std::size_t limit, std::size_t by) { return limit == kNoLimit ? limit : limit - by; }

}  // namespace

SchemaCompiler::Node SchemaCompiler::array(const Shape& shape) {
  std::size_t min = shape.min_items, max = shape.max_items, prefix = 0;
  SchemaId contains = kNoSchema;
  std::size_t containing = 0;
  for (const SchemaId id : shape.ids) {
    const Schema& schema = graph_[id];
    min = std::max(min, schema.min_items);
    max = std::min(max, schema.max_items);
    prefix = std::max(prefix, schema.prefix_items.size());
    if (schema.unique_items) loose(id, "uniqueItems", "items are compared when the array is finished");
    if (schema.unevaluated_items != kNoSchema) loose(id, "unevaluatedItems", "it needs the whole array");
    if (schema.contains == kNoSchema) continue;
    used_[schema.contains] = true;
    if (schema.max_contains != kNoLimit)
      loose(id, "maxContains", "matching items are counted when the array is finished");
    if (schema.min_contains == 0) continue;
    ++containing;
    contains = id;
  }
  prefix = std::min(prefix, max);
  const auto item_at = [&](std::size_t index) {
    Conjunction item;
    for (const SchemaId id : shape.ids) {
      const Schema& schema = graph_[id];
      const SchemaId at = index < schema.prefix_items.size() ? schema.prefix_items[index] : schema.items;
      if (at != kNoSchema) item.push_back({at});
    }
    return item;
  };
  const auto impossible = [&](const Conjunction& item) {
    return std::ranges::any_of(item, [&](const Literal& literal) { return never(literal.id); });
  };
  for (std::size_t i = 0; i < prefix; ++i)
    if (impossible(item_at(i))) max = prefix = std::min(max, i);
  const Conjunction rest = item_at(kNoLimit - 1);
  if (impossible(rest)) max = std::min(max, prefix);
  if (min > max) return nothing_;
  if (containing == 1 && prefix == 0 && graph_[contains].min_contains <= kMaxContained && max != 0)
    return items_with(rest, contains, min, max);
  for (const SchemaId id : shape.ids) {
    if (graph_[id].contains == kNoSchema || graph_[id].min_contains == 0) continue;
    loose(id, graph_[id].source->find("minContains") ? "minContains" : "contains", "beside other parts of the array");
    loose(id, "contains", "beside other parts of the array");
  }
  // From the last one back: what may follow the first i items of the prefix.
  const auto more = [&](std::size_t have) {
    const std::size_t least = min > have ? min - have : 0;
    return max == have
               ? builder_.empty()
               : builder_.repeat(builder_.sequence({comma_, value(rest)}), bound32(least), bound32(less(max, have)));
  };
  Node body;
  if (prefix == 0) {
    body = max == 0 ? builder_.empty() : [&] {
      const Node some =
          builder_.sequence({value(rest), builder_.repeat(builder_.sequence({comma_, value(rest)}),
                                                          bound32(min > 0 ? min - 1 : 0), bound32(less(max, 1)))});
      return min == 0 ? builder_.optional(some) : some;
    }();
  } else {
    body = more(prefix);
    for (std::size_t i = prefix; i-- > 0;) {
      const Node item = value(item_at(i));
      body = i == 0 ? builder_.sequence({item, body}) : builder_.sequence({comma_, item, body});
      if (i >= min) body = builder_.optional(body);
    }
  }
  return builder_.sequence({builder_.literal("["), blank_, body, blank_, builder_.literal("]")});
}

/// An array that has at least minContains items of `contains`.
SchemaCompiler::Node SchemaCompiler::items_with(const Conjunction& rest, SchemaId id, std::size_t min,
                                                std::size_t max) {
  const Schema& schema = graph_[id];
  const std::size_t wanted = schema.min_contains;
  if (wanted > max) return nothing_;
  Conjunction wanted_item = rest;
  wanted_item.push_back({schema.contains});
  const Node item = value(rest), match = value(wanted_item);
  const Node next = builder_.sequence({comma_, item});
  std::vector<Node> parts{builder_.literal("["), blank_};
  if (max == kNoLimit) {
    // Others may stand before and between; where they must be many, they come last.
    const Node before = builder_.repeat(builder_.sequence({item, comma_}), 0);
    for (std::size_t i = 0; i < wanted; ++i) {
      if (i != 0) parts.push_back(comma_);
      parts.push_back(before);
      parts.push_back(match);
    }
  } else {
    for (std::size_t i = 0; i < wanted; ++i) {
      if (i != 0) parts.push_back(comma_);
      parts.push_back(match);
    }
  }
  const std::size_t least = min > wanted ? min - wanted : 0;
  parts.push_back(builder_.repeat(next, bound32(least), bound32(less(max, wanted))));
  parts.push_back(blank_);
  parts.push_back(builder_.literal("]"));
  return builder_.sequence(parts);
}

struct SchemaCompiler::Member {
  std::string name;
  bool required = false, possible = true;
  Conjunction literals;
};

/// What the schemas of the shape say of the member `name`.
void SchemaCompiler::literals_for(const Shape& shape, const std::string& name, Conjunction& out) const {
  for (const SchemaId id : shape.ids) {
    const Schema& schema = graph_[id];
    bool named = false;
    if (const auto property = schema.property.find(name); property != schema.property.end()) {
      out.push_back({property->second});
      named = true;
    }
    for (const auto& [pattern, property] : schema.pattern_properties) {
      if (!pattern.dfa->matches(name)) continue;
      out.push_back({property});
      named = true;
    }
    if (!named && schema.additional_properties != kNoSchema) out.push_back({schema.additional_properties});
  }
  for (const auto& [member, literal] : shape.members)
    if (member == name) out.push_back(literal);
}

std::vector<SchemaCompiler::Member> SchemaCompiler::members(const Shape& shape) {
  std::vector<Member> out;
  std::unordered_map<std::string, std::size_t> index;
  const auto at = [&](const std::string& name) -> Member& {
    const auto [found, fresh] = index.try_emplace(name, out.size());
    if (fresh) out.push_back({name, false, true, {}});
    return out[found->second];
  };
  for (const SchemaId id : shape.ids)
    for (const auto& [name, property] : graph_[id].properties) at(name);
  for (const SchemaId id : shape.ids)
    for (const std::string& name : graph_[id].required) at(name).required = true;
  for (const std::string& name : shape.present) at(name).required = true;
  for (const std::string& name : shape.absent) at(name).possible = false;
  for (Member& member : out) {
    literals_for(shape, member.name, member.literals);
    if (std::ranges::any_of(member.literals, [&](const Literal& l) { return !l.negated && never(l.id); }))
      member.possible = false;
    JsonValue name;
    name.kind = Kind::kString;
    name.text = member.name;
    for (const SchemaId id : shape.ids) {
      const SchemaId names = graph_[id].property_names;
      if (names != kNoSchema && validate(graph_, names, name)) member.possible = false;
    }
  }
  return out;
}

/// Members that have no name of their own, "name":value; nothing when there are none.
std::optional<SchemaCompiler::Node> SchemaCompiler::free_members(const Shape& shape, const std::vector<Member>& named) {
  struct Rule {
    SchemaId of;
    const Pattern* pattern;
    SchemaId value;
  };
  std::vector<Rule> rules;
  Conjunction names_hold;
  bool spoken_of = options_.open_objects || std::ranges::none_of(named, &Member::possible);
  for (const SchemaId id : shape.ids) {
    const Schema& schema = graph_[id];
    for (const auto& [pattern, property] : schema.pattern_properties) {
      rules.push_back({id, &pattern, property});
      used_[property] = true;
    }
    spoken_of = spoken_of || schema.additional_properties != kNoSchema || !schema.pattern_properties.empty();
    if (schema.property_names == kNoSchema) continue;
    names_hold.push_back({schema.property_names});
    used_[schema.property_names] = true;
  }
  if (!spoken_of) return std::nullopt;
  std::vector<std::string> taken;
  for (const Member& member : named) taken.push_back(member.name);
  // Names that need too large an automaton are not written.
  std::optional<Dfa> base = Dfa::text();
  const auto narrow = [](std::optional<Dfa>& names, auto&& operation) {
    try {
      if (names) names = operation(*names);
    } catch (const Error&) {
      names.reset();
    }
  };
  if (!names_hold.empty() && !names_of(names_hold, *base)) return std::nullopt;
  if (!taken.empty()) narrow(base, [&](const Dfa& names) { return difference(names, Dfa::words(taken)); });
  std::vector<Node> choices;
  const auto add = [&](auto&& chosen) {
    std::optional<Dfa> names = base;
    Conjunction literals;
    std::set<SchemaId> matched;
    for (std::size_t i = 0; i < rules.size() && names && !names->empty(); ++i) {
      check_time(rules[i].of);
      const Dfa& pattern = *rules[i].pattern->dfa;
      if (!chosen(i)) {
        narrow(names, [&](const Dfa& of) { return difference(of, pattern); });
        continue;
      }
      narrow(names, [&](const Dfa& of) { return intersection(of, pattern); });
      literals.push_back({rules[i].value});
      matched.insert(rules[i].of);
    }
    for (const SchemaId id : shape.ids)
      if (graph_[id].additional_properties != kNoSchema && !matched.contains(id))
        literals.push_back({graph_[id].additional_properties});
    if (!names || names->empty() || std::ranges::any_of(literals, [&](const Literal& l) { return never(l.id); }))
      return;
    choices.push_back(builder_.sequence(
        {builder_.literal("\""), terminal(json_escaped(*names)), builder_.literal("\""), colon_, value(literals)}));
  };
  if (rules.size() <= kMaxPatternsTogether) {
    for (std::size_t set = 0; set < std::size_t{1} << rules.size(); ++set)
      add([&](std::size_t i) { return (set >> i & 1) != 0; });
  } else {
    // Names of one pattern at most.
    for (std::size_t one = 0; one <= rules.size(); ++one) add([&](std::size_t i) { return i == one; });
  }
  if (choices.empty()) return std::nullopt;
  return builder_.choice(choices);
}

SchemaCompiler::Node SchemaCompiler::object(const Shape& shape) {
  std::size_t min = shape.min_properties, max = shape.max_properties;
  for (const SchemaId id : shape.ids) {
    min = std::max(min, graph_[id].min_properties);
    max = std::min(max, graph_[id].max_properties);
    if (graph_[id].unevaluated_properties != kNoSchema) loose(id, "unevaluatedProperties", "it needs the whole object");
  }
  const std::vector<Member> named = members(shape);
  if (std::ranges::any_of(named, [](const Member& m) { return m.required && !m.possible; })) return nothing_;
  const std::optional<Node> free = free_members(shape, named);
  std::vector<const Member*> list;
  std::size_t required = 0;
  for (const Member& member : named) {
    if (!member.possible) continue;
    list.push_back(&member);
    required += member.required;
  }
  if (min > max || required > max || (!free && list.size() < min)) return nothing_;
  // Two of one name are found by the reader.
  if (free && max > 1) needs_check_ = true;
  bool counting = min > required || max < list.size() || (free && max != kNoLimit);
  if (counting && (list.size() + 1) * (list.size() + 1) > kMaxCounts) {
    counting = false;
    for (const SchemaId id : shape.ids) {
      if (graph_[id].min_properties != 0) loose(id, "minProperties", "too many members to count");
      if (graph_[id].max_properties != kNoLimit) loose(id, "maxProperties", "too many members to count");
    }
    needs_check_ = true;
  }
  // after[c]: what may follow when the members up to here are decided and c are written (at most 1 without counting).
  const std::size_t states = counting ? list.size() + 1 : 2;
  std::vector<Node> after(states, nothing_);
  for (std::size_t c = 0; c < states; ++c) {
    const std::size_t least = counting && min > c ? min - c : 0,
                      most = counting ? (max >= c ? less(max, c) : 0) : kNoLimit;
    if (counting && c > max) continue;
    if (!free || most == 0) {
      if (least == 0) after[c] = builder_.empty();
      continue;
    }
    const Node next = builder_.sequence({comma_, *free});
    if (c > 0) {
      after[c] = builder_.repeat(next, bound32(least), bound32(most));
      continue;
    }
    const Node some =
        builder_.sequence({*free, builder_.repeat(next, bound32(least > 0 ? least - 1 : 0), bound32(less(most, 1)))});
    after[0] = least == 0 ? builder_.optional(some) : some;
  }
  for (std::size_t i = list.size(); i-- > 0;) {
    const Member& member = *list[i];
    const Node first =
        builder_.sequence({builder_.literal(spelled_string(member.name)), colon_, value(member.literals)});
    const Node next = builder_.sequence({comma_, first});
    std::vector<Node> before(states, nothing_);
    for (std::size_t c = 0; c < std::min(states, i + 1); ++c) {
      const std::size_t then = std::min(c + 1, states - 1);
      const Node with = builder_.sequence({c == 0 ? first : next, after[then]});
      before[c] = member.required ? with : builder_.choice({with, after[c]});
    }
    after = std::move(before);
  }
  return builder_.sequence({builder_.literal("{"), blank_, after[0], blank_, builder_.literal("}")});
}

}  // namespace eve
