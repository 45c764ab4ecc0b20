// SPDX-License-Identifier: Apache-2.0
// What a text may be: a grammar over bytes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/dfa.h"

namespace eve {

/// How a span of the input is written.
struct SpanForm {
  bool json = false;               ///< with JSON's escapes (without the quotes)
  bool words = true;               ///< begins and ends where a word does
  std::uint32_t max_bytes = 4096;  ///< of the input; longer spans do not exist
  bool operator==(const SpanForm&) const = default;
};

/// A grammar ready to be recognised. Immutable, safe to share between threads; made by GrammarBuilder::build.
class Grammar {
 public:
  using Node = std::uint32_t;
  static constexpr std::uint32_t kUnbounded = std::numeric_limits<std::uint32_t>::max();
  /// Lengths at and above this are equal: such a text cannot be written.
  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max() / 4;

  enum class Kind : std::uint8_t { kSequence, kChoice, kRepeat, kTerminal, kSpan };
  struct Item {
    Kind kind;
    bool nullable;       ///< may be the empty string
    std::uint32_t a, b;  ///< sequence, choice: children [a, b); repeat: min, max; terminal: dfa; span: form
    Node child;          ///< repeat: what is repeated
  };

  const Item& item(Node node) const { return items_[node]; }
  std::size_t size() const { return items_.size(); }
  Node root() const { return root_; }
  /// Larger than that of any node this one may begin with.
  std::uint32_t rank(Node node) const { return ranks_[node]; }
  Node child(std::uint32_t at) const { return children_[at]; }
  std::size_t child_count() const { return children_.size(); }
  const Dfa& dfa(std::uint32_t at) const { return *dfas_[at]; }
  const std::shared_ptr<const Dfa>& shared_dfa(std::uint32_t at) const { return dfas_[at]; }
  std::size_t dfa_count() const { return dfas_.size(); }
  const SpanForm& form(std::uint32_t at) const { return forms_[at]; }
  std::size_t form_count() const { return forms_.size(); }

  /// Lowest cost of a string of each node, kNever where there is none, given the cost of each automaton (from its
  /// start) and of each form of span; costs of parts add up. Knuth's generalisation of Dijkstra's algorithm (1977).
  std::vector<std::uint32_t> lengths(std::span<const std::uint32_t> of_dfa,
                                     std::span<const std::uint32_t> of_form) const;

 private:
  friend class GrammarBuilder;
  std::vector<Item> items_;
  std::vector<Node> children_;
  std::vector<std::uint32_t> ranks_;
  std::vector<std::shared_ptr<const Dfa>> dfas_;
  std::vector<SpanForm> forms_;
  Node root_ = 0;
};

/// Nodes are made bottom up and may be used any number of times; rules allow recursion. Every maker costs what its
/// arguments do: bounds are counted, never expanded.
class GrammarBuilder {
 public:
  using Node = Grammar::Node;
  static constexpr std::size_t kMaxNodes = 1'000'000;  ///< and children together; more throws kInput

  GrammarBuilder();
  GrammarBuilder(GrammarBuilder&&) noexcept;
  ~GrammarBuilder();

  Node empty();                                    ///< the empty string
  Node nothing();                                  ///< no string at all
  Node literal(std::string_view bytes);            ///< these bytes
  Node words(std::span<const std::string> words);  ///< one of these byte strings; meant for many
  Node terminal(Dfa dfa);                          ///< a string of the automaton
  Node terminal(std::shared_ptr<const Dfa> dfa);   ///< the same, shared
  Node regex(std::string_view pattern);            ///< whole match; throws as regex() does
  Node json_string(const Dfa& text);               ///< the strings of `text` in quotes, escaped as json_escaped says
  /// Any text in quotes, and one character of such a text, escaped in the same way. All grammars share their automata,
  /// so that what is known of them for a vocabulary is found once.
  Node json_text();
  Node json_character();
  Node sequence(std::span<const Node> parts);
  Node sequence(std::initializer_list<Node> parts) { return sequence(std::span(parts.begin(), parts.size())); }
  Node choice(std::span<const Node> parts);
  Node choice(std::initializer_list<Node> parts) { return choice(std::span(parts.begin(), parts.size())); }
  Node optional(Node node) { return repeat(node, 0, 1); }
  /// `node` min to max times; max kUnbounded: any number. Throws kInput when min > max.
  Node repeat(Node node, std::uint32_t min, std::uint32_t max = Grammar::kUnbounded);
  /// A span of the source text the grammar is used with (see Source); none: no string.
  Node span(const SpanForm& form);
  /// A rule to be defined later, usable at once.
  Node declare();
  /// Throws kInput when it is defined already or not a rule.
  void define(Node rule, Node body);

  /// Throws kInput when a rule is not defined, begins with itself, or when the root has no string at all. The builder
  /// is empty afterwards.
  std::shared_ptr<const Grammar> build(Node root);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace eve
