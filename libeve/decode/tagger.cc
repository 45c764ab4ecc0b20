// SPDX-License-Identifier: Apache-2.0
#include "decode/tagger.h"

#include <algorithm>

#include "kernels/kernels.h"

namespace eve {

namespace {

// Tokens of one forward pass: enough that each expert sees a matrix, few enough that activations stay small (about 40
// MB).
constexpr std::size_t kPassTokens = 2048;

constexpr std::string_view kSpace = " \t\r\n";

}  // namespace

struct SpanTagger::Encoded {
  std::string_view text;
  std::vector<TokenId> tokens;
  std::vector<std::size_t> ends;  ///< offset behind each token
};

/// Tokens [first, last) of a text are read together; spans that begin in [inner_first, inner_last) are taken from this
/// window.
struct SpanTagger::Window {
  std::size_t text, first, last, inner_first, inner_last;
};

SpanTagger::SpanTagger(const ModelData& model, Threads& threads)
    : model_(model), threads_(threads), scheme_(model.info.labels, "tags of the model") {
  if (model.config.head != Head::kTag || !model.tokenizer || scheme_.tags() != model.config.n_labels)
    throw Error(Status::kModel, "the model does not tag tokens: its head is not of that kind, or it has no tokenizer");
}

std::vector<std::vector<TaggedSpan>> SpanTagger::tag(std::span<const std::string_view> texts) {
  std::vector<std::vector<TaggedSpan>> out(texts.size());
  const std::size_t context = model_.config.context, overlap = context / 8;
  std::vector<Encoded> encoded;
  std::vector<Window> windows;
  std::size_t pending = 0;
  const auto flush = [&] {
    if (!windows.empty()) run(windows, encoded, out);
    windows.clear();
    pending = 0;
  };
  encoded.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Encoded& e = encoded.emplace_back(Encoded{texts[i], model_.tokenizer->encode(texts[i]), {}});
    std::size_t at = 0;
    for (const TokenId id : e.tokens) e.ends.push_back(at += model_.tokenizer->bytes(id).size());
    const std::size_t n = e.tokens.size();
    for (std::size_t first = 0; first < n; first += context - 2 * overlap) {
      const std::size_t last = std::min(first + context, n);
      windows.push_back({i, first, last, first == 0 ? 0 : first + overlap, last == n ? n : last - overlap});
      pending += last - first;
      if (pending >= kPassTokens) flush();
      if (last == n) break;
    }
  }
  flush();
  return out;
}

void SpanTagger::run(std::span<const Window> windows, std::span<const Encoded> encoded,
                     std::vector<std::vector<TaggedSpan>>& out) {
  std::vector<TokenId> tokens;
  std::vector<std::uint32_t> starts{0};
  for (const Window& w : windows) {
    const auto& ids = encoded[w.text].tokens;
    tokens.insert(tokens.end(), ids.begin() + static_cast<std::ptrdiff_t>(w.first),
                  ids.begin() + static_cast<std::ptrdiff_t>(w.last));
    starts.push_back(static_cast<std::uint32_t>(tokens.size()));
  }
  const Executor executor{threads_, Math::kF32};
  forward(model_.config, model_.weights, {tokens, starts}, false, executor, activations_);
  const std::size_t tags = scheme_.tags();
  std::vector<float> scores(tokens.size() * tags);
  head(model_.config, model_.weights, activations_.hidden.data(), tokens.size(), scores.data(), executor);

  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Window& w = windows[i];
    const Encoded& e = encoded[w.text];
    const std::span<float> window_scores(&scores[starts[i] * tags], (w.last - w.first) * tags);
    const std::vector<TagScheme::Run> runs = scheme_.best(window_scores);
    for (std::size_t t = 0; t < w.last - w.first && !runs.empty(); ++t)
      kernels().softmax(&window_scores[t * tags], tags);
    for (const TagScheme::Run& run : runs) {
      const std::size_t first = w.first + run.first, last = w.first + run.last;
      if (first < w.inner_first || first >= w.inner_last) continue;
      std::size_t start = first == 0 ? 0 : e.ends[first - 1], end = e.ends[last];
      while (start < end && kSpace.find(e.text[start]) != kSpace.npos) ++start;
      while (start < end && kSpace.find(e.text[end - 1]) != kSpace.npos) --end;
      std::vector<TaggedSpan>& spans = out[w.text];
      if (start == end || (!spans.empty() && start < spans.back().end)) continue;
      float probability = 0;
      for (std::size_t t = run.first; t <= run.last; ++t) {
        const std::size_t part = run.first == run.last ? 3 : t == run.first ? 0 : t == run.last ? 2 : 1;
        probability += window_scores[t * tags + 1 + 4 * run.label + part];
      }
      spans.push_back({start, end, run.label, probability / static_cast<float>(run.last - run.first + 1)});
    }
  }
}

struct Tagger::Impl {
  Impl(Model m, std::size_t n) : model(std::move(m)), threads(n), tagger(model.data(), threads) {}
  Model model;
  Threads threads;
  SpanTagger tagger;
};

Tagger::Tagger(Model model, std::size_t threads) : impl_(std::make_unique<Impl>(std::move(model), threads)) {}
Tagger::~Tagger() = default;
Tagger::Tagger(Tagger&&) noexcept = default;
const std::vector<std::string>& Tagger::labels() const { return impl_->tagger.labels(); }
std::vector<std::vector<TaggedSpan>> Tagger::tag(std::span<const std::string_view> texts) {
  return impl_->tagger.tag(texts);
}

}  // namespace eve
