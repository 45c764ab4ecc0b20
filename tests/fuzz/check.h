// SPDX-License-Identifier: Apache-2.0
// What every tokenizer made from a hostile file must still do.
#pragma once

#include <cstdlib>
#include <string>

#include "eve/error.h"
#include "text/tokenizer.h"

namespace eve::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

/// Makes a tokenizer by `make`, which may refuse with kModel and nothing else, and sends text through it and its
/// export.
template <class Make>
void check_tokenizer(const Make& make, std::string_view input) {
  std::unique_ptr<Tokenizer> tokenizer;
  try {
    tokenizer = make();
  } catch (const Error& error) {
    require(error.status() == Status::kModel);
    return;
  }
  const std::string text = std::string(input.substr(0, 300)) + " ab\n  a<s>\xE2\x96\x81\xFF" + std::string(40, 'a');
  const auto ids = tokenizer->encode(text);
  require(tokenizer->decode(ids) == text);
  for (const TokenId id : ids) require(tokenizer->is_text(id));
  if (const auto end = tokenizer->end_of_text()) require(!tokenizer->is_text(*end));
  const auto out = tokenizer->exported();
  require(out.tokens.size() == tokenizer->size() && out.types.size() == tokenizer->size());
}

}  // namespace eve::fuzz
