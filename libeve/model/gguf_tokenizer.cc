// SPDX-License-Identifier: Apache-2.0
#include "model/gguf_tokenizer.h"

#include "model/gguf_keys.h"
#include "text/model_proto.h"

namespace eve {

namespace {

[[noreturn]] void refuse(const GgufFile& file, const std::string& what) {
  throw Error(Status::kModel, file.where + ": " + what);
}

BpeTables read_tables(const GgufFile& file) {
  const auto text = [&](const char* key) { return file.bytes(key).value_or(std::string_view()); };
  const auto numbers = [&](const char* key) { return file.u32s(key).value_or(U32View()); };
  return {text(kBpeBytesKey),     numbers(kBpeEndsKey),    text(kBpeTypesKey),   numbers(kBpeMergeEndsKey),
          numbers(kBpeRightsKey), numbers(kBpeResultsKey), numbers(kBpeRanksKey)};
}

void write_tables(GgufWriter& writer, const BpeTables& tables) {
  writer.set(kBpeBytesKey, GgufValue::bytes(tables.bytes));
  writer.set(kBpeEndsKey, GgufValue::u32s(tables.ends));
  writer.set(kBpeTypesKey, GgufValue::bytes(tables.types));
  writer.set(kBpeMergeEndsKey, GgufValue::u32s(tables.merge_ends));
  writer.set(kBpeRightsKey, GgufValue::u32s(tables.rights));
  writer.set(kBpeResultsKey, GgufValue::u32s(tables.results));
  writer.set(kBpeRanksKey, GgufValue::u32s(tables.ranks));
}

std::unique_ptr<Tokenizer> read_byte_pairs(const GgufFile& file) {
  const std::string pre = file.string_value(kPreTokenizerKey).value_or("gpt-2");
  if (pre != "gpt-2") refuse(file, "pre-tokenizer " + printable(pre) + " is not read; only gpt-2 is");
  std::optional<TokenId> end;
  if (const auto id = file.unsigned_value(kEndOfTextKey)) {
    if (*id >= kMaxVocabulary) refuse(file, "the id of the end of text is outside the vocabulary");
    end = static_cast<TokenId>(*id);
  }
  if (file.metadata.contains(kBpeBytesKey)) return bpe_from_tables(read_tables(file), end, file.where);
  const auto tokens = file.strings(kTokensKey);
  const auto merges = file.strings(kMergesKey);
  if (!tokens || !merges) refuse(file, "the tokenizer's tokens or merges are missing");
  std::vector<std::int32_t> types;
  if (const auto stored = file.integers(kTokenTypesKey)) {
    if (stored->size() != tokens->size()) refuse(file, "the tokenizer has not one type a token");
    for (const std::int64_t type : *stored) {
      if (type < 1 || type > 6) refuse(file, "a token has an unknown type");
      types.push_back(static_cast<std::int32_t>(type));
    }
  }
  return bpe_from_arrays(*tokens, std::move(types), *merges, end, file.where);
}

/// What llama.cpp calls the two ways to cut text into SentencePiece's pieces.
std::string llama_cpp_pieces(const std::string& serialized) {
  return ModelProto::parse(serialized, "tokenizer").model_type == ModelProto::kBpe ? "llama" : "t5";
}

}  // namespace

void read_tokenizer(ModelData& model, const GgufFile& file) {
  const std::string kind = file.string_value(kTokenizerKey).value_or("no_vocab");
  if (kind == "no_vocab") return;
  if (const auto serialized = file.bytes(kSentencePieceKey)) {
    model.tokenizer = sentencepiece_from_bytes(*serialized, file.where);
  } else if (kind == "gpt2") {
    model.tokenizer = read_byte_pairs(file);
  } else if (file.string_value(kArchitectureKey) == kEveArchitecture) {
    refuse(file, "tokenizer " + printable(kind) + " is not known to this version");
  } else {
    model.warnings.push_back("tokenizer " + printable(kind) +
                             " is not read: only token ids can be used with this model");
  }
}

void write_tokenizer(GgufWriter& writer, const ModelData& model, bool llama_cpp) {
  if (!model.tokenizer) return writer.set(kTokenizerKey, GgufValue::string("no_vocab"));
  Tokenizer::Export exported = model.tokenizer->exported();
  const bool pieces = !exported.serialized.empty();
  if (pieces) writer.set(kSentencePieceKey, GgufValue::bytes(exported.serialized));
  writer.set(kTokenizerKey,
             GgufValue::string(pieces && llama_cpp ? llama_cpp_pieces(exported.serialized) : exported.model));
  if (const auto end = model.tokenizer->end_of_text())
    writer.set(kEndOfTextKey, GgufValue::u32(static_cast<std::uint32_t>(*end)));
  if (!pieces) writer.set(kPreTokenizerKey, GgufValue::string("gpt-2"));
  if (!llama_cpp) {
    if (!pieces) write_tables(writer, exported.tables);
    return;
  }

  // llama.cpp wants a token for each row, and would add one in front.
  for (std::size_t id = exported.tokens.size(); id < model.config.vocab_size; ++id) {
    exported.tokens.push_back("[PAD" + std::to_string(id) + "]");
    exported.types.push_back(kBpeUnused);
    if (pieces) exported.scores.push_back(0);
  }
  writer.set(kAddBeginKey, GgufValue::boolean(false));
  if (const auto end = model.tokenizer->end_of_text())
    writer.set(kBeginOfTextKey, GgufValue::u32(static_cast<std::uint32_t>(*end)));
  writer.set(kTokensKey, GgufValue::strings(exported.tokens));
  writer.set(kTokenTypesKey, GgufValue::i32s(exported.types));
  if (pieces) {
    writer.set(kAddSpaceKey, GgufValue::boolean(false));
    writer.set(kTokenScoresKey, GgufValue::f32s(exported.scores));
  } else {
    writer.set(kMergesKey, GgufValue::strings(exported.merges));
  }
}

}  // namespace eve
