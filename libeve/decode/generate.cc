// SPDX-License-Identifier: Apache-2.0
// The token loop of eve::Generator, for one sequence or many that share passes.
#include <map>
#include <utility>

#include "decode/beam.h"
#include "decode/sequence.h"
#include "decode/slots.h"
#include "eve/eve.h"
#include "model/model.h"

namespace eve {

namespace {

// Prompt tokens of one pass; bounds the activations.
constexpr std::size_t kPrefillTokens = 2048;

// Common tokens that are worth a pass of their own before the rest.
constexpr std::size_t kWorthWaiting = 32;

/// What is written with which cache.
struct Active {
  std::unique_ptr<Sequence> sequence;
  Slot* slot;
};

}  // namespace

struct Generator::Impl {
  Impl(Model m, std::size_t n) : model(std::move(m)), writing{model.data(), {}, {}, {}}, slots(model.data(), n) {
    const ModelData& data = model.data();
    if (data.config.head != Head::kLm)
      throw Error(Status::kModel, "the model labels text and does not write any; name one with an lm head");
    if (data.tokenizer) writing.end = data.tokenizer->end_of_text();
    for (TokenId id = 0; id < static_cast<TokenId>(data.config.vocab_size); ++id)
      if (!data.tokenizer || data.tokenizer->is_text(id) || writing.end == id) writing.text_tokens.push_back(id);
  }
  Model model;
  Writing writing;
  Slots slots;

  using OnResult = std::function<void(std::size_t index, Result&& result)>;
  using OnText = Sequence::OnText;

  Tokens encode(std::string_view text) const {
    const ModelData& data = model.data();
    if (!data.tokenizer) throw Error(Status::kModel, "the model file has no tokenizer; give token ids");
    return data.tokenizer->encode(text);
  }

  void check(const Tokens& prompt, const Constraint& constraint, const GenerateOptions& options) const {
    const Config& config = model.data().config;
    if (prompt.empty()) throw Error(Status::kInput, "the prompt is empty");
    if (prompt.size() >= config.context)
      throw Error(Status::kInput, "the prompt has " + std::to_string(prompt.size()) +
                                      " tokens, the model's context is " + std::to_string(config.context) +
                                      "; shorten it");
    if (constraint.grammar && !options.stop.empty())
      throw Error(Status::kInput, "a constrained text has no stop strings; leave them out");
    if (options.beams > 1 && (options.beams > kMaxBeams || options.temperature > 0 || !options.stop.empty()))
      throw Error(Status::kInput, "beam search takes 2 to 8 beams, temperature 0 and no stop strings");
  }

  /// `constraints`: one, or one a prompt; `seeds`: none, or one a prompt, added to that of the options.
  void run(std::span<const Tokens> prompts, std::span<const Constraint> constraints,
           std::span<const std::uint64_t> seeds, const GenerateOptions& options, const OnText& on_text,
           const OnResult& on_result) {
    const auto constraint = [&](std::size_t i) -> const Constraint& {
      return constraints[constraints.size() == 1 ? 0 : i];
    };
    for (std::size_t i = 0; i < prompts.size(); ++i) check(prompts[i], constraint(i), options);
    slots.free_all();  // of a run that ended by an exception
    if (options.beams > 1) {
      for (std::size_t i = 0; i < prompts.size(); ++i) {
        Result result = beam_search(writing, slots, prompts[i], constraint(i), options);
        if (on_text && !result.text.empty()) on_text(result.text);
        on_result(i, std::move(result));
      }
      return;
    }
    std::vector<Active> writing_now;
    std::size_t waiting = 0;
    const auto sort_out = [&](std::vector<Active>& some) {
      // What went back reads what is new to it in a pass of its own; what is done makes room.
      std::erase_if(some, [&](Active& active) {
        if (!active.sequence->done()) return false;
        active.slot->busy = false;
        on_result(active.sequence->request(), active.sequence->result());
        return true;
      });
    };
    while (true) {
      std::vector<Active> fresh, going_on;
      for (Active& active : writing_now) (active.sequence->went_back() ? fresh : going_on).push_back(std::move(active));
      writing_now.clear();
      for (std::size_t tokens = 0; waiting < prompts.size() && going_on.size() + fresh.size() < Slots::kMax;) {
        if (tokens != 0 && tokens + prompts[waiting].size() > kPrefillTokens) break;
        // What a prompt of this pass begins with is there for others in the next.
        if (std::ranges::any_of(fresh, [&](const Active& active) {
              const Tokens& other = prompts[active.sequence->request()];
              return slots.reusable(common_prefix(other, prompts[waiting]), prompts[waiting].size(), other.size()) >=
                     active.slot->held.size() + kWorthWaiting;
            }))
          break;
        auto sequence = std::make_unique<Sequence>(writing, waiting, prompts[waiting], constraint(waiting), options,
                                                   seeds.empty() ? 0 : seeds[waiting], on_text);
        ++waiting;
        if (sequence->done()) {
          on_result(sequence->request(), sequence->result());
          continue;
        }
        Slot& slot = slots.take(sequence->tokens(), prompts[sequence->request()].size());
        tokens += slot.next.size();
        fresh.push_back({std::move(sequence), &slot});
      }
      if (fresh.empty() && going_on.empty()) return;
      step(fresh, Pass::kPrefill, options);
      sort_out(fresh);
      step(going_on, Pass::kDecode, options);
      sort_out(going_on);
      for (auto* some : {&going_on, &fresh})
        for (Active& active : *some) writing_now.push_back(std::move(active));
    }
  }

