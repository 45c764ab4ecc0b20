// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "base/json.h"
#include "fixtures.h"
#include "kernels/kernels.h"
#include "model/attention.h"
#include "model/safetensors.h"
#include "train/average.h"
#include "train/evaluate.h"
#include "train/fit.h"
#include "train/micro_batch.h"

using namespace eve;

namespace {

Config tiny_config(Head head) {
  Config c;
  c.vocab_size = 29, c.n_layer = 2, c.n_embd = 16, c.n_head = 2, c.head_dim = 8, c.context = 64;
  c.n_expert = 4, c.top_k = 2, c.expert_ff = 24, c.shared_ff = 20, c.head = head;
  c.n_labels = head == Head::kLm ? 0 : 5;
  return c;
}

std::vector<Example> random_examples(const Config& config, std::size_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Example> examples(n);
  for (Example& e : examples) {
    const std::size_t length = 3 + rng.below(12);
    for (std::size_t t = 0; t < length; ++t) e.tokens.push_back(static_cast<TokenId>(rng.below(config.vocab_size)));
    const std::size_t classes = config.head == Head::kLm ? config.vocab_size : config.n_labels;
    for (std::size_t t = 0; t < (config.head == Head::kLabel ? 1 : length); ++t)
      e.targets.push_back(rng.below(4) == 0 ? kNoTarget : static_cast<std::int32_t>(rng.below(classes)));
  }
  return examples;
}

std::vector<const Example*> pointers(const std::vector<Example>& examples) {
  std::vector<const Example*> out;
  for (const Example& e : examples) out.push_back(&e);
  return out;
}

ModelData untrained(const Config& config) {
  ModelData model;
  model.config = config;
  return model;
}

double difference_norm(std::span<const float> a, const float* b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return std::sqrt(sum);
}

double l2(std::span<const float> a) {
  double sum = 0;
  for (const float x : a) sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum);
}

/// Total loss as the trainer differentiates it, in one micro-batch.
double total_loss(const Config& config, const Weights& weights, const std::vector<Example>& examples,
                  Executor executor) {
  PackedBatch packed;
  for (const Example& e : examples) packed.add(e);
  Activations a;
  const Batch batch = packed.batch();
  forward(config, weights, batch, true, executor, a);
  BackwardScratch scratch;
  const LossSum loss = head_loss(config, weights, batch, a.hidden, packed.targets, 0, executor, nullptr, nullptr, scratch);
  double aux = 0;
  for (const auto& layer : a.layers) aux += static_cast<double>(aux_loss(layer.probs, config.n_expert));
  return loss.cross_entropy / static_cast<double>(loss.targets) + static_cast<double>(config.aux_coef) * aux;
}

std::span<const float> floats(const SafeTensor& t, std::vector<float>& copy) {
  copy.resize(t.data.size() / sizeof(float));
  std::memcpy(copy.data(), t.data.data(), t.data.size());
  return copy;
}

}  // namespace

