// SPDX-License-Identifier: Apache-2.0
// One text while it is written: what it holds, what may come next, and where else it could have gone.
#pragma once

#include <optional>

#include "base/rng.h"
#include "decode/constraint.h"
#include "decode/slots.h"
#include "decode/text_stream.h"
#include "eve/eve.h"

namespace eve {

/// What all texts of a generator share.
struct Writing {
  const ModelData& model;
  Tokens text_tokens;                      ///< ids that may be chosen in free text: text, and the end of text
  std::optional<TokenId> end;              ///< of text
  std::shared_ptr<TerminalTables> tables;  ///< null until a constraint is met
};

/// The tables of the model's vocabulary, made when first asked for. Throws kModel for a model without a tokenizer.
const std::shared_ptr<TerminalTables>& tables_of(Writing& writing);
/// A matcher of the constraint; null without a grammar.
std::unique_ptr<Matcher> matcher_of(Writing& writing, const Constraint& constraint);

class Sequence {
 public:
  using OnText = std::function<void(std::string_view)>;

  /// `on_text` may be empty; all references must outlive the sequence.
  Sequence(Writing& writing, std::size_t request, const Tokens& prompt, const Constraint& constraint,
           const GenerateOptions& options, std::uint64_t seed, const OnText& on_text);

  std::size_t request() const { return request_; }
  /// The prompt and what is written so far, forced tokens included.
  Tokens tokens() const;
  /// Tokens behind those of the last call of tokens() or choose().
  std::span<const TokenId> fresh() const;
  /// True when the text is done and result() may be taken.
  bool done() const { return done_; }
  /// True after choose() went back: the tokens are no longer those of before with more behind them.
  bool went_back() const { return went_back_; }
  /// One more token from the logits behind the tokens so far, and what must follow it.
  void choose(std::span<const float> logits);
  void stop(StopReason reason);  ///< kDeadline or kContextFull
  Generator::Result result();

 private:
  struct Alternative {
    float loss;  // log-probability below that of the choices that were made
    Tokens tokens;
    std::vector<float> log_probs;
    std::size_t forced;
    Tokens tried;
  };
  Writing& writing_;
  std::size_t request_;
  const Tokens& prompt_;
  const Constraint& constraint_;
  const GenerateOptions& options_;
  const OnText& on_text_;
  std::unique_ptr<Matcher> matcher_;
  std::size_t budget_;
  Generator::Result result_;
  std::optional<TextStream> text_;
  Rng rng_;
  TokenSet allowed_;
  Tokens candidates_;
  bool done_ = false, went_back_ = false;
  std::size_t fresh_ = 0;  // tokens of the result before the last call
  // Greedy texts under a check only.
  float loss_ = 0;
  Tokens tried_;  // candidates here that were followed before
  std::vector<Alternative> alternatives_;

  bool is_checked() const { return static_cast<bool>(constraint_.check); }
  std::size_t left() const { return budget_ - result_.tokens.size(); }
  void find_candidates();
  void append(TokenId id, float log_prob);
  void append_forced();
  void note_alternative(std::span<const float> logits, TokenId chosen);
  void complete(StopReason reason);
  void go_back();
};

}  // namespace eve
