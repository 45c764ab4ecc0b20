// SPDX-License-Identifier: Apache-2.0
#include "model/load.h"

#include <sys/stat.h>

#include <cstring>
#include <set>

#include "kernels/kernels.h"

namespace eve {

namespace {

constexpr std::size_t kMaxLabelBytes = 128;

std::vector<std::uint64_t> without_leading_ones(const std::vector<std::uint64_t>& shape) {
  std::size_t first = 0;
  while (first + 1 < shape.size() && shape[first] == 1) ++first;
  return {shape.begin() + static_cast<std::ptrdiff_t>(first), shape.end()};
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return out + "]";
}

std::size_t element_alignment(DType type) { return type == DType::kF32 ? alignof(float) : alignof(std::uint16_t); }

}  // namespace

Tensor bind_tensor(ModelData& model, const TensorSpec& spec, const TensorSpec::Place& place,
                   const std::vector<std::uint64_t>& expected, const StoredTensor& stored, const std::string& where) {
  const auto refuse = [&](const std::string& what) {
    throw Error(Status::kModel, where + ": tensor " + printable(place.name) + " " + what);
  };
  if (without_leading_ones(stored.shape) != without_leading_ones(expected))
    refuse("has shape " + shape_text(stored.shape) + ", the config says " + shape_text(expected));
  if (spec.cols % dtype_block(stored.type) != 0) refuse("has rows that are not whole blocks");
  Tensor tensor{stored.type, spec.rows, spec.cols, nullptr};
  if (stored.layout == Layout::kInterleaved && can_interleave(stored.type, spec.cols)) tensor.layout = stored.layout;
  const Bytes part = stored.data.subspan(place.part * tensor.bytes(), tensor.bytes());
  tensor.data = part.data();
  if (spec.f32 && stored.type != DType::kF32) {
    std::vector<std::byte>& copy = model.storage.emplace_back(tensor.size() * sizeof(float));
    dequantize(tensor, reinterpret_cast<float*>(copy.data()));
    tensor = {DType::kF32, spec.rows, spec.cols, copy.data()};
  } else if (reinterpret_cast<std::uintptr_t>(part.data()) % element_alignment(stored.type) != 0) {
    std::vector<std::byte>& copy = model.storage.emplace_back(part.size());
    std::memcpy(copy.data(), part.data(), part.size());
    tensor.data = copy.data();
  }
  return tensor;
}

void check_config_fits(const Config& config, std::uint64_t bytes, const std::string& where) {
  // Q4_0 is the narrowest type: 18 bytes for 32 weights.
  if (count_parameters(config).total / 32 * 18 > bytes)
    throw Error(Status::kModel, where + ": the shape it states needs more weights than the file can hold");
}

void check_model(const ModelData& model, const std::string& where) {
  const auto refuse = [&](const std::string& what) { throw Error(Status::kModel, where + ": " + what); };
  if (model.tokenizer && model.tokenizer->size() > model.config.vocab_size)
    refuse("the tokenizer has " + std::to_string(model.tokenizer->size()) + " tokens, the embedding only " +
           std::to_string(model.config.vocab_size) + " rows");
  if (model.info.labels.size() != model.config.n_labels)
    refuse("the head has " + std::to_string(model.config.n_labels) + " rows but " +
           std::to_string(model.info.labels.size()) + " labels are named");
  std::set<std::string_view> seen;
  for (const std::string& label : model.info.labels) {
    if (label.empty() || label.size() > kMaxLabelBytes || printable(label) != label)
      refuse("a label is empty, too long or not printable");
    if (!seen.insert(label).second) refuse("label " + label + " is named twice");
  }
}

ModelData load_model(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0)
    throw Error(Status::kModel, "cannot open model " + printable(path) + ": " + std::strerror(errno));
  ModelData model;
  if (S_ISDIR(status.st_mode)) {
    load_hub(model, path, {});
  } else if (path.ends_with(".safetensors")) {
    const std::size_t slash = path.rfind('/');
    load_hub(model, slash == std::string::npos ? "." : path.substr(0, slash + 1), path);
  } else {
    const Bytes file = model.files.emplace_back(path).bytes();
    load_gguf(model, file, printable(path));
  }
  check_model(model, printable(path));
  return model;
}

}  // namespace eve
