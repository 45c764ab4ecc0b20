// SPDX-License-Identifier: Apache-2.0
#include "decode/schema_shape.h"

#include <algorithm>
#include <optional>
#include <set>

namespace eve {
namespace {

constexpr std::uint8_t kNumbers = kTypeInteger | kTypeNumber;
// Alternatives that the branches left out of a oneOf may take together before the validator is asked instead.
constexpr std::size_t kMaxNegations = 64;
constexpr std::size_t kMaxShapesDeep = 64;

/// A literal, and the keyword that brought it: who is told when it cannot be kept.
struct Task {
  Literal literal;
  SchemaId from;
  std::string_view keyword;
};

/// What one branch of a choice adds.
struct Branch {
  Shape shape;
  std::vector<Task> tasks;
};

struct Fork {
  std::vector<Branch> branches;
  SchemaId from;
  std::string_view keyword;
};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void add(Shape& to, const Shape& more) {
  append(to.ids, more.ids);
  to.types &= more.types;
  append(to.bounds, more.bounds);
  to.min_length = std::max(to.min_length, more.min_length);
  to.max_length = std::min(to.max_length, more.max_length);
  append(to.bans, more.bans);
  to.min_items = std::max(to.min_items, more.min_items);
  to.max_items = std::min(to.max_items, more.max_items);
  to.min_properties = std::max(to.min_properties, more.min_properties);
  to.max_properties = std::min(to.max_properties, more.max_properties);
  append(to.present, more.present);
  append(to.absent, more.absent);
  append(to.members, more.members);
}

/// What a schema surely says, for telling two apart.
struct Facts {
  std::uint8_t types = kTypeAny;
  std::vector<const Schema*> schemas;
};

class Maker {
 public:
  Maker(const SchemaGraph& graph, const OnLoose& loose, const std::function<void(SchemaId)>& used)
      : graph_(graph), loose_(loose), used_(used) {}

  std::vector<Shape> run(const Conjunction& conjunction) {
    std::vector<Work> open(1);
    for (const Literal& literal : conjunction) open[0].tasks.push_back({literal, literal.id, {}});
    std::ranges::reverse(open[0].tasks);  // the first one is looked at first
    std::vector<Shape> done;
    while (!open.empty()) {
      Work work = std::move(open.back());
      open.pop_back();
      if (!settle(work)) continue;
      if (work.forks.empty()) {
        done.push_back(std::move(work.shape));
        continue;
      }
      const Fork fork = std::move(work.forks.back());
      work.forks.pop_back();
      std::vector<const Branch*> branches;
      for (const Branch& branch : fork.branches)
        if (branch.shape.types & work.shape.types) branches.push_back(&branch);
      // The more choices in one another, the fewer alternatives in all.
      const std::size_t most = std::max(kMaxShapes >> std::min<std::size_t>(work.forked, 32), kMaxShapesDeep);
      if (open.size() + done.size() + branches.size() > most) {
        loose_(fork.from, fork.keyword, "too many alternatives together");
        open.push_back(std::move(work));
        continue;
      }
      for (auto branch = branches.rbegin(); branch != branches.rend(); ++branch) {
        Work& next = open.emplace_back(work);
        ++next.forked;
        add(next.shape, (*branch)->shape);
        append(next.tasks, (*branch)->tasks);
      }
    }
    return done;
  }

 private:
  struct Work {
    Shape shape;
    std::vector<Task> tasks;
    std::vector<Fork> forks;
    std::set<Literal> seen;
    std::size_t forked = 0;  // choices made
  };

  const SchemaGraph& graph_;
  const OnLoose& loose_;
  const std::function<void(SchemaId)>& used_;

  /// Does all tasks that need no choice. False when nothing can be of this shape.
  bool settle(Work& work) {
    while (!work.tasks.empty()) {
      const Task task = work.tasks.back();
      work.tasks.pop_back();
      if (!work.seen.insert(task.literal).second) continue;
      if (work.seen.contains({task.literal.id, !task.literal.negated})) return false;
      used_(task.literal.id);
      if (task.literal.negated)
        deny(work, task);
      else if (!apply(work, task.literal.id))
        return false;
      if (work.shape.types == 0) return false;
    }
    const auto absent = [&](const std::string& name) { return std::ranges::count(work.shape.absent, name) != 0; };
    return std::ranges::none_of(work.shape.present, absent);
  }

