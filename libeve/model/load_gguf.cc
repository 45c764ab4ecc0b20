// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "model/gguf_keys.h"
#include "model/gguf_tokenizer.h"
#include "model/load.h"

namespace eve {

namespace {

/// A tensor that ernie4_5-moe may hold and we can do without: the head, when it is the embedding again.
constexpr const char* kHeadTensor = "output.weight";

class GgufLoader {
 public:
  GgufLoader(ModelData& model, const GgufFile& file, std::size_t file_bytes)
      : model_(model), file_(file), file_bytes_(file_bytes) {}

  void load() {
    const auto architecture = file_.string_value(kArchitectureKey);
    if (!architecture) refuse("general.architecture is missing");
    ours_ = *architecture == kEveArchitecture;
    if (!ours_ && *architecture != kLlamaCppArchitecture)
      refuse("architecture " + printable(*architecture) + " is not read; only eve-moe and ernie4_5-moe are");
    if (ours_ && !file_.has_table_checksum) refuse("the checksum of the table is missing; the file is damaged");
    const auto layout = layout_named(file_.string_value(kLayoutKey).value_or("rows"));
    if (!layout) refuse("weights lie in an order that this version does not read");
    layout_ = *layout;
    prefix_ = *architecture + ".";
    info();
    config();
    check_config(model_.config, file_.where);
    check_config_fits(model_.config, file_bytes_, file_.where);
    weights();
    read_tokenizer(model_, file_);
  }

 private:
  ModelData& model_;
  const GgufFile& file_;
  std::size_t file_bytes_;
  bool ours_ = false;
  Layout layout_ = Layout::kRows;
  std::string prefix_;

  [[noreturn]] void refuse(const std::string& what) const { throw Error(Status::kModel, file_.where + ": " + what); }

  std::optional<std::size_t> optional_size(const char* key) const {
    const auto value = file_.unsigned_value(prefix_ + key);
    if (value && *value > std::numeric_limits<std::uint32_t>::max()) refuse(prefix_ + key + " is out of range");
    return value ? std::optional<std::size_t>(static_cast<std::size_t>(*value)) : std::nullopt;
  }
  std::size_t size(const char* key) const {
    if (const auto value = optional_size(key)) return *value;
    refuse(prefix_ + key + " is missing");
  }
  float real(const char* key) const {
    if (const auto value = file_.float_value(prefix_ + key)) return static_cast<float>(*value);
    refuse(prefix_ + key + " is missing");
  }
  void demand(const char* key, std::size_t value, const char* why) const {
    if (optional_size(key).value_or(value) != value)
      refuse(prefix_ + key + " is not " + std::to_string(value) + ": " + why);
  }

  void info() {
    ModelInfo& info = model_.info;
    info.name = file_.string_value(kNameKey).value_or("");
    info.task = file_.string_value(kTaskKey).value_or("");
    info.prompt = file_.string_value(kPromptKey).value_or("");
    if (const auto labels = file_.strings(kLabelsKey)) info.labels.assign(labels->begin(), labels->end());
    for (const auto& [key, value] : file_.metadata)
      if (key.starts_with(kTrainingPrefix))
        info.training.emplace(key.substr(kTrainingPrefix.size()), file_.string_value(key).value_or(""));
  }