TEST_CASE("gradients, losses and three AdamW steps of the reference are met") {
  EVE_SHARED_OR_SKIP(folder, "fixtures/eve-tiny");
  const MappedFile file(folder + "/expected_train.safetensors");
  const SafeTensors expected = SafeTensors::parse(file.bytes(), "expected_train");
  simdjson::dom::parser parser;
  const std::string json = read_file(folder + "/expected_train.json", 1 << 20);
  const auto root = parse_json(parser, json, "expected_train.json");

  const SafeTensor &inputs = expected.tensors.at("inputs"), &targets = expected.tensors.at("targets");
  std::vector<Example> examples(inputs.shape[0]);
  const std::size_t length = inputs.shape[1];
  for (std::size_t i = 0; i < examples.size(); ++i) {
    examples[i].tokens.resize(length);
    examples[i].targets.resize(length);
    std::memcpy(examples[i].tokens.data(), inputs.data.data() + i * length * 4, length * 4);
    std::memcpy(examples[i].targets.data(), targets.data.data() + i * length * 4, length * 4);
  }
  const auto batch = pointers(examples);
  Threads threads(2);
  const Ranks ranks;
  Trainer trainer(load_model(folder), {}, 1, Math::kF32, threads, ranks);
  const Config& config = trainer.model().config;

  std::size_t step = 0;
  std::vector<float> copy;
  // The tied matrix goes by either of its names; q, k, v are parts of c_attn.
  const auto stored = [&](const std::string& prefix, const std::string& name) -> const SafeTensor& {
    const auto found = expected.tensors.find(prefix + name);
    return found != expected.tensors.end() ? found->second : expected.tensors.at(prefix + "lm_head.weight");
  };
  trainer.differentiate(batch);
  for_each_tensor(config, trainer.gradients().weights(), [&](const TensorSpec& spec, const Tensor& tensor) {
    const auto whole = floats(stored("grad.", spec.hub.name), copy);
    const auto part = whole.subspan(spec.hub.part * tensor.size(), tensor.size());
    INFO(spec.gguf.name << " part " << spec.gguf.part);
    CHECK(difference_norm(part, tensor.f32()) <= 1e-3 * l2(part) + 1e-7);
  });
  for (const auto expected_step : root["steps"].get_array()) {
    const StepReport report = trainer.step(batch, 1e-3f);
    CHECK(report.cross_entropy == Approx(double(expected_step["cross_entropy"])).epsilon(1e-4));
    CHECK(report.aux == Approx(double(expected_step["aux_sum_over_layers"])).epsilon(1e-4));
    CHECK(report.grad_norm == Approx(double(expected_step["grad_norm_before_clip"])).epsilon(1e-3));
    ++step;
  }
  REQUIRE(step == 3);
  for_each_tensor(config, trainer.model().weights, [&](const TensorSpec& spec, const Tensor& tensor) {
    const auto part =
        floats(stored("after3.", spec.hub.name), copy).subspan(spec.hub.part * tensor.size(), tensor.size());
    INFO(spec.gguf.name << " part " << spec.gguf.part);
    for (std::size_t i = 0; i < tensor.size(); ++i) REQUIRE(std::abs(part[i] - tensor.f32()[i]) < 1e-4f);
  });
}