  bool apply(Work& work, SchemaId id) {
    const Schema& schema = graph_[id];
    if (schema.never) return false;
    if (!schema.source) return true;
    std::vector<Task> tasks;
    if (schema.ref != kNoSchema) tasks.push_back({{schema.ref}, id, "$ref"});
    if (!schema.only_ref) {
      work.shape.ids.push_back(id);
      work.shape.types &= schema.types;
      for (const SchemaId part : schema.all_of) tasks.push_back({{part}, id, "allOf"});
      if (schema.negated != kNoSchema) tasks.push_back({{schema.negated, true}, id, "not"});
      if (!schema.any_of.empty()) work.forks.push_back({any_of(id, schema.any_of, "anyOf"), id, "anyOf"});
      if (!schema.one_of.empty()) work.forks.push_back({one_of(id, schema), id, "oneOf"});
      if (schema.condition != kNoSchema) condition(work, id, schema);
      dependencies(work, id, schema);
    }
    work.tasks.insert(work.tasks.end(), tasks.rbegin(), tasks.rend());
    return true;
  }

  static std::vector<Branch> any_of(SchemaId id, const std::vector<SchemaId>& parts, std::string_view keyword) {
    std::vector<Branch> branches;
    for (const SchemaId part : parts) branches.push_back({{}, {{{part}, id, keyword}}});
    return branches;
  }

  std::vector<Branch> one_of(SchemaId id, const Schema& schema) {
    std::vector<Branch> branches = any_of(id, schema.one_of, "oneOf");
    if (exclusive(schema.one_of)) return branches;
    std::size_t ways = 1;
    for (const SchemaId part : schema.one_of) ways = std::min(ways * negations(part), kMaxNegations + 1);
    if (ways > kMaxNegations) {
      loose_(id, "oneOf", "more than one alternative may match");
      return branches;
    }
    for (std::size_t i = 0; i < branches.size(); ++i)
      for (std::size_t j = 0; j < branches.size(); ++j)
        if (i != j) branches[i].tasks.insert(branches[i].tasks.begin(), {{schema.one_of[j], true}, id, "oneOf"});
    return branches;
  }

  void condition(Work& work, SchemaId id, const Schema& schema) {
    if (schema.then == kNoSchema && schema.otherwise == kNoSchema) return;
    Branch yes{{}, {{{schema.condition}, id, "if"}}}, no{{}, {{{schema.condition, true}, id, "if"}}};
    if (schema.then != kNoSchema) yes.tasks.push_back({{schema.then}, id, "then"});
    if (schema.otherwise != kNoSchema) no.tasks.push_back({{schema.otherwise}, id, "else"});
    work.forks.push_back({{std::move(yes), std::move(no)}, id, "if"});
  }

  void dependencies(Work& work, SchemaId id, const Schema& schema) {
    const auto fork = [&](const std::string& name, Branch with, std::string_view keyword) {
      Branch without;
      without.shape.absent.push_back(name);
      with.shape.types = kTypeObject;
      with.shape.present.push_back(name);
      work.forks.push_back({{std::move(with), std::move(without)}, id, keyword});
    };
    const bool old = schema.source->find("dependencies") != nullptr;
    for (const auto& [name, needed] : schema.dependent_required) {
      Branch with;
      with.shape.present = needed;
      fork(name, std::move(with), old ? "dependencies" : "dependentRequired");
    }
    for (const auto& [name, part] : schema.dependent_schemas) {
      const std::string_view keyword = old ? "dependencies" : "dependentSchemas";
      fork(name, {{}, {{{part}, id, keyword}}}, keyword);
    }
  }

