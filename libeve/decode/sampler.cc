// SPDX-License-Identifier: Apache-2.0
#include "decode/sampler.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/kernels.h"

namespace eve {

TokenId choose_token(std::span<const float> logits, std::span<const TokenId> candidates, float temperature,
                     std::size_t top_k, Rng& rng) {
  const auto logit = [&](TokenId id) { return logits[static_cast<std::size_t>(id)]; };
  const auto better = [&](TokenId a, TokenId b) { return logit(a) != logit(b) ? logit(a) > logit(b) : a < b; };
  if (temperature <= 0) return *std::min_element(candidates.begin(), candidates.end(), better);
  std::vector<TokenId> ids(candidates.begin(), candidates.end());
  if (top_k > 0 && top_k < ids.size()) {
    std::nth_element(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(top_k), ids.end(), better);
    ids.resize(top_k);
    std::sort(ids.begin(), ids.end());  // the draw must not depend on how the library partitions
  }
  std::vector<float> p;
  for (const TokenId id : ids) p.push_back(logit(id) / temperature);
  kernels().softmax(p.data(), p.size());
  double rest = rng.uniform();
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
    rest -= static_cast<double>(p[i]);
    if (rest < 0) return ids[i];
  }
  return ids.back();
}

float log_sum(std::span<const float> logits, std::span<const TokenId> candidates) {
  float max = logits[static_cast<std::size_t>(candidates[0])];
  for (const TokenId id : candidates) max = std::max(max, logits[static_cast<std::size_t>(id)]);
  double sum = 0;
  for (const TokenId id : candidates) sum += std::exp(static_cast<double>(logits[static_cast<std::size_t>(id)] - max));
  return max + static_cast<float>(std::log(sum));
}

}  // namespace eve