TEST_CASE("the gradient of every tensor agrees with finite differences, for every head") {
  Threads threads(1);
  const Ranks ranks;
  const Executor executor{threads, Math::kF32};
  struct Shape {
    Head head;
    std::size_t conv_attention, conv_experts, pointer;
    bool prefix = false;
  };
  const Shape shapes[] = {{Head::kLm, 0, 0, 0}, {Head::kTag, 0, 0, 0}, {Head::kLabel, 0, 0, 0}, {Head::kLm, 4, 0, 0},
                          {Head::kLm, 0, 2, 0}, {Head::kLm, 8, 3, 0},  {Head::kTag, 4, 4, 0},   {Head::kLabel, 3, 4, 0},
                          {Head::kLm, 0, 0, 6}, {Head::kLm, 4, 3, 5},  {Head::kLm, 0, 0, 0, true},
                          {Head::kLm, 4, 3, 5, true}};
  for (const Shape& shape : shapes) {
    Config config = tiny_config(shape.head);
    config.conv_attention = shape.conv_attention;
    config.conv_experts = shape.conv_experts;
    config.pointer = shape.pointer;
    config.prefix = shape.prefix;
    if (config.pointer != 0) config.vocab_size = 6;  // so that most targets have occurred before
    config.aux_coef = 0.1f;
    config.top_k =
        config.n_expert;  // a choice that flips within the difference has no derivative; the reference above has k < n
    auto examples = random_examples(config, 6, 7);
    if (config.prefix)
      for (Example& e : examples) std::fill_n(e.targets.begin(), e.targets.size() / 2, kNoTarget);
    Trainer trainer(untrained(config), {}, 3, Math::kF32, threads, ranks);
    // Larger weights than at the start of training, so that no gradient drowns in rounding; and a gradient at those
    // weights.
    ParameterBuffer at(config);
    Rng rng(11);
    for (std::size_t i = 0; i < at.values().size(); ++i) at.values()[i] = static_cast<float>(0.3 * rng.normal());
    for_each_tensor(config, at.weights(), [&](const TensorSpec& spec, const Tensor& t) {
      for (std::size_t i = 0; i < t.size(); ++i) at.writable(t)[i] += static_cast<float>(spec.start_mean);
    });
    if (config.pointer != 0) *at.writable(at.weights().pointer_bias) = 0.2f;
    ModelData model = untrained(config);
    model.weights = at.weights();
    Trainer differentiated(std::move(model), {}, 1, Math::kF32, threads, ranks);
    const auto batch = pointers(examples);
    differentiated.differentiate(batch);
    for_each_tensor(config, at.weights(), [&](const TensorSpec& spec, const Tensor& tensor) {
      const float* gradient = differentiated.gradients().values().data() + (tensor.f32() - at.values().data());
      // Along the gradient itself: the derivative is its norm, the largest there is.
      const double norm = l2({gradient, tensor.size()});
      if (norm < 1e-4) return;
      const std::vector<float> before(tensor.f32(), tensor.f32() + tensor.size());
      const double h = 4e-3;
      const auto moved = [&](double by) {
        for (std::size_t i = 0; i < tensor.size(); ++i)
          at.writable(tensor)[i] = before[i] + static_cast<float>(by * static_cast<double>(gradient[i]) / norm);
        return total_loss(config, at.weights(), examples, executor);
      };
      const double slope = (moved(h) - moved(-h)) / (2 * h);
      std::copy(before.begin(), before.end(), at.writable(tensor));
      INFO("head " << head_name(config.head) << " convolutions " << config.conv_attention << " " << config.conv_experts
                   << " pointer " << config.pointer << " prefix " << config.prefix << " " << spec.gguf.name << " part " << spec.gguf.part);
      CHECK(slope == Approx(norm).epsilon(0.02).margin(2e-4));
    });
  }
}

TEST_CASE("attention's gradient agrees with finite differences, causal, not, and behind a prompt, across query blocks") {
  Threads threads(1);
  for (const auto& [head, prefix] : {std::pair{Head::kLm, false}, {Head::kTag, false}, {Head::kLm, true}}) {
    Config config = tiny_config(head);
    config.context = 256;
    config.prefix = prefix;
    const std::size_t tokens = 70 + 5, a = config.attn_dim();
    const std::vector<std::uint32_t> starts{0, 70, 75};
    const std::vector<TokenId> ids(tokens);
    const std::vector<std::uint32_t> prompts{66, 2};
    const Batch batch{.tokens = ids, .starts = starts, .prompts = prompts};
    Rng rng(5);
    std::vector<float> q(tokens * a), k(q), v(q), weight(q), out(q), d_q(q), d_k(q), d_v(q),
        log_sums(tokens * config.n_head);
    for (auto* x : {&q, &k, &v, &weight})
      for (float& f : *x) f = static_cast<float>(rng.normal());
    const auto loss = [&] {
      const KeyValues sources[] = {{k.data(), v.data(), a, config.head_dim, 0},
                                   {&k[70 * a], &v[70 * a], a, config.head_dim, 0}};
      attention(config, batch, sources, q.data(), out.data(), log_sums.data(), {threads});
      double sum = 0;
      for (std::size_t i = 0; i < out.size(); ++i) sum += static_cast<double>(out[i]) * static_cast<double>(weight[i]);
      return sum;
    };
    loss();
    attention_backward(config, batch, q.data(), k.data(), v.data(), out.data(), log_sums.data(), weight.data(),
                       d_q.data(), d_k.data(), d_v.data(), Math::kF32, threads);
    for (auto [x, d] : {std::pair{&q, &d_q}, {&k, &d_k}, {&v, &d_v}})
      for (int trial = 0; trial < 20; ++trial) {
        const std::size_t i = rng.below(x->size());
        const float before = (*x)[i], h = 1e-2f;
        (*x)[i] = before + h;
        const double up = loss();
        (*x)[i] = before - h;
        const double slope = (up - loss()) / (2 * static_cast<double>(h));
        (*x)[i] = before;
        CHECK(static_cast<double>((*d)[i]) == Approx(slope).epsilon(0.01).margin(2e-3));
      }
  }
}

