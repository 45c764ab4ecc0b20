// SPDX-License-Identifier: Apache-2.0
// Views of bytes that lie elsewhere, usually in a mapped file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace eve {

using Bytes = std::span<const std::uint8_t>;

inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// 32-bit numbers that need not be aligned.
class U32View {
 public:
  U32View() = default;
  U32View(const std::uint8_t* first, std::size_t count) : first_(first), count_(count) {}
  explicit U32View(const std::vector<std::uint32_t>& values)
      : U32View(reinterpret_cast<const std::uint8_t*>(values.data()), values.size()) {}
  std::size_t size() const { return count_; }
  std::uint32_t operator[](std::size_t at) const {
    std::uint32_t value;
    std::memcpy(&value, first_ + at * sizeof value, sizeof value);
    return value;
  }
  Bytes bytes() const { return {first_, count_ * sizeof(std::uint32_t)}; }

 private:
  const std::uint8_t* first_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace eve
