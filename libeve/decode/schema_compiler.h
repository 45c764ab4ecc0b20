// SPDX-License-Identifier: Apache-2.0
// The maker of schema_grammar.h: one rule of the grammar for each conjunction of schemas that judges some value.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/schema_grammar.h"
#include "decode/schema_shape.h"

namespace eve {

class SchemaCompiler {
 public:
  using Node = Grammar::Node;
  SchemaCompiler(GrammarBuilder& builder, const SchemaGraph& graph, const SchemaGrammarOptions& options);

  Node run();
  bool needs_check() const { return needs_check_; }
  std::vector<KeywordReport> reports() const;

 private:
  GrammarBuilder& builder_;
  const SchemaGraph& graph_;
  const SchemaGrammarOptions& options_;
  const std::chrono::nanoseconds started_;  // processor time of this thread
  std::map<Conjunction, Node> rules_;
  std::deque<std::pair<Conjunction, Node>> open_;  // rules to be defined
  std::map<std::pair<SchemaId, std::string_view>, std::string> loose_;
  std::vector<bool> used_;
  std::size_t shapes_ = 0, states_ = 0, loose_calls_ = 0;
  bool needs_check_ = false;
  std::map<std::string, NumberGrammar> numbers_;  // by what they must be
  std::map<std::string, Node> strings_;
  Node nothing_, blank_, comma_, colon_, any_string_, character_;

  // schema_compiler.cc
  [[noreturn]] void fail(SchemaId id, const std::string& why) const;
  void check_time(SchemaId id) const;
  /// Without a keyword: only that the finished value must be judged.
  void loose(SchemaId id, std::string_view keyword, const char* reason);
  /// The rule for values of which all literals hold.
  Node value(Conjunction conjunction);
  Node body(const Conjunction& conjunction);
  std::vector<Shape> shapes(const Conjunction& conjunction);
  Node terminal(Dfa dfa);
  /// Parts with blanks between them where blanks are allowed.
  Node spaced(std::initializer_list<Node> parts);
  Node literal_value(const JsonValue& value);
  /// `written`: what other alternatives write already; nullptr when there are none.
  Node listed(const Conjunction& conjunction, const Shape& shape, std::set<std::string>* written);
  bool only_lists(const Conjunction& conjunction, const Shape& shape) const;
  void scalars(const Shape& shape, std::vector<Node>& out);
  Node number(const Shape& shape);
  bool never(SchemaId id) const { return graph_[id].never; }

  // schema_strings.cc
  struct StringSet;
  StringSet strings(const Shape& shape);
  Node string(const Shape& shape);
  Node string_of(const Shape& shape, const StringSet& set);
  bool names_of(const Conjunction& conjunction, Dfa& out);

  // schema_containers.cc
  struct Member;
  Node array(const Shape& shape);
  Node items_with(const Conjunction& rest, SchemaId id, std::size_t min, std::size_t max);
  Node object(const Shape& shape);
  std::vector<Member> members(const Shape& shape);
  std::optional<Node> free_members(const Shape& shape, const std::vector<Member>& named);
  void literals_for(const Shape& shape, const std::string& name, Conjunction& out) const;
};

}  // namespace eve