TEST_CASE("examples packed into one batch do not see each other") {
  Threads threads(1);
  Config config = tiny_config(Head::kTag);
  config.conv_attention = 4, config.conv_experts = 3;
  ParameterBuffer parameters(config);
  Rng rng(1);
  initialise(config, parameters, rng);
  const auto examples = random_examples(config, 5, 3);
  const Executor executor{threads, Math::kF32};
  std::vector<TokenId> tokens;
  std::vector<std::uint32_t> starts{0};
  for (const Example& e : examples) {
    tokens.insert(tokens.end(), e.tokens.begin(), e.tokens.end());
    starts.push_back(static_cast<std::uint32_t>(tokens.size()));
  }
  Activations together, alone;
  forward(config, parameters.weights(), {tokens, starts}, false, executor, together);
  for (std::size_t s = 0; s < examples.size(); ++s) {
    const std::vector<std::uint32_t> one{0, static_cast<std::uint32_t>(examples[s].tokens.size())};
    forward(config, parameters.weights(), {examples[s].tokens, one}, false, executor, alone);
    for (std::size_t i = 0; i < alone.hidden.size(); ++i)
      REQUIRE(alone.hidden[i] == Approx(together.hidden[starts[s] * config.n_embd + i]).margin(1e-5));
  }
}

TEST_CASE("a step does not depend on how the batch is cut into parts") {
  Threads threads(2);
  const Ranks ranks;
  for (const std::size_t pointer : {0u, 6u}) {
    Config config = tiny_config(Head::kLm);
    config.pointer = pointer;
    config.vocab_size = 12;
    config.aux_coef =
        0;  // the published load-balance loss is taken over each forward pass, so it does depend on the parts
    const auto examples = random_examples(config, 120, 4);  // more targets than the head takes at a time
    const auto batch = pointers(examples);
    OptimizerOptions whole, parts;
    parts.micro_tokens = 10;
    Trainer a(untrained(config), whole, 1, Math::kF32, threads, ranks),
        b(untrained(config), parts, 1, Math::kF32, threads, ranks);
    const StepReport ra = a.differentiate(batch), rb = b.differentiate(batch);
    CHECK(ra.targets > 600);
    CHECK(ra.cross_entropy == Approx(rb.cross_entropy).epsilon(1e-5));
    CHECK(difference_norm(a.gradients().values(), b.gradients().values().data()) < 1e-5 * l2(a.gradients().values()));
  }
}

TEST_CASE("gradients hardly depend on the number of threads, and those in bf16 are within 3 % of those in fp32") {
  const Ranks ranks;
  Config config = tiny_config(Head::kLm);
  config.n_embd = 64, config.head_dim = 32, config.expert_ff = 96, config.shared_ff = 64, config.context = 256;
  config.conv_attention = 4, config.conv_experts = 4, config.pointer = 32;
  // Every expert is chosen: a choice that rounding flips would change its gradient altogether.
  config.top_k = config.n_expert;
  auto examples = random_examples(config, 9, 4);
  for (std::size_t t = 0; t < 200; ++t) {  // four blocks of attention, and many tokens for one expert
    examples[0].tokens.push_back(static_cast<TokenId>(t * t % 29));
    examples[0].targets.push_back(static_cast<std::int32_t>(t % 29));
  }
  const auto batch = pointers(examples);
  Threads one(1), three(3);
  Trainer reference(untrained(config), {}, 1, Math::kF32, one, ranks);
  reference.differentiate(batch);
  const std::vector<float>& want = reference.gradients().values();
  Trainer parallel(untrained(config), {}, 1, Math::kF32, three, ranks);
  parallel.differentiate(batch);
  CHECK(difference_norm(want, parallel.gradients().values().data()) < 1e-6 * l2(want));
  Trainer narrow(untrained(config), {}, 1, Math::kBF16, three, ranks);
  narrow.differentiate(batch);
  CHECK(difference_norm(want, narrow.gradients().values().data()) < 0.03 * l2(want));
}