  void config() {
    Config& config = model_.config;
    config.n_layer = size(keys::kLayers);
    config.n_embd = size(keys::kEmbedding);
    config.n_head = size(keys::kHeads);
    config.context = size(keys::kContext);
    config.n_expert = size(keys::kExperts);
    config.top_k = size(keys::kExpertsUsed);
    config.expert_ff = size(keys::kExpertWidth);
    config.shared_ff = size(keys::kSharedWidth);
    config.norm_eps = real(keys::kNormEpsilon);
    const auto head = head_named(file_.string_value(kHeadKey).value_or("lm"));
    if (!head) refuse("eve.head names a head that this version does not know");
    config.head = *head;
    config.n_labels = model_.info.labels.size();
    config.aux_coef = static_cast<float>(file_.float_value(kAuxKey).value_or(static_cast<double>(Config{}.aux_coef)));
    if (ours_) {
      config.vocab_size = size(keys::kVocabulary);
      config.head_dim = size(keys::kHeadDim);
      config.rope_theta = real(keys::kRopeBase);
      config.conv_attention = static_cast<std::size_t>(file_.unsigned_value(kConvAttentionKey).value_or(0));
      config.conv_experts = static_cast<std::size_t>(file_.unsigned_value(kConvExpertsKey).value_or(0));
      config.pointer = static_cast<std::size_t>(file_.unsigned_value(kPointerKey).value_or(0));
      config.prefix = file_.unsigned_value(kPrefixKey).value_or(0) != 0;
    } else {
      foreign_config();
    }
    demand(keys::kRopeDims, config.head_dim, "partial rotary embedding is not read");
    demand(keys::kValueDim, config.head_dim, "values as wide as keys are read");
  }

  /// Keys that stock llama.cpp lets a file omit or change.
  void foreign_config() {
    Config& config = model_.config;
    const GgufTensor* embedding = file_.tensor("token_embd.weight");
    if (embedding == nullptr || embedding->shape.size() != 2)
      refuse("tensor token_embd.weight is missing or no matrix");
    config.vocab_size =
        optional_size(keys::kVocabulary)
            .value_or(static_cast<std::size_t>(std::min<std::uint64_t>(embedding->shape[0], kMaxVocabulary + 1)));
    if (config.n_head == 0) refuse("attention.head_count is 0");
    config.head_dim = optional_size(keys::kHeadDim).value_or(config.n_embd / config.n_head);
    config.rope_theta = static_cast<float>(file_.float_value(prefix_ + keys::kRopeBase).value_or(10000.0));
    demand(keys::kKeyValueHeads, config.n_head, "grouped-query attention is not Eve-2's shape");
    demand(keys::kMoeStep, 1, "every layer must have experts");
    demand(keys::kDenseLayers, 0, "every layer must have experts");
    demand("expert_shared_count", 1, "Eve-2 has one shared expert");
    demand("expert_gating_func", 1, "Eve-2 routes by softmax");
    if (file_.string_value(prefix_ + "rope.scaling.type").value_or("none") != "none")
      refuse("scaled rotary embedding is not read");
    if (file_.float_value(prefix_ + "expert_weights_scale").value_or(1.0) != 1.0)
      refuse("scaled expert weights are not read");
  }

  void weights() {
    std::map<std::string_view, const GgufTensor*> tensors;
    for (const GgufTensor& tensor : file_.tensors) tensors.emplace(tensor.name, &tensor);
    std::set<std::string_view> used;
    for_each_tensor(model_.config, model_.weights, [&](const TensorSpec& spec, Tensor& tensor) {
      const auto found = tensors.find(spec.gguf.name);
      if (found == tensors.end()) refuse("tensor " + spec.gguf.name + " is missing");
      const GgufTensor& stored = *found->second;
      used.insert(stored.name);
      tensor = bind_tensor(model_, spec, spec.gguf, {spec.gguf.parts, spec.rows, spec.cols},
                           {stored.type, stored.shape, stored.data, layout_}, file_.where);
    });
    for (const GgufTensor& tensor : file_.tensors) {
      if (used.contains(tensor.name)) continue;
      if (ours_ || tensor.name != kHeadTensor)
        refuse("tensor " + printable(tensor.name) + " is not part of the network");
      const GgufTensor& embedding = *tensors.at("token_embd.weight");
      if (tensor.type != embedding.type || tensor.shape != embedding.shape ||
          !std::ranges::equal(tensor.data, embedding.data))
        refuse("output.weight differs from token_embd.weight; Eve-2 ties them");
    }
  }
};

}  // namespace

void load_gguf(ModelData& model, Bytes file, const std::string& where) {
  GgufLoader(model, GgufFile::parse(file, where), file.size()).load();
}

}  // namespace eve
