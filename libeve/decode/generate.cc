// SPDX-License-Identifier: Apache-2.0
// The token loop of eve::Generator, for one sequence or many that share passes.
#include <algorithm>
#include <map>
#include <utility>

#include "base/utf8.h"
#include "decode/sampler.h"
#include "eve/eve.h"
#include "model/forward.h"
#include "model/model.h"

namespace eve {

namespace {

/// Text as it grows: finds stop strings, and passes on what no stop string can begin in any more.
class TextStream {
 public:
  TextStream(const std::vector<std::string>& stop, const std::function<void(std::string_view)>& on_text)
      : stop_(stop), on_text_(on_text) {}

  /// True when a stop string is complete; the text then ends before it.
  bool append(std::string_view bytes) {
    const std::size_t old = text_.size();
    text_ += bytes;
    std::size_t found = std::string::npos;
    for (const std::string& stop : stop_)
      if (!stop.empty()) found = std::min(found, text_.find(stop, old < stop.size() ? 0 : old - stop.size() + 1));
    if (found != std::string::npos) text_.resize(found);
    emit(found != std::string::npos ? text_.size() : std::min(utf8_complete_prefix(text_), safe_length()));
    return found != std::string::npos;
  }
  std::string finish() {
    emit(text_.size());
    return std::move(text_);
  }

 private:
  const std::vector<std::string>& stop_;
  const std::function<void(std::string_view)>& on_text_;
  std::string text_;
  std::size_t emitted_ = 0;

  std::size_t safe_length() const {
    std::size_t safe = text_.size();
    for (const std::string& stop : stop_)
      for (std::size_t n = std::min(stop.size(), text_.size()); n > 0; --n)
        if (std::string_view(text_).ends_with(std::string_view(stop).substr(0, n))) {
          safe = std::min(safe, text_.size() - n);
          break;
        }
    return safe;
  }
  void emit(std::size_t end) {
    if (on_text_ && end > emitted_) on_text_(std::string_view(text_).substr(emitted_, end - emitted_));
    emitted_ = std::max(emitted_, end);
  }
};

// Sequences that are written at the same time: enough to read each weight for many tokens, few enough for the caches.
constexpr std::size_t kSlots = 16;
// Prompt tokens of one pass; bounds the activations.
constexpr std::size_t kPrefillTokens = 2048;

// Common tokens that are worth a pass of their own before the rest.
constexpr std::size_t kWorthWaiting = 32;

using Tokens = std::vector<TokenId>;

std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// A cache, the tokens it holds, and the sequence that is written with it.
struct Slot {
  explicit Slot(const Config& config) : cache(config) {}
  KvCache cache;
  Tokens held;  // tokens of the cache; those of a finished sequence stay until another wants the slot
  Tokens next;  // tokens of the next pass
  std::optional<std::size_t> request;
  Generator::Result result;
  std::optional<TextStream> text;
  Rng rng{0};
};

}  // namespace

struct Generator::Impl {
  Impl(Model m, std::size_t n) : model(std::move(m)), threads(n) {
    const ModelData& data = model.data();
    if (data.config.head != Head::kLm)
      throw Error(Status::kModel, "the model labels text and does not write any; name one with an lm head");
    allowed.assign(data.config.vocab_size, 1);
    if (!data.tokenizer) return;
    for (std::size_t id = 0; id < allowed.size(); ++id) allowed[id] = data.tokenizer->is_text(static_cast<TokenId>(id));
    end = data.tokenizer->end_of_text();
    if (end) allowed[static_cast<std::size_t>(*end)] = 1;
  }
  Model model;
  Threads threads;
  std::vector<std::uint8_t> allowed;  // ids that may be chosen: text, and the end of text
  std::optional<TokenId> end;
  Activations activations;
  std::vector<std::unique_ptr<Slot>> slots;

  using OnResult = std::function<void(std::size_t index, Result&& result)>;
  using OnText = std::function<void(std::string_view)>;

