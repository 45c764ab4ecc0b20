// SPDX-License-Identifier: Apache-2.0
// From a request to calls of tools.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_value.h"
#include "decode/schema.h"
#include "eve/eve.h"
#include "func/retrieve.h"
#include "tasks/evidence.h"
#include "tasks/func.h"
#include "text/tokenizer.h"

namespace eve::func {

/// The tools that may be called, each with the schema of its arguments.
class ToolSet {
 public:
  struct Arguments {
    JsonValue schema;                          ///< an object schema; null: no arguments
    std::shared_ptr<const SchemaGraph> graph;  ///< the same with nothing required; null: no arguments
    std::vector<std::string> required;
    std::set<std::string> words;  ///< subject words of the tool
  };
  /// Reads JSON texts, each a tool list (see tasks/tool_list.h) with the name that messages call it by. Throws
  /// Error(kInput) also for a schema that cannot be enforced, and for two tools of one name.
  explicit ToolSet(const std::vector<std::pair<std::string, std::string>>& lists);
  const std::vector<tasks::CallableTool>& tools() const { return tools_; }
  const Arguments& arguments(std::size_t tool) const { return arguments_[tool]; }
  const ToolIndex& index() const { return *index_; }
  /// Place of the tool, or npos.
  std::size_t find(std::string_view name) const;
  static constexpr std::size_t npos = ~std::size_t{0};

 private:
  std::vector<std::unique_ptr<simdjson::dom::parser>> parsers_;  // the tools' elements live in them
  std::vector<tasks::CallableTool> tools_;
  std::vector<Arguments> arguments_;
  std::unique_ptr<ToolIndex> index_;
};

struct CallSettings {
  std::size_t candidates = 8;  ///< of a larger catalogue the tools that are shown to the model
  std::size_t max_calls = 4;
  /// A call that is wanted with less probability (with_words) is none. Chosen with the last model on dev and made-up
  /// rows, of which most are right so: 0.720 of both, 0.714 and 0.713 with 0.5.
  double min_tool = 0.2;
  double min_confidence = 0;  ///< an argument of which the model is less sure is left out
  std::vector<tasks::Fact> facts;
};

/// A call that lacks required arguments.
struct Incomplete {
  std::string tool;
  std::vector<std::string> missing;
  double sure;  ///< probability that the model leaves them out
};

/// What the request says of an argument: its pointer in Calls::calls ("/0/arguments/city") and bytes [start, end).
struct Said {
  std::string pointer;
  std::size_t start, end;
};

struct Calls {
  JsonValue calls;         ///< [{"name", "arguments"}], those that are complete
  std::vector<Said> said;  ///< of their values those that the request says
  std::vector<Incomplete> incomplete;
  double confidence = 0;  ///< probability of the answer, (0, 1]; 0: there is none
  std::string reason;     ///< why there is no answer; empty otherwise
};

/// One request: what the model is asked, and what its answer means.
class Query {
 public:
  /// Keeps references to tools and settings. Throws Error(kInput) when the constraint would be too large.
  Query(const ToolSet& tools, const CallSettings& settings, std::string_view request);
  const Generator::Request& request() const { return request_; }
  /// Whether `result` says that no tool fits, less surely than the words of the request say that one does.
  bool doubts(const Generator::Result& result, const Tokenizer& tokenizer) const;
  /// The same request to a model that may not say that no tool fits, or not leave out what a tool requires.
  Generator::Request ask(bool may_refuse, bool insists) const;
  /// `first`: what was answered before the model had to give all that is required. Of what was missing then that is
  /// kept of which the model is sure.
  Calls read(const Generator::Result& result, const Tokenizer& tokenizer, const Calls& first = {}) const;

 private:
  const ToolSet* tools_;
  const CallSettings* settings_;
  std::string asked_;
  std::set<std::string> words_;
  Generator::Request request_;

  std::vector<Said> said(const JsonValue& calls) const;
  bool has_words_of(std::size_t tool) const;
};

/// What each query is answered; those in doubt, and those that lack what is required, are asked again.
std::vector<Calls> answer(Generator& generator, std::span<const Query* const> queries, const GenerateOptions& options,
                          const Tokenizer& tokenizer);

}  // namespace eve::func
