// SPDX-License-Identifier: Apache-2.0
// Claims about networks in which the tokens of a prompt see each other.
#include <catch2/catch.hpp>
#include <cstring>
#include <numeric>

#include "eve/eve.h"
#include "golden.h"
#include "model/pointer.h"
#include "models.h"
#include "random_model.h"

namespace eve::test {
namespace {

Config prefix_config() {
  Config config = small_config();
  config.prefix = true;
  config.conv_attention = 4, config.pointer = 24;
  return config;
}

/// Logits after every token of one sequence, of which `prompt` are the prompt.
std::vector<float> logits_of(const ModelData& model, std::span<const TokenId> ids, std::uint32_t prompt, KvCache* cache,
                             Executor executor) {
  const std::uint32_t starts[] = {0, static_cast<std::uint32_t>(ids.size())}, prompts[] = {prompt};
  KvCache* const caches[] = {cache};
  const Batch batch{ids, starts, cache ? std::span<KvCache* const>(caches) : std::span<KvCache* const>(), prompts};
  Activations activations;
  forward(model.config, model.weights, batch, false, executor, activations);
  std::vector<std::size_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::vector<float> logits(ids.size() * model.config.vocab_size);
  next_logits(model.config, model.weights, batch, activations, rows, logits.data(), executor);
  return logits;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// A model file of random weights in which prompts see themselves.
Model random_prefix_model(const TemporaryFolder& folder) {
  const RandomModel file(Head::kLm, 0.5);
  ModelData data = load_model(file.path);
  data.config.prefix = true;
  save_model(data, DType::kF32, folder / "m.gguf");
  return Model::open(folder / "m.gguf");
}

std::vector<TokenId> some_tokens(std::size_t n) {
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back(static_cast<TokenId>((i * i * 29 + 18) % 40));
  return ids;
}

}  // namespace

TEST_CASE("[isa] the tokens of a prompt see each other as the definition says", "[isa]") {
  INFO("kernels: " << kernels().name);
  const std::size_t cases = for_each_golden_case("prefixes", [](const Config& config, auto ids, auto one) {
    const auto prompt = static_cast<std::uint32_t>(one["config"]["prompt"].get_uint64());
    Threads threads(2);
    const std::vector<float> logits = logits_of(formula_model(config), ids, prompt, nullptr, {threads});
    CAPTURE(prompt);
    CHECK(worst_log_probability(one, logits, config.vocab_size) < 2e-5);
  });
  REQUIRE(cases == 4);
}

TEST_CASE("every instruction set of this machine passes the cases marked [isa]") {
  for (const Kernels* table : available_kernels()) REQUIRE(passes_on(table->name));
}

TEST_CASE("[isa] behind a prompt that was read whole, tokens in any parts end with the same bits", "[isa]") {
  const TemporaryFolder folder;
  save_model(formula_model(prefix_config()), DType::kQ8_0, folder / "m.gguf");
  const ModelData model = load_model(folder / "m.gguf");
  Threads threads(2);
  const Executor executor = inference_executor(model.weights, threads, Pass::kDecode);
  const auto ids = some_tokens(20);
  const std::size_t v = model.config.vocab_size;
  constexpr std::uint32_t kPrompt = 9;
  const std::vector<float> whole = logits_of(model, ids, kPrompt, nullptr, executor);
  for (const std::size_t size : {1u, 3u, 11u}) {
    KvCache cache(model.config);
    logits_of(model, std::span(ids).first(kPrompt), kPrompt, &cache, executor);
    cache.truncate(kPrompt - 1);  // its last token may be read again
    for (std::size_t at = kPrompt - 1; at < ids.size();) {
      const std::size_t n = std::min(at < kPrompt ? 1 : size, ids.size() - at);
      REQUIRE(same_bits(logits_of(model, std::span(ids).subspan(at, n), kPrompt, &cache, executor),
                        std::span(whole).subspan(at * v, n * v)));
      at += n;
    }
  }
}

TEST_CASE("a text of one prompt token, or without a prompt, is what the causal network says") {
  ModelData model = formula_model(prefix_config());
  Threads threads(1);
  const auto ids = some_tokens(20);
  const std::vector<float> one = logits_of(model, ids, 1, nullptr, {threads}),
                           none = logits_of(model, ids, 0, nullptr, {threads});
  model.config.prefix = false;
  const std::vector<float> causal = logits_of(model, ids, 12, nullptr, {threads});
  CHECK(same_bits(one, causal));
  CHECK(same_bits(none, causal));
}

TEST_CASE("prompts that begin alike, or are the same, are answered as each would be alone") {
  const TemporaryFolder folder;
  const Model model = random_prefix_model(folder);
  const std::string begin = "Licensed under the Apache License, Version 2.0 (the \"License\"); you may not use this ";
  const std::vector<std::string> prompts{begin + "file", begin + "work", begin + "file", begin, begin + "file"};
  for (const std::size_t beams : {1u, 3u}) {
    GenerateOptions options;
    options.max_tokens = 8;
    options.beams = beams;
    std::vector<Generator::Result> alone;
    for (const std::string& prompt : prompts) alone.push_back(Generator(model, 1).generate(prompt, options));
    Generator generator(model, 1);
    for (int again = 0; again < 2; ++again)
      generator.generate_all(prompts, options, [&](std::size_t index, Generator::Result&& result) {
        CHECK(result.tokens == alone[index].tokens);
      });
    for (std::size_t i = 0; i < prompts.size(); ++i)
      CHECK(generator.generate(prompts[i], options).tokens == alone[i].tokens);
  }
}

TEST_CASE("a text is scored as it would be written") {
  const TemporaryFolder folder;
  const Model model = random_prefix_model(folder);
  const ModelData& data = model.data();
  Generator generator(model, 1);
  GenerateOptions options;
  options.max_tokens = 6;
  std::vector<TokenId> ids{5, 17, 60, 3, 41, 8};
  const std::size_t prompt = ids.size(), rows = data.config.vocab_size;
  const auto written = generator.generate(ids, options).tokens;
  REQUIRE(written.size() == 6);
  ids.insert(ids.end(), written.begin(), written.end());
  const std::vector<float> logits = generator.logits(ids, prompt), causal = generator.logits(ids);
  for (std::size_t i = 0; i < written.size(); ++i) {
    const float* row = &logits[(prompt + i - 1) * rows];
    for (std::size_t id = 0; id < data.tokenizer->size(); ++id)
      if (data.tokenizer->is_text(static_cast<TokenId>(id))) CHECK(row[written[i]] >= row[id]);
  }
  CHECK(logits != causal);
}

TEST_CASE("a prompt that sees itself survives saving, leaves no trace, and is refused where it cannot be") {
  const TemporaryFolder folder;
  save_model(formula_model(prefix_config()), DType::kBF16, folder / "m.gguf");
  REQUIRE(load_model(folder / "m.gguf").config.prefix);
  Config config = small_config();
  save_model(formula_model(config), DType::kF32, folder / "plain.gguf");
  REQUIRE(slurp(folder / "plain.gguf").find("prefix") == std::string::npos);
  config.prefix = true;
  REQUIRE_THROWS_WITH(save_model(formula_model(config), DType::kF32, folder / "m.gguf", true),
                      Catch::Contains("see each other cannot be expressed"));
  Config tags = small_config(Head::kTag);
  tags.prefix = true;
  REQUIRE_THROWS_WITH(check_config(tags, "f"), Catch::Contains("takes an lm head"));
}

}  // namespace eve::test
