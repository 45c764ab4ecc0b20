// SPDX-License-Identifier: Apache-2.0
#include "route/vectors.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "eve/error.h"
#include "route/features.h"

namespace eve::route {

namespace {

constexpr std::string_view kMagic = "EVEWORDS";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMostDims = 1024, kLongestWord = 64;
constexpr float kLargest = 1e3f;

struct Header {
  char magic[8];
  std::uint32_t version, dims, count, reserved;
  std::uint64_t checksum;
};
static_assert(sizeof(Header) == 32);

std::uint32_t key_of(std::string_view text) {
  return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
}

template <class T>
std::vector<T> take(std::string_view& bytes, std::size_t count) {
  std::vector<T> out(count);
  if (count > 0) std::memcpy(out.data(), bytes.data(), count * sizeof(T));
  bytes.remove_prefix(count * sizeof(T));
  return out;
}

}  // namespace

Vectors::Vectors(std::string_view bytes, const std::string& name) {
  const auto require = [&](bool holds, const char* what) {
    if (!holds) throw Error(Status::kModel, name + ": damaged word vectors (" + what + "); install them again");
  };
  if (!bytes.starts_with(kMagic)) throw Error(Status::kModel, name + ": not word vectors");
  Header header;
  require(bytes.size() >= sizeof header, "it ends too early");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.version != kVersion)
    throw Error(Status::kModel, name + ": word vectors of version " + std::to_string(header.version) +
                                    ", which this eve-route does not read");
  std::string_view body = bytes.substr(sizeof header);
  require(header.dims > 0 && header.dims <= kMostDims && header.reserved == 0, "its header");
  require(body.size() == std::uint64_t{header.count} * (8 + header.dims), "its size");
  require(header.checksum == XXH3_64bits(body.data(), body.size()), "its checksum");
  dims_ = header.dims;
  checksum_ = header.checksum;
  keys_ = take<std::uint32_t>(body, header.count);
  scales_ = take<float>(body, header.count);
  levels_ = take<std::int8_t>(body, header.count * dims_);
  for (std::size_t i = 1; i < keys_.size(); ++i) require(keys_[i - 1] < keys_[i], "keys out of order");
  for (const float scale : scales_) require(scale >= 0 && scale <= kLargest, "a number");
}

bool Vectors::add(std::string_view key, std::vector<float>& sum) const {
  const auto it = std::lower_bound(keys_.begin(), keys_.end(), key_of(key));
  if (it == keys_.end() || *it != key_of(key)) return false;
  const auto row = static_cast<std::size_t>(it - keys_.begin());
  for (std::size_t d = 0; d < dims_; ++d) sum[d] += scales_[row] * static_cast<float>(levels_[row * dims_ + d]);
  return true;
}

void Vectors::add_pieces(std::string_view word, std::vector<float>& sum) const {
  word = word.substr(0, kLongestWord);
  std::string piece;
  for (std::size_t at = 0; at < word.size();) {
    std::size_t end = word.size();
    for (; end > at; --end)
      if (add(piece.assign(at > 0 ? "##" : "").append(word.substr(at, end - at)), sum)) break;
    if (end == at) return;  // letters of a script that has no pieces
    at = end;
  }
}

std::vector<float> Vectors::embed(std::string_view text) const {
  std::vector<float> sum(dims_, 0);
  std::string previous;
  for (const std::string& word : words(text)) {
    if (!add(word, sum)) add_pieces(word, sum);
    if (!previous.empty()) add(previous + " " + word, sum);
    previous = word;
  }
  float squares = 0;
  for (const float x : sum) squares += x * x;
  const float length = squares > 0 ? 1 / std::sqrt(squares) : 0;
  for (float& x : sum) x *= length;
  return sum;
}

}  // namespace eve::route
