// SPDX-License-Identifier: Apache-2.0
// The token loop of eve::Generator.
#include <algorithm>

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

  /// Logits after the last of `ids`, which continue the cache.
  std::vector<float> next_logits(std::span<const TokenId> ids, KvCache& cache) {
    const ModelData& data = model.data();
    const std::uint32_t starts[] = {0, static_cast<std::uint32_t>(ids.size())};
    const Executor executor =
        inference_executor(data.weights, threads, cache.size() == 0 ? Pass::kPrefill : Pass::kDecode);
    KvCache* const caches[] = {&cache};
    forward(data.config, data.weights, {ids, starts, caches}, false, executor, activations);
    std::vector<float> logits(data.config.vocab_size);
    head(data.config, data.weights, &activations.hidden[(ids.size() - 1) * data.config.n_embd], 1, logits.data(),
         executor);
    return logits;
  }
};

Generator::Generator(Model model, std::size_t threads) : impl_(std::make_unique<Impl>(std::move(model), threads)) {}
Generator::~Generator() = default;
Generator::Generator(Generator&&) noexcept = default;

Generator::Result Generator::generate(std::string_view prompt, const GenerateOptions& options,
                                      const std::function<void(std::string_view)>& on_text) {
  const ModelData& data = impl_->model.data();
  if (!data.tokenizer) throw Error(Status::kModel, "the model file has no tokenizer; give token ids");
  return generate(data.tokenizer->encode(prompt), options, on_text);
}

Generator::Result Generator::generate(std::span<const TokenId> prompt, const GenerateOptions& options,
                                      const std::function<void(std::string_view)>& on_text) {
  const ModelData& data = impl_->model.data();
  if (prompt.empty()) throw Error(Status::kInput, "the prompt is empty");
  if (prompt.size() >= data.config.context)
    throw Error(Status::kInput, "the prompt has " + std::to_string(prompt.size()) + " tokens, the model's context is " +
                                    std::to_string(data.config.context) + "; shorten it");
  Result result;
  TextStream text(options.stop, on_text);
  KvCache cache(data.config);
  Rng rng(options.seed);
  std::vector<TokenId> next(prompt.begin(), prompt.end());
  result.reason = StopReason::kMaxTokens;
  while (result.tokens.size() < options.max_tokens) {
    if (options.deadline && std::chrono::steady_clock::now() >= *options.deadline) {
      result.reason = StopReason::kDeadline;
      break;
    }
    if (cache.size() + next.size() > data.config.context) {
      result.reason = StopReason::kContextFull;
      break;
    }
    const std::vector<float> logits = impl_->next_logits(next, cache);
    const TokenId id = choose_token(logits, impl_->allowed, options.temperature, options.top_k, rng);
    if (impl_->end == id) {
      result.reason = StopReason::kEndOfText;
      break;
    }
    result.tokens.push_back(id);
    next.assign(1, id);
    if (data.tokenizer && text.append(data.tokenizer->bytes(id))) {
      result.reason = StopReason::kStopString;
      break;
    }
  }
  result.text = text.finish();
  return result;
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
