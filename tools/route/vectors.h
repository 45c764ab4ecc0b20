// SPDX-License-Identifier: Apache-2.0
// What words mean, as numbers: a vector a word, made once from a language model (models/pico-route/vectors).
//
//   "EVEWORDS"  8 bytes
//   version     u32, 1
//   dims        u32
//   count       u32
//   reserved    u32, 0
//   checksum    u64, XXH3 of all that follows
//   keys        u32[count], ascending: hashes of words, of pieces ("##" before it: not at a word's beginning), and of
//               pairs of words with a space between
//   scales      f32[count]
//   levels      i8[count][dims]; a vector is its scale times its levels
//
// Everything in it is checked before use.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eve::route {

class Vectors {
 public:
  /// From a file's bytes. Throws kModel ("NAME: ...") for a damaged file or one of another version.
  Vectors(std::string_view bytes, const std::string& name);

  std::size_t dims() const { return dims_; }
  std::uint64_t checksum() const { return checksum_; }  ///< tells one file from another

  /// The sum of the vectors of a text's words and pairs of neighbours, scaled to length 1; zeros when none is known.
  /// A word without a vector is put together from pieces, longest first.
  std::vector<float> embed(std::string_view text) const;

 private:
  bool add(std::string_view key, std::vector<float>& sum) const;
  void add_pieces(std::string_view word, std::vector<float>& sum) const;

  std::size_t dims_;
  std::uint64_t checksum_;
  std::vector<std::uint32_t> keys_;  // [count]
  std::vector<float> scales_;        // [count]
  std::vector<std::int8_t> levels_;  // [count][dims]
};

}  // namespace eve::route
