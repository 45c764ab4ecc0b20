// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "base/io.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "fixtures.h"
#include "text/tokenizer.h"

using namespace eve;

namespace {

constexpr std::size_t kLimit = 64 << 20;

std::string content(const std::string& path) { return read_file(path, kLimit); }

/// GPT-2's alphabet, written here a second time: byte -> its character as UTF-8, printable bytes first.
std::array<std::string, 256> byte_spellings() {
  std::array<std::string, 256> spellings;
  std::uint32_t next = 256;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    const bool same = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE);
    append_utf8(spellings[byte], same ? byte : next++);
  }
  return spellings;
}

/// bpe_from_arrays of lists that own their strings.
std::unique_ptr<Tokenizer> from_lists(const std::vector<std::string>& tokens, const std::vector<std::int32_t>& types,
                                      const std::vector<std::string>& merges, std::optional<TokenId> end_of_text,
                                      const std::string& where) {
  return bpe_from_arrays({tokens.begin(), tokens.end()}, types, {merges.begin(), merges.end()}, end_of_text, where);
}

/// 256 bytes (id = byte), then the results of the merges, then end of text.
struct Small {
  std::vector<std::string> tokens;
  std::vector<std::int32_t> types;
  std::vector<std::string> merges = {"a b", "ab ab", "Ġ a", "a a", "aa aa"};
  TokenId end_of_text;

  Small() {
    for (const auto& spelling : byte_spellings()) tokens.push_back(spelling);
    for (const auto& merge : merges) {
      std::string merged = merge;
      merged.erase(merged.find(' '), 1);
      tokens.push_back(merged);
    }
    end_of_text = static_cast<TokenId>(tokens.size());
    tokens.push_back("<|endoftext|>");
    types.assign(tokens.size(), 1);
    types.back() = 3;
  }
  std::unique_ptr<Tokenizer> make() const { return from_lists(tokens, types, merges, end_of_text, "small"); }
  std::string vocab_json() const {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    for (std::size_t id = 0; id < tokens.size(); ++id) json.member(tokens[id], id);
    json.end_object();
    return out;
  }
  std::string merges_txt() const {
    std::string out = "#version: 0.2\n";
    for (const auto& merge : merges) out += merge + "\n";
    return out;
  }
};

enum class Spelling { kLines, kPairs };

/// A tokenizer.json as Hugging Face writes it, from a vocabulary given as JSON.
std::string tokenizer_json(const std::string& vocab_json, const std::vector<std::string>& merges, TokenId end_of_text,
                           Spelling spelling) {
  std::string list;
  JsonWriter json(list);
  json.begin_array();
  for (const auto& merge : merges) {
    if (spelling == Spelling::kLines) {
      json.value(merge);
    } else {
      const std::size_t space = merge.find(' ');
      json.begin_array().value(merge.substr(0, space)).value(merge.substr(space + 1)).end_array();
    }
  }
  json.end_array();
  return R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":)" + std::to_string(end_of_text) +
         R"(,"content":"<|endoftext|>","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,)"
         R"("special":true}],"normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,)"
         R"("trim_offsets":true,"use_regex":true},"post_processor":{"type":"ByteLevel","add_prefix_space":true,)"
         R"("trim_offsets":false},"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true},)"
         R"("model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"",)"
         R"("end_of_word_suffix":"","fuse_unk":false,"vocab":)" +
         vocab_json + R"(,"merges":)" + list + "}}";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

/// The message of the kModel error that `action` must throw.
std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.status() == Status::kModel);
    CHECK(std::string(error.what()).starts_with("here: "));
    return error.what();
  }
  FAIL("accepted");
  return {};
}

using Catch::Contains;

/// Bytes with a taste for spaces, letters and broken UTF-8.
std::string random_bytes(Rng& rng, std::size_t size) {
  static const std::vector<std::string> bits = {" ",    "  ", "\n",
                                                "a",    "ab", "'s",
                                                "é",    "日", "\xF0\x9F\x98\x80",
                                                "\xC3", "7",  "\xE2\x96",
                                                "\t",   ".",  std::string(1, '\0')};
  std::string out;
  while (out.size() < size) {
    if (rng.below(2))
      out += bits[rng.below(bits.size())];
    else
      out.push_back(static_cast<char>(rng.below(256)));
  }
  return out;
}

