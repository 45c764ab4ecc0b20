// SPDX-License-Identifier: Apache-2.0
#include "pii/span_cache.h"

#include <xxhash.h>

#include <random>

namespace eve::pii {
namespace {

constexpr std::size_t kEntryBytes = 128;  // node, strings' and vectors' own, allocator, share of the bucket array

std::size_t bytes_of(std::string_view text, const std::vector<TaggedSpan>& spans) {
  return kEntryBytes + text.size() + spans.size() * sizeof(TaggedSpan);
}

}  // namespace

std::size_t SpanCache::Hash::operator()(std::string_view text) const {
  // Unknown to whoever writes the log: nobody can choose lines that all land in one bucket.
  static const std::uint64_t seed = std::random_device()();
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

SpanCache::SpanCache(std::size_t limit_bytes) : limit_(limit_bytes) {}

const std::vector<TaggedSpan>* SpanCache::find(std::string_view text) {
  if (limit_ == 0) return nullptr;
  if (const auto known = young_.answers.find(text); known != young_.answers.end()) return &known->second;
  const auto known = old_.answers.find(text);
  if (known == old_.answers.end()) return nullptr;
  const std::size_t bytes = bytes_of(known->first, known->second);
  if (young_.bytes + bytes > limit_ / 2) return &known->second;
  old_.bytes -= bytes;
  young_.bytes += bytes;
  return &young_.answers.insert(old_.answers.extract(known)).position->second;
}

void SpanCache::add(std::string_view text, const std::vector<TaggedSpan>& spans) {
  const std::size_t bytes = bytes_of(text, spans);
  if (bytes > limit_ / 16) return;
  if (young_.bytes + bytes > limit_ / 2) {
    old_ = std::move(young_);
    young_ = {};
  }
  young_.answers.emplace(text, spans);
  young_.bytes += bytes;
}

}  // namespace eve::pii
