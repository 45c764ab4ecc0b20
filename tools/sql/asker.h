// SPDX-License-Identifier: Apache-2.0
// Questions to statements.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eve/eve.h"
#include "sql/gate.h"
#include "sql/query.h"
#include "sql/ranking.h"
#include "text/tokenizer.h"

namespace eve::sql {

struct AskSettings {
  std::size_t answers = 1;  ///< statements that differ, the best first
  /// Look up what the question says in the rows, run candidates on them and prefer those that find something.
  bool try_out = false;
  bool values = false;        ///< texts of the columns may be compared with, where the question has a word of theirs
  bool guess = false;         ///< answer a question that has no word of the schema
  double min_confidence = 0;  ///< statements of which the model is less sure are no answer
  QueryLimits limits;
};

/// One statement for a question.
struct Answer {
  std::string sql;                                           ///< empty: there is none
  std::string reason;                                        ///< why
  std::vector<std::string> tables;                           ///< that it reads
  std::vector<std::pair<std::string, std::string>> columns;  ///< that it reads: table, column
  double log_probability = 0;        ///< of the statement by the model alone, without the grammar
  std::optional<double> confidence;  ///< probability that the statement is right, (0, 1)
};

/// Asks a model. Every statement it answers has been prepared by the gate.
class Asker {
 public:
  /// All references must outlive the object. `note` receives what is worth telling besides the answer.
  Asker(const Model& model, std::size_t threads, const Database& database, Gate& gate, AskSettings settings,
        std::function<void(const std::string&)> note);

  /// The best answers first; one without a statement when there is none. `earlier` are questions that this one goes on
  /// from, the oldest first.
  std::vector<Answer> ask(const std::string& question, const std::vector<std::string>& earlier,
                          const GenerateOptions& options);

 private:
  struct Candidate {
    Answer answer;
    bool finds;        // rows that say something
    double score = 0;  // log odds
  };
  const Tokenizer& tokenizer_;
  std::size_t context_;  // tokens
  Generator generator_;
  const Database& database_;
  Gate& gate_;
  AskSettings settings_;
  std::function<void(const std::string&)> note_;

  struct Shown {
    tasks::SqlSchema schema;
    std::string question, prompt;
  };
  Shown shown(const std::string& asked, std::size_t max_tokens) const;
  bool judge(std::string_view sql, std::vector<Candidate>& candidates) const;
  void vary(const Ranking& ranking, std::vector<Candidate>& candidates) const;
  double log_probability(const std::string& prompt, const std::string& sql);
  void rank(const Ranking& ranking, const std::string& prompt, std::vector<Candidate>& candidates);
};

}  // namespace eve::sql
