// SPDX-License-Identifier: Apache-2.0
// GPT-2 vocabularies as others store them: vocab.json + merges.txt, and tokenizer.json.
#include <algorithm>

#include "base/io.h"
#include "base/json.h"
#include "eve/error.h"
#include "text/tokenizer.h"

namespace eve {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::int64_t kMaxTokens = 1'048'576;
constexpr std::string_view kEndOfText = "<|endoftext|>";
enum Type : std::int32_t { kNormal = 1, kControl = 3, kUnused = 5 };

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw Error(Status::kModel, where + ": " + why);
}

// What the arrays of a GGUF file hold, collected from JSON.
struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;  // 0 while an id has no token
  std::vector<std::string> merges;
  std::optional<TokenId> end_of_text;

  void add(std::string_view token, std::int64_t id, std::int32_t type, const std::string& where) {
    if (id < 0 || id >= kMaxTokens) refuse(where, "token id " + std::to_string(id) + " (0 to 1048575 are possible)");
    const auto at = static_cast<std::size_t>(id);
    if (at >= tokens.size()) {
      tokens.resize(at + 1);
      types.resize(at + 1);
    }
    // Added tokens are listed a second time; the list says what kind they are.
    if (types[at] != 0 && (type == kNormal || tokens[at] != token)) {
      refuse(where, "token id " + std::to_string(id) + " is given to two tokens");
    }
    tokens[at] = token;
    // vocab.json does not tell its one special token from the others.
    types[at] = token == kEndOfText ? std::int32_t{kControl} : type;
    if (token != kEndOfText) return;
    if (end_of_text && *end_of_text != id) refuse(where, "two tokens for the end of text");
    end_of_text = static_cast<TokenId>(id);
  }

  std::unique_ptr<Tokenizer> make(const std::string& where) {
    for (std::size_t id = 0; id < tokens.size(); ++id) {
      if (types[id] != 0) continue;
      tokens[id] = "[PAD" + std::to_string(id) + "]";
      types[id] = kUnused;
    }
    return bpe_from_arrays({tokens.begin(), tokens.end()}, std::move(types), {merges.begin(), merges.end()},
                           end_of_text, where);
  }
};

void add_vocabulary(Vocabulary& vocabulary, element json, const std::string& where) {
  object entries;
  if (json.get(entries)) refuse(where, "the vocabulary is not an object of tokens and ids");
  for (const auto entry : entries) {
    std::int64_t id = 0;
    if (entry.value.get(id)) refuse(where, "a token id is not an integer");
    vocabulary.add(entry.key, id, kNormal, where);
  }
}

bool is_null(object json, std::string_view key) {
  element value;
  return json[key].get(value) || value.is_null();
}

bool flag(object json, std::string_view key, bool otherwise, const std::string& where) {
  if (is_null(json, key)) return otherwise;
  bool value = false;
  if (json[key].get(value)) refuse(where, "option " + std::string(key) + " is not true or false");
  return value;
}

std::string_view type_of(object json, std::string_view key) {
  std::string_view type;
  return json[key]["type"].get(type) ? "?" : type;
}

// Null, absent and "" mean none.
bool is_none(object json, std::string_view key) {
  std::string_view text;
  return is_null(json, key) || (!json[key].get(text) && text.empty());
}

void check_pipeline(object json, const std::string& where) {
  const auto unsupported = [&](std::string_view what, std::string_view type) {
    refuse(where, "unsupported " + std::string(what) + " " + printable(type));
  };
  std::string_view version;
  if (json["version"].get(version) || version != "1.0") refuse(where, "not a tokenizer.json of version 1.0");
  if (!is_null(json, "normalizer")) unsupported("normalizer", type_of(json, "normalizer"));
  if (type_of(json, "pre_tokenizer") != "ByteLevel") unsupported("pre_tokenizer", type_of(json, "pre_tokenizer"));
  object pre_tokenizer;
  if (json["pre_tokenizer"].get(pre_tokenizer)) refuse(where, "the pre_tokenizer is not an object");
  if (flag(pre_tokenizer, "add_prefix_space", true, where)) unsupported("pre_tokenizer option", "add_prefix_space");
  if (!flag(pre_tokenizer, "use_regex", true, where)) unsupported("pre_tokenizer option", "use_regex false");
  for (const std::string_view part : {"post_processor", "decoder"}) {
    if (!is_null(json, part) && type_of(json, part) != "ByteLevel") unsupported(part, type_of(json, part));
  }
  // `truncation` and `padding` shape batches, not the ids of a text.
}