  Tokens encode(std::string_view text) const {
    const ModelData& data = model.data();
    if (!data.tokenizer) throw Error(Status::kModel, "the model file has no tokenizer; give token ids");
    return data.tokenizer->encode(text);
  }

  void check(const Tokens& prompt) const {
    const Config& config = model.data().config;
    if (prompt.empty()) throw Error(Status::kInput, "the prompt is empty");
    if (prompt.size() >= config.context)
      throw Error(Status::kInput, "the prompt has " + std::to_string(prompt.size()) +
                                      " tokens, the model's context is " + std::to_string(config.context) +
                                      "; shorten it");
  }

  void run(std::span<const Tokens> prompts, const GenerateOptions& options, const OnText& on_text,
           const OnResult& on_result) {
    for (const Tokens& prompt : prompts) check(prompt);
    for (auto& slot : slots) slot->request.reset();  // of a run that ended by an exception
    std::size_t waiting = 0;
    while (true) {
      std::vector<Slot*> fresh, writing;
      for (auto& slot : slots)
        if (slot->request) writing.push_back(slot.get());
      for (std::size_t tokens = 0; waiting < prompts.size() && writing.size() + fresh.size() < kSlots;) {
        if (tokens != 0 && tokens + prompts[waiting].size() > kPrefillTokens) break;
        // What a prompt of this pass begins with is there for others in the next.
        if (std::ranges::any_of(fresh, [&](const Slot* slot) {
              return common_prefix(prompts[*slot->request], prompts[waiting]) >= slot->held.size() + kWorthWaiting;
            }))
          break;
        Slot& slot = take_slot(prompts[waiting]);
        slot.request = waiting;
        slot.result = {{}, {}, StopReason::kMaxTokens};
        slot.text.emplace(options.stop, on_text);
        slot.rng = Rng(options.seed);
        tokens += slot.next.size();
        if (options.max_tokens == 0)
          finish(slot, on_result);
        else
          fresh.push_back(&slot);
        ++waiting;
      }
      if (fresh.empty() && writing.empty()) return;
      step(fresh, Pass::kPrefill, options, on_result);
      step(writing, Pass::kDecode, options, on_result);
    }
  }

 private:
  /// A free slot whose cache begins with as much of the prompt as any slot's does; the rest of the prompt is `next`.
  Slot& take_slot(const Tokens& prompt) {
    const auto shared = [&](const Slot& slot) {
      // The last token is read again: its logits are wanted.
      return std::min(common_prefix(slot.held, prompt), prompt.size() - 1);
    };
    Slot *best = nullptr, *source = nullptr;
    std::size_t free = 0;
    for (auto& slot : slots) {
      if (!source || shared(*slot) > shared(*source)) source = slot.get();
      if (slot->request) continue;
      ++free;
      if (!best || shared(*slot) > shared(*best)) best = slot.get();
    }
    // A prefix that others share too is copied, so that it is there for the next.
    if (free == 0 || (slots.size() < kSlots && source && shared(*best) < shared(*source)))
      best = slots.emplace_back(std::make_unique<Slot>(model.data().config)).get();
    std::size_t kept = shared(*best);
    if (source && shared(*source) > kept) {
      kept = shared(*source);
      best->cache.copy_prefix(source->cache, kept);
    }
    best->cache.truncate(kept);
    best->held.assign(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(kept));
    best->next.assign(prompt.begin() + static_cast<std::ptrdiff_t>(kept), prompt.end());
    return *best;
  }

  void finish(Slot& slot, const OnResult& on_result) {
    slot.result.text = slot.text->finish();
    on_result(*std::exchange(slot.request, std::nullopt), std::move(slot.result));
  }