void check_round_trip(const Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text);
  REQUIRE(tokenizer.decode(ids) == text);
  REQUIRE(std::all_of(ids.begin(), ids.end(), [&](TokenId id) { return tokenizer.is_text(id); }));
}

std::unique_ptr<Tokenizer> gpt2(const std::string& vocab_path) {
  const std::string folder = std::filesystem::path(vocab_path).parent_path().string();
  return bpe_from_vocab_and_merges(content(vocab_path), content(folder + "/merges.txt"), "gpt2");
}

/// Processor time, so that a busy machine does not fail the test.
double seconds(const std::function<void()>& action) {
  const std::clock_t start = std::clock();
  action();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace

TEST_CASE("splits and ids are GPT-2's for every reference case") {
  EVE_SHARED_OR_SKIP(cases_path, "fixtures/gpt2_cases.json");
  EVE_SHARED_OR_SKIP(vocab_path, "tokenizers/gpt2/vocab.json");
  const auto tokenizer = gpt2(vocab_path);
  simdjson::dom::parser parser;
  const std::string text = content(cases_path);
  std::size_t count = 0;
  for (const auto item : parse_json(parser, text, cases_path).get_array()) {
    const std::string_view input = item["text"];
    CAPTURE(input);
    std::vector<std::string_view> pieces;
    for (const std::string_view piece : item["split"].get_array()) pieces.push_back(piece);
    std::vector<TokenId> ids;
    for (const std::int64_t id : item["ids"].get_array()) ids.push_back(static_cast<TokenId>(id));
    CHECK(gpt2_split(input) == pieces);
    CHECK(tokenizer->encode(input) == ids);
    ++count;
  }
  CHECK(count == 35);
}

TEST_CASE("ids are tiktoken's for a thousand strings") {
  EVE_SHARED_OR_SKIP(vectors_path, "suites/gpt2-bpe/vectors.jsonl");
  EVE_SHARED_OR_SKIP(vocab_path, "tokenizers/gpt2/vocab.json");
  const auto tokenizer = gpt2(vocab_path);
  simdjson::dom::parser parser;
  std::ifstream file(vectors_path);
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto item = parse_json(parser, line, vectors_path);
    const std::string_view input = item["text"];
    CAPTURE(count, input);
    std::vector<TokenId> ids;
    for (const std::int64_t id : item["ids"].get_array()) ids.push_back(static_cast<TokenId>(id));
    CHECK(tokenizer->encode(input) == ids);
    check_round_trip(*tokenizer, input);
  }
  CHECK(count == 1000);
}

TEST_CASE("merges follow rank, leftmost first") {
  const auto tokenizer = Small().make();
  using Ids = std::vector<TokenId>;
  CHECK(tokenizer->encode("abab") == Ids{257});
  CHECK(tokenizer->encode("ababab") == Ids{257, 256});
  CHECK(tokenizer->encode("aab") == Ids{'a', 256});
  CHECK(tokenizer->encode("aaa") == Ids{259, 'a'});
  CHECK(tokenizer->encode("aaaaaaa") == Ids{260, 259, 'a'});
  CHECK(tokenizer->encode(" a") == Ids{258});
  CHECK(tokenizer->encode(" ab") == Ids{' ', 256});
  CHECK(tokenizer->encode("").empty());
}

TEST_CASE("the heap gives what merging the lowest rank one pair at a time gives") {
  const Small small;
  const auto tokenizer = small.make();
  Rng rng(7);
  for (int round = 0; round < 300; ++round) {
    std::string piece;
    for (std::size_t n = rng.below(40); n > 0; --n) piece += rng.below(3) ? 'a' : 'b';
    std::vector<std::string> symbols;
    for (const char c : piece) symbols.emplace_back(1, c);
    for (std::size_t rank = 0; rank < small.merges.size();) {
      const std::size_t space = small.merges[rank].find(' ');
      const std::string left = small.merges[rank].substr(0, space), right = small.merges[rank].substr(space + 1);
      std::size_t at = 0;
      while (at + 1 < symbols.size() && (symbols[at] != left || symbols[at + 1] != right)) ++at;
      if (at + 1 >= symbols.size()) {
        ++rank;
        continue;
      }
      symbols[at] += symbols[at + 1];
      symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      rank = 0;
    }
    std::vector<std::string> found;
    for (const TokenId id : tokenizer->encode(piece)) found.emplace_back(tokenizer->bytes(id));
    CAPTURE(piece);
    REQUIRE(found == symbols);
  }
}

