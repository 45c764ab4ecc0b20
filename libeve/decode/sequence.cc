// SPDX-License-Identifier: Apache-2.0
#include "decode/sequence.h"

#include <algorithm>

#include "decode/sampler.h"

namespace eve {

const std::shared_ptr<TerminalTables>& tables_of(Writing& writing) {
  if (!writing.tables) {
    if (!writing.model.tokenizer)
      throw Error(Status::kModel, "the model file has no tokenizer; a constraint needs one");
    writing.tables = std::make_shared<TerminalTables>(std::make_shared<const Vocabulary>(*writing.model.tokenizer));
  }
  return writing.tables;
}

std::unique_ptr<Matcher> matcher_of(Writing& writing, const Constraint& constraint) {
  if (!constraint.grammar) return nullptr;
  std::shared_ptr<Source> source;
  if (constraint.grammar->form_count() > 0) source = std::make_shared<Source>(constraint.source);
  return std::make_unique<Matcher>(constraint.grammar, tables_of(writing), std::move(source));
}

Sequence::Sequence(Writing& writing, std::size_t request, const Tokens& prompt, const Constraint& constraint,
                   const GenerateOptions& options, std::uint64_t seed, const OnText& on_text)
    : writing_(writing),
      request_(request),
      prompt_(prompt),
      constraint_(constraint),
      options_(options),
      on_text_(on_text),
      matcher_(matcher_of(writing, constraint)),
      budget_(options.max_tokens),
      result_{{}, {}, StopReason::kMaxTokens, {}, 0, 0},
      rng_(options.seed + seed) {
  static const OnText kNone;
  text_.emplace(options.stop, is_checked() ? kNone : on_text);
  if (matcher_) {
    // The last token that is written is not read again.
    budget_ = std::min(budget_, writing.model.config.context - prompt.size() + 1);
    if (matcher_->shortest() > budget_) {
      result_.reason = StopReason::kBudget;
      done_ = true;
      return;
    }
    append_forced();
    if (!done_ && (matcher_->must_end() || left() == 0)) complete(StopReason::kComplete);
  } else if (budget_ == 0) {
    complete(StopReason::kMaxTokens);
  }
}

Tokens Sequence::tokens() const {
  Tokens out = prompt_;
  out.insert(out.end(), result_.tokens.begin(), result_.tokens.end());
  return out;
}

std::span<const TokenId> Sequence::fresh() const { return std::span(result_.tokens).subspan(fresh_); }

void Sequence::find_candidates() {
  if (!matcher_) {
    if (candidates_.empty()) candidates_ = writing_.text_tokens;
    return;
  }
  candidates_.clear();
  matcher_->mask(left(), allowed_);
  allowed_.each([&](TokenId id) { candidates_.push_back(id); });
  if (matcher_->may_end() && writing_.end) {
    candidates_.push_back(*writing_.end);
    std::inplace_merge(candidates_.begin(), candidates_.end() - 1, candidates_.end());
  }
}

void Sequence::choose(std::span<const float> logits) {
  went_back_ = false;
  fresh_ = result_.tokens.size();
  find_candidates();
  float total = 0;
  if (matcher_) {
    if (candidates_.empty()) return matcher_->may_end() ? complete(StopReason::kComplete) : go_back();
    total = log_sum(logits, candidates_);
    std::erase_if(candidates_, [&](TokenId id) { return std::ranges::find(tried_, id) != tried_.end(); });
    if (candidates_.empty()) return go_back();
  }
  const TokenId id = choose_token(logits, candidates_, options_.temperature, options_.top_k, rng_);
  if (is_checked() && options_.temperature <= 0) note_alternative(logits, id);
  tried_.clear();
  if (writing_.end == id) return complete(StopReason::kEndOfText);
  append(id, matcher_ ? logits[static_cast<std::size_t>(id)] - total : 0);
  if (done_) return;
  if (matcher_) append_forced();
  if (done_ || left() > 0) {
    if (!done_ && matcher_ && matcher_->must_end()) complete(StopReason::kComplete);
    return;
  }
  complete(matcher_ ? StopReason::kComplete : StopReason::kMaxTokens);
}

void Sequence::append(TokenId id, float log_prob) {
  result_.tokens.push_back(id);
  if (matcher_) {
    result_.log_probs.push_back(log_prob);
    matcher_->accept(id);
  }
  if (writing_.model.tokenizer && text_->append(writing_.model.tokenizer->bytes(id))) complete(StopReason::kStopString);
}

void Sequence::append_forced() {
  for (Tokens forced = matcher_->forced(left()); !forced.empty(); forced = matcher_->forced(left())) {
    result_.forced += forced.size();
    for (const TokenId id : forced) append(id, 0);
  }
}

void Sequence::note_alternative(std::span<const float> logits, TokenId chosen) {
  const auto logit = [&](TokenId id) { return logits[static_cast<std::size_t>(id)]; };
  std::optional<TokenId> second;
  for (const TokenId id : candidates_)
    if (id != chosen && (!second || logit(id) > logit(*second))) second = id;
  if (!second) return;
  Tokens tried = tried_;
  tried.push_back(chosen);
  alternatives_.push_back(
      {loss_ + logit(chosen) - logit(*second), result_.tokens, result_.log_probs, result_.forced, std::move(tried)});
}

void Sequence::complete(StopReason reason) {
  if (is_checked()) {
    ++result_.attempts;
    if (!constraint_.check(matcher_ ? matcher_->text() : text_->text())) return go_back();
  }
  result_.reason = reason;
  result_.text = text_->finish();
  if (is_checked() && on_text_) on_text_(result_.text);
  done_ = true;
}

void Sequence::go_back() {
  went_back_ = true;
  const bool greedy = options_.temperature <= 0;
  if (result_.attempts >= options_.attempts || (greedy && alternatives_.empty())) return stop(StopReason::kNoAnswer);
  Alternative to{0, {}, {}, 0, {}};
  if (greedy) {
    // Where the next best choice is least below the one that was made.
    const auto best = std::ranges::min_element(alternatives_, {}, &Alternative::loss);
    to = std::move(*best);
    alternatives_.erase(best);
  }
  loss_ = to.loss;
  tried_ = std::move(to.tried);
  result_.tokens.clear();
  result_.log_probs.clear();
  result_.forced = to.forced;
  static const OnText kNone;
  text_.emplace(options_.stop, kNone);
  if (matcher_) matcher_->rollback(matcher_->tokens());
  for (std::size_t i = 0; i < to.tokens.size(); ++i) append(to.tokens[i], matcher_ ? to.log_probs[i] : 0);
  if (!greedy && matcher_) append_forced();
}

void Sequence::stop(StopReason reason) {
  // A part of a constrained text is no text.
  if (matcher_ || is_checked())
    result_ = {{}, {}, reason, {}, 0, result_.attempts};
  else
    result_.text = text_->finish();
  result_.reason = reason;
  done_ = true;
}

Generator::Result Sequence::result() { return std::move(result_); }

}  // namespace eve