TEST_CASE("a step leaves no gradient behind") {
  Threads threads(2);
  const Ranks ranks;
  const Config config = tiny_config(Head::kTag);
  const auto examples = random_examples(config, 8, 5);
  const auto batch = pointers(examples);
  Trainer a(untrained(config), {}, 1, Math::kF32, threads, ranks),
      b(untrained(config), {}, 1, Math::kF32, threads, ranks);
  b.differentiate(batch);  // a gradient that nobody used counts no more than none
  for (int i = 0; i < 3; ++i) CHECK(a.step(batch, 1e-3f).grad_norm == b.step(batch, 1e-3f).grad_norm);
  CHECK(l2(a.gradients().values()) == 0);
}

TEST_CASE("training fits a small set by heart in bf16 and fp32") {
  Threads threads(2);
  const Ranks ranks;
  for (const Math math : {Math::kF32, Math::kBF16}) {
    const Config config = tiny_config(Head::kTag);
    const auto examples = random_examples(config, 8, 5);
    Trainer trainer(untrained(config), {}, 1, math, threads, ranks);
    FitOptions options;
    options.epochs = 150;
    options.optimizer.lr = 1e-2f;
    RowBatches batches(examples, 8, 1, ranks);
    fit(trainer, batches, options, ranks, {});
    const LossSum loss = evaluate_loss(trainer.model(), examples, 1000, {threads, Math::kF32});
    CHECK(loss.correct >= loss.targets * 95 / 100);
  }
}

TEST_CASE("a resumed run continues the same curve") {
  Threads threads(1);
  const Ranks ranks;
  const Config config = tiny_config(Head::kLm);
  const auto examples = random_examples(config, 20, 6);
  const std::string checkpoint = std::filesystem::temp_directory_path() / ("eve-resume-" + std::to_string(getpid()));
  FitOptions options;
  options.epochs = 3;
  options.optimizer.lr = 1e-2f;
  RowBatches batches(examples, 4, 1, ranks);
  std::vector<double> straight, resumed;
  {
    Trainer trainer(untrained(config), options.optimizer, 1, Math::kF32, threads, ranks);
    fit(trainer, batches, options, ranks,
        {[&](const StepReport& r, const Progress&) { straight.push_back(r.cross_entropy); }, {}});
  }
  options.checkpoint = checkpoint;
  options.checkpoint_seconds = 0;
  options.resume = true;
  struct Killed {};
  for (int run = 0; run < 4; ++run) try {
      Trainer trainer(untrained(config), options.optimizer, 1, Math::kF32, threads, ranks);
      std::size_t steps = 0;
      fit(trainer, batches, options, ranks,
          {[&](const StepReport& r, const Progress&) {
             if (++steps == 5) throw Killed();  // after the step, before its checkpoint
             resumed.push_back(r.cross_entropy);
           },
           {}});
    } catch (const Killed&) {
    }
  std::filesystem::remove(checkpoint);
  REQUIRE(straight.size() == 15);
  CHECK(straight == resumed);
}