  /// One pass over `next` of the slots, and a token for each.
  void step(std::vector<Slot*>& active, Pass pass, const GenerateOptions& options, const OnResult& on_result) {
    const ModelData& data = model.data();
    const bool late = options.deadline && std::chrono::steady_clock::now() >= *options.deadline;
    std::erase_if(active, [&](Slot* slot) {
      const bool full = slot->cache.size() + slot->next.size() > data.config.context;
      if (!late && !full) return false;
      slot->result.reason = late ? StopReason::kDeadline : StopReason::kContextFull;
      finish(*slot, on_result);
      return true;
    });
    if (active.empty()) return;
    const std::vector<float> logits = last_logits(active, pass);
    for (std::size_t i = 0; i < active.size(); ++i) {
      Slot& slot = *active[i];
      const std::span<const float> row(&logits[i * data.config.vocab_size], data.config.vocab_size);
      const TokenId id = choose_token(row, allowed, options.temperature, options.top_k, slot.rng);
      if (end == id) {
        slot.result.reason = StopReason::kEndOfText;
        finish(slot, on_result);
        continue;
      }
      slot.result.tokens.push_back(id);
      slot.next.assign(1, id);
      const bool stop = data.tokenizer && slot.text->append(data.tokenizer->bytes(id));
      if (stop) slot.result.reason = StopReason::kStopString;
      if (stop || slot.result.tokens.size() == options.max_tokens) finish(slot, on_result);
    }
  }

  /// Logits [slots][vocabulary] after the last token of each slot's `next`, which join the caches.
  std::vector<float> last_logits(std::span<Slot* const> active, Pass pass) {
    const ModelData& data = model.data();
    const std::size_t d = data.config.n_embd;
    Tokens tokens;
    std::vector<std::uint32_t> starts{0};
    std::vector<KvCache*> caches;
    for (Slot* slot : active) {
      tokens.insert(tokens.end(), slot->next.begin(), slot->next.end());
      starts.push_back(static_cast<std::uint32_t>(tokens.size()));
      caches.push_back(&slot->cache);
    }
    forward(data.config, data.weights, {tokens, starts, caches}, false, inference_executor(data.weights, threads, pass),
            activations);
    for (Slot* slot : active) slot->held.insert(slot->held.end(), slot->next.begin(), slot->next.end());
    std::vector<float> hidden(active.size() * d), logits(active.size() * data.config.vocab_size);
    for (std::size_t i = 0; i < active.size(); ++i)
      std::copy_n(&activations.hidden[(starts[i + 1] - 1) * d], d, &hidden[i * d]);
    head(data.config, data.weights, hidden.data(), active.size(), logits.data(),
         inference_executor(data.weights, threads, Pass::kDecode));
    return logits;
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
  impl_->run({&one, 1}, options, on_text, [&](std::size_t, Result&& r) { result = std::move(r); });
  return result;
}

void Generator::generate_all(std::span<const std::string> prompts, const GenerateOptions& options,
                             const std::function<void(std::size_t, Result&&)>& on_result) {
  std::vector<Tokens> encoded;
  for (const std::string& prompt : prompts) encoded.push_back(impl_->encode(prompt));
  std::map<std::size_t, Result> early;  // done before one in front of them
  std::size_t next = 0;
  impl_->run(encoded, options, {}, [&](std::size_t index, Result&& result) {
    early.emplace(index, std::move(result));
    for (auto first = early.begin(); first != early.end() && first->first == next; first = early.erase(first))
      on_result(next++, std::move(first->second));
  });
}

std::vector<float> Generator::logits(std::span<const TokenId> ids) {
  const ModelData& data = impl_->model.data();
  if (ids.empty()) throw Error(Status::kInput, "no token ids");
  const std::uint32_t starts[] = {0, static_cast<std::uint32_t>(ids.size())};
  const Executor executor = inference_executor(data.weights, impl_->threads, Pass::kPrefill);
  forward(data.config, data.weights, {ids, starts}, false, executor, impl_->activations);
  std::vector<float> logits(ids.size() * data.config.vocab_size);
  head(data.config, data.weights, impl_->activations.hidden.data(), ids.size(), logits.data(), executor);
  return logits;
}

}  // namespace eve