void check_model(object model, const std::string& where) {
  std::string_view type;
  if (model["type"].get(type) || type != "BPE") refuse(where, "unsupported model type " + printable(type));
  double dropout = 0;
  if (!is_null(model, "dropout") && (model["dropout"].get(dropout) || dropout != 0)) {
    refuse(where, "unsupported model option dropout");
  }
  for (const std::string_view option : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!is_none(model, option)) refuse(where, "unsupported model option " + std::string(option));
  }
  if (flag(model, "ignore_merges", false, where)) refuse(where, "unsupported model option ignore_merges");
  // `unk_token`, `fuse_unk` and `byte_fallback` are for characters without a token; every byte has one here.
}

std::string merge_of(element json, std::size_t rank, const std::string& where) {
  std::string_view text;
  if (!json.get(text)) return std::string(text);
  simdjson::dom::array parts;
  std::string_view left, right;
  if (json.get(parts) || parts.size() != 2 || parts.at(0).get(left) || parts.at(1).get(right)) {
    refuse(where, "merge " + std::to_string(rank) + " does not have two parts");
  }
  return std::string(left) + " " + std::string(right);
}

void add_merges(Vocabulary& vocabulary, object model, const std::string& where) {
  simdjson::dom::array merges;
  if (model["merges"].get(merges)) refuse(where, "the merges are not an array");
  for (const element merge : merges) {
    std::string_view line;
    if (!merge.get(line) && line.starts_with("#version")) continue;
    vocabulary.merges.push_back(merge_of(merge, vocabulary.merges.size(), where));
  }
}

void add_added_tokens(Vocabulary& vocabulary, object json, const std::string& where) {
  if (is_null(json, "added_tokens")) return;
  simdjson::dom::array added;
  if (json["added_tokens"].get(added)) refuse(where, "added_tokens is not an array");
  for (const element token : added) {
    std::int64_t id = 0;
    std::string_view content;
    bool special = false;
    if (token["id"].get(id) || token["content"].get(content) || token["special"].get(special)) {
      refuse(where, "an added token lacks id, content or special");
    }
    // Such a token is cut out of the text before anything else.
    if (!special) refuse(where, "unsupported added token " + std::to_string(id) + ", which is not special");
    vocabulary.add(content, id, kControl, where);
  }
}

}  // namespace

std::unique_ptr<Tokenizer> bpe_from_vocab_and_merges(std::string_view vocab_json, std::string_view merges_txt,
                                                     const std::string& where) {
  Vocabulary vocabulary;
  simdjson::dom::parser parser;
  add_vocabulary(vocabulary, parse_json(parser, vocab_json, where, Status::kModel), where);
  for (bool first = true; !merges_txt.empty(); first = false) {
    std::string_view line = merges_txt.substr(0, merges_txt.find('\n'));
    merges_txt.remove_prefix(std::min(merges_txt.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (first && line.starts_with("#version"))) continue;
    vocabulary.merges.emplace_back(line);
  }
  return vocabulary.make(where);
}

std::unique_ptr<Tokenizer> bpe_from_tokenizer_json(std::string_view json, const std::string& where) {
  Vocabulary vocabulary;
  simdjson::dom::parser parser;
  object root, model;
  if (parse_json(parser, json, where, Status::kModel).get(root)) refuse(where, "not a tokenizer.json");
  check_pipeline(root, where);
  if (root["model"].get(model)) refuse(where, "no model");
  check_model(model, where);
  element vocab;
  if (model["vocab"].get(vocab)) refuse(where, "no vocabulary");
  add_vocabulary(vocabulary, vocab, where);
  add_merges(vocabulary, model, where);
  add_added_tokens(vocabulary, root, where);
  return vocabulary.make(where);
}

}  // namespace eve
