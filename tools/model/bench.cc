// SPDX-License-Identifier: Apache-2.0
#include "model/bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>

#include "model/pointer.h"

extern char** environ;

namespace eve {

namespace {

constexpr std::size_t kPrompt = 16, kDecoded = 128, kSequences = 8, kSteps = 32;
constexpr const char* kWords = "the quick brown fox jumps over a lazy dog and runs away into the dark forest";

TokenId made_up(std::size_t i, const Config& config) { return static_cast<TokenId>((7 + 31 * i) % config.vocab_size); }

/// A number of sequences that grow together.
class Sequences {
 public:
  Sequences(const ModelData& model, std::size_t count, Threads& threads) : model_(model), threads_(threads) {
    const bool causal = model.config.causal();
    for (std::size_t s = 0; s < count && causal; ++s) {
      caches_.push_back(std::make_unique<KvCache>(model.config));
      views_.push_back(caches_.back().get());
    }
    count_ = count;
  }
  void forget() {
    for (KvCache* cache : views_) cache->truncate(0);
  }
  /// The next `tokens` tokens of each, and scores: a text's after the last of each, labels for every token or text.
  void feed(std::size_t tokens) {
    const Config& config = model_.config;
    std::vector<TokenId> ids;
    std::vector<std::uint32_t> starts = {0};
    const std::size_t past = views_.empty() ? 0 : views_[0]->size();
    for (std::size_t s = 0; s < count_; ++s) {
      for (std::size_t t = 0; t < tokens; ++t) ids.push_back(made_up(past + t + 1009 * s, config));
      starts.push_back(static_cast<std::uint32_t>(ids.size()));
    }
    const Batch batch{ids, starts, views_};
    forward(config, model_.weights, batch, false,
            inference_executor(model_.weights, threads_, tokens == 1 ? Pass::kDecode : Pass::kPrefill), activations_);
    if (config.head == Head::kTag) return score(activations_.hidden.data(), ids.size(), config.n_labels);
    if (config.head == Head::kLabel)
      return score(pool(config, batch, activations_.hidden).data(), count_, config.n_labels);
    std::vector<std::size_t> last;
    for (std::size_t s = 0; s < count_; ++s) last.push_back(starts[s + 1] - 1);
    scores_.resize(count_ * config.vocab_size);
    next_logits(config, model_.weights, batch, activations_, last, scores_.data(),
                inference_executor(model_.weights, threads_, Pass::kDecode));
  }

 private:
  const ModelData& model_;
  Threads& threads_;
  std::size_t count_;
  std::vector<std::unique_ptr<KvCache>> caches_;
  std::vector<KvCache*> views_;
  Activations activations_;
  std::vector<float> scores_;

  void score(const float* hidden, std::size_t rows, std::size_t columns) {
    scores_.resize(rows * columns);
    head(model_.config, model_.weights, hidden, rows, scores_.data(),
         inference_executor(model_.weights, threads_, Pass::kPrefill));
  }
};

struct Work {
  BenchFigure figure;
  std::function<double()> run;  // seconds
  double need;                  // operations or bytes, for all its tokens
  bool arithmetic;
  Samples samples = {};
};

struct Child {
  double seconds = 0;
  std::size_t peak_bytes = 0;
  bool done = false;
};

Child spawn(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int fd : {0, 1, 2})
    posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
  Child child;
  int status = 0;
  rusage usage{};
  int error = 0;
  child.seconds = seconds_of([&] {
    pid_t pid = 0;
    error = posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environ);
    if (error == 0 && wait4(pid, &status, 0, &usage) != pid) error = errno;
  });
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw Error(Status::kSystem, std::string("cannot start a process: ") + std::strerror(error));
  child.peak_bytes = static_cast<std::size_t>(usage.ru_maxrss) * 1024;
  child.done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return child;
}

}  // namespace

std::size_t weight_bytes(const ModelData& model) {
  std::size_t bytes = 0;
  for_each_tensor(model.config, model.weights,
                  [&](const TensorSpec&, const Tensor& tensor) { bytes += tensor.bytes(); });
  return bytes;
}

