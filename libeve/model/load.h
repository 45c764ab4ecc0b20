// SPDX-License-Identifier: Apache-2.0
// What the loaders of both file formats share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/io.h"
#include "model/model.h"

namespace eve {

/// A tensor as a file holds it, which may be several of ours.
struct StoredTensor {
  DType type;
  std::vector<std::uint64_t> shape;
  Bytes data;
  Layout layout = Layout::kRows;  ///< of those tensors that can_interleave()
};

/// Our part of `stored`, which must have the shape `expected` (leading ones do not count). Points into the file where
/// it can; into model.storage when the tensor must be F32 and is not, or is not aligned to its elements. Throws kModel.
Tensor bind_tensor(ModelData& model, const TensorSpec& spec, const TensorSpec::Place& place,
                   const std::vector<std::uint64_t>& expected, const StoredTensor& stored, const std::string& where);

/// Refuses a config whose tensors cannot lie in `bytes`, before anything is made from it.
void check_config_fits(const Config& config, std::uint64_t bytes, const std::string& where);

/// Refuses a tokenizer with ids outside the embedding, labels that are not the head's.
void check_model(const ModelData& model, const std::string& where);

/// From a file in memory, which must outlive `model`.
void load_gguf(ModelData& model, Bytes file, const std::string& where);
/// `weights`: path of the one .safetensors file, or empty to look for it (or an index of several) in `folder`.
void load_hub(ModelData& model, const std::string& folder, const std::string& weights);

}  // namespace eve
