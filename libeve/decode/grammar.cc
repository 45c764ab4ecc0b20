// SPDX-License-Identifier: Apache-2.0
#include "decode/grammar.h"

#include <algorithm>
#include <map>
#include <queue>
#include <utility>

#include "base/regex.h"
#include "eve/error.h"

namespace eve {
namespace {

// Literals grow together up to this many bytes, so that nesting them costs no more than their number.
constexpr std::size_t kMaxFused = 256;
constexpr Grammar::Node kUndefined = std::numeric_limits<Grammar::Node>::max();

std::uint32_t capped(std::uint64_t length) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(length, Grammar::kNever));
}

/// The strings between quotation marks.
Dfa quoted(const Dfa& strings) {
  if (strings.empty()) return {};
  Dfa::Draft draft;
  draft.edges.push_back({{'"', '"', 1}});
  for (Dfa::State s = 0; s < strings.size(); ++s) {
    std::vector<Dfa::Edge> edges;
    for (const Dfa::Edge& edge : strings.edges(s)) edges.push_back({edge.low, edge.high, edge.target + 1});
    if (strings.accepts(s)) edges.push_back({'"', '"', static_cast<Dfa::State>(strings.size() + 1)});
    draft.edges.push_back(std::move(edges));
  }
  draft.edges.emplace_back();
  draft.accepts.assign(draft.edges.size(), 0);
  draft.accepts.back() = 1;
  return Dfa(std::move(draft));
}

/// For each node, those it is a child of.
struct Parents {
  std::vector<std::uint32_t> first;
  std::vector<Grammar::Node> nodes;

  explicit Parents(const Grammar& grammar) : first(grammar.size() + 2) {
    each(grammar, [&](Grammar::Node, Grammar::Node child) { ++first[child + 2]; });
    for (std::size_t i = 2; i < first.size(); ++i) first[i] += first[i - 1];
    nodes.resize(first.back());
    each(grammar, [&](Grammar::Node parent, Grammar::Node child) { nodes[first[child + 1]++] = parent; });
  }
  template <class Fn>
  static void each(const Grammar& grammar, Fn&& fn) {
    for (Grammar::Node n = 0; n < grammar.size(); ++n) {
      const Grammar::Item& item = grammar.item(n);
      if (item.kind == Grammar::Kind::kRepeat) fn(n, item.child);
      if (item.kind == Grammar::Kind::kSequence || item.kind == Grammar::Kind::kChoice)
        for (std::uint32_t at = item.a; at < item.b; ++at) fn(n, grammar.child(at));
    }
  }
  std::span<const Grammar::Node> of(Grammar::Node node) const {
    return {nodes.data() + first[node], nodes.data() + first[node + 1]};
  }
};

}  // namespace

std::vector<std::uint32_t> Grammar::lengths(std::span<const std::uint32_t> of_dfa,
                                            std::span<const std::uint32_t> of_form) const {
  const Parents parents(*this);
  // A node is settled once, at its final length; a sequence when the last of its parts is, a choice when the first is.
  std::vector<std::uint32_t> length(size(), kNever);
  std::vector<std::uint32_t> open(size());
  std::vector<std::uint64_t> sum(size());
  std::vector<std::uint8_t> settled(size());
  using Entry = std::pair<std::uint32_t, Node>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  const auto offer = [&](Node node, std::uint64_t value) {
    if (!settled[node] && capped(value) < length[node]) queue.emplace(length[node] = capped(value), node);
  };
  for (Node n = 0; n < size(); ++n) {
    const Item& item = items_[n];
    switch (item.kind) {
      case Kind::kTerminal:
        offer(n, of_dfa[item.a]);
        break;
      case Kind::kSpan:
        offer(n, of_form[item.a]);
        break;
      case Kind::kRepeat:
        if (item.a == 0) offer(n, 0);
        break;
      case Kind::kSequence:
        open[n] = item.b - item.a;
        if (open[n] == 0) offer(n, 0);
        break;
      case Kind::kChoice:
        break;
    }
  }
  while (!queue.empty()) {
    const auto [value, node] = queue.top();
    queue.pop();
    if (settled[node]) continue;
    settled[node] = 1;
    for (const Node parent : parents.of(node)) {
      const Item& item = items_[parent];
      if (item.kind == Kind::kChoice) offer(parent, value);
      if (item.kind == Kind::kRepeat) offer(parent, std::uint64_t{item.a} * value);
      if (item.kind == Kind::kSequence) {
        sum[parent] += value;
        if (--open[parent] == 0) offer(parent, sum[parent]);
      }
    }
  }
  return length;
}

struct GrammarBuilder::Impl {
  Grammar grammar;
  std::map<std::string, Node, std::less<>> literals;
  std::map<Node, std::string> literal_bytes;
  std::map<const Dfa*, Node> terminals;