std::size_t bytes_per_token(const ModelData& model) {
  std::size_t bytes = weight_bytes(model), experts = 0;
  for (const Layer& layer : model.weights.layers)
    for (const Ffn& expert : layer.experts) experts += expert.w1.bytes() + expert.w2.bytes() + expert.c_proj.bytes();
  if (model.config.head != Head::kLm) bytes -= model.weights.wte.bytes();  // of which it needs one row
  return bytes - experts + experts / model.config.n_expert * model.config.top_k;
}

std::vector<BenchFigure> bench_model(const ModelData& model, std::size_t repetitions, Threads& threads,
                                     Limits& limits) {
  const Config& config = model.config;
  const bool writes = config.causal();
  Sequences one(model, 1, threads), many(model, kSequences, threads);
  std::vector<Work> works;
  const auto add = [&](const char* name, std::size_t tokens, std::size_t sequences, std::function<double()> run,
                       double need, bool arithmetic) {
    works.push_back({{name, tokens, sequences, threads.count(), 0, 0, 0}, std::move(run), need, arithmetic});
  };
  for (const std::size_t asked : {std::size_t{64}, std::size_t{512}}) {
    const std::size_t n = std::min(asked, config.context);
    if (!works.empty() && works.back().figure.tokens == n) continue;
    add(
        "prefill", n, 1,
        [&one, n] {
          one.forget();
          return seconds_of([&] { one.feed(n); });
        },
        forward_operations(config, n, config.head == Head::kTag ? n : 1, attended_pairs(config, n)), true);
  }
  const std::size_t prompt = std::min(kPrompt, config.context / 2);
  const std::size_t decoded = std::min(kDecoded, config.context - prompt);
  const std::size_t steps = std::min(kSteps, config.context - prompt);
  if (writes) {
    add(
        "decode", decoded, 1,
        [&, prompt, decoded] {
          one.forget();
          one.feed(prompt);
          return seconds_of([&] {
            for (std::size_t i = 0; i < decoded; ++i) one.feed(1);
          });
        },
        static_cast<double>(bytes_per_token(model) * decoded), false);
    add(
        "batch", steps, kSequences,
        [&, prompt, steps] {
          many.forget();
          many.feed(prompt);
          return seconds_of([&] {
            for (std::size_t i = 0; i < steps; ++i) many.feed(1);
          });
        },
        0, true);
  } else {
    const std::size_t n = std::min(std::size_t{64}, config.context);
    add(
        "batch", n, kSequences, [&many, n] { return seconds_of([&] { many.feed(n); }); },
        kSequences * forward_operations(config, n, config.head == Head::kTag ? n : 1, attended_pairs(config, n)), true);
  }
  for (Work& work : works) work.run();  // pages, caches, buffers
  for (std::size_t i = 0; i < repetitions; ++i) {
    for (Work& work : works) work.samples.add(work.run());
    limits.measure();
  }
  std::vector<BenchFigure> figures;
  for (const Work& work : works) {
    BenchFigure figure = work.figure;
    const double tokens = static_cast<double>(figure.tokens * figure.sequences);
    figure.median = tokens / work.samples.median();
    figure.best = tokens / work.samples.best();
    const double limit = work.arithmetic ? limits.fastest().operations : limits.read_bandwidth();
    figure.share = work.need / work.samples.median() / limit;
    figures.push_back(figure);
  }
  return figures;
}

StartFigure bench_start(const std::string& program, const std::string& path, std::size_t repetitions,
                        std::size_t threads) {
  const auto command = [&](std::size_t tokens, bool words) {
    std::vector<std::string> arguments = {
        program, "generate", path, "--max-tokens", std::to_string(tokens), "--threads", std::to_string(threads)};
    if (words) {
      arguments.push_back(kWords);
    } else {
      arguments.push_back("--ids");
      for (std::size_t i = 0; i < kPrompt; ++i) arguments.back() += (i == 0 ? "=" : ",") + std::to_string(7 + i);
    }
    return arguments;
  };
  StartFigure figure;
  bool words = true;
  if (!spawn(command(1, words)).done && !spawn(command(1, words = false)).done) return figure;
  Samples samples;
  for (std::size_t i = 0; i < repetitions; ++i) samples.add(spawn(command(1, words)).seconds);
  figure.first_token = samples.median();
  figure.peak_bytes = spawn(command(kDecoded, words)).peak_bytes;
  return figure;
}

}  // namespace eve
