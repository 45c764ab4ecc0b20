// SPDX-License-Identifier: Apache-2.0
#include "text/tokenizer.h"

namespace eve {

std::string Tokenizer::decode(std::span<const TokenId> ids) const {
  std::string text;
  for (const TokenId id : ids) text += bytes(id);
  return text;
}

}  // namespace eve
