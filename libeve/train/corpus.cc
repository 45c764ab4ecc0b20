// SPDX-License-Identifier: Apache-2.0
#include "train/corpus.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>

#include "model/gguf_types.h"
#include "train/backward.h"

namespace eve {

namespace {

static_assert(std::endian::native == std::endian::little, "token files are mapped as they lie");

struct Header {
  char magic[8] = {'E', 'V', 'E', 'T', 'O', 'K', 'S', '1'};
  std::uint64_t vocabulary = 0;       // fingerprint
  std::uint64_t vocabulary_size = 0;  // tokens
  std::uint64_t sources = 0, documents = 0, tokens = 0;
  std::uint64_t reserved = 0;
};
static_assert(sizeof(Header) == 56 && sizeof(SourceRecord) == 64 && sizeof(DocumentRecord) == 16);

constexpr std::uint64_t kMaxSources = 65536;

}  // namespace

std::uint64_t vocabulary_fingerprint(const Tokenizer& tokenizer) {
  const Tokenizer::Export e = tokenizer.exported();
  Checksum sum;
  const auto add = [&](const std::string& text) {
    const std::uint64_t size = text.size();
    sum.add(&size, sizeof size);
    sum.add(text.data(), text.size());
  };
  add(e.serialized);
  if (e.serialized.empty()) {
    for (std::size_t id = 0; id < tokenizer.size(); ++id) add(std::string(tokenizer.bytes(static_cast<TokenId>(id))));
    for (const std::string& merge : e.merges) add(merge);
  }
  return sum.value();
}

void write_token_file(const std::string& path, const Tokenizer& tokenizer, std::span<const SourceRecord> sources,
                      std::span<const DocumentRecord> documents, std::uint64_t tokens,
                      const std::function<void(const TokenSink&)>& produce) {
  if (tokenizer.size() > kMaxCorpusVocabulary)
    throw Error(Status::kInput, "a token file holds ids below " + std::to_string(kMaxCorpusVocabulary) +
                                    "; the vocabulary has " + std::to_string(tokenizer.size()));
  Header header;
  header.vocabulary = vocabulary_fingerprint(tokenizer);
  header.vocabulary_size = tokenizer.size();
  header.sources = sources.size();
  header.documents = documents.size();
  header.tokens = tokens;
  AtomicFile file(path);
  Checksum sum;
  const auto write = [&](const void* data, std::size_t size) {
    sum.add(data, size);
    file.write(data, size);
  };
  write(&header, sizeof header);
  write(sources.data(), sources.size_bytes());
  write(documents.data(), documents.size_bytes());
  std::uint64_t written = 0;
  produce([&](std::span<const std::uint16_t> part) {
    written += part.size();
    write(part.data(), part.size_bytes());
  });
  if (written != tokens) throw Error(Status::kSystem, printable(path) + ": another number of tokens than announced");
  const std::uint64_t checksum = sum.value();
  file.write(&checksum, sizeof checksum);
  file.commit();
}

bool TokenFile::recognised(const std::string& path) {
  char magic[8] = {};
  std::ifstream file(path, std::ios::binary);
  file.read(magic, sizeof magic);
  return file && std::memcmp(magic, Header{}.magic, sizeof magic) == 0;
}

TokenFile::TokenFile(const std::string& path, const Tokenizer& tokenizer) : file_(path, Status::kInput) {
  const Bytes bytes = file_.bytes();
  const auto refuse = [&](const char* what) { throw Error(Status::kInput, printable(path) + ": " + what); };
  Header header;
  if (bytes.size() < sizeof header + sizeof checksum_ || std::memcmp(bytes.data(), header.magic, sizeof header.magic))
    refuse("not a token file; make one with eve-train prepare");
  std::memcpy(&header, bytes.data(), sizeof header);
  std::size_t at = sizeof header, left = bytes.size() - sizeof header - sizeof checksum_;
  const auto take = [&]<class T>(std::span<const T>& view, std::uint64_t count) {
    if (count > left / sizeof(T)) refuse("shorter than its header says");
    view = {reinterpret_cast<const T*>(bytes.data() + at), static_cast<std::size_t>(count)};
    at += view.size_bytes();
    left -= view.size_bytes();
  };
  if (header.sources > kMaxSources) refuse("too many sources");
  take(sources_, header.sources);
  take(documents_, header.documents);
  take(tokens_, header.tokens);
  if (left != 0) refuse("longer than its header says");
  std::memcpy(&checksum_, bytes.data() + at, sizeof checksum_);
  Checksum sum;
  sum.add(bytes.data(), at);
  if (sum.value() != checksum_) refuse("damaged (its checksum is wrong); make it again");
  if (header.vocabulary != vocabulary_fingerprint(tokenizer) || header.vocabulary_size != tokenizer.size())
    refuse("made with another vocabulary than the model's");
  for (const SourceRecord& source : sources_)
    if (!std::memchr(source.name, 0, sizeof source.name)) refuse("a source has no name");
  for (const DocumentRecord& document : documents_)
    if (document.source >= sources_.size() || document.begin > tokens_.size() ||
        document.length > tokens_.size() - document.begin)
      refuse("a document lies outside the file");
  std::uint16_t largest = 0;
  for (const std::uint16_t token : tokens_)
    largest = std::max(largest, static_cast<std::uint16_t>(token & ~kNotATarget));
  if (!tokens_.empty() && largest >= header.vocabulary_size) refuse("a token is outside the vocabulary");
}

Pieces cut_pieces(const TokenFile& file, std::size_t length) {
  Pieces out;
  for (const DocumentRecord& document : file.documents()) {
    if (document.length < 2) continue;
    const std::size_t inputs = document.length - 1, count = (inputs + length - 1) / length;
    if (count > 1 && file.sources()[document.source].rows) {
      ++out.dropped;
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t begin = inputs * i / count, end = inputs * (i + 1) / count;
      const auto targets = file.tokens().subspan(document.begin + begin + 1, end - begin);
      if (std::all_of(targets.begin(), targets.end(), [](std::uint16_t t) { return t & kNotATarget; })) continue;
      out.pieces.push_back({document.begin + begin, static_cast<std::uint32_t>(end - begin), document.source});
      out.tokens += end - begin;
    }
  }
  return out;
}

Example example_of(const TokenFile& file, const Piece& piece) {
  const std::uint16_t* tokens = &file.tokens()[piece.begin];
  Example example;
  example.tokens.reserve(piece.length);
  example.targets.reserve(piece.length);
  for (std::size_t t = 0; t < piece.length; ++t) {
    example.tokens.push_back(tokens[t] & ~kNotATarget);
    example.targets.push_back(tokens[t + 1] & kNotATarget ? kNoTarget : tokens[t + 1]);
  }
  return example;
}

}  // namespace eve
