// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/kernels.h"
#include "model/gguf_keys.h"
#include "model/gguf_tokenizer.h"
#include "model/load.h"
#include "model/model.h"

namespace eve {

namespace {

constexpr std::size_t kChunkWeights = 65536;

/// llama.h, enum llama_ftype.
std::uint32_t file_type(DType type) {
  switch (type) {
    case DType::kF32:
      return 0;
    case DType::kF16:
      return 1;
    case DType::kQ4_0:
      return 2;
    case DType::kQ8_0:
      return 7;
    case DType::kBF16:
      return 32;
  }
  return 0;
}

/// Hands over the weights of `tensor` as `type` and in `layout`, some groups of rows at a time. Weights of the same
/// type keep their bits.
void convert(const Tensor& tensor, DType type, Layout layout, const GgufWriter::Sink& sink) {
  if (!can_interleave(type, tensor.cols)) layout = Layout::kRows;
  if (tensor.type == type && tensor.layout == layout) return sink(tensor.data, tensor.bytes());
  const std::size_t most = std::max<std::size_t>(kChunkWeights / tensor.cols / kGroupRows, 1) * kGroupRows;
  const std::size_t stride = row_bytes(tensor.type, tensor.cols), new_stride = row_bytes(type, tensor.cols);
  std::vector<std::byte> rows(most * stride), converted(most * new_stride), ordered(most * new_stride);
  std::vector<float> values(tensor.type == type ? 0 : most * tensor.cols);
  for (std::size_t row = 0; row < tensor.rows; row += most) {
    const std::size_t n = std::min(most, tensor.rows - row);
    const std::byte* from = static_cast<const std::byte*>(tensor.data) + row * stride;
    if (tensor.layout == Layout::kInterleaved) {
      deinterleave(tensor.type, n, tensor.cols, from, rows.data());
      from = rows.data();
    }
    if (tensor.type != type) {
      kernels().dequantize[static_cast<std::size_t>(tensor.type)](from, n * tensor.cols, values.data());
      quantize_row(type, values.data(), n * tensor.cols, converted.data());
      from = converted.data();
    }
    if (layout == Layout::kInterleaved) {
      interleave(type, n, tensor.cols, from, ordered.data());
      from = ordered.data();
    }
    sink(from, n * new_stride);
  }
}

void set_config(GgufWriter& writer, const ModelData& model, DType type, bool llama_cpp) {
  const Config& config = model.config;
  const std::string architecture = llama_cpp ? kLlamaCppArchitecture : kEveArchitecture;
  const auto size = [&](const char* key, std::size_t value) {
    writer.set(architecture + "." + key, GgufValue::u32(static_cast<std::uint32_t>(value)));
  };
  writer.set(kArchitectureKey, GgufValue::string(architecture));
  writer.set(kFileTypeKey, GgufValue::u32(file_type(type)));
  writer.set(kQuantizationKey, GgufValue::u32(2));
  size(keys::kVocabulary, config.vocab_size);
  size(keys::kContext, config.context);
  size(keys::kEmbedding, config.n_embd);
  size(keys::kLayers, config.n_layer);
  size(keys::kHeads, config.n_head);
  size(keys::kHeadDim, config.head_dim);
  size(keys::kExperts, config.n_expert);
  size(keys::kExpertsUsed, config.top_k);
  size(keys::kExpertWidth, config.expert_ff);
  size(keys::kSharedWidth, config.shared_ff);
  writer.set(architecture + "." + keys::kRopeBase, GgufValue::f32(config.rope_theta));
  writer.set(architecture + "." + keys::kNormEpsilon, GgufValue::f32(config.norm_eps));
  if (llama_cpp) {
    size(keys::kKeyValueHeads, config.n_head);
    size(keys::kValueDim, config.head_dim);
    size(keys::kRopeDims, config.head_dim);
    size(keys::kDenseWidth, config.expert_ff);
    size(keys::kMoeStep, 1);
    size(keys::kDenseLayers, 0);
  }
}

void set_info(GgufWriter& writer, const ModelData& model, Layout layout) {
  const ModelInfo& info = model.info;
  const auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) writer.set(key, GgufValue::string(value));
  };
  text(kNameKey, info.name);
  text(kTaskKey, info.task);
  text(kPromptKey, info.prompt);
  writer.set(kLayoutKey, GgufValue::string(std::string(layout_name(layout))));
  writer.set(kHeadKey, GgufValue::string(std::string(head_name(model.config.head))));
  writer.set(kAuxKey, GgufValue::f32(model.config.aux_coef));
  const auto optional = [&](const char* key, std::size_t value) {
    if (value != 0) writer.set(key, GgufValue::u32(static_cast<std::uint32_t>(value)));
  };
  optional(kConvAttentionKey, model.config.conv_attention);
  optional(kConvExpertsKey, model.config.conv_experts);
  optional(kPointerKey, model.config.pointer);
  optional(kPrefixKey, model.config.prefix);
  if (!info.labels.empty()) writer.set(kLabelsKey, GgufValue::strings(info.labels));
  for (const auto& [key, value] : info.training)
    writer.set(std::string(kTrainingPrefix) + key, GgufValue::string(value));
}

