// SPDX-License-Identifier: Apache-2.0
// How tokenizers lie in GGUF files: llama.cpp's arrays, and keys of our own.
#pragma once

#include "model/gguf.h"
#include "model/model.h"

namespace eve {

/// Gives `model` the tokenizer of `file`, or a warning when another program's file has one that is not read. The file's
/// bytes must outlive the model. Throws kModel.
void read_tokenizer(ModelData& model, const GgufFile& file);

/// `llama_cpp`: what llama.cpp needs, and nothing else.
void write_tokenizer(GgufWriter& writer, const ModelData& model, bool llama_cpp);

}  // namespace eve