TEST_CASE("kill -9 at any moment leaves a checkpoint that loads") {
  Threads threads(1);
  const Ranks ranks;
  const Config config = tiny_config(Head::kLm);
  const std::string folder = std::filesystem::temp_directory_path() / ("eve-kill-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const std::string checkpoint = folder + "/run.checkpoint";
  FitOptions options;
  options.epochs = 100000;
  options.checkpoint = checkpoint;
  options.checkpoint_seconds = 0;
  options.resume = true;
  Rng rng(9);
  std::size_t last = 0;
  for (int round = 0; round < 25; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const auto examples = random_examples(config, 8, 6);
      Trainer trainer(untrained(config), options.optimizer, 1, Math::kF32, threads, ranks);
      RowBatches batches(examples, 2, 1, ranks);
      fit(trainer, batches, options, ranks, {});
      _exit(0);
    }
    usleep(static_cast<useconds_t>(5000 + rng.below(40000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (!std::filesystem::exists(checkpoint)) continue;  // killed before the first
    Trainer trainer(untrained(config), options.optimizer, 1, Math::kF32, threads, ranks);
    trainer.load_checkpoint(checkpoint);
    CHECK(trainer.steps() >= last);
    last = trainer.steps();
  }
  CHECK(last > 0);
  std::filesystem::remove_all(folder);
}

TEST_CASE("a checkpoint of another shape or a damaged one is refused") {
  Threads threads(1);
  const Ranks ranks;
  const std::string path = std::filesystem::temp_directory_path() / ("eve-shape-" + std::to_string(getpid()));
  Trainer lm(untrained(tiny_config(Head::kLm)), {}, 1, Math::kF32, threads, ranks);
  Trainer tag(untrained(tiny_config(Head::kTag)), {}, 1, Math::kF32, threads, ranks);
  lm.save_checkpoint(path, "x");
  CHECK(lm.load_checkpoint(path) == "x");
  CHECK_THROWS_AS(tag.load_checkpoint(path), Error);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  CHECK_THROWS_AS(lm.load_checkpoint(path), Error);
  std::filesystem::remove(path);
}

TEST_CASE("a loss that is not finite stops the run, names the step and leaves the weights alone") {
  Threads threads(1);
  const Ranks ranks;
  const Config config = tiny_config(Head::kLm);
  ParameterBuffer broken(config);
  Rng rng(1);
  initialise(config, broken, rng);
  broken.writable(broken.weights().ln_f)[0] = NAN;
  ModelData model = untrained(config);
  model.weights = broken.weights();
  Trainer trainer(std::move(model), {}, 1, Math::kF32, threads, ranks);
  const auto examples = random_examples(config, 3, 2);
  const auto batch = pointers(examples);
  CHECK_THROWS_WITH(trainer.step(batch, 1e-3f), Catch::Contains("step 1"));
  CHECK(trainer.steps() == 0);
  CHECK(trainer.model().weights.wte.f32()[0] == broken.weights().wte.f32()[0]);
}

TEST_CASE("the average of models is the mean of their weights, and only of one shape") {
  Threads threads(1);
  const Ranks ranks;
  const std::string base = std::filesystem::temp_directory_path() / ("eve-average-" + std::to_string(getpid()) + "-");
  Config config = tiny_config(Head::kLm);
  std::vector<std::vector<float>> values;
  for (int i = 0; i < 3; ++i) {
    if (i == 2) config.expert_ff += 8;
    Trainer trainer(untrained(config), {}, static_cast<std::uint64_t>(i), Math::kF32, threads, ranks);
    const Weights& w = trainer.model().weights;
    values.emplace_back(w.wte.f32(), w.wte.f32() + w.wte.size());
    save_model(trainer.model(), DType::kF32, base + std::to_string(i));
  }
  const ParameterBuffer mean = average_models({base + "0", base + "1", base + "1"});
  for (std::size_t i = 0; i < values[0].size(); ++i)
    REQUIRE(mean.values()[i] == Approx((values[0][i] + 2 * values[1][i]) / 3).margin(1e-6));
  CHECK_THROWS_AS(average_models({base + "0", base + "2"}), Error);
  for (int i = 0; i < 3; ++i) std::filesystem::remove(base + std::to_string(i));
}

TEST_CASE("the learning rate warms up linearly and ends at its floor") {
  OptimizerOptions o;
  o.lr = 1.0f, o.warmup = 0.1f, o.min_lr_ratio = 0.1f;
  CHECK(learning_rate(o, 1, 100) == Approx(0.1));
  CHECK(learning_rate(o, 10, 100) == Approx(1.0));
  CHECK(learning_rate(o, 55, 100) == Approx(0.55));
  CHECK(learning_rate(o, 100, 100) == Approx(0.1));
}

TEST_CASE("with a cooldown the learning rate stays at its peak and falls linearly at the end") {
  OptimizerOptions o;
  o.lr = 1.0f, o.warmup = 0.1f, o.min_lr_ratio = 0.1f, o.cooldown = 0.2f;
  CHECK(learning_rate(o, 5, 100) == Approx(0.5));
  CHECK(learning_rate(o, 80, 100) == Approx(1.0));
  CHECK(learning_rate(o, 90, 100) == Approx(0.55));
  CHECK(learning_rate(o, 100, 100) == Approx(0.1));
}

TEST_CASE("Muon's direction has orthogonal rows or columns of nearly the same length, and the sign of the gradient") {
  Rng rng(5);
  MuonScratch scratch;
  for (const auto& [rows, cols] : std::vector<std::pair<std::size_t, std::size_t>>{{24, 40}, {40, 24}, {32, 32}}) {
    std::vector<float> g(rows * cols);
    for (float& v : g) v = static_cast<float>(rng.normal());
    std::vector<float> x = g;
    orthogonalise(x.data(), rows, cols, Math::kF32, scratch);
    // x = U S' V^T with all of S' between 0.6 and 1.3: the sum of their squares is the squared norm, <g, x> is
    // positive.
    double squares = 0, along = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
      along += static_cast<double>(x[i]) * static_cast<double>(g[i]);
    }
    const double rank = static_cast<double>(std::min(rows, cols));
    CHECK(squares > 0.36 * rank);
    CHECK(squares < 1.69 * rank);
    CHECK(along > 0);
    // Largest stretch, by power iteration on x^T x.
    std::vector<double> v(cols, 1);
    double length = 0;
    for (int i = 0; i < 100; ++i) {
      std::vector<double> y(rows, 0), next(cols, 0);
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) y[r] += static_cast<double>(x[r * cols + c]) * v[c];
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) next[c] += static_cast<double>(x[r * cols + c]) * y[r];
      length = std::sqrt(std::inner_product(next.begin(), next.end(), next.begin(), 0.0));
      for (double& value : next) value /= length;
      v = next;
    }
    CHECK(std::sqrt(length) < 1.3);
  }
  std::vector<float> zero(12, 0.0f);
  orthogonalise(zero.data(), 3, 4, Math::kF32, scratch);
  CHECK(zero == std::vector<float>(12, 0.0f));
}

