// SPDX-License-Identifier: Apache-2.0
#include "model/gguf_tokenizer.h"

#include "model/gguf_keys.h"
#include "text/model_proto.h"

namespace eve {

namespace {

[[noreturn]] void refuse(const GgufFile& file, const std::string& what) {
  throw Error(Status::kModel, file.where + ": " + what);
}

std::unique_ptr<Tokenizer> read_byte_pairs(const GgufFile& file) {
  const std::string pre = file.string_value(kPreTokenizerKey).value_or("gpt-2");
  if (pre != "gpt-2") refuse(file, "pre-tokenizer " + printable(pre) + " is not read; only gpt-2 is");
  const auto* tokens = file.string_array(kTokensKey);
  const auto* merges = file.string_array(kMergesKey);
  if (tokens == nullptr || merges == nullptr) refuse(file, "the tokenizer's tokens or merges are missing");
  std::vector<std::int32_t> types(tokens->size(), 1);
  if (const auto* array = file.array(kTokenTypesKey)) {
    const auto* stored = std::get_if<std::vector<std::int64_t>>(array);
    if (stored == nullptr || stored->size() != tokens->size()) refuse(file, "the tokenizer has not one type a token");
    for (std::size_t i = 0; i < types.size(); ++i) {
      if ((*stored)[i] < 1 || (*stored)[i] > 6) refuse(file, "a token has an unknown type");
      types[i] = static_cast<std::int32_t>((*stored)[i]);
    }
  }
  std::optional<TokenId> end;
  if (const auto id = file.unsigned_value(kEndOfTextKey)) {
    if (*id >= tokens->size()) refuse(file, "the id of the end of text is outside the vocabulary");
    end = static_cast<TokenId>(*id);
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
  if (const auto* array = file.array(kSentencePieceKey)) {
    const auto* bytes = std::get_if<std::string>(array);
    if (bytes == nullptr) refuse(file, "eve.tokenizer.sentencepiece is not an array of bytes");
    model.tokenizer = sentencepiece_from_bytes(*bytes, file.where);
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
  if (pieces && !llama_cpp) return;

  if (llama_cpp) {  // which wants a token for each row, and would add one in front
    for (std::size_t id = exported.tokens.size(); id < model.config.vocab_size; ++id) {
      exported.tokens.push_back("[PAD" + std::to_string(id) + "]");
      exported.types.push_back(5);
      if (pieces) exported.scores.push_back(0);
    }
    writer.set(kAddBeginKey, GgufValue::boolean(false));
    if (pieces) writer.set(kAddSpaceKey, GgufValue::boolean(false));
    if (const auto end = model.tokenizer->end_of_text())
      writer.set(kBeginOfTextKey, GgufValue::u32(static_cast<std::uint32_t>(*end)));
  }
  writer.set(kTokensKey, GgufValue::strings(std::move(exported.tokens)));
  writer.set(kTokenTypesKey, GgufValue::i32s(exported.types));
  if (pieces) {
    writer.set(kTokenScoresKey, GgufValue::f32s(exported.scores));
  } else {
    writer.set(kPreTokenizerKey, GgufValue::string("gpt-2"));
    writer.set(kMergesKey, GgufValue::strings(std::move(exported.merges)));
  }
}

}  // namespace eve
