// SPDX-License-Identifier: Apache-2.0
#include "model/gguf_types.h"

#include <xxhash.h>

#include <array>
#include <new>
#include <string_view>

namespace eve {

namespace {

struct Code {
  DType type;
  std::uint32_t code;
};
constexpr std::array<Code, kDTypes> kCodes = {
    {{DType::kF32, 0}, {DType::kF16, 1}, {DType::kBF16, 30}, {DType::kQ8_0, 8}, {DType::kQ4_0, 2}}};

// ggml.h, enum ggml_type; empty: removed.
constexpr std::array<std::string_view, 43> kNames = {
    "F32",   "F16",    "Q4_0",  "Q4_1", "",     "",        "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8",    "I16",  "I32",  "I64",     "F64",    "IQ1_M",   "BF16",  "",       "",
    "",      "TQ1_0",  "TQ2_0", "",     "",     "",        "MXFP4",  "NVFP4",   "Q1_0",  "Q2_0"};

}  // namespace

std::uint32_t ggml_type(DType type) {
  for (const Code& code : kCodes)
    if (code.type == type) return code.code;
  return 0;
}

std::optional<DType> dtype_of_ggml(std::uint32_t value) {
  for (const Code& code : kCodes)
    if (code.code == value) return code.type;
  return std::nullopt;
}

std::string ggml_type_name(std::uint32_t code) {
  if (code < kNames.size() && !kNames[code].empty()) return std::string(kNames[code]);
  return "number " + std::to_string(code);
}

void Checksum::Free::operator()(void* state) const { XXH3_freeState(static_cast<XXH3_state_t*>(state)); }

Checksum::Checksum() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(static_cast<XXH3_state_t*>(state_.get()));
}

void Checksum::add(const void* data, std::size_t size) {
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_.get()), data, size);
}

std::uint64_t Checksum::value() const { return XXH3_64bits_digest(static_cast<const XXH3_state_t*>(state_.get())); }

std::uint64_t table_checksum(Bytes table, std::size_t at) {
  const std::uint64_t zero = 0;
  Checksum checksum;
  checksum.add(table.data(), at);
  checksum.add(&zero, sizeof zero);
  checksum.add(table.data() + at + sizeof zero, table.size() - at - sizeof zero);
  return checksum.value();
}

}  // namespace eve
