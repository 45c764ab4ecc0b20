// SPDX-License-Identifier: Apache-2.0
#include "model/shape.h"

#include <map>

#include "base/io.h"
#include "base/json.h"

namespace eve {

Config read_shape(const std::string& path) {
  const std::string where = printable(path), text = read_file(path, 1 << 20);
  Config config;
  config.vocab_size = 0;
  std::map<std::string_view, std::size_t*> sizes = {{"n_layer", &config.n_layer},
                                                    {"n_embd", &config.n_embd},
                                                    {"n_head", &config.n_head},
                                                    {"head_dim", &config.head_dim},
                                                    {"block_size", &config.context},
                                                    {"num_experts", &config.n_expert},
                                                    {"top_k", &config.top_k},
                                                    {"expert_intermediate_size", &config.expert_ff},
                                                    {"shared_expert_intermediate_size", &config.shared_ff},
                                                    {"conv_attention", &config.conv_attention},
                                                    {"conv_experts", &config.conv_experts},
                                                    {"pointer", &config.pointer},
                                                    {"vocab_size", &config.vocab_size}};
  const std::map<std::string_view, float*> numbers = {{"rope_theta", &config.rope_theta},
                                                      {"router_aux_loss_coef", &config.aux_coef}};
  const std::map<std::string_view, Head> heads = {{"lm", Head::kLm}, {"tag", Head::kTag}, {"label", Head::kLabel}};
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parse_json(parser, text, where);
  try {
    for (const auto [key, value] : simdjson::dom::object(root)) {
      if (const auto size = sizes.find(key); size != sizes.end()) {
        *size->second = std::uint64_t(value);
        sizes.erase(size);
      } else if (const auto number = numbers.find(key); number != numbers.end()) {
        *number->second = static_cast<float>(double(value));
      } else if (key == "prefix") {
        config.prefix = bool(value);
      } else if (const auto head = heads.find(key == "head" ? std::string_view(value) : ""); head != heads.end()) {
        config.head = head->second;
      } else {
        throw Error(Status::kInput, where + ": key or value not known: " + printable(key));
      }
    }
  } catch (const simdjson::simdjson_error& error) {
    throw Error(Status::kInput, where + ": a value has the wrong type: " + error.what());
  }
  for (const char* optional : {"vocab_size", "conv_attention", "conv_experts", "pointer"}) sizes.erase(optional);
  if (!sizes.empty()) throw Error(Status::kInput, where + ": " + std::string(sizes.begin()->first) + " is missing");
  return config;
}

}  // namespace eve