TEST_CASE("pieces cover any bytes in order") {
  Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    const std::string text = random_bytes(rng, rng.below(300));
    std::string joined;
    for (const auto piece : gpt2_split(text)) {
      REQUIRE(!piece.empty());
      joined += piece;
    }
    REQUIRE(joined == text);
  }
}

TEST_CASE("white space, marks and broken UTF-8 are split as the expression says") {
  using Pieces = std::vector<std::string_view>;
  CHECK(gpt2_split("a\n\n\n  b") == Pieces{"a", "\n\n\n ", " b"});
  CHECK(gpt2_split("a \tb") == Pieces{"a", " ", "\t", "b"});
  CHECK(gpt2_split(" 'tis don't") == Pieces{" '", "tis", " don", "'t"});
  CHECK(gpt2_split("'ll've'x'") == Pieces{"'ll", "'ve", "'", "x", "'"});
  CHECK(gpt2_split("e\xCC\x81") == Pieces{"e", "\xCC\x81"});                        // a combining mark is no letter
  CHECK(gpt2_split("x\x1C\xE2\x80\x8By") == Pieces{"x", "\x1C\xE2\x80\x8B", "y"});  // neither is white space
  CHECK(gpt2_split("a\xC2\x85 b") == Pieces{"a", "\xC2\x85", " b"});
  CHECK(gpt2_split("a\xFF\xC3 b") == Pieces{"a", "\xFF\xC3", " b"});
  CHECK(gpt2_split("\xE2\x85\xA7\xC2\xBD") == Pieces{"\xE2\x85\xA7\xC2\xBD"});  // roman eight, one half: numbers
}

TEST_CASE("any bytes come back") {
  const auto tokenizer = Small().make();
  Rng rng(2);
  for (int round = 0; round < 200; ++round) check_round_trip(*tokenizer, random_bytes(rng, rng.below(400)));
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  check_round_trip(*tokenizer, all);
}

