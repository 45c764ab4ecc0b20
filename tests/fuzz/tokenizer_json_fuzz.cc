// SPDX-License-Identifier: Apache-2.0
// tokenizer.json, vocab.json and merges.txt from anywhere, and GPT-2's splits of any text.
#include "base/json.h"
#include "base/utf8.h"
#include "check.h"

namespace {

/// The 256 byte tokens, "ab" and "abab".
std::string small_vocabulary() {
  std::string out;
  eve::JsonWriter json(out);
  json.begin_object();
  std::uint32_t next = 256;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const bool same = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    std::string token;
    eve::append_utf8(token, same ? byte : next++);
    json.member(token, byte);
  }
  json.member("ab", 256).member("abab", 257);
  json.end_object();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string vocabulary = small_vocabulary();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string joined;
  for (const auto piece : eve::gpt2_split(input)) {
    eve::fuzz::require(!piece.empty());
    joined += piece;
  }
  eve::fuzz::require(joined == input);
  eve::fuzz::check_tokenizer([&] { return eve::bpe_from_tokenizer_json(input, "fuzz"); }, input);
  eve::fuzz::check_tokenizer([&] { return eve::bpe_from_vocab_and_merges(input, "a b\n", "fuzz"); }, input);
  eve::fuzz::check_tokenizer([&] { return eve::bpe_from_vocab_and_merges(vocabulary, input, "fuzz"); }, input);
  return 0;
}
