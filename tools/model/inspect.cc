// SPDX-License-Identifier: Apache-2.0
#include "model/inspect.h"

#include <algorithm>
#include <vector>

#include "base/json.h"
#include "tool_limits.h"

namespace eve {

namespace {

/// A tensor as a GGUF file holds it: the experts of a layer are one.
struct Row {
  std::string name, shape;
  std::vector<std::size_t> sizes;
  DType type;
  std::size_t bytes;
};

std::vector<Row> rows_of(const ModelData& model) {
  std::vector<Row> rows;
  for_each_tensor(model.config, model.weights, [&](const TensorSpec& spec, const Tensor& tensor) {
    if (spec.gguf.part > 0) {
      rows.back().bytes += tensor.bytes();
      return;
    }
    Row row{spec.gguf.name, {}, {}, tensor.type, tensor.bytes()};
    if (spec.gguf.parts > 1) row.sizes.push_back(spec.gguf.parts);
    if (spec.matrix || spec.rows > 1) row.sizes.push_back(spec.rows);
    row.sizes.push_back(spec.cols);
    for (const std::size_t size : row.sizes) row.shape += (row.shape.empty() ? "" : " x ") + std::to_string(size);
    rows.push_back(std::move(row));
  });
  return rows;
}

std::string decimal(float number) {
  std::string text;
  JsonWriter(text).value(number);
  return text;
}

class Table {
 public:
  std::string text;
  void line(const std::string& name, const std::string& value) {
    if (!value.empty()) text += name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + value + "\n";
  }
};

std::string tokenizer_kind(const ModelData& model) {
  return model.tokenizer ? model.tokenizer->exported().model : "none";
}

}  // namespace

std::string describe(const ModelData& model) {
  const Config& c = model.config;
  const ParameterCount count = count_parameters(c);
  Table table;
  table.line("name", printable(model.info.name));
  table.line("task", printable(model.info.task));
  table.line("head",
             std::string(head_name(c.head)) + (c.n_labels > 0 ? ", " + std::to_string(c.n_labels) + " labels" : ""));
  table.line("layers", std::to_string(c.n_layer));
  table.line("embedding", std::to_string(c.n_embd));
  table.line("attention", std::to_string(c.n_head) + " heads of " + std::to_string(c.head_dim) +
                              (!c.causal() ? ", both ways"
                               : c.prefix  ? ", both ways in the prompt, then causal"
                                           : ", causal"));
  table.line("experts", std::to_string(c.n_expert) + " of width " + std::to_string(c.expert_ff) + ", " +
                            std::to_string(c.top_k) + " used, one shared of width " + std::to_string(c.shared_ff));
  std::string convolutions;
  for (const auto& [taps, site] : {std::pair{c.conv_attention, "attention"}, {c.conv_experts, "the experts"}})
    if (taps != 0)
      convolutions += (convolutions.empty() ? "" : ", ") + std::to_string(taps) +
                      (convolutions.empty() ? " taps before " : " before ") + site;
  table.line("convolutions", convolutions);
  if (c.pointer != 0) table.line("pointer", "keys of width " + std::to_string(c.pointer));
  table.line("vocabulary",
             std::to_string(c.vocab_size) + " rows, " +
                 (model.tokenizer ? std::to_string(model.tokenizer->size()) + " tokens (" + tokenizer_kind(model) + ")"
                                  : std::string("no tokenizer")));
  table.line("context", std::to_string(c.context) + " tokens");
  table.line("rotary base", decimal(c.rope_theta));
  table.line("norm eps", decimal(c.norm_eps));
  table.line("parameters", grouped(count.total) + " in all, " + grouped(count.active) + " for one token");
  table.line("prompt", printable(model.info.prompt));
  std::string labels;
  for (const std::string& label : model.info.labels) labels += (labels.empty() ? "" : " ") + printable(label);
  table.line("labels", labels);
  for (const auto& [key, value] : model.info.training) table.line("training", printable(key) + ": " + printable(value));
  const std::vector<Row> rows = rows_of(model);
  std::size_t bytes = 0, name_width = 0, shape_width = 0;
  for (const Row& row : rows) {
    bytes += row.bytes;
    name_width = std::max(name_width, row.name.size());
    shape_width = std::max(shape_width, row.shape.size());
  }
  table.line("tensors", std::to_string(rows.size()) + ", " + grouped(bytes) + " bytes");
  for (const Row& row : rows) {
    const std::string type(dtype_name(row.type));
    table.text += "  " + row.name + std::string(name_width - row.name.size() + 2, ' ') + row.shape +
                  std::string(shape_width - row.shape.size() + 2, ' ') + type + std::string(6 - type.size(), ' ') +
                  grouped(row.bytes) + "\n";
  }
  table.text.pop_back();
  return table.text;
}

std::string describe_json(const ModelData& model) {
  const Config& c = model.config;
  const ParameterCount count = count_parameters(c);
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("name", model.info.name).member("task", model.info.task).member("head", head_name(c.head));
  json.key("shape").begin_object();
  json.member("vocab_size", c.vocab_size)
      .member("n_layer", c.n_layer)
      .member("n_embd", c.n_embd)
      .member("n_head", c.n_head);
  json.member("head_dim", c.head_dim)
      .member("context", c.context)
      .member("n_expert", c.n_expert)
      .member("top_k", c.top_k);
  json.member("expert_ff", c.expert_ff).member("shared_ff", c.shared_ff).member("rope_theta", c.rope_theta);
  json.member("norm_eps", c.norm_eps).member("aux_coef", c.aux_coef).member("n_labels", c.n_labels);
  json.member("conv_attention", c.conv_attention)
      .member("conv_experts", c.conv_experts)
      .member("pointer", c.pointer)
      .member("prefix", c.prefix)
      .end_object();
  json.key("parameters").begin_object().member("total", count.total).member("active", count.active).end_object();
  json.member("tokenizer", tokenizer_kind(model)).member("tokens", model.tokenizer ? model.tokenizer->size() : 0);
  json.member("prompt", model.info.prompt);
  json.key("labels").begin_array();
  for (const std::string& label : model.info.labels) json.value(label);
  json.end_array().key("training").begin_object();
  for (const auto& [key, value] : model.info.training) json.member(key, value);
  json.end_object().key("warnings").begin_array();
  for (const std::string& warning : model.warnings) json.value(warning);
  json.end_array().key("tensors").begin_array();
  for (const Row& row : rows_of(model)) {
    json.begin_object().member("name", row.name).key("shape").begin_array();
    for (const std::size_t size : row.sizes) json.value(size);
    json.end_array().member("type", dtype_name(row.type)).member("bytes", row.bytes).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace eve