  /// One keyword of the schema at least must not hold.
  void deny(Work& work, const Task& task) {
    const Schema& schema = graph_[task.literal.id];
    if (schema.never) return;
    Fork fork{{}, task.from, task.keyword};
    const auto branch = [&](std::uint8_t types) -> Shape& {
      fork.branches.emplace_back().shape.types = types;
      return fork.branches.back().shape;
    };
    const auto part = [&](Literal literal) { fork.branches.push_back({{}, {{literal, task.from, task.keyword}}}); };
    if (schema.source) {
      if (schema.ref != kNoSchema) part({schema.ref, true});
      if (!schema.only_ref) {
        deny_scalars(schema, task, branch);
        deny_members(schema, branch);
        if (schema.min_items != 0) branch(kTypeArray).max_items = schema.min_items - 1;
        if (schema.max_items != kNoLimit) branch(kTypeArray).min_items = schema.max_items + 1;
        for (const SchemaId id : schema.all_of) part({id, true});
        if (schema.negated != kNoSchema) part({schema.negated});
        if (!schema.any_of.empty()) {
          Branch none;
          for (const SchemaId id : schema.any_of) none.tasks.push_back({{id, true}, task.from, task.keyword});
          fork.branches.push_back(std::move(none));
        }
        deny_loosely(schema, task, branch);
      }
    }
    work.forks.push_back(std::move(fork));
  }

  template <class NewBranch>
  static void deny_scalars(const Schema& schema, const Task& task, const NewBranch& branch) {
    if (schema.types != kTypeAny) branch(static_cast<std::uint8_t>(kTypeAny & ~schema.types));
    if (schema.allowed) branch(kTypeAny).bans.push_back({nullptr, schema.allowed, task.from, task.keyword});
    if (schema.minimum) branch(kNumbers).bounds.push_back({*schema.minimum, true, true});
    if (schema.maximum) branch(kNumbers).bounds.push_back({*schema.maximum, false, true});
    if (schema.exclusive_minimum) branch(kNumbers).bounds.push_back({*schema.exclusive_minimum, true, false});
    if (schema.exclusive_maximum) branch(kNumbers).bounds.push_back({*schema.exclusive_maximum, false, false});
    if (schema.min_length != 0) branch(kTypeString).max_length = schema.min_length - 1;
    if (schema.max_length != kNoLimit) branch(kTypeString).min_length = schema.max_length + 1;
    if (schema.pattern) branch(kTypeString).bans.push_back({schema.pattern->dfa, nullptr, task.from, task.keyword});
  }

  template <class NewBranch>
  static void deny_members(const Schema& schema, const NewBranch& branch) {
    for (const std::string& name : schema.required) branch(kTypeObject).absent.push_back(name);
    for (const auto& [name, id] : schema.properties) {
      Shape& shape = branch(kTypeObject);
      shape.present.push_back(name);
      shape.members.emplace_back(name, Literal{id, true});
    }
    if (schema.min_properties != 0) branch(kTypeObject).max_properties = schema.min_properties - 1;
    if (schema.max_properties != kNoLimit) branch(kTypeObject).min_properties = schema.max_properties + 1;
  }

  /// What no shape can say the opposite of: the value may be any of its type.
  template <class NewBranch>
  void deny_loosely(const Schema& schema, const Task& task, const NewBranch& branch) {
    const auto loosely = [&](std::uint8_t types) {
      branch(types);
      loose_(task.from, task.keyword, "not every keyword in it has an opposite that can be written");
    };
    if (schema.multiple_of) loosely(kNumbers);
    // Only the opposite of a pattern leaves out what is no leap second; formats are not kept in full either way.
    if (schema.format) loosely(kTypeString);
    const bool items = schema.items != kNoSchema || !schema.prefix_items.empty();
    if (items || schema.contains != kNoSchema || schema.unique_items || schema.unevaluated_items != kNoSchema)
      loosely(kTypeArray);
    if (schema.additional_properties != kNoSchema || !schema.pattern_properties.empty() ||
        schema.property_names != kNoSchema || !schema.dependent_required.empty() || !schema.dependent_schemas.empty() ||
        schema.unevaluated_properties != kNoSchema)
      loosely(kTypeObject);
    if (!schema.one_of.empty() || schema.condition != kNoSchema) loosely(kTypeAny);
  }

