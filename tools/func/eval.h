// SPDX-License-Identifier: Apache-2.0
// How well a model calls tools: AST match over files of requests.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "eve/eve.h"
#include "func/caller.h"

namespace eve::func {

struct EvalCounts {
  std::size_t rows = 0, right = 0;       ///< right: all calls of the row are the wanted ones
  std::size_t calls = 0, named = 0;      ///< rows that want calls, and those whose tools' names are all right
  std::size_t none = 0, none_right = 0;  ///< rows that want no call
  std::size_t valid = 0;                 ///< answers whose calls satisfy the schemas
};

struct EvalScore {
  EvalCounts all;
  std::map<std::string, EvalCounts> by_source;
};

/// Asks the model each row of `path`, JSON Lines of one of two forms:
///   {"tools", "request", "calls", "source"?}                                 judged by same_calls
///   {"id", "question": [[{"role", "content"}]], "function": [...]}           BFCL, judged by matches_bfcl against the
///                                                                            row of `answers` with the same id
/// BFCL rows without a row in `answers` want no call (irrelevance). BFCL's type names (dict, float, tuple, any, and
/// those of Java and JavaScript) are taken as JSON Schema's. Sources are "source", or what stands before the number in
/// "id". A row whose tools' schemas are refused is one that is not answered. `on_row` is called after each row.
EvalScore evaluate(Generator& generator, const Tokenizer& tokenizer, const std::string& path,
                   const std::string& answers, const CallSettings& settings, const GenerateOptions& options,
                   const std::function<void()>& on_row);

}  // namespace eve::func
