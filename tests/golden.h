// SPDX-License-Identifier: Apache-2.0
// The cases of tests/golden/extensions.json: small networks, and what they compute by the definitions alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "fixtures.h"
#include "models.h"

namespace eve::test {

/// Calls fn(config, token ids, case) for each case of the list. Returns how many there are.
template <class Fn>
std::size_t for_each_golden_case(const char* list, Fn&& fn) {
  simdjson::dom::parser parser;
  const std::string path = source("tests/golden/extensions.json"), text = slurp(path);
  const simdjson::dom::element golden = parse_json(parser, text, path);
  std::vector<TokenId> ids;
  for (const std::int64_t id : golden["ids"].get_array()) ids.push_back(static_cast<TokenId>(id));
  std::size_t cases = 0;
  for (const simdjson::dom::element one : golden[list].get_array()) {
    const auto field = [&](const char* name) {
      std::uint64_t value = 0;
      return one["config"][name].get(value) == simdjson::SUCCESS ? static_cast<std::size_t>(value) : 0;
    };
    Config config{.vocab_size = 13,
                  .n_layer = 2,
                  .n_embd = 8,
                  .n_head = 2,
                  .head_dim = 4,
                  .context = 16,
                  .n_expert = 3,
                  .top_k = 2,
                  .expert_ff = 6,
                  .shared_ff = 5};
    config.conv_attention = field("conv_attention");
    config.conv_experts = field("conv_experts");
    config.pointer = field("pointer");
    config.n_labels = field("labels");
    config.head = config.n_labels == 0 ? Head::kLm : Head::kTag;
    config.prefix = field("prompt") != 0;
    fn(config, std::span<const TokenId>(ids), one);
    ++cases;
  }
  return cases;
}

/// The largest difference between the logarithms of probabilities of a case and those that logits give.
inline double worst_log_probability(const simdjson::dom::element& one, std::span<const float> logits, std::size_t vocab) {
  double worst = 0;
  std::size_t t = 0;
  for (const auto row : one["log_probabilities"].get_array()) {
    const auto mine = logits.subspan(t++ * vocab, vocab);
    double sum = 0;
    for (const float l : mine) sum += std::exp(static_cast<double>(l));
    std::size_t i = 0;
    for (const double want : row.get_array())
      worst = std::max(worst, std::abs(static_cast<double>(mine[i++]) - std::log(sum) - want));
  }
  return t * vocab == logits.size() ? worst : HUGE_VAL;
}

}  // namespace eve::test
