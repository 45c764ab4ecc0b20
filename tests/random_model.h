// SPDX-License-Identifier: Apache-2.0
// A model whose weights are dice, with a vocabulary of its own.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "base/io.h"
#include "fixtures.h"
#include "model/model.h"
#include "train/data.h"
#include "train/trainer.h"
#include "train/vocab.h"

namespace eve::test {

/// A model of random weights with a small vocabulary, written to a file that goes with the object.
struct RandomModel {
  std::string path;
  explicit RandomModel(Head head, double scale = 0.15, std::size_t context = 64) {
    ModelData model;
    Config& c = model.config;
    c.n_layer = 2, c.n_embd = 32, c.n_head = 2, c.head_dim = 16, c.context = context, c.n_expert = 4, c.expert_ff = 32,
    c.shared_ff = 32;
    c.head = head;
    bool given = false;
    const std::string text = read_file(source("LICENSE"), 1 << 20);
    VocabOptions options;
    options.vocab_size = 400;
    model.tokenizer = sentencepiece_from_bytes(train_sentencepiece(
                                                   [&](std::string& out) {
                                                     out = text;
                                                     return !std::exchange(given, true);
                                                   },
                                                   options),
                                               "test");
    c.vocab_size = model.tokenizer->size() + 8;  // more rows than tokens, as Eve-2 has
    if (head == Head::kTag) model.info.labels = bioes_tags({"A", "B"});
    c.n_labels = model.info.labels.size();
    model.info.name = "random";
    ParameterBuffer parameters(c);
    Rng rng(4);
    for (float& w : parameters.values()) w = static_cast<float>(scale * rng.normal());
    model.weights = parameters.weights();
    path = std::filesystem::temp_directory_path() /
           ("eve-random-" + std::to_string(getpid()) + "-" + std::to_string(static_cast<int>(head)));
    save_model(model, DType::kF32, path);
  }
  ~RandomModel() { std::filesystem::remove(path); }
};

}  // namespace eve::test
