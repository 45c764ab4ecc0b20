// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "fixtures.h"
#include "models.h"

using namespace eve;
using namespace eve::test;

namespace {

void require_same_config(const Config& a, const Config& b) {
  REQUIRE(a.vocab_size == b.vocab_size);
  REQUIRE(a.n_layer == b.n_layer);
  REQUIRE(a.n_embd == b.n_embd);
  REQUIRE(a.n_head == b.n_head);
  REQUIRE(a.head_dim == b.head_dim);
  REQUIRE(a.context == b.context);
  REQUIRE(a.n_expert == b.n_expert);
  REQUIRE(a.top_k == b.top_k);
  REQUIRE(a.expert_ff == b.expert_ff);
  REQUIRE(a.shared_ff == b.shared_ff);
  REQUIRE(a.rope_theta == b.rope_theta);
  REQUIRE(a.norm_eps == b.norm_eps);
  REQUIRE(a.aux_coef == b.aux_coef);
  REQUIRE(a.head == b.head);
  REQUIRE(a.n_labels == b.n_labels);
}

/// Calls fn(spec, tensor of a, tensor of b).
template <class Fn>
void for_each_pair(const ModelData& a, const ModelData& b, Fn&& fn) {
  std::vector<const Tensor*> others;
  for_each_tensor(b.config, b.weights, [&](const TensorSpec&, const Tensor& tensor) { others.push_back(&tensor); });
  std::size_t i = 0;
  for_each_tensor(a.config, a.weights,
                  [&](const TensorSpec& spec, const Tensor& tensor) { fn(spec, tensor, *others.at(i++)); });
}

void require_same_weights(const ModelData& a, const ModelData& b) {
  for_each_pair(a, b, [](const TensorSpec& spec, const Tensor& x, const Tensor& y) {
    INFO(spec.gguf.name << " part " << spec.gguf.part);
    REQUIRE(values_of(x) == values_of(y));
  });
}

}  // namespace

TEST_CASE("a model of every head survives saving and loading, facts and weights") {
  const TemporaryFolder folder;
  for (const Head head : {Head::kLm, Head::kTag, Head::kLabel}) {
    ModelData model = formula_model(small_config(head));
    model.info.name = "small";
    model.info.task = "pii";
    model.info.prompt = "say {input}\n";
    model.info.training = {{"data", "a formula"}, {"steps", "0"}};
    save_model(model, DType::kF32, folder / "m.gguf");
    const ModelData again = load_model(folder / "m.gguf");
    require_same_config(model.config, again.config);
    require_same_weights(model, again);
    REQUIRE(again.info.name == model.info.name);
    REQUIRE(again.info.task == model.info.task);
    REQUIRE(again.info.labels == model.info.labels);
    REQUIRE(again.info.prompt == model.info.prompt);
    REQUIRE(again.info.training == model.info.training);
    REQUIRE(again.tokenizer == nullptr);
    REQUIRE(again.warnings.empty());
    REQUIRE(again.storage.empty());  // nothing was copied
    REQUIRE(verify_model(folder / "m.gguf").empty());
  }
}
