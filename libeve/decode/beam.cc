// SPDX-License-Identifier: Apache-2.0
#include "decode/beam.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "decode/sampler.h"

namespace eve {
namespace {

struct Beam {
  Tokens tokens;
  std::vector<float> log_probs;  // under a constraint
  std::size_t forced = 0;
  double total = 0;
  Slot* slot = nullptr;
  StopReason reason = StopReason::kMaxTokens;

  /// As if it ended here: its log-probability, less of it a token the longer it is.
  double score() const {
    const auto n = static_cast<double>(tokens.size() - forced + (reason == StopReason::kEndOfText ? 1 : 0));
    return total / std::pow((5 + n) / 6, 0.6);
  }
};

/// One way on from a beam.
struct Step {
  std::size_t from;
  TokenId id;
  float log_prob;
  double total;
};

class Search {
 public:
  Search(Writing& writing, Slots& slots, const Tokens& prompt, const Constraint& constraint,
         const GenerateOptions& options)
      : writing_(writing),
        slots_(slots),
        prompt_(prompt),
        constraint_(constraint),
        options_(options),
        matcher_(matcher_of(writing, constraint)),
        budget_(std::min(options.max_tokens, writing.model.config.context - prompt.size() + 1)) {}

  Generator::Result run() {
    if (matcher_ && matcher_->shortest() > budget_) return {{}, {}, StopReason::kBudget, {}, 0, 0};
    Beam first;
    follow(first);
    if (!settle(first)) beams_.push_back(std::move(first));
    if (!beams_.empty()) beams_[0].slot = &slots_.take(all_tokens(beams_[0]), prompt_.size());
    bool late = false;
    for (Pass pass = Pass::kPrefill; !beams_.empty() && !has_best(); pass = Pass::kDecode) {
      late = options_.deadline && std::chrono::steady_clock::now() >= *options_.deadline;
      if (late) break;
      step(pass);
    }
    for (const Beam& beam : beams_) beam.slot->busy = false;
    return late && finished_.empty() ? Generator::Result{{}, {}, StopReason::kDeadline, {}, 0, 0} : best();
  }

 private:
  Writing& writing_;
  Slots& slots_;
  const Tokens& prompt_;
  const Constraint& constraint_;
  const GenerateOptions& options_;
  std::unique_ptr<Matcher> matcher_;
  std::size_t budget_;
  std::vector<Beam> beams_, finished_;
  TokenSet allowed_;

  Tokens all_tokens(const Beam& beam) const {
    Tokens out = prompt_;
    out.insert(out.end(), beam.tokens.begin(), beam.tokens.end());
    return out;
  }

  /// Makes the matcher stand where the beam does.
  void stand_at(const Beam& beam) {
    matcher_->rollback(matcher_->tokens());
    for (const TokenId id : beam.tokens) matcher_->accept(id);
  }

  /// Appends what must come next.
  void follow(Beam& beam) {
    if (!matcher_) return;
    stand_at(beam);
    for (Tokens forced = matcher_->forced(budget_ - beam.tokens.size()); !forced.empty();
         forced = matcher_->forced(budget_ - beam.tokens.size()))
      for (const TokenId id : forced) {
        matcher_->accept(id);
        beam.tokens.push_back(id);
        beam.log_probs.push_back(0);
        ++beam.forced;
      }
  }

  /// Moves a text that cannot go on to the finished ones. The matcher stands at the beam.
  bool settle(Beam& beam) {
    const bool full = beam.tokens.size() == budget_;
    if (!full && !(matcher_ && matcher_->must_end())) return false;
    if (matcher_ && !matcher_->may_end()) return true;  // it leads nowhere
    beam.reason = matcher_                        ? StopReason::kComplete
                  : budget_ < options_.max_tokens ? StopReason::kContextFull
                                                  : StopReason::kMaxTokens;
    finished_.push_back(std::move(beam));
    return true;
  }

  /// As many texts are done as there are beams, all better than what is being written: a short one that hardly anybody
  /// would write is done early, too.
  bool has_best() const {
    if (finished_.size() < options_.beams) return false;
    std::vector<double> scores;
    for (const Beam& beam : finished_) scores.push_back(beam.score());
    const auto worst = scores.begin() + static_cast<std::ptrdiff_t>(options_.beams) - 1;
    std::nth_element(scores.begin(), worst, scores.end(), std::greater<>());
    return std::ranges::all_of(beams_, [&](const Beam& beam) { return beam.score() <= *worst; });
  }

