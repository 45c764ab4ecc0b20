// SPDX-License-Identifier: Apache-2.0
// A SentencePiece ModelProto from anywhere.
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  eve::fuzz::check_tokenizer([&] { return eve::sentencepiece_from_bytes(input, "fuzz"); }, input);
  return 0;
}
