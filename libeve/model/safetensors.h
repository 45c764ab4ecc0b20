// SPDX-License-Identifier: Apache-2.0
// safetensors (huggingface/safetensors): reading, with all of its rules.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/io.h"

namespace eve {

struct SafeTensor {
  std::string dtype;  ///< as spelled: "F32", "BF16", "I32", ...
  std::vector<std::uint64_t> shape;
  Bytes data;  ///< into the file; alignment is not promised
};

struct SafeTensors {
  std::map<std::string, SafeTensor> tensors;
  std::map<std::string, std::string> metadata;
  /// Header length, UTF-8, offsets (ascending, touching, covering the file to its end), shapes times width with checked
  /// multiplication, no duplicate keys. Throws Error(kModel, "WHERE: ...").
  static SafeTensors parse(Bytes file, const std::string& where);
};

}  // namespace eve
