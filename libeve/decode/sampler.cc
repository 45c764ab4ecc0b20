// SPDX-License-Identifier: Apache-2.0
#include "decode/sampler.h"

#include <algorithm>
#include <vector>

#include "kernels/kernels.h"

namespace eve {

TokenId choose_token(std::span<const float> logits, std::span<const std::uint8_t> allowed, float temperature,
                     std::size_t top_k, Rng& rng) {
  std::vector<TokenId> ids;
  for (std::size_t id = 0; id < logits.size(); ++id)
    if (allowed[id]) ids.push_back(static_cast<TokenId>(id));
  const auto logit = [&](TokenId id) { return logits[static_cast<std::size_t>(id)]; };
  const auto better = [&](TokenId a, TokenId b) { return logit(a) != logit(b) ? logit(a) > logit(b) : a < b; };
  if (temperature <= 0) return *std::min_element(ids.begin(), ids.end(), better);
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

}  // namespace eve
