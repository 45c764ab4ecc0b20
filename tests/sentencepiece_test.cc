// SPDX-License-Identifier: Apache-2.0
#include <sentencepiece_processor.h>

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <functional>
#include <limits>
#include <thread>

#include "base/io.h"
#include "base/rng.h"
#include "fixtures.h"
#include "text/tokenizer.h"
#include "train/vocab.h"

using namespace eve;
using Catch::Contains;

namespace {

/// Sentences of made-up words: enough text for a vocabulary of a few hundred pieces.
std::vector<std::string> corpus() {
  static const std::vector<std::string> words = {
      "the",  "a",     "log",    "file", "was", "opened", "by",    "user", "root",  "from",  "address", "error",
      "line", "while", "return", "if",   "for", "value",  "naïve", "café", "count", "print", "session", "token"};
  Rng rng(11);
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) {
    std::string text(4 * rng.below(3), ' ');
    for (std::size_t n = 3 + rng.below(12); n > 0; --n) {
      text += words[rng.below(words.size())];
      if (rng.below(6) == 0) text += std::to_string(rng.below(10000));
      text += rng.below(9) ? " " : rng.below(2) ? "();\n\t" : ", ";
    }
    texts.push_back(text);
  }
  return texts;
}

std::string train(const std::vector<std::string>& texts, const VocabOptions& options) {
  std::size_t at = 0;
  const auto next = [&](std::string& text) {
    if (at == texts.size()) return false;
    text = texts[at++];
    return true;
  };
  return train_sentencepiece(next, options);
}

constexpr std::size_t kVocabSize = 330;

VocabOptions options(VocabOptions::Model model) {
  VocabOptions chosen;
  chosen.vocab_size = kVocabSize;
  chosen.model = model;
  chosen.character_coverage = 1;
  return chosen;
}

const std::string& unigram() {
  static const std::string model = train(corpus(), options(VocabOptions::Model::kUnigram));
  return model;
}
const std::string& bpe() {
  static const std::string model = train(corpus(), options(VocabOptions::Model::kBpe));
  return model;
}

void check_round_trip(const Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text);
  REQUIRE(tokenizer.decode(ids) == text);
  REQUIRE(std::all_of(ids.begin(), ids.end(), [&](TokenId id) { return tokenizer.is_text(id); }));
}

std::string random_bytes(Rng& rng, std::size_t size) {
  static const std::vector<std::string> bits = {
      " ",   "  ",     "\n", "the", "log file",          "é", "日", "\xE2\x96\x81", "\xE2\x96",
      "<s>", "<0x41>", "7",  "\t",  std::string(1, '\0')};
  std::string out;
  while (out.size() < size) {
    if (rng.below(2))
      out += bits[rng.below(bits.size())];
    else
      out.push_back(static_cast<char>(rng.below(256)));
  }
  return out;
}

double seconds(const std::function<void()>& action) {
  const std::clock_t start = std::clock();
  action();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// A ModelProto written by hand, field by field.
struct Message {
  std::string bytes;
  Message& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
    bytes.push_back(static_cast<char>(value));
    return *this;
  }
  Message& number(std::uint32_t field, std::uint64_t value) { return varint(field << 3).varint(value); }
  Message& string(std::uint32_t field, std::string_view text) {
    varint(field << 3 | 2).varint(text.size()).bytes += text;
    return *this;
  }
  Message& real(std::uint32_t field, float value) {
    varint(field << 3 | 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(bits >> (8 * i)));
    return *this;
  }
};

Message piece(std::string_view text, float score, std::uint64_t type) {
  return Message().string(1, text).real(2, score).number(3, type);
}

struct Model {
  std::vector<Message> pieces;
  Message trainer = Message().number(3, 1).number(35, 1);
  Message normalizer = Message().string(1, "identity").number(3, 0).number(4, 0).number(5, 1);
  Message rest;

  Model() {
    pieces = {piece("<unk>", 0, 2), piece("<s>", 0, 3), piece("</s>", 0, 3)};
    for (int byte = 0; byte < 256; ++byte) {
      char name[8];
      std::snprintf(name, sizeof name, "<0x%02X>", byte);
      pieces.push_back(piece(name, 0, 6));
    }
    pieces.push_back(piece("a", -1, 1));
    pieces.push_back(piece("\xE2\x96\x81", -1, 1));
    pieces.push_back(
        piece("\xE2\x96\x81"
              "a",
              -1.5f, 1));
  }
  std::string serialized() const {
    Message model;
    for (const auto& p : pieces) model.string(1, p.bytes);
    model.string(2, trainer.bytes).string(3, normalizer.bytes).bytes += rest.bytes;
    return model.bytes;
  }
};