  /// About how many branches the opposite of a schema has.
  std::size_t negations(SchemaId id) const {
    const Schema& schema = graph_[id];
    if (!schema.source) return 1;
    std::size_t count = schema.properties.size() + schema.required.size() + schema.all_of.size();
    if (schema.ref != kNoSchema) count += negations_of_ref(schema.ref);
    for (const bool has : {schema.types != kTypeAny, schema.allowed != nullptr, schema.minimum.has_value(),
                           schema.maximum.has_value(), schema.pattern.has_value(), schema.min_length != 0,
                           schema.max_length != kNoLimit, schema.additional_properties != kNoSchema})
      if (has) ++count;
    return std::max<std::size_t>(count, 1);
  }
  std::size_t negations_of_ref(SchemaId id) const {
    for (std::size_t steps = 0; graph_[id].ref != kNoSchema; id = graph_[id].ref)
      if (++steps > 100) return kMaxNegations;
    return negations(id);
  }

  Facts facts_of(SchemaId id) const {
    Facts facts;
    std::vector<SchemaId> open{id};
    std::set<SchemaId> seen;
    while (!open.empty() && facts.schemas.size() < 100) {
      const SchemaId at = open.back();
      open.pop_back();
      if (!seen.insert(at).second) continue;
      const Schema& schema = graph_[at];
      if (schema.never) facts.types = 0;
      if (!schema.source) continue;
      if (schema.ref != kNoSchema) open.push_back(schema.ref);
      if (schema.only_ref) continue;
      facts.types &= schema.types;
      facts.schemas.push_back(&schema);
      append(open, schema.all_of);
    }
    return facts;
  }

  static bool share(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::ranges::any_of(a, [&](const std::string& text) { return std::ranges::binary_search(b, text); });
  }

  /// The values that the member `name` may have, when the schema requires it and lists them.
  std::optional<std::vector<std::string>> tag_values(const Facts& facts, const std::string& name) const {
    bool required = false;
    std::optional<std::vector<std::string>> values;
    for (const Schema* schema : facts.schemas) {
      required = required || std::ranges::find(schema->required, name) != schema->required.end();
      const auto property = schema->property.find(name);
      if (property == schema->property.end()) continue;
      for (const Schema* of : facts_of(property->second).schemas)
        if (of->allowed) values = *of->allowed;
    }
    return required ? values : std::nullopt;
  }

  bool apart(const Facts& a, const Facts& b) const {
    if ((a.types & b.types) == 0) return true;
    for (const Schema* x : a.schemas)
      for (const Schema* y : b.schemas)
        if (x->allowed && y->allowed && !share(*x->allowed, *y->allowed)) return true;
    if ((a.types & b.types) != kTypeObject) return false;
    for (const Schema* x : a.schemas)
      for (const std::string& name : x->required) {
        const auto in_a = tag_values(a, name), in_b = tag_values(b, name);
        if (in_a && in_b && !share(*in_a, *in_b)) return true;
        if (closed_to(b, name)) return true;
      }
    for (const Schema* y : b.schemas)
      for (const std::string& name : y->required)
        if (closed_to(a, name)) return true;
    return false;
  }

  bool closed_to(const Facts& facts, const std::string& name) const {
    return std::ranges::any_of(facts.schemas, [&](const Schema* schema) {
      return schema->additional_properties != kNoSchema && graph_[schema->additional_properties].never &&
             schema->pattern_properties.empty() && !schema->property.contains(name);
    });
  }

  bool exclusive(const std::vector<SchemaId>& parts) const {
    if (parts.size() > 300) return false;
    std::vector<Facts> facts;
    for (const SchemaId part : parts) facts.push_back(facts_of(part));
    for (std::size_t i = 0; i < facts.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (!apart(facts[i], facts[j])) return false;
    return true;
  }
};

}  // namespace

std::vector<Shape> shapes_of(const SchemaGraph& graph, const Conjunction& conjunction, const OnLoose& loose,
                             const std::function<void(SchemaId)>& used) {
  return Maker(graph, loose, used).run(conjunction);
}

}  // namespace eve