  [[noreturn]] static void too_large() {
    throw Error(Status::kInput,
                "a grammar needs more than " + std::to_string(kMaxNodes) + " parts; make the schema smaller");
  }
  Node add(Grammar::Kind kind, std::uint32_t a, std::uint32_t b, Node child = 0) {
    if (grammar.items_.size() + grammar.children_.size() >= kMaxNodes) too_large();
    grammar.items_.push_back({kind, false, a, b, child});
    return static_cast<Node>(grammar.items_.size() - 1);
  }
  Node add_parts(Grammar::Kind kind, std::span<const Node> parts) {
    if (parts.size() > kMaxNodes - grammar.children_.size()) too_large();
    for (const Node part : parts) check(part);
    const auto first = static_cast<std::uint32_t>(grammar.children_.size());
    grammar.children_.insert(grammar.children_.end(), parts.begin(), parts.end());
    return add(kind, first, static_cast<std::uint32_t>(grammar.children_.size()));
  }
  void check(Node node) const {
    if (node >= grammar.items_.size()) throw Error(Status::kInput, "a grammar names a part it does not have");
  }

  void settle_nullable();
  void rank();  // refuses left recursion
};

GrammarBuilder::GrammarBuilder() : impl_(std::make_unique<Impl>()) {}
GrammarBuilder::GrammarBuilder(GrammarBuilder&&) noexcept = default;
GrammarBuilder::~GrammarBuilder() = default;

GrammarBuilder::Node GrammarBuilder::empty() { return sequence({}); }
GrammarBuilder::Node GrammarBuilder::nothing() { return choice({}); }

GrammarBuilder::Node GrammarBuilder::literal(std::string_view bytes) {
  if (bytes.empty()) return empty();
  const auto found = impl_->literals.find(bytes);
  if (found != impl_->literals.end()) return found->second;
  const std::string word(bytes);
  const Node node = terminal(Dfa::words({&word, 1}));
  impl_->literals.emplace(word, node);
  impl_->literal_bytes.emplace(node, word);
  return node;
}

GrammarBuilder::Node GrammarBuilder::words(std::span<const std::string> words) { return terminal(Dfa::words(words)); }
GrammarBuilder::Node GrammarBuilder::terminal(Dfa dfa) { return terminal(std::make_shared<const Dfa>(std::move(dfa))); }

GrammarBuilder::Node GrammarBuilder::terminal(std::shared_ptr<const Dfa> dfa) {
  const auto [known, fresh] = impl_->terminals.try_emplace(dfa.get(), 0);
  if (!fresh) return known->second;
  impl_->grammar.dfas_.push_back(std::move(dfa));
  const auto at = static_cast<std::uint32_t>(impl_->grammar.dfas_.size() - 1);
  return known->second = impl_->add(Grammar::Kind::kTerminal, at, 0);
}

GrammarBuilder::Node GrammarBuilder::regex(std::string_view pattern) { return terminal(eve::regex(pattern)); }

GrammarBuilder::Node GrammarBuilder::json_string(const Dfa& text) { return terminal(quoted(json_escaped(text))); }

GrammarBuilder::Node GrammarBuilder::json_text() {
  static const auto text = std::make_shared<const Dfa>(quoted(json_escaped(Dfa::text())));
  return terminal(text);
}
GrammarBuilder::Node GrammarBuilder::json_character() {
  static const auto character = std::make_shared<const Dfa>(json_escaped(Dfa::text(1, 1)));
  return terminal(character);
}

GrammarBuilder::Node GrammarBuilder::sequence(std::span<const Node> parts) {
  // Neighbouring literals become one: fewer states, and tokens are counted across them.
  std::vector<Node> fused;
  std::string bytes;
  std::size_t literals = 0;
  Node last = 0;
  const auto flush = [&] {
    if (literals > 0) fused.push_back(literals == 1 ? last : literal(bytes));
    literals = 0;
    bytes.clear();
  };
  for (const Node part : parts) {
    const auto found = impl_->literal_bytes.find(part);
    if (found == impl_->literal_bytes.end()) {
      flush();
      fused.push_back(part);
    } else {
      if (literals > 0 && bytes.size() + found->second.size() > kMaxFused) flush();
      bytes += found->second;
      last = part;
      ++literals;
    }
  }
  flush();
  return fused.size() == 1 ? fused[0] : impl_->add_parts(Grammar::Kind::kSequence, fused);
}
GrammarBuilder::Node GrammarBuilder::choice(std::span<const Node> parts) {
  return parts.size() == 1 ? parts[0] : impl_->add_parts(Grammar::Kind::kChoice, parts);
}

GrammarBuilder::Node GrammarBuilder::repeat(Node node, std::uint32_t min, std::uint32_t max) {
  impl_->check(node);
  if (min > max) throw Error(Status::kInput, "a grammar repeats a part at least more often than at most");
  return impl_->add(Grammar::Kind::kRepeat, min, max, node);
}

GrammarBuilder::Node GrammarBuilder::span(const SpanForm& form) {
  auto& forms = impl_->grammar.forms_;
  const auto found = std::ranges::find(forms, form);
  const auto at = static_cast<std::uint32_t>(found - forms.begin());
  if (found == forms.end()) forms.push_back(form);
  return impl_->add(Grammar::Kind::kSpan, at, 0);
}