std::string refusal(const std::string& serialized) {
  try {
    sentencepiece_from_bytes(serialized, "here");
  } catch (const Error& error) {
    CHECK(error.status() == Status::kModel);
    CHECK(std::string(error.what()).starts_with("here: "));
    return error.what();
  }
  FAIL("accepted");
  return {};
}

}  // namespace

TEST_CASE("any bytes come back through a vocabulary we trained") {
  for (const auto& model : {unigram(), bpe()}) {
    const auto tokenizer = sentencepiece_from_bytes(model, "trained");
    Rng rng(5);
    for (int round = 0; round < 300; ++round) check_round_trip(*tokenizer, random_bytes(rng, rng.below(300)));
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
    for (const std::string& text :
         {std::string(), std::string(" "), std::string("  the log  "), std::string("\r\n\t\tif\n"), all}) {
      check_round_trip(*tokenizer, text);
    }
    check_round_trip(*tokenizer, random_bytes(rng, 100'000));
  }
}

TEST_CASE("the Unicode break tests come back byte for byte") {
  EVE_SHARED_OR_SKIP(words, "suites/unicode/WordBreakTest.txt");
  const std::string folder = std::filesystem::path(words).parent_path().string();
  for (const auto& model : {unigram(), bpe()}) {
    const auto tokenizer = sentencepiece_from_bytes(model, "trained");
    for (const char* name : {"WordBreakTest.txt", "GraphemeBreakTest.txt", "SentenceBreakTest.txt"}) {
      check_round_trip(*tokenizer, read_file(folder + "/" + name, 1 << 20));
    }
  }
}

TEST_CASE("words become pieces, and what has none becomes bytes") {
  const auto tokenizer = sentencepiece_from_bytes(unigram(), "trained");
  const auto spelled = [&](std::string_view text) {
    std::vector<std::string> pieces;
    const auto tokens = tokenizer->exported().tokens;
    for (const TokenId id : tokenizer->encode(text)) pieces.push_back(tokens[static_cast<std::size_t>(id)]);
    return pieces;
  };
  using Pieces = std::vector<std::string>;
  CHECK(tokenizer->encode("the session session").size() <= 5);
  CHECK(spelled("\n") == Pieces{"<0x0A>"});
  CHECK(spelled("\t\t") == Pieces{"<0x09>", "<0x09>"});
  CHECK(spelled("\xE2\x96\x81") == Pieces{"<0xE2>", "<0x96>", "<0x81>"});
  CHECK(spelled("\xFF") == Pieces{"<0xFF>"});
  CHECK(spelled(std::string(1, '\0')) == Pieces{"<0x00>"});
  CHECK(spelled("日") == Pieces{"<0xE6>", "<0x97>", "<0xA5>"});
  CHECK(spelled("42") == Pieces{"4", "2"});
}

TEST_CASE("indentation is one piece") {
  const auto tokenizer = sentencepiece_from_bytes(unigram(), "trained");
  const auto ids = tokenizer->encode("    the");
  CHECK(tokenizer->bytes(ids[0]).size() >= 3);
}

TEST_CASE("a word begins with the same piece behind a space, a quote and a bracket") {
  const auto tokenizer = sentencepiece_from_bytes(unigram(), "trained");
  for (const std::string word : {"the", "session"}) {
    const TokenId first = tokenizer->encode(word)[0];
    for (const std::string before : {"of ", "\"", "("}) {
      const auto ids = tokenizer->encode(before + word);
      CAPTURE(before, word);
      CHECK(std::ranges::find(ids, first) != ids.end());
    }
  }
  for (std::size_t id = 259; id < tokenizer->size(); ++id) {
    const std::string piece(tokenizer->bytes(static_cast<TokenId>(id)));
    if (piece.find_first_not_of(' ') != std::string::npos) CHECK(piece.front() != ' ');
  }
}

TEST_CASE("text that spells control pieces is plain text") {
  for (const auto& model : {unigram(), bpe()}) {
    const auto tokenizer = sentencepiece_from_bytes(model, "trained");
    for (const std::string text : {"<s>", "</s>", "<unk>", "<0x41>", "a<s>b", " </s> "}) {
      CAPTURE(text);
      const auto ids = tokenizer->encode(text);
      CHECK(tokenizer->decode(ids) == text);
      CHECK(ids.size() >= 3);
      for (const TokenId id : {0, 1, 2}) CHECK(std::count(ids.begin(), ids.end(), id) == 0);
    }
  }
}

TEST_CASE("control ids are fixed and are not text") {
  for (const auto& model : {unigram(), bpe()}) {
    const auto tokenizer = sentencepiece_from_bytes(model, "trained");
    CHECK(tokenizer->size() == kVocabSize);
    CHECK(tokenizer->end_of_text() == 2);
    const auto names = tokenizer->exported();
    CHECK(names.model == "eve-sentencepiece");
    CHECK(std::vector<std::string>(names.tokens.begin(), names.tokens.begin() + 4) ==
          std::vector<std::string>{"<unk>", "<s>", "</s>", "<0x00>"});
    CHECK(std::vector<std::int32_t>(names.types.begin(), names.types.begin() + 4) ==
          std::vector<std::int32_t>{2, 3, 3, 6});
    CHECK(names.scores.size() == kVocabSize);
    CHECK(names.serialized == model);
    for (const TokenId id : {-1, 0, 1, 2, TokenId{kVocabSize}, std::numeric_limits<TokenId>::max()}) {
      CHECK_FALSE(tokenizer->is_text(id));
      CHECK(tokenizer->bytes(id).empty());
    }
    for (TokenId id = 3; id < TokenId{kVocabSize}; ++id) CHECK(tokenizer->is_text(id));
    for (TokenId id = 3; id < 259; ++id) CHECK(tokenizer->bytes(id) == std::string(1, static_cast<char>(id - 3)));
  }
}

TEST_CASE("a text gets the pieces that the library gives its lines") {
  for (const auto& model : {unigram(), bpe()}) {
    const auto tokenizer = sentencepiece_from_bytes(model, "trained");
    sentencepiece::SentencePieceProcessor library;
    REQUIRE(library.LoadFromSerializedProto(model).ok());
    for (const auto& text : corpus()) REQUIRE(tokenizer->encode(text) == library.EncodeAsIds(text));
    // Longer than a chunk: BPE is cut only where its pieces end anyway.
    std::string all;
    for (const auto& text : corpus()) all += text;
    REQUIRE(all.size() > 20'000);
    if (model == bpe()) CHECK(tokenizer->encode(all) == library.EncodeAsIds(all));
  }
}

TEST_CASE("the pieces are the library's, for random text and in every tie") {
  // Equal and nearly equal scores over three letters: many ways to cut a text are equally good.
  const auto ties = [](std::uint64_t type, bool user_defined) {
    Model model;
    model.trainer.number(3, type);
    model.pieces.resize(259);
    Rng rng(type);
    std::vector<std::string> known;
    while (known.size() < 60) {
      std::string text;
      for (std::size_t n = 1 + rng.below(5); n > 0; --n)
        text += std::vector<std::string>{"a", "b", "é", "\xE2\x96\x81"}[rng.below(4)];
      if (std::find(known.begin(), known.end(), text) != known.end()) continue;
      known.push_back(text);
      model.pieces.push_back(
          piece(text, -0.1f * static_cast<float>(1 + rng.below(4)), user_defined && rng.below(8) == 0 ? 4 : 1));
    }
    return model.serialized();
  };
  for (const auto& model : {unigram(), bpe(), ties(1, false), ties(1, true), ties(2, false), ties(2, true)}) {
    const auto tokenizer = sentencepiece_from_bytes(model, "here");
    sentencepiece::SentencePieceProcessor library;
    REQUIRE(library.LoadFromSerializedProto(model).ok());
    const std::vector<std::string> bits = {"a",  "b",  "é", " ",    "  ", "the", "log file", "user",
                                           "\n", "日", "7", "1234", "er", "in",  "<s>"};
    Rng rng(17);
    for (int round = 0; round < 2000; ++round) {
      std::string text;
      const std::size_t variety = round % 2 ? bits.size() : 4;
      for (std::size_t n = rng.below(60); n > 0; --n) text += bits[rng.below(variety)];
      CAPTURE(text);
      REQUIRE(tokenizer->encode(text) == library.EncodeAsIds(text));
    }
  }
}

TEST_CASE("two megabytes of one letter, of one pair, of spaces and of noise take under a second each") {
  std::string pairs;
  while (pairs.size() < 2'000'000) pairs += "ab";
  Rng rng(9);
  const std::string noise = random_bytes(rng, 2'000'000);
  for (const auto& model : {unigram(), bpe()}) {
    const auto tokenizer = sentencepiece_from_bytes(model, "trained");
    for (const std::string& text : {std::string(2'000'000, 'a'), pairs, std::string(2'000'000, ' '), noise}) {
      std::vector<TokenId> ids;
      CHECK(seconds([&] { ids = tokenizer->encode(text); }) < 1.0);
      CHECK(tokenizer->decode(ids) == text);
    }
  }
}

TEST_CASE("one tokenizer serves several threads") {
  const auto tokenizer = sentencepiece_from_bytes(unigram(), "trained");
  const auto texts = corpus();
  std::vector<std::vector<TokenId>> expected;
  for (const auto& text : texts) expected.push_back(tokenizer->encode(text));
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (auto& count : wrong) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < texts.size(); ++i) count += tokenizer->encode(texts[i]) != expected[i];
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4));
}