TEST_CASE("Muon lowers the loss, whatever the number of threads, and its checkpoints are not AdamW's") {
  const Ranks ranks;
  const Config config = tiny_config(Head::kLm);
  const auto examples = random_examples(config, 8, 6);
  const auto batch = pointers(examples);
  OptimizerOptions options;
  options.method = OptimizerOptions::Method::kMuon;
  std::vector<double> losses;
  const std::string path = std::filesystem::temp_directory_path() / ("eve-muon-" + std::to_string(getpid()));
  for (const std::size_t count : {1, 3}) {
    Threads threads(count);
    Trainer trainer(untrained(config), options, 1, Math::kF32, threads, ranks);
    const double first = trainer.step(batch, 2e-2f).cross_entropy;
    for (int i = 0; i < 20; ++i) losses.push_back(trainer.step(batch, 2e-2f).cross_entropy);
    CHECK(losses.back() < 0.8 * first);
    trainer.save_checkpoint(path, "x");
    CHECK(trainer.load_checkpoint(path) == "x");
    Trainer adamw(untrained(config), {}, 1, Math::kF32, threads, ranks);
    CHECK_THROWS_WITH(adamw.load_checkpoint(path), Catch::Contains("another optimizer"));
  }
  CHECK(losses[19] == Approx(losses[39]).epsilon(1e-3));
  std::filesystem::remove(path);
}
