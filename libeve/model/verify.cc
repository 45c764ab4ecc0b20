// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "model/gguf_types.h"
#include "model/model.h"

namespace eve {

namespace {

/// The bytes between the end of a tensor and the next multiple of the alignment.
Bytes padding_after(const GgufTensor& tensor, const GgufFile& file, Bytes bytes) {
  const std::size_t end = static_cast<std::size_t>(tensor.data.data() - bytes.data()) + tensor.data.size();
  const std::size_t aligned = std::min(bytes.size(), (end + file.alignment - 1) / file.alignment * file.alignment);
  return bytes.subspan(end, aligned - end);
}

}  // namespace

std::vector<std::string> verify_model(const std::string& path) {
  const std::string where = printable(path);
  const MappedFile mapped(path);
  const GgufFile file = GgufFile::parse(mapped.bytes(), where);
  const auto checksums = file.strings(kTensorChecksumKey);
  if (!checksums || !file.has_table_checksum) throw Error(Status::kModel, where + ": the file has no checksums");
  if (checksums->size() != file.tensors.size()) throw Error(Status::kModel, where + ": not one checksum a tensor");
  std::vector<std::string> damaged;
  for (std::size_t i = 0; i < file.tensors.size(); ++i) {
    const GgufTensor& tensor = file.tensors[i];
    const std::string_view text = (*checksums)[i];
    std::uint64_t expected = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), expected, 16);
    Checksum checksum;
    checksum.add(tensor.data.data(), tensor.data.size());
    const Bytes padding = padding_after(tensor, file, mapped.bytes());
    if (text.size() != 16 || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
        checksum.value() != expected || std::ranges::any_of(padding, [](std::uint8_t byte) { return byte != 0; }))
      damaged.push_back(tensor.name);
  }
  return damaged;
}

}  // namespace eve
