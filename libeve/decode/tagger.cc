// SPDX-License-Identifier: Apache-2.0
#include "decode/tagger.h"

#include <algorithm>
#include <atomic>

#include "kernels/kernels.h"

namespace eve {

namespace {

// Tokens of one forward pass: enough that each expert sees a matrix, few enough that activations stay small (about 20
// MB).
constexpr std::size_t kPassTokens = 1024;
// Tokens that are worth a thread of their own.
constexpr std::size_t kLeastPassTokens = 64;

// Records are hardly ever longer, so that none longer is trained on; attention grows with the square.
constexpr std::size_t kWindowTokens = 512;

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
    : model_(model), threads_(threads), scheme_(model.info.labels, "tags of the model"), lanes_(threads.count()) {
  if (model.config.head != Head::kTag || !model.tokenizer || scheme_.tags() != model.config.n_labels)
    throw Error(Status::kModel, "the model does not tag tokens: its head is not of that kind, or it has no tokenizer");
}

SpanTagger::Encoded SpanTagger::encode(std::string_view text) const {
  Encoded encoded{text, model_.tokenizer->encode(text), {}};
  encoded.ends.reserve(encoded.tokens.size());
  std::size_t at = 0;
  for (const TokenId id : encoded.tokens) encoded.ends.push_back(at += model_.tokenizer->bytes(id).size());
  return encoded;
}

std::vector<std::vector<TaggedSpan>> SpanTagger::tag(std::span<const std::string_view> texts) {
  std::vector<Encoded> encoded(texts.size());
  threads_.parallel_for(texts.size(), 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) encoded[i] = encode(texts[i]);
  });

  const std::size_t context = std::min(model_.config.context, kWindowTokens), overlap = context / 8;
  std::vector<Window> windows;
  std::size_t tokens = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t n = encoded[i].tokens.size();
    for (std::size_t first = 0; first < n; first += context - 2 * overlap) {
      const std::size_t last = std::min(first + context, n);
      windows.push_back({i, first, last, first == 0 ? 0 : first + overlap, last == n ? n : last - overlap});
      tokens += last - first;
      if (last == n) break;
    }
  }

  // Products with interleaved weights give each row the same bits in any company. Products with plain rows do not
  // promise it: there each window is a pass, of one thread.
  const auto packed = [](const Tensor& w) { return w.layout == Layout::kInterleaved; };
  const bool shared = packed(model_.weights.wte) && packed(model_.weights.cls);

  // Passes of like size, each the work of one thread: the matrices are too small to be worth sharing.
  std::size_t count =
      std::max((tokens + kPassTokens - 1) / kPassTokens, std::min(threads_.count(), tokens / kLeastPassTokens));
  if (count > 1) count = (count + threads_.count() - 1) / threads_.count() * threads_.count();
  std::vector<std::size_t> passes{0};  // first window of each, and the end
  for (std::size_t w = 0, sum = 0; w < windows.size(); ++w) {
    sum += windows[w].last - windows[w].first;
    if (!shared || sum * count >= tokens * passes.size() || w + 1 == windows.size()) passes.push_back(w + 1);
  }
  std::vector<Spans> found(windows.size());
  const auto run_pass = [&](std::size_t pass, Threads& threads, Lane& lane) {
    const std::size_t first = passes[pass], n = passes[pass + 1] - first;
    run({&windows[first], n}, encoded, threads, lane, &found[first]);
  };
  if (windows.empty()) return std::vector<Spans>(texts.size());
  if (shared && passes.size() == 2) {
    run_pass(0, threads_, lanes_[0]);
  } else {
    std::atomic<std::size_t> next{0};
    threads_.parallel_for(lanes_.size(), 1, [&](std::size_t begin, std::size_t end) {
      Threads alone(1);
      for (std::size_t lane = begin; lane < end; ++lane)
        for (std::size_t pass; (pass = next.fetch_add(1)) + 1 < passes.size();) run_pass(pass, alone, lanes_[lane]);
    });
  }

  std::vector<Spans> out(texts.size());
  for (std::size_t w = 0; w < windows.size(); ++w) {
    Spans& spans = out[windows[w].text];
    for (const TaggedSpan& span : found[w])
      if (spans.empty() || span.start >= spans.back().end) spans.push_back(span);
  }
  return out;
}

void SpanTagger::run(std::span<const Window> windows, std::span<const Encoded> encoded, Threads& threads, Lane& lane,
                     Spans* spans) const {
  std::vector<TokenId> tokens;
  std::vector<std::uint32_t> starts{0};
  for (const Window& w : windows) {
    const auto& ids = encoded[w.text].tokens;
    tokens.insert(tokens.end(), ids.begin() + static_cast<std::ptrdiff_t>(w.first),
                  ids.begin() + static_cast<std::ptrdiff_t>(w.last));
    starts.push_back(static_cast<std::uint32_t>(tokens.size()));
  }
  const Executor executor = inference_executor(model_.weights, threads, Pass::kPrefill);
  forward(model_.config, model_.weights, {tokens, starts}, false, executor, lane.activations);
  const std::size_t tags = scheme_.tags();
  lane.scores.resize(tokens.size() * tags);
  head(model_.config, model_.weights, lane.activations.hidden.data(), tokens.size(), lane.scores.data(), executor);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const std::size_t length = starts[i + 1] - starts[i];
    spans[i] = decode(windows[i], encoded[windows[i].text], {&lane.scores[starts[i] * tags], length * tags});
  }
}

SpanTagger::Spans SpanTagger::decode(const Window& w, const Encoded& encoded, std::span<float> scores) const {
  const std::size_t tags = scheme_.tags();
  Spans spans;
  for (const TagScheme::Run& run : scheme_.best(scores)) {
    const std::size_t first = w.first + run.first, last = w.first + run.last;
    if (first < w.inner_first || first >= w.inner_last) continue;
    std::size_t start = first == 0 ? 0 : encoded.ends[first - 1], end = encoded.ends[last];
    while (start < end && kSpace.find(encoded.text[start]) != kSpace.npos) ++start;
    while (start < end && kSpace.find(encoded.text[end - 1]) != kSpace.npos) --end;
    if (start == end) continue;
    float probability = 0;
    for (std::size_t t = run.first; t <= run.last; ++t) {
      const std::size_t part = run.first == run.last ? 3 : t == run.first ? 0 : t == run.last ? 2 : 1;
      kernels().softmax(&scores[t * tags], tags);
      probability += scores[t * tags + 1 + 4 * run.label + part];
    }
    spans.push_back({start, end, run.label, probability / static_cast<float>(run.last - run.first + 1)});
  }
  return spans;
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
