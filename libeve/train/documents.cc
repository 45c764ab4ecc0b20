// SPDX-License-Identifier: Apache-2.0
#include "train/documents.h"

#include <lzma.h>

#include "base/io.h"
#include "base/utf8.h"

namespace eve {

namespace {

constexpr std::size_t kMaxText = std::size_t{4} << 30;
constexpr std::string_view kSeparator = "<|endoftext|>";

std::string unpack(const std::string& packed, const std::string& path) {
  const auto refuse = [&](const char* what) { throw Error(Status::kInput, printable(path) + ": " + what); };
  struct Stream {
    lzma_stream lzma = LZMA_STREAM_INIT;
    ~Stream() { lzma_end(&lzma); }
  } stream;
  lzma_stream& s = stream.lzma;
  constexpr std::uint64_t kMemory = std::uint64_t{256} << 20;  // xz -9 needs 65 MiB
  if (lzma_stream_decoder(&s, kMemory, LZMA_CONCATENATED) != LZMA_OK) refuse("cannot be unpacked");
  s.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  s.avail_in = packed.size();
  std::string text, chunk(1 << 20, '\0');
  for (lzma_ret status = LZMA_OK; status != LZMA_STREAM_END;) {
    s.next_out = reinterpret_cast<std::uint8_t*>(chunk.data());
    s.avail_out = chunk.size();
    status = lzma_code(&s, LZMA_FINISH);
    if (status != LZMA_OK && status != LZMA_STREAM_END) refuse("not an xz file, or damaged");
    const std::size_t got = chunk.size() - s.avail_out;
    if (got > kMaxText - text.size()) refuse("unpacks to more than 4 GiB");
    text.append(chunk, 0, got);
  }
  return text;
}

bool is_control(std::uint32_t c) { return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0); }

}  // namespace

std::string read_text(const std::string& path) {
  std::string content = read_file(path, kMaxText);
  return path.ends_with(".xz") ? unpack(content, path) : content;
}

std::vector<std::string_view> split_documents(std::string_view text) {
  std::vector<std::string_view> documents;
  std::size_t begin = 0;
  const auto add = [&](std::size_t end) {
    const std::string_view document = text.substr(begin, end - begin);
    if (document.find_first_not_of(" \t\r\n") != std::string_view::npos) documents.push_back(document);
  };
  for (std::size_t at = 0; (at = text.find(kSeparator, at)) != std::string_view::npos;) {
    const std::size_t end = at + kSeparator.size();
    const bool whole_line =
        (at == 0 || text[at - 1] == '\n') && (end == text.size() || text[end] == '\n' || text.substr(end, 2) == "\r\n");
    if (whole_line) {
      add(at);
      begin = end;
    }
    at = end;
  }
  add(text.size());
  return documents;
}

std::string clean_document(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = utf8_at(text, at);
    if (c.value == CodePoint::kInvalid) return {};
    if (!is_control(c.value)) clean.append(text, at, c.bytes);
    at += c.bytes;
  }
  const std::size_t first = clean.find_first_not_of(" \t\n");
  if (first == std::string::npos) return {};
  // Leading blanks of the first line may be an indent.
  const std::size_t line = clean.rfind('\n', first);
  const std::size_t begin = line == std::string::npos ? 0 : line + 1;
  return clean.substr(begin, clean.find_last_not_of(" \t\n") + 1 - begin);
}

}  // namespace eve
