// SPDX-License-Identifier: Apache-2.0
#include "route/linear.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/kernels.h"

namespace eve::route {

void Linear::index() {
  // About one feature a bucket: hashes are uniform.
  const unsigned bits = std::min(24u, static_cast<unsigned>(std::bit_width(hashes.size())));
  shift_ = 32 - bits;
  buckets_.assign((std::size_t{1} << bits) + 1, 0);
  for (std::size_t bucket = 0, f = 0; bucket < buckets_.size(); ++bucket) {
    while (f < hashes.size() && (std::uint64_t{hashes[f]} >> shift_) < bucket) ++f;
    buckets_[bucket] = static_cast<std::uint32_t>(f);
  }
}

std::ptrdiff_t Linear::find(std::uint32_t hash) const {
  const std::size_t bucket = static_cast<std::size_t>(std::uint64_t{hash} >> shift_);
  for (std::uint32_t f = buckets_[bucket]; f < buckets_[bucket + 1]; ++f)
    if (hashes[f] == hash) return f;
  return -1;
}

float Linear::unknown_weight() const { return std::sqrt(std::log((static_cast<float>(examples) + 1) / 0.5f)); }

void Linear::read(std::span<const std::uint32_t> features, std::span<const float> vector, Reading& out) const {
  out.scores.assign(bias.begin(), bias.end());
  if (!dense.empty())
    for (std::size_t l = 0; l < bias.size(); ++l)
      out.scores[l] += kernels().dot(&dense[l * vector.size()], vector.data(), vector.size());
  std::vector<std::uint32_t> found;
  found.reserve(features.size());
  float known = 0;
  for (const std::uint32_t hash : features)
    if (const std::ptrdiff_t f = find(hash); f >= 0) {
      found.push_back(static_cast<std::uint32_t>(f));
      known += weights[static_cast<std::size_t>(f)] * weights[static_cast<std::size_t>(f)];
    }
  const float unknown = unknown_weight() * unknown_weight() * static_cast<float>(features.size() - found.size());
  out.known = known > 0 ? known / (known + unknown) : 0;
  if (known <= 0) return;
  const float length = 1 / std::sqrt(known);
  for (const std::uint32_t f : found) {
    const float value = weights[f] * length * scales[f];
    for (std::uint32_t p = starts[f]; p < starts[f + 1]; ++p)
      out.scores[labels[p]] += value * static_cast<float>(levels[p]);
  }
}

}  // namespace eve::route