// A rule is a choice of one part.
GrammarBuilder::Node GrammarBuilder::declare() {
  return impl_->add_parts(Grammar::Kind::kChoice,
                          std::vector<Node>{impl_->add(Grammar::Kind::kSequence, kUndefined, 0)});
}

void GrammarBuilder::define(Node rule, Node body) {
  impl_->check(rule), impl_->check(body);
  Grammar& grammar = impl_->grammar;
  const Grammar::Item& item = grammar.items_[rule];
  const bool open = item.kind == Grammar::Kind::kChoice && item.b == item.a + 1 &&
                    grammar.items_[grammar.children_[item.a]].a == kUndefined &&
                    grammar.items_[grammar.children_[item.a]].kind == Grammar::Kind::kSequence;
  if (!open) throw Error(Status::kInput, "a grammar defines a rule twice");
  grammar.items_[grammar.children_[item.a]] = {Grammar::Kind::kSequence, false, 0, 0, 0};
  grammar.children_[item.a] = body;
}

void GrammarBuilder::Impl::settle_nullable() {
  using Kind = Grammar::Kind;
  const Parents parents(grammar);
  std::vector<std::uint32_t> open(grammar.size());
  std::vector<Node> queue;
  const auto mark = [&](Node node) {
    if (!std::exchange(grammar.items_[node].nullable, true)) queue.push_back(node);
  };
  for (Node n = 0; n < grammar.size(); ++n) {
    const Grammar::Item& item = grammar.item(n);
    open[n] = item.b - item.a;
    const bool empty =
        (item.kind == Kind::kSequence && item.a == item.b) || (item.kind == Kind::kRepeat && item.a == 0) ||
        (item.kind == Kind::kTerminal && !grammar.dfa(item.a).empty() && grammar.dfa(item.a).accepts(Dfa::kStart));
    if (empty) mark(n);
  }
  while (!queue.empty()) {
    const Node node = queue.back();
    queue.pop_back();
    for (const Node parent : parents.of(node))
      if (grammar.item(parent).kind != Kind::kSequence || --open[parent] == 0) mark(parent);
  }
  // Turns that consume nothing are not counted: the recogniser never takes one.
  for (Grammar::Item& item : grammar.items_)
    if (item.kind == Kind::kRepeat && grammar.item(item.child).nullable) item.a = 0;
}

void GrammarBuilder::Impl::rank() {
  using Kind = Grammar::Kind;
  enum : std::uint8_t { kNew, kOpen, kDone };
  std::vector<std::uint8_t> state(grammar.size(), kNew);
  grammar.ranks_.resize(grammar.size());
  std::uint32_t ranked = 0;
  struct Frame {
    Node node;
    std::uint32_t at;
  };
  std::vector<Frame> stack;
  for (Node root = 0; root < grammar.size(); ++root) {
    if (state[root] != kNew) continue;
    stack.push_back({root, 0});
    state[root] = kOpen;
    while (!stack.empty()) {
      Frame& frame = stack.back();
      const Grammar::Item& item = grammar.item(frame.node);
      // The next part a string of this node may begin with.
      Node next = kUndefined;
      if (item.kind == Kind::kRepeat && frame.at == 0 && item.b > 0) next = item.child;
      if ((item.kind == Kind::kChoice || item.kind == Kind::kSequence) && item.a + frame.at < item.b) {
        next = grammar.child(item.a + frame.at);
        if (item.kind == Kind::kSequence && frame.at > 0 &&
            !grammar.item(grammar.child(item.a + frame.at - 1)).nullable)
          next = kUndefined;
      }
      if (next == kUndefined) {
        state[frame.node] = kDone;
        grammar.ranks_[frame.node] = ranked++;
        stack.pop_back();
        continue;
      }
      ++frame.at;
      if (state[next] == kOpen)
        throw Error(Status::kInput, "a rule of the grammar begins with itself; a cycle must consume something");
      if (state[next] == kNew) {
        state[next] = kOpen;
        stack.push_back({next, 0});
      }
    }
  }
}

std::shared_ptr<const Grammar> GrammarBuilder::build(Node root) {
  impl_->check(root);
  Grammar& grammar = impl_->grammar;
  for (const Grammar::Item& item : grammar.items_)
    if (item.kind == Grammar::Kind::kSequence && item.a == kUndefined)
      throw Error(Status::kInput, "a grammar has a rule that is not defined");
  grammar.root_ = root;
  impl_->settle_nullable();
  impl_->rank();
  std::vector<std::uint32_t> of_dfa;
  for (const auto& dfa : grammar.dfas_) of_dfa.push_back(dfa->empty() ? Grammar::kNever : dfa->distance(Dfa::kStart));
  const std::vector<std::uint32_t> of_form(grammar.forms_.size(), 1);
  if (grammar.lengths(of_dfa, of_form)[root] >= Grammar::kNever)
    throw Error(Status::kInput, "no text can satisfy the grammar");
  auto out = std::make_shared<const Grammar>(std::move(grammar));
  *impl_ = {};
  return out;
}

}  // namespace eve