  void step(Pass pass) {
    std::vector<Slot*> read;
    for (const Beam& beam : beams_) read.push_back(beam.slot);
    const std::vector<float> logits = slots_.logits(read, pass);
    const std::size_t n = writing_.model.config.vocab_size;
    std::vector<Step> steps;
    for (std::size_t b = 0; b < beams_.size(); ++b) add_steps(b, {&logits[b * n], n}, steps);
    const auto better = [](const Step& x, const Step& y) { return x.total > y.total; };
    std::stable_sort(steps.begin(), steps.end(), better);
    std::vector<Beam> next;
    std::vector<std::size_t> parent;
    for (const Step& one : steps) {
      if (next.size() == options_.beams) break;
      Beam beam = beams_[one.from];
      beam.total = one.total;
      if (writing_.end == one.id) {
        beam.reason = StopReason::kEndOfText;
        finished_.push_back(std::move(beam));
        continue;
      }
      beam.tokens.push_back(one.id);
      if (matcher_) beam.log_probs.push_back(one.log_prob);
      follow(beam);
      if (settle(beam)) continue;
      next.push_back(std::move(beam));
      parent.push_back(one.from);
    }
    // The first of a beam's successors takes its cache, the others copies of it.
    std::vector<std::uint8_t> taken(beams_.size(), 0);
    for (std::size_t i = 0; i < next.size(); ++i) {
      next[i].slot = taken[parent[i]] ? nullptr : beams_[parent[i]].slot;
      taken[parent[i]] = 1;
    }
    for (std::size_t b = 0; b < beams_.size(); ++b)
      if (!taken[b]) beams_[b].slot->busy = false;
    for (Beam& beam : next)
      if (!beam.slot) beam.slot = &slots_.take(all_tokens(beam), prompt_.size());
    for (Beam& beam : next) beam.slot->hold(all_tokens(beam));
    beams_ = std::move(next);
  }

  /// The best ways on from beam b, as many as may be kept.
  void add_steps(std::size_t b, std::span<const float> logits, std::vector<Step>& out) {
    Tokens candidates;
    if (matcher_) {
      stand_at(beams_[b]);
      matcher_->mask(budget_ - beams_[b].tokens.size(), allowed_);
      allowed_.each([&](TokenId id) { candidates.push_back(id); });
      if (matcher_->may_end() && writing_.end) candidates.push_back(*writing_.end);
      if (candidates.empty()) {
        if (matcher_->may_end()) {
          finished_.push_back(beams_[b]);
          finished_.back().reason = StopReason::kComplete;
        }
        return;
      }
    } else {
      candidates = writing_.text_tokens;
    }
    const float total = log_sum(logits, candidates);
    const std::size_t kept = std::min(candidates.size(), options_.beams * 2);
    const auto logit = [&](TokenId id) { return logits[static_cast<std::size_t>(id)]; };
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept), candidates.end(),
                      [&](TokenId x, TokenId y) { return logit(x) != logit(y) ? logit(x) > logit(y) : x < y; });
    for (std::size_t i = 0; i < kept; ++i) {
      const float log_prob = logit(candidates[i]) - total;
      out.push_back({b, candidates[i], log_prob, beams_[b].total + static_cast<double>(log_prob)});
    }
  }

  Generator::Result best() {
    std::ranges::stable_sort(finished_, std::greater<>(), &Beam::score);
    Generator::Result result{{}, {}, StopReason::kNoAnswer, {}, 0, 0};
    for (Beam& beam : finished_) {
      std::string text;
      if (writing_.model.tokenizer)
        for (const TokenId id : beam.tokens) text += writing_.model.tokenizer->bytes(id);
      if (constraint_.check) {
        if (result.attempts == options_.attempts) break;
        ++result.attempts;
        if (!constraint_.check(text)) continue;
      }
      return {std::move(text), std::move(beam.tokens), beam.reason, std::move(beam.log_probs),
              beam.forced,     result.attempts};
    }
    return result;
  }
};

}  // namespace

Generator::Result beam_search(Writing& writing, Slots& slots, const Tokens& prompt, const Constraint& constraint,
                              const GenerateOptions& options) {
  return Search(writing, slots, prompt, constraint, options).run();
}

}  // namespace eve
