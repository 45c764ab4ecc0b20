// SPDX-License-Identifier: Apache-2.0
// Eve-2 as Hugging Face repositories hold it: config.json, safetensors, tokenizer.json.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/json.h"
#include "model/load.h"
#include "model/safetensors.h"

namespace eve {

namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20, kMaxIndexBytes = 64 << 20, kMaxTokenizerBytes = 64 << 20;
constexpr std::size_t kMaxShards = 1024;
constexpr const char* kEmbedding = "transformer.wte.weight";
constexpr const char* kHead = "lm_head.weight";
constexpr std::string_view kCompiled = "_orig_mod.";  // torch.compile puts it into names

std::string join(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

bool readable(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

std::string read_model_file(const std::string& path, std::size_t limit) {
  try {
    return read_file(path, limit);
  } catch (const Error& error) {
    throw Error(error.status() == Status::kInput ? Status::kModel : error.status(), error.what());
  }
}

class ConfigReader {
 public:
  ConfigReader(const std::string& text, std::string where) : where_(std::move(where)) {
    if (parse_json(parser_, text, where_, Status::kModel).get(object_)) refuse("not an object");
  }

  void read(ModelData& model) const {
    identify();
    Config& config = model.config;
    config.vocab_size = size("vocab_size");
    config.n_layer = size("n_layer");
    config.n_embd = size("n_embd");
    config.n_head = size("n_head");
    config.head_dim = size("head_dim");
    config.context = size("block_size");
    config.n_expert = size("num_experts");
    config.expert_ff = size("expert_intermediate_size");
    config.shared_ff = size("shared_expert_intermediate_size");
    config.rope_theta = real("rope_theta", config.rope_theta);
    config.aux_coef = real("router_aux_loss_coef", config.aux_coef);
    if (bool tied = true; !object_["tie_word_embeddings"].get(tied) && !tied)
      refuse("the head is not tied to the embedding");
    // Some versions of transformers write their generation default (50) over this field, others then leave it out.
    const std::size_t published = Config{}.top_k;
    const bool stated = object_["top_k"].error() == simdjson::SUCCESS;
    config.top_k = stated ? size("top_k") : published;
    if (!stated || config.top_k > config.n_expert) {
      model.warnings.push_back(stated ? "top_k " + std::to_string(config.top_k) + " taken as 2"
                                      : "top_k is missing, taken as 2");
      config.top_k = published;
    }
  }

 private:
  std::string where_;
  simdjson::dom::parser parser_;
  simdjson::dom::object object_;

  [[noreturn]] void refuse(const std::string& what) const { throw Error(Status::kModel, where_ + ": " + what); }

  std::string text(const char* key) const {
    std::string_view value;
    if (object_[key].get(value)) return {};
    return std::string(value);
  }
  std::size_t size(const char* key) const {
    std::uint64_t value = 0;
    if (object_[key].get(value) || value > kMaxVocabulary) refuse(std::string(key) + " is missing or not a size");
    return static_cast<std::size_t>(value);
  }
  float real(const char* key, float fallback) const {
    simdjson::dom::element element;
    if (object_[key].get(element)) return fallback;
    double value = 0;
    if (element.get(value)) refuse(std::string(key) + " is not a number");
    return static_cast<float>(value);
  }

  void identify() const {
    std::vector<std::string> names = {text("model_type"), text("architecture")};
    simdjson::dom::array architectures;
    if (!object_["architectures"].get(architectures))
      for (const simdjson::dom::element item : architectures) {
        std::string_view name;
        if (item.get(name)) refuse("architectures is not a list of names");
        names.emplace_back(name);
      }
    static const std::set<std::string, std::less<>> known = {"", "eve-moe", "eve_moe", "Eve-2-MoE",
                                                             "EveMoEForCausalLM"};
    for (const std::string& name : names)
      if (!known.contains(name)) refuse("this is " + printable(name) + ", not Eve-2; only Eve-2 (eve-moe) is read");
  }
};

/// Tensors of all files of a model under their published names.
class HubWeights {
 public:
  HubWeights(ModelData& model, const std::string& folder, const std::string& weights) : model_(model), folder_(folder) {
    const std::string single = weights.empty() ? join(folder, "model.safetensors") : weights;
    const std::string index = join(folder, "model.safetensors.index.json");
    if (!weights.empty() || readable(single)) {
      add(single);
    } else if (readable(index)) {
      add_shards(index);
    } else {
      throw Error(Status::kModel,
                  printable(folder) + ": no model.safetensors (nor an index of several); other formats are not read");
    }
    tie();
  }

  std::uint64_t bytes() const { return bytes_; }

  void bind() {
    std::set<std::string_view> used;
    for_each_tensor(model_.config, model_.weights, [&](const TensorSpec& spec, Tensor& tensor) {
      const auto found = tensors_.find(spec.hub.name);
      if (found == tensors_.end())
        throw Error(Status::kModel, printable(folder_) + ": tensor " + spec.hub.name + " is missing");
      used.insert(found->first);
      tensor = bind_tensor(model_, spec, spec.hub, {spec.hub.parts * spec.rows, spec.cols}, stored(found->second),
                           found->second.where);
    });
    for (const auto& [name, tensor] : tensors_)
      if (!used.contains(name))
        throw Error(Status::kModel, tensor.where + ": tensor " + printable(name) + " is not part of the network");
  }

 private:
  struct Found {
    SafeTensor tensor;
    std::string where;
  };
  ModelData& model_;
  std::string folder_;
  std::map<std::string, Found, std::less<>> tensors_;
  std::uint64_t bytes_ = 0;

  static StoredTensor stored(const Found& found) {
    static const std::map<std::string_view, DType> types = {
        {"F32", DType::kF32}, {"F16", DType::kF16}, {"BF16", DType::kBF16}};
    const auto type = types.find(found.tensor.dtype);
    if (type == types.end())
      throw Error(Status::kModel,
                  found.where + ": weights of type " + found.tensor.dtype + " are not read; F32, F16 and BF16 are");
    return {type->second, found.tensor.shape, found.tensor.data};
  }

  std::vector<std::string> add(const std::string& path) {
    const std::string where = printable(path);
    const Bytes file = model_.files.emplace_back(path).bytes();
    bytes_ += file.size();
    std::vector<std::string> names;
    for (auto& [stored_name, tensor] : SafeTensors::parse(file, where).tensors) {
      std::string name = stored_name;
      for (std::size_t at; (at = name.find(kCompiled)) != std::string::npos;) name.erase(at, kCompiled.size());
      if (!tensors_.emplace(name, Found{tensor, where}).second)
        throw Error(Status::kModel, where + ": tensor " + printable(name) + " occurs twice");
      names.push_back(stored_name);
    }
    return names;
  }

  void add_shards(const std::string& path) {
    const std::string where = printable(path);
    const std::string text = read_model_file(path, kMaxIndexBytes);
    simdjson::dom::parser parser;
    simdjson::dom::object map;
    if (parse_json(parser, text, where, Status::kModel)["weight_map"].get(map))
      throw Error(Status::kModel, where + ": weight_map is missing");
    std::map<std::string, std::set<std::string>> shards;
    for (const auto& [name, value] : map) {
      std::string_view file;
      if (value.get(file) || file.empty() || file.find('/') != std::string_view::npos ||
          file.find('\0') != std::string_view::npos || !file.ends_with(".safetensors"))
        throw Error(Status::kModel, where + ": a shard is not the plain name of a .safetensors file");
      if (!shards[std::string(file)].emplace(name).second)
        throw Error(Status::kModel, where + ": tensor " + printable(std::string(name)) + " occurs twice");
    }
    if (shards.empty() || shards.size() > kMaxShards) throw Error(Status::kModel, where + ": no shards, or too many");
    for (const auto& [file, listed] : shards) {
      const std::vector<std::string> held = add(join(folder_, file));
      if (!std::ranges::equal(listed, std::set<std::string>(held.begin(), held.end())))
        throw Error(Status::kModel, where + ": " + printable(file) + " does not hold the tensors that the index lists");
    }
  }

  /// Embedding and head are one matrix that files hold under either name or both.
  void tie() {
    const auto head = tensors_.find(kHead);
    if (head == tensors_.end()) return;
    const auto embedding = tensors_.find(kEmbedding);
    if (embedding == tensors_.end()) {
      tensors_.emplace(kEmbedding, head->second);
    } else {
      const SafeTensor &a = embedding->second.tensor, &b = head->second.tensor;
      if (a.dtype != b.dtype || a.shape != b.shape || !std::ranges::equal(a.data, b.data))
        throw Error(Status::kModel,
                    head->second.where + ": lm_head.weight differs from transformer.wte.weight; Eve-2 ties them");
    }
    tensors_.erase(kHead);
  }
};

/// Null when the folder holds none.
std::unique_ptr<Tokenizer> tokenizer_of_folder(const std::string& folder) {
  const std::string whole = join(folder, "tokenizer.json");
  const std::string vocabulary = join(folder, "vocab.json"), merges = join(folder, "merges.txt");
  if (readable(whole)) return bpe_from_tokenizer_json(read_model_file(whole, kMaxTokenizerBytes), printable(whole));
  if (readable(vocabulary) && readable(merges))
    return bpe_from_vocab_and_merges(read_model_file(vocabulary, kMaxTokenizerBytes),
                                     read_model_file(merges, kMaxTokenizerBytes), printable(folder));
  return nullptr;
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path) {
  if (std::filesystem::is_directory(path)) {
    if (auto tokenizer = tokenizer_of_folder(path)) return tokenizer;
    throw Error(Status::kModel, printable(path) + ": no tokenizer.json, nor vocab.json with merges.txt");
  }
  const std::string file = read_model_file(path, kMaxTokenizerBytes);
  return path.ends_with(".json") ? bpe_from_tokenizer_json(file, printable(path))
                                 : sentencepiece_from_bytes(file, printable(path));
}

void load_hub(ModelData& model, const std::string& folder, const std::string& weights) {
  model.info.name = std::filesystem::path(join(folder, "")).parent_path().filename().string();
  const std::string path = join(folder, "config.json");
  const std::string where = printable(path);
  ConfigReader(read_model_file(path, kMaxConfigBytes), where).read(model);
  check_config(model.config, where);
  HubWeights tensors(model, folder, weights);
  check_config_fits(model.config, tensors.bytes(), where);
  tensors.bind();
  model.tokenizer = tokenizer_of_folder(folder);
}

}  // namespace eve