TEST_CASE("the same texts give the same vocabulary, byte for byte") {
  CHECK(train(corpus(), options(VocabOptions::Model::kUnigram)) == unigram());
  CHECK(train(corpus(), options(VocabOptions::Model::kBpe)) == bpe());
}

TEST_CASE("pieces of a trained vocabulary keep digits, scripts and control characters apart") {
  auto texts = corpus();
  for (int i = 0; i < 200; ++i)
    texts.push_back("x86 2026 2026 abcде abcде tab\there \x01\x01 \xE2\x96\x81\xE2\x96\x81 \xFF\xFF \xC3");
  for (const auto model : {VocabOptions::Model::kUnigram, VocabOptions::Model::kBpe}) {
    const auto tokenizer = sentencepiece_from_bytes(train(texts, options(model)), "trained");
    for (TokenId id = 259; id < static_cast<TokenId>(tokenizer->size()); ++id) {
      const std::string_view bytes = tokenizer->bytes(id);
      CAPTURE(bytes);
      const bool digit = std::any_of(bytes.begin(), bytes.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (digit) CHECK(bytes.size() <= 2);  // a digit, with a space in front at most
      CHECK(std::none_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0 && c < ' '; }));
      const bool latin = std::any_of(bytes.begin(), bytes.end(), [](char c) { return c >= 'a' && c <= 'z'; });
      const bool cyrillic = bytes.find("\xD0") != bytes.npos;
      CHECK_FALSE((latin && cyrillic));
    }
    check_round_trip(*tokenizer, texts.back());
  }
}

