// SPDX-License-Identifier: Apache-2.0
// A model as a value: shape, weights, tokenizer and what its file says about itself.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/io.h"
#include "model/config.h"
#include "model/gguf.h"
#include "model/tensors.h"
#include "text/tokenizer.h"

namespace eve {

/// Our own facts about a model (`eve.*` keys).
struct ModelInfo {
  std::string name;                             ///< general.name
  std::string task;                             ///< eve.task: "base", "pii", "sql", ...; empty when not ours
  std::vector<std::string> labels;              ///< eve.labels: names of the tags or labels, n_labels of them
  std::string prompt;                           ///< eve.prompt: template with {input}; empty when none
  std::map<std::string, std::string> training;  ///< eve.training.*: recipe and scores, free text
};

/// Weights lie where they were read (mapped files) or in `storage`; `tokenizer` is null for a file without one
/// ("no_vocab").
struct ModelData {
  Config config;
  Weights weights;
  std::unique_ptr<Tokenizer> tokenizer;
  ModelInfo info;
  std::vector<std::string> warnings;  ///< quirks of the file that were put right ("top_k 50 taken as 2")
  std::vector<MappedFile> files;
  std::vector<std::vector<std::byte>> storage;
};

/// Opens a GGUF file, a .safetensors file with config.json beside it, or a Hugging Face folder (sharded or not). Maps
/// the files; nothing is repacked. Accepts architectures `eve-moe` and `ernie4_5-moe` with Eve-2's shape, the names of
/// architectures 1.4 with or without `_orig_mod.`, and either or both names of the tied matrix (unequal: refused).
/// Throws Error(kModel) with the path and what is wrong.
ModelData load_model(const std::string& path);

/// A tokenizer by itself: a SentencePiece model, a tokenizer.json, or a folder that holds one or vocab.json with
/// merges.txt. Throws kModel.
std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path);

/// Writes a GGUF file of `type` (norms, router and biases stay F32), its weights in `layout` where they can be.
/// `llama_cpp` writes architecture `ernie4_5-moe` without anything stock llama.cpp would not load, in rows. Throws
/// kModel when the type cannot hold the shape, kSystem on I/O.
void save_model(const ModelData& model, DType type, const std::string& path, bool llama_cpp = false,
                Layout layout = Layout::kInterleaved);

/// Checks the per-tensor checksums of a GGUF file that has them. Returns the names of damaged tensors; throws kModel
/// when the file has no checksums or its table is damaged.
std::vector<std::string> verify_model(const std::string& path);

}  // namespace eve