 private:
  /// One pass over `next` of the slots, and a choice for each.
  void step(std::vector<Active>& some, Pass pass, const GenerateOptions& options) {
    const bool late = options.deadline && std::chrono::steady_clock::now() >= *options.deadline;
    std::vector<Active*> active;
    std::vector<Slot*> read;
    for (Active& one : some) {
      const bool full = one.slot->cache.size() + one.slot->next.size() > model.data().config.context;
      if (late || full) {
        one.sequence->stop(late ? StopReason::kDeadline : StopReason::kContextFull);
        continue;
      }
      active.push_back(&one);
      read.push_back(one.slot);
    }
    if (active.empty()) return;
    const std::vector<float> logits = slots.logits(read, pass);
    const std::size_t n = model.data().config.vocab_size;
    for (std::size_t i = 0; i < active.size(); ++i) {
      Sequence& sequence = *active[i]->sequence;
      sequence.choose({&logits[i * n], n});
      if (sequence.done()) continue;
      if (sequence.went_back())
        read[i]->hold(sequence.tokens());
      else
        read[i]->next.assign(sequence.fresh().begin(), sequence.fresh().end());
    }
  }
};

Generator::Generator(Model model, std::size_t threads) : impl_(std::make_unique<Impl>(std::move(model), threads)) {}
Generator::~Generator() = default;
Generator::Generator(Generator&&) noexcept = default;

Generator::Result Generator::generate(std::string_view prompt, const GenerateOptions& options,
                                      const std::function<void(std::string_view)>& on_text) {
  return generate(impl_->encode(prompt), options, on_text);
}

Generator::Result Generator::generate(std::span<const TokenId> prompt, const GenerateOptions& options,
                                      const std::function<void(std::string_view)>& on_text) {
  Result result;
  const Tokens one(prompt.begin(), prompt.end());
  impl_->run({&one, 1}, {&options.constraint, 1}, {}, options, on_text,
             [&](std::size_t, Result&& r) { result = std::move(r); });
  return result;
}

namespace {

/// Hands results on in order.
class InOrder {
 public:
  explicit InOrder(const std::function<void(std::size_t, Generator::Result&&)>& on_result) : on_result_(on_result) {}
  void operator()(std::size_t index, Generator::Result&& result) {
    early_.emplace(index, std::move(result));
    for (auto first = early_.begin(); first != early_.end() && first->first == next_; first = early_.erase(first))
      on_result_(next_++, std::move(first->second));
  }

 private:
  const std::function<void(std::size_t, Generator::Result&&)>& on_result_;
  std::map<std::size_t, Generator::Result> early_;  // done before one in front of them
  std::size_t next_ = 0;
};

}  // namespace

void Generator::generate_all(std::span<const std::string> prompts, const GenerateOptions& options,
                             const std::function<void(std::size_t, Result&&)>& on_result) {
  std::vector<Tokens> encoded;
  for (const std::string& prompt : prompts) encoded.push_back(impl_->encode(prompt));
  impl_->run(encoded, {&options.constraint, 1}, {}, options, {}, InOrder(on_result));
}

void Generator::generate_all(std::span<const Request> requests, const GenerateOptions& options,
                             const std::function<void(std::size_t, Result&&)>& on_result) {
  std::vector<Tokens> encoded;
  std::vector<Constraint> constraints;
  std::vector<std::uint64_t> seeds;
  for (const Request& request : requests) {
    encoded.push_back(impl_->encode(request.prompt));
    constraints.push_back(request.constraint);
    seeds.push_back(request.seed);
  }
  impl_->run(encoded, constraints, seeds, options, {}, InOrder(on_result));
}

std::vector<float> Generator::logits(std::span<const TokenId> ids, std::size_t prompt) {
  if (ids.empty()) throw Error(Status::kInput, "no token ids");
  return impl_->slots.logits(ids, prompt);
}

}  // namespace eve