TEST_CASE("a vocabulary that the text cannot give is refused with the reason") {
  const auto message = [](const std::vector<std::string>& texts, std::size_t size, double coverage = 1) {
    VocabOptions chosen = options(VocabOptions::Model::kUnigram);
    chosen.vocab_size = size;
    chosen.character_coverage = coverage;
    try {
      train(texts, chosen);
    } catch (const Error& error) {
      CHECK(error.status() == Status::kInput);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(message({}, 400), Contains("no text"));
  CHECK_THAT(message({"", "\n\n", "\xFF"}, 400), Contains("no text"));
  CHECK_THAT(message({"hello world"}, 4000), Contains("too high"));
  CHECK_THAT(message(corpus(), 100), Contains("260"));
  CHECK_THAT(message(corpus(), 261), Contains("smaller"));
  CHECK_THAT(message(corpus(), 400, std::nan("")), Contains("coverage"));
}

TEST_CASE("a model that would change bytes is refused by what it does") {
  const auto with = [](auto change) {
    Model model;
    change(model);
    return model.serialized();
  };
  const auto tokenizer = sentencepiece_from_bytes(Model().serialized(), "here");
  CHECK(tokenizer->encode("a a") == std::vector<TokenId>{259, 261});
  CHECK_THAT(refusal(with([](Model& m) { m.normalizer.number(3, 1); })), Contains("add_dummy_prefix"));
  CHECK_THAT(refusal(with([](Model& m) { m.normalizer.number(4, 1); })), Contains("remove_extra_whitespaces"));
  CHECK_THAT(refusal(with([](Model& m) { m.normalizer.number(5, 0); })), Contains("escape_whitespaces"));
  CHECK_THAT(refusal(with([](Model& m) { m.normalizer.string(2, "x"); })), Contains("identity"));
  CHECK_THAT(refusal(with([](Model& m) { m.normalizer = {}; })), Contains("add_dummy_prefix"));
  CHECK_THAT(refusal(with([](Model& m) { m.trainer.number(35, 0); })), Contains("byte_fallback"));
  CHECK_THAT(refusal(with([](Model& m) { m.trainer = {}; })), Contains("byte_fallback"));
  CHECK_THAT(refusal(with([](Model& m) { m.trainer.number(3, 3); })), Contains("unigram and BPE"));
  CHECK_THAT(
      refusal(with([](Model& m) { m.rest.string(4, Message().string(1, Message().string(1, "a").bytes).bytes); })),
      Contains("self-test"));
}

TEST_CASE("a vocabulary that hides its nature still gives back the bytes") {
  for (const std::uint64_t type : {1, 2}) {
    Model model;
    model.trainer.number(3, type);
    model.pieces.push_back(piece("b", 0, 3));   // text "b" must not become this control piece
    model.pieces.push_back(piece("ca", 0, 5));  // nor this unused one
    model.pieces.push_back(piece("c", 0, 1));
    model.pieces.push_back(piece("d d", 5, 4));  // a user-defined piece with a raw space
    model.pieces.push_back(
        piece("d\xE2\x96\x81"
              "e",
              5, 4));
    const auto tokenizer = sentencepiece_from_bytes(model.serialized(), "here");
    for (const std::string text : {"abba", "ca caca", "d d", "d e", "add d e", "<s>b<0x41>",
                                   "d\xE2\x96\x81"
                                   "e"}) {
      CAPTURE(text);
      check_round_trip(*tokenizer, text);
    }
  }
}

TEST_CASE("unsound pieces are refused") {
  const auto with = [](const Message& bad) {
    Model model;
    model.pieces.push_back(bad);
    return refusal(model.serialized());
  };
  CHECK_THAT(with(piece("", 0, 1)), Contains("piece 262 is empty"));
  CHECK_THAT(with(piece(std::string(300, 'x'), 0, 1)), Contains("longer than 256"));
  CHECK_THAT(with(piece(std::string("x\0y", 3), 0, 1)), Contains("NUL"));
  CHECK_THAT(with(piece("\xFF", 0, 1)), Contains("UTF-8"));
  CHECK_THAT(with(piece("x", std::nanf(""), 1)), Contains("finite"));
  CHECK_THAT(with(piece("x", std::numeric_limits<float>::infinity(), 1)), Contains("finite"));
  CHECK_THAT(with(piece("x", 0, 9)), Contains("type"));
  CHECK_THAT(with(piece("<0xZZ>", 0, 6)), Contains("here: "));
  CHECK_THAT(with(piece("a", 0, 1)), Contains("twice"));
  CHECK_THAT(with(piece("<unk2>", 0, 2)), Contains("2 unknown pieces"));
  Model model;
  model.pieces.erase(model.pieces.begin() + 100);
  refusal(model.serialized());
  CHECK_THAT(refusal(""), Contains("byte fallback"));
}

TEST_CASE("a damaged model is refused or still gives back the bytes") {
  const std::string good = Model().serialized();
  Rng rng(13);
  for (std::size_t cut = 1; cut < good.size(); cut += 61) refusal(good.substr(0, cut));
  int accepted = 0;
  for (int round = 0; round < 400; ++round) {
    std::string bad = good;
    for (std::size_t n = 1 + rng.below(3); n > 0; --n) bad[rng.below(bad.size())] = static_cast<char>(rng.below(256));
    try {
      check_round_trip(*sentencepiece_from_bytes(bad, "here"), "a \xE2\x96\x81<s>b\xFF");
      ++accepted;
    } catch (const Error& error) {
      REQUIRE(error.status() == Status::kModel);
    }
  }
  CHECK(accepted > 0);
  CHECK(accepted < 400);
}