TEST_CASE("the Unicode break tests come back byte for byte") {
  EVE_SHARED_OR_SKIP(vocab_path, "tokenizers/gpt2/vocab.json");
  EVE_SHARED_OR_SKIP(words, "suites/unicode/WordBreakTest.txt");
  const auto tokenizer = gpt2(vocab_path);
  const std::string folder = std::filesystem::path(words).parent_path().string();
  for (const char* name : {"WordBreakTest.txt", "GraphemeBreakTest.txt", "SentenceBreakTest.txt"}) {
    check_round_trip(*tokenizer, content(folder + "/" + name));
  }
  Rng rng(3);
  check_round_trip(*tokenizer, random_bytes(rng, 200'000));
}

TEST_CASE("two megabytes of one letter, of one pair and of spaces take under a second each") {
  EVE_SHARED_OR_SKIP(vocab_path, "tokenizers/gpt2/vocab.json");
  const auto tokenizer = gpt2(vocab_path);
  std::string pairs;
  while (pairs.size() < 2'000'000) pairs += "ab";
  for (const std::string& text : {std::string(2'000'000, 'a'), pairs, std::string(2'000'000, ' ')}) {
    std::vector<TokenId> ids;
    CHECK(seconds([&] { ids = tokenizer->encode(text); }) < 1.0);
    CHECK(tokenizer->decode(ids) == text);
  }
}

TEST_CASE("special markers in a text are plain text") {
  EVE_SHARED_OR_SKIP(vocab_path, "tokenizers/gpt2/vocab.json");
  const auto tokenizer = gpt2(vocab_path);
  CHECK(tokenizer->encode("<|endoftext|>") == std::vector<TokenId>{27, 91, 437, 1659, 5239, 91, 29});
  CHECK(tokenizer->size() == 50257);
  CHECK(tokenizer->end_of_text() == 50256);
  CHECK_FALSE(tokenizer->is_text(50256));
  CHECK(tokenizer->bytes(50256).empty());
  CHECK(tokenizer->is_text(50255));
}

TEST_CASE("ids outside the vocabulary are not text") {
  const auto tokenizer = Small().make();
  for (const TokenId id : {-1, std::numeric_limits<TokenId>::min(), static_cast<TokenId>(tokenizer->size()),
                           std::numeric_limits<TokenId>::max()}) {
    CHECK_FALSE(tokenizer->is_text(id));
    CHECK(tokenizer->bytes(id).empty());
  }
}

TEST_CASE("a vocabulary without merges spells bytes") {
  Small small;
  small.merges.clear();
  CHECK(small.make()->encode("abab") == std::vector<TokenId>{'a', 'b', 'a', 'b'});
  CHECK(small.make()->exported().merges.empty());
}

TEST_CASE("every source of a vocabulary gives the same tokenizer") {
  const Small small;
  const auto arrays = small.make();
  const auto files = bpe_from_vocab_and_merges(small.vocab_json(), small.merges_txt(), "files");
  const auto dos =
      bpe_from_vocab_and_merges(small.vocab_json(), replaced(small.merges_txt(), "a b\n", "a b\r\n"), "dos");
  const auto json = [&](Spelling spelling) {
    return bpe_from_tokenizer_json(tokenizer_json(small.vocab_json(), small.merges, small.end_of_text, spelling),
                                   "json");
  };
  const auto lines = json(Spelling::kLines), pairs = json(Spelling::kPairs);
  for (const Tokenizer* other : {files.get(), dos.get(), lines.get(), pairs.get()}) {
    const auto a = arrays->exported(), b = other->exported();
    CHECK(b.model == "gpt2");
    CHECK(a.tokens == b.tokens);
    CHECK(a.types == b.types);
    CHECK(a.merges == b.merges);
    CHECK(a.merges == small.merges);
    CHECK(other->end_of_text() == small.end_of_text);
    CHECK(other->encode("ababab aab") == arrays->encode("ababab aab"));
  }
}

TEST_CASE("both spellings of merges give GPT-2") {
  EVE_SHARED_OR_SKIP(vocab_path, "tokenizers/gpt2/vocab.json");
  const auto tokenizer = gpt2(vocab_path);
  const auto original = tokenizer->exported();
  CHECK(original.merges.size() == 50'000);
  const std::string vocab = content(vocab_path);
  for (const Spelling spelling : {Spelling::kLines, Spelling::kPairs}) {
    const auto other = bpe_from_tokenizer_json(tokenizer_json(vocab, original.merges, 50256, spelling), "json");
    const auto copy = other->exported();
    CHECK(copy.tokens == original.tokens);
    CHECK(copy.types == original.types);
    CHECK(copy.merges == original.merges);
    CHECK(other->end_of_text() == 50256);
    const auto again = from_lists(copy.tokens, copy.types, copy.merges, 50256, "gguf");
    CHECK(again->encode("\n\nUser: it's 42") == tokenizer->encode("\n\nUser: it's 42"));
  }
}

TEST_CASE("an id without a token is unused and stays so in an export") {
  const Small small;
  const std::string json = replaced(small.vocab_json(), R"("<|endoftext|>":261)", R"("<|endoftext|>":300)");
  const auto tokenizer = bpe_from_vocab_and_merges(json, small.merges_txt(), "holes");
  CHECK(tokenizer->size() == 301);
  CHECK(tokenizer->end_of_text() == 300);
  CHECK_FALSE(tokenizer->is_text(270));
  const auto copy = tokenizer->exported();
  CHECK(copy.types[270] == 5);
  CHECK(from_lists(copy.tokens, copy.types, copy.merges, 300, "again")->exported().tokens == copy.tokens);
}

TEST_CASE("what a tokenizer.json asks for beyond GPT-2 is refused by name") {
  const Small small;
  const std::string good = tokenizer_json(small.vocab_json(), small.merges, small.end_of_text, Spelling::kLines);
  const auto message = [&](const std::string& from, const std::string& to) {
    return refusal([&] { bpe_from_tokenizer_json(replaced(good, from, to), "here"); });
  };
  CHECK_NOTHROW(bpe_from_tokenizer_json(good, "here"));
  CHECK_THAT(message(R"("normalizer":null)", R"("normalizer":{"type":"NFC"})"), Contains("normalizer NFC"));
  CHECK_THAT(
      message(R"({"type":"ByteLevel","add_prefix_space":false)", R"({"type":"Split\n","add_prefix_space":false)"),
      Contains("pre_tokenizer Split") && !Contains("\n"));
  CHECK_THAT(message(R"("add_prefix_space":false)", R"("add_prefix_space":true)"), Contains("add_prefix_space"));
  CHECK_THAT(message(R"("use_regex":true)", R"("use_regex":false)"), Contains("use_regex"));
  CHECK_THAT(message(R"("use_regex":true)", R"("use_regex":"no")"), Contains("use_regex"));
  CHECK_THAT(message(R"("post_processor":{"type":"ByteLevel")", R"("post_processor":{"type":"TemplateProcessing")"),
             Contains("post_processor TemplateProcessing"));
  CHECK_THAT(message(R"("decoder":{"type":"ByteLevel")", R"("decoder":{"type":"WordPiece")"),
             Contains("decoder WordPiece"));
  CHECK_THAT(message(R"("type":"BPE")", R"("type":"Unigram")"), Contains("model type Unigram"));
  CHECK_THAT(message(R"("dropout":null)", R"("dropout":0.1)"), Contains("dropout"));
  CHECK_THAT(message(R"("end_of_word_suffix":"")", R"("end_of_word_suffix":"</w>")"), Contains("end_of_word_suffix"));
  CHECK_THAT(message(R"("fuse_unk":false)", R"("ignore_merges":true)"), Contains("ignore_merges"));
  CHECK_THAT(message(R"("special":true)", R"("special":false)"), Contains("added token 261"));
  CHECK_THAT(message(R"("version":"1.0")", R"("version":"2.0")"), Contains("version"));
}

TEST_CASE("malformed vocabularies are refused and nothing is made of them") {
  const Small small;
  const auto files = [&](const std::string& vocab, const std::string& merges) {
    return refusal([&] { bpe_from_vocab_and_merges(vocab, merges, "here"); });
  };
  const std::string vocab = small.vocab_json(), merges = small.merges_txt();
  CHECK_THAT(files(replaced(vocab, R"("aa":259)", R"("ab":259)"), merges), Contains("twice"));
  CHECK_THAT(files(replaced(vocab, R"("aa":259)", R"("aa":258)"), merges), Contains("two tokens"));
  CHECK_THAT(files(replaced(vocab, R"("aa":259)", R"("aa":-1)"), merges), Contains("-1"));
  CHECK_THAT(files(replaced(vocab, R"("aa":259)", R"("aa":1048576)"), merges), Contains("1048576"));
  CHECK_THAT(files(replaced(vocab, R"("aa":259)", R"("aa":18446744073709551615)"), merges), Contains("integer"));
  CHECK_THAT(files(replaced(vocab, R"("aa":259)", R"("aa":2.5)"), merges), Contains("integer"));
  CHECK_THAT(files(replaced(vocab, R"("aa":259)", R"("a a":259)"), merges), Contains("alphabet"));
  CHECK_THAT(files(replaced(vocab, R"("aa":259)", R"("zz":259)"), merges), Contains("merge 3 gives"));
  CHECK_THAT(files(replaced(vocab, R"("q":113)", R"("qqq":113)"), merges), Contains("byte 113"));
  files("[]", merges);
  files("{}", merges);
  files("", merges);
  files(R"({"a":)", merges);
  files("7", merges);
  CHECK_THAT(files(vocab, replaced(merges, "a a\n", "a\n")), Contains("merge 3 does not have two parts"));
  CHECK_THAT(files(vocab, replaced(merges, "a a\n", "a a a\n")), Contains("merge 3 does not have two parts"));
  CHECK_THAT(files(vocab, replaced(merges, "a a\n", "a \n")), Contains("merge 3 does not have two parts"));
  CHECK_THAT(files(vocab, replaced(merges, "a a\n", "a xyz\n")), Contains("merge 3 has a part"));
  CHECK_THAT(files(vocab, replaced(merges, "a a\n", "a b\n")), Contains("merge 3 is there twice"));

  const std::string json = tokenizer_json(vocab, small.merges, small.end_of_text, Spelling::kPairs);
  const auto document = [&](const std::string& text) {
    return refusal([&] { bpe_from_tokenizer_json(text, "here"); });
  };
  for (const char* text : {"", "[]", "{}", "null", R"({"version":"1.0"})"}) document(text);
  CHECK_THAT(document(replaced(json, R"(["a","a"])", R"(["a"])")), Contains("merge 3 does not have two parts"));
  CHECK_THAT(document(replaced(json, R"(["a","a"])", R"(["a",1])")), Contains("merge 3 does not have two parts"));
  CHECK_THAT(document(replaced(json, R"(["a","a"])", R"(["a","a","a"])")), Contains("merge 3 does not have two parts"));
  CHECK_THAT(document(replaced(json, R"({"id":261)", R"({"id":5)")), Contains("two tokens"));
  CHECK_THAT(document(replaced(json, R"({"id":261)", R"({"id":99999999999)")), Contains("99999999999"));
  for (std::size_t cut = 0; cut < json.size(); cut += 97) document(json.substr(0, cut));

  const auto arrays = [&](auto change) {
    Small changed;
    std::optional<TokenId> end_of_text = changed.end_of_text;
    change(changed, end_of_text);
    return refusal([&] { from_lists(changed.tokens, changed.types, changed.merges, end_of_text, "here"); });
  };
  CHECK_THAT(arrays([](Small&, auto& end) { end = 262; }), Contains("end of text 262"));
  CHECK_THAT(arrays([](Small&, auto& end) { end = -1; }), Contains("end of text -1"));
  CHECK_THAT(arrays([](Small& s, auto&) { s.types.pop_back(); }), Contains("number"));
  CHECK_THAT(arrays([](Small& s, auto&) { s.types[260] = 4; }), Contains("type 4"));
  CHECK_THAT(arrays([](Small& s, auto&) { s.types[260] = 77; }), Contains("type 77"));
  CHECK_THAT(arrays([](Small& s, auto&) { s.types[257] = 5; }), Contains("merge 1 gives"));
  CHECK_THAT(arrays([](Small& s, auto&) { s.tokens[260] = "\xFF"; }), Contains("alphabet"));
  CHECK_THAT(arrays([](Small& s, auto& end) { s = Small(), s.tokens.clear(), s.types.clear(), end.reset(); }),
             Contains("0 tokens"));
}

TEST_CASE("tables are used where they lie, aligned or not, as the lists they were made from") {
  const Small small;
  const auto made = small.make();
  const auto& tables = made->exported().tables;
  tables.check("here");
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::vector<std::string> places;
    const auto moved = [&](U32View numbers) {
      places.push_back(std::string(shift, ' ') + std::string(text_of(numbers.bytes())));
      return U32View(bytes_of(places.back()).data() + shift, numbers.size());
    };
    places.reserve(5);
    const BpeTables copy = {tables.bytes,         moved(tables.ends),    tables.types,       moved(tables.merge_ends),
                            moved(tables.rights), moved(tables.results), moved(tables.ranks)};
    const auto tokenizer = bpe_from_tables(copy, small.end_of_text, "here");
    CHECK(tokenizer->exported().merges == small.merges);
    CHECK(tokenizer->exported().tokens == small.tokens);
    CHECK(tokenizer->end_of_text() == small.end_of_text);
    Rng rng(23);
    for (int round = 0; round < 100; ++round) {
      const std::string text = random_bytes(rng, rng.below(100));
      REQUIRE(tokenizer->encode(text) == made->encode(text));
    }
  }
}

TEST_CASE("damaged tables are refused or still give back the bytes") {
  const auto made = Small().make();
  const auto tables = made->exported().tables;
  const auto words = [](U32View view) {
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < view.size(); ++i) out.push_back(view[i]);
    return out;
  };
  Rng rng(29);
  int accepted = 0, refused = 0;
  for (int round = 0; round < 4000; ++round) {
    OwnBpeTables bad = {std::string(tables.bytes), std::string(tables.types), words(tables.ends),
                        words(tables.merge_ends),  words(tables.rights),      words(tables.results),
                        words(tables.ranks)};
    std::vector<std::uint32_t>* lists[] = {&bad.ends, &bad.merge_ends, &bad.rights, &bad.results, &bad.ranks};
    for (std::size_t n = 1 + rng.below(3); n > 0; --n) {
      auto& list = *lists[rng.below(5)];
      auto& value = list[rng.below(list.size())];
      const std::uint32_t values[] = {0, value + 1, value - 1, static_cast<std::uint32_t>(rng.below(270)), 0xFFFFFFFF};
      if (rng.below(8) == 0) {
        bad.types[rng.below(bad.types.size())] = static_cast<char>(rng.below(7));
      } else if (rng.below(40) == 0) {
        list.pop_back();
      } else {
        value = values[rng.below(5)];
      }
    }
    try {
      const auto tokenizer = bpe_from_tables(bad.view(), Small().end_of_text, "here");
      check_round_trip(*tokenizer, "abab aab aaaaaaa" + random_bytes(rng, 30));
      tokenizer->exported();
      ++accepted;
    } catch (const Error& error) {
      REQUIRE(error.status() == Status::kModel);
      ++refused;
    }
  }
  CHECK(accepted > 100);
  CHECK(refused > 100);
}