void add_tensors(GgufWriter& writer, const ModelData& model, DType type, Layout layout, const std::string& where) {
  struct Stacked {
    TensorSpec spec;  ///< of the first part
    DType type;
    std::vector<Tensor> parts;
  };
  std::vector<Stacked> stacks;
  for_each_tensor(model.config, model.weights, [&](const TensorSpec& spec, const Tensor& tensor) {
    const DType stored = spec.f32 ? DType::kF32 : type;
    if (spec.cols % dtype_block(stored) != 0)
      throw Error(Status::kModel, where + ": rows of " + std::to_string(spec.cols) + " weights (" + spec.gguf.name +
                                      ") cannot be " + std::string(dtype_name(stored)) + ", which takes multiples of " +
                                      std::to_string(dtype_block(stored)));
    if (spec.gguf.part == 0) stacks.push_back({spec, stored, {}});
    stacks.back().parts.push_back(tensor);
  });
  for (Stacked& stack : stacks) {
    const TensorSpec& spec = stack.spec;
    std::vector<std::uint64_t> shape = {spec.gguf.parts, spec.rows, spec.cols};
    if (spec.gguf.parts == 1) shape.erase(shape.begin());
    if (!spec.matrix && spec.rows == 1) shape = {spec.cols};
    writer.add(spec.gguf.name, std::move(shape), stack.type,
               [parts = std::move(stack.parts), stored = stack.type, layout](const auto& sink) {
                 for (const Tensor& part : parts) convert(part, stored, layout, sink);
               });
  }
}

}  // namespace

void save_model(const ModelData& model, DType type, const std::string& path, bool llama_cpp, Layout layout) {
  if (llama_cpp) layout = Layout::kRows;
  const std::string where = printable(path);
  check_config(model.config, where);
  check_model(model, where);
  if (llama_cpp && model.config.head != Head::kLm)
    throw Error(Status::kModel, where + ": llama.cpp has no " + std::string(head_name(model.config.head)) + " head");
  if (llama_cpp && model.config.conv_attention + model.config.conv_experts != 0)
    throw Error(Status::kModel, where + ": short convolutions cannot be expressed for llama.cpp");
  if (llama_cpp && model.config.pointer != 0)
    throw Error(Status::kModel, where + ": a pointer head cannot be expressed for llama.cpp");
  if (llama_cpp && model.config.prefix)
    throw Error(Status::kModel, where + ": a prompt whose tokens see each other cannot be expressed for llama.cpp");
  GgufWriter writer;
  set_config(writer, model, type, llama_cpp);
  set_info(writer, model, layout);
  write_tokenizer(writer, model, llama_cpp);
  add_tensors(writer, model, type, layout, where);
  writer.write(path);
}

}  // namespace eve
