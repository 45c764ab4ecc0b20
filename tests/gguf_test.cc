// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <new>

#include "base/rng.h"
#include "models.h"
#include "text/byte_alphabet.h"

using namespace eve;
using namespace eve::test;

namespace {

std::size_t largest_request = 0, requests = 0, requested = 0;

Bytes as_bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

/// A GGUF file spelled out byte by byte.
class Raw {
 public:
  std::string bytes;
  Raw(std::uint64_t tensors, std::uint64_t entries, std::uint32_t version = 3) {
    bytes = "GGUF";
    u32(version).u64(tensors).u64(entries);
  }
  template <class T>
  Raw& number(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Raw& u32(std::uint32_t v) { return number(v); }
  Raw& u64(std::uint64_t v) { return number(v); }
  Raw& text(const std::string& v) {
    u64(v.size());
    bytes += v;
    return *this;
  }
  Raw& key(const std::string& name, std::uint32_t type) { return text(name).u32(type); }
  /// dims as the file has them: fastest first.
  Raw& tensor(const std::string& name, std::vector<std::uint64_t> dims, std::uint32_t type, std::uint64_t offset) {
    text(name).u32(static_cast<std::uint32_t>(dims.size()));
    for (const auto d : dims) u64(d);
    return u32(type).u64(offset);
  }
  Raw& pad(std::size_t alignment = 32) {
    while (bytes.size() % alignment != 0) bytes += '\0';
    return *this;
  }
  Raw& zeros(std::size_t n) {
    bytes.append(n, '\0');
    return *this;
  }
};

/// What parsing says, or "accepted".
std::string outcome(const std::string& bytes) {
  try {
    GgufFile::parse(as_bytes(bytes), "f");
    return "accepted";
  } catch (const Error& error) {
    REQUIRE(error.status() == Status::kModel);
    return error.what();
  }
}

#define REQUIRE_REFUSED(raw, reason) REQUIRE_THAT(outcome((raw).bytes), Catch::Contains(reason))

/// One tensor of two rows of 16 floats, no checksums: what another program may write.
Raw plain_file() {
  Raw raw(1, 2);
  raw.key("general.architecture", 8).text("x").key("a.list", 9).u32(5).u64(3).u32(1).u32(2).u32(3);
  return raw.tensor("t", {16, 2}, 0, 0).pad().zeros(128);
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // which has its own, and refuses a huge request by itself
[[gnu::noinline]] void* operator new(std::size_t size) {
  largest_request = std::max(largest_request, size);
  ++requests;
  requested += size;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

TEST_CASE("metadata of every type reads back as it was written") {
  const TemporaryFolder folder;
  GgufWriter writer;
  const std::string odd("a\0b\xff", 4);
  writer.set("k.u32", GgufValue::u32(4000000000u));
  writer.set("k.u64", GgufValue::u64(std::numeric_limits<std::uint64_t>::max()));
  writer.set("k.f32", GgufValue::f32(0.1f));
  writer.set("k.yes", GgufValue::boolean(true));
  writer.set("k.no", GgufValue::boolean(false));
  writer.set("k.text", GgufValue::string(odd));
  writer.set("k.texts", GgufValue::strings({"", odd, "c"}));
  writer.set("k.i32s", GgufValue::i32s({-5, 0, 7}));
  writer.set("k.f32s", GgufValue::f32s({-1.5f, 0.25f}));
  writer.set("k.bytes", GgufValue::bytes(odd));
  writer.set("k.none", GgufValue::strings({}));
  writer.set("k.i8", {GgufValue::kI8, GgufValue::kU32, std::int64_t{-3}});
  writer.set("k.i16", {GgufValue::kI16, GgufValue::kU32, std::int64_t{-300}});
  writer.set("k.i64", {GgufValue::kI64, GgufValue::kU32, std::numeric_limits<std::int64_t>::min()});
  writer.set("k.f64", {GgufValue::kF64, GgufValue::kU32, 0.1});
  const std::vector<std::uint32_t> numbers = {1, 4000000000u};
  writer.set("k.u32s", GgufValue::u32s(U32View(numbers)));
  writer.set("k.u16s", {GgufValue::kArray, GgufValue::kU16, GgufValue::Array{2, {}, std::string("\xff\xff\x01\0", 4)}});
  writer.set("k.bools", {GgufValue::kArray, GgufValue::kBool, GgufValue::Array{2, {}, std::string("\1\0", 2)}});
  writer.write(folder / "m.gguf");

  const std::string bytes = slurp(folder / "m.gguf");
  const GgufFile file = GgufFile::parse(as_bytes(bytes), "f");
  const auto floats = [&](const char* key) {
    const auto& array = std::get<GgufValue::Array>(file.metadata.at(key).data);
    std::vector<float> values(array.count);
    REQUIRE(array.stored.size() == values.size() * sizeof(float));
    std::memcpy(values.data(), array.stored.data(), array.stored.size());
    return values;
  };
  REQUIRE(file.unsigned_value("k.u32") == 4000000000u);
  REQUIRE(file.unsigned_value("k.u64") == std::numeric_limits<std::uint64_t>::max());
  REQUIRE(file.float_value("k.f32") == static_cast<double>(0.1f));
  REQUIRE(std::get<bool>(file.metadata.at("k.yes").data));
  REQUIRE_FALSE(std::get<bool>(file.metadata.at("k.no").data));
  REQUIRE(file.string_value("k.text") == odd);
  REQUIRE(file.strings("k.texts") == std::vector<std::string_view>{"", odd, "c"});
  REQUIRE(file.integers("k.i32s") == std::vector<std::int64_t>{-5, 0, 7});
  REQUIRE(file.u32s("k.u32s")->size() == 2);
  REQUIRE((*file.u32s("k.u32s"))[1] == 4000000000u);
  REQUIRE(floats("k.f32s") == std::vector<float>{-1.5f, 0.25f});
  REQUIRE(file.bytes("k.bytes") == odd);
  REQUIRE(file.strings("k.none")->empty());
  REQUIRE(std::get<std::int64_t>(file.metadata.at("k.i8").data) == -3);
  REQUIRE(std::get<std::int64_t>(file.metadata.at("k.i16").data) == -300);
  REQUIRE(std::get<std::int64_t>(file.metadata.at("k.i64").data) == std::numeric_limits<std::int64_t>::min());
  REQUIRE(file.float_value("k.f64") == 0.1);
  REQUIRE(file.integers("k.u16s") == std::vector<std::int64_t>{65535, 1});
  REQUIRE(file.integers("k.bools") == std::vector<std::int64_t>{1, 0});
  REQUIRE(file.has_table_checksum);
}

TEST_CASE("a look-up of another type than the file has is an error, an absent key is not") {
  const std::string bytes = plain_file().bytes;
  const GgufFile file = GgufFile::parse(as_bytes(bytes), "f");
  REQUIRE_FALSE(file.unsigned_value("absent"));
  REQUIRE_FALSE(file.string_value("absent"));
  REQUIRE_FALSE(file.strings("absent"));
  REQUIRE_FALSE(file.integers("absent"));
  REQUIRE_FALSE(file.bytes("absent"));
  REQUIRE_FALSE(file.u32s("absent"));
  REQUIRE(file.tensor("absent") == nullptr);
  REQUIRE_THROWS_AS(file.unsigned_value("general.architecture"), Error);
  REQUIRE_THROWS_AS(file.float_value("general.architecture"), Error);
  REQUIRE_THROWS_AS(file.string_value("a.list"), Error);
  REQUIRE_THROWS_AS(file.strings("a.list"), Error);
  REQUIRE_THROWS_AS(file.bytes("a.list"), Error);
  REQUIRE_THROWS_AS(file.u32s("a.list"), Error);
  REQUIRE_THROWS_AS(file.integers("general.architecture"), Error);
}

TEST_CASE("tensors of every type read back as they were written, aligned, from parts or whole") {
  const TemporaryFolder folder;
  Rng rng(1);
  GgufWriter writer;
  std::vector<std::string> contents;
  for (std::size_t t = 0; t < kDTypes; ++t) {
    std::string content(3 * row_bytes(static_cast<DType>(t), 32), '\0');
    for (char& c : content) c = static_cast<char>(rng.next());
    contents.push_back(content);
  }
  for (std::size_t t = 0; t < kDTypes; ++t) {
    const Bytes all = as_bytes(contents[t]);
    writer.add("t" + std::to_string(t), {3, 32}, static_cast<DType>(t), {all.first(7), all.subspan(7)});
  }
  writer.write(folder / "m.gguf");
  const std::string bytes = slurp(folder / "m.gguf");
  const GgufFile file = GgufFile::parse(as_bytes(bytes), "f");
  REQUIRE(file.tensors.size() == kDTypes);
  for (std::size_t t = 0; t < kDTypes; ++t) {
    REQUIRE(file.tensors[t].name == "t" + std::to_string(t));
    REQUIRE(file.tensors[t].type == static_cast<DType>(t));
    REQUIRE(file.tensors[t].shape == std::vector<std::uint64_t>{3, 32});
    REQUIRE(std::ranges::equal(file.tensors[t].data, as_bytes(contents[t])));
    REQUIRE((file.tensors[t].data.data() - as_bytes(bytes).data()) % static_cast<std::ptrdiff_t>(kGgufAlignment) == 0);
  }
}

TEST_CASE("two writings of the same model are equal, byte for byte") {
  const TemporaryFolder folder;
  save_model(formula_model(small_config()), DType::kQ8_0, folder / "a.gguf");
  save_model(formula_model(small_config()), DType::kQ8_0, folder / "b.gguf");
  REQUIRE(slurp(folder / "a.gguf") == slurp(folder / "b.gguf"));
}

TEST_CASE("a file that another program wrote, without checksums, is read") {
  REQUIRE(outcome(plain_file().bytes) == "accepted");
  SECTION("with the last tensor not padded") {
    Raw raw(1, 0);
    raw.tensor("t", {3}, 0, 0).pad().zeros(12);
    REQUIRE(outcome(raw.bytes) == "accepted");
  }
  SECTION("without tensors") { REQUIRE(outcome(Raw(0, 0).bytes) == "accepted"); }
}

TEST_CASE("a file cut at any byte is refused") {
  const TemporaryFolder folder;
  Config config = small_config(Head::kTag);
  config.n_layer = 1, config.n_expert = 2;
  save_model(formula_model(config), DType::kQ4_0, folder / "m.gguf");
  const std::string bytes = slurp(folder / "m.gguf");
  REQUIRE(outcome(bytes) == "accepted");
  const GgufFile file = GgufFile::parse(as_bytes(bytes), "f");
  const auto table = static_cast<std::size_t>(file.tensors.front().data.data() - as_bytes(bytes).data());
  // Every cut in the table, then some in the data; each from an allocation of its own, so that a sanitiser sees a step
  // too far.
  for (std::size_t size = 0; size < bytes.size(); size += size < table + 70 ? 1 : 97) {
    const std::string cut(bytes, 0, size);
    if (outcome(cut) == "accepted") FAIL("accepted after a cut at " << size);
  }
  REQUIRE(outcome(bytes + '\0') != "accepted");
}

TEST_CASE("any flipped bit in the table of one of our files is refused") {
  const TemporaryFolder folder;
  Config config = small_config();
  config.n_layer = 1, config.n_expert = 2;
  save_model(formula_model(config), DType::kQ4_0, folder / "m.gguf");
  std::string bytes = slurp(folder / "m.gguf");
  const auto table = static_cast<std::size_t>(GgufFile::parse(as_bytes(bytes), "f").tensors.front().data.data() -
                                              as_bytes(bytes).data());
  for (std::size_t bit = 0; bit < table * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    if (outcome(bytes) == "accepted") FAIL("accepted with bit " << bit << " flipped");
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  }
}

TEST_CASE("any flipped bit in a file without checksums is refused or gives another valid file") {
  const std::string original = plain_file().bytes;
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
    std::string bytes = original;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    accepted += outcome(bytes) == "accepted";
  }
  REQUIRE(accepted >= 128 * 8);             // values of weights cannot be told
  REQUIRE(accepted < original.size() * 8);  // counts, lengths and types can
}

TEST_CASE("verify finds every flipped bit in the data, padding included, and names the tensor") {
  const TemporaryFolder folder;
  const std::string path = folder / "m.gguf";
  save_model(formula_model(small_config(Head::kLabel)), DType::kQ4_0, path);
  const std::string original = slurp(path);
  const GgufFile file = GgufFile::parse(as_bytes(original), "f");
  const auto table = static_cast<std::size_t>(file.tensors.front().data.data() - as_bytes(original).data());
  REQUIRE(verify_model(path).empty());
  Rng rng(7);
  for (int i = 0; i < 1000; ++i) {
    const std::size_t at = table + static_cast<std::size_t>(rng.below(original.size() - table));
    std::string bytes = original;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.below(8)));
    spill(path, bytes);
    const std::vector<std::string> damaged = verify_model(path);
    if (damaged.size() != 1) FAIL("flip at byte " << at << " found in " << damaged.size() << " tensors");
    const GgufTensor& tensor = *file.tensor(damaged[0]);
    const auto begin = static_cast<std::size_t>(tensor.data.data() - as_bytes(original).data());
    REQUIRE(at >= begin);
    REQUIRE(at < begin + tensor.data.size() + kGgufAlignment);
  }
}

TEST_CASE("verify says when a file has no checksums to compare with") {
  const TemporaryFolder folder;
  spill(folder / "m.gguf", plain_file().bytes);
  REQUIRE_THROWS_AS(verify_model(folder / "m.gguf"), Error);
}

TEST_CASE("counts and lengths that the file cannot hold are refused before anything is allocated from them") {
  const std::uint64_t huge[] = {1u << 20, std::uint64_t{1} << 32, std::uint64_t{1} << 60,
                                std::numeric_limits<std::uint64_t>::max()};
  for (const std::uint64_t n : huge) {
    const Raw files[] = {
        Raw(n, 0),
        Raw(0, n),
        Raw(0, 1).u64(n),                                             // key
        Raw(0, 1).key("k", 8).u64(n),                                 // string
        Raw(0, 1).key("k", 9).u32(0).u64(n),                          // bytes
        Raw(0, 1).key("k", 9).u32(4).u64(n),                          // integers
        Raw(0, 1).key("k", 9).u32(8).u64(n),                          // strings
        Raw(0, 1).key("k", 9).u32(12).u64(n),                         // floats
        Raw(1, 0).u64(n).zeros(64),                                   // tensor name
        Raw(1, 0).tensor("t", {n}, 0, 0).pad(),                       // elements
        Raw(1, 0).tensor("t", {32, n, n, n}, 2, 0).pad().zeros(64),   // a product that overflows
        Raw(1, 0).tensor("t", {n / 2 + 1, 2}, 0, 0).pad().zeros(64),  // a product that wraps to little
        Raw(2, 0).tensor("t", {8}, 0, 0).tensor("u", {8}, 0, n).pad().zeros(64),
    };
    for (const Raw& raw : files) {
      largest_request = 0;
      std::string what;
      try {
        GgufFile::parse(as_bytes(raw.bytes), "f");
      } catch (const Error& error) {
        what = error.what();
      }
      REQUIRE_FALSE(what.empty());
      REQUIRE(largest_request < 4096);
    }
  }
}

TEST_CASE("what makes a file malformed is said") {
  REQUIRE_REFUSED(Raw(0, 0, 2), "version 2");
  REQUIRE_REFUSED(Raw(0, 0, 4), "version 4");
  REQUIRE_REFUSED(Raw(0, 0, 0x03000000), "big-endian");
  Raw other(0, 0);
  other.bytes[0] = 'g';
  REQUIRE_REFUSED(other, "not a GGUF file");
  REQUIRE_REFUSED(Raw(0, 1).key("", 4).u32(1), "empty metadata key");
  REQUIRE_REFUSED(Raw(0, 2).key("k", 4).u32(1).key("k", 4).u32(1), "twice");
  REQUIRE_REFUSED(Raw(0, 1).key("k", 13).u32(1), "unknown type 13");
  REQUIRE_REFUSED(Raw(0, 1).key("k", 7).number<std::uint8_t>(2), "neither 0 nor 1");
  REQUIRE_REFUSED(Raw(0, 1).key("k", 9).u32(9).u64(0), "array of arrays");
  REQUIRE_REFUSED(Raw(0, 1).key("general.alignment", 4).u32(48), "power of two");
  REQUIRE_REFUSED(Raw(0, 1).key("general.alignment", 4).u32(0), "power of two");
  REQUIRE_REFUSED(Raw(0, 1).key("general.alignment", 8).text("32"), "power of two");
  REQUIRE_REFUSED(Raw(1, 0).tensor("", {8}, 0, 0).pad().zeros(32), "empty tensor name");
  REQUIRE_REFUSED(Raw(1, 0).tensor(std::string(64, 'n'), {8}, 0, 0).pad().zeros(32), "longer than 63");
  REQUIRE_REFUSED(Raw(2, 0).tensor("t", {8}, 0, 0).tensor("t", {8}, 0, 32).pad().zeros(64), "occurs twice");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {}, 0, 0).zeros(8).pad().zeros(32), "dimensions");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {1, 1, 1, 1, 8}, 0, 0).pad().zeros(32), "5 dimensions");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {0}, 0, 0).pad().zeros(32), "impossible shape");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {256}, 12, 0).pad().zeros(160), "type Q4_K");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {256}, 4, 0).pad().zeros(160), "type number 4");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {256}, 77, 0).pad().zeros(160), "type number 77");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {48}, 8, 0).pad().zeros(64), "multiple of 32");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {8}, 0, 32).pad().zeros(64), "does not begin where");
  REQUIRE_REFUSED(Raw(2, 0).tensor("t", {9}, 0, 0).tensor("u", {8}, 0, 32).pad().zeros(96), "does not begin where");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {8}, 0, 0).pad().zeros(31), "asks for a file of");
  REQUIRE_REFUSED(Raw(1, 0).tensor("t", {8}, 0, 0).pad().zeros(33), "asks for a file of");
  REQUIRE_REFUSED(Raw(0, 1).key("eve.tensor_xxh3", 9).u32(8).u64(0), "checksum of the table is missing");
  REQUIRE_REFUSED(Raw(0, 1).key("eve.table_xxh3", 4).u32(0), "not a u64");
  REQUIRE_REFUSED(Raw(0, 1).key("eve.table_xxh3", 10).u64(0), "table is damaged");
}

TEST_CASE("names from a file reach a message without control characters") {
  const std::string message = outcome(Raw(1, 0).tensor("\x1b[2J", {256}, 12, 0).pad().zeros(160).bytes);
  REQUIRE(message.find('\x1b') == std::string::npos);
  REQUIRE_THAT(message, Catch::Contains("\\x1b"));
}

TEST_CASE("a vocabulary of 50,000 tokens is used where it lies in the file: nothing is built, nothing copied") {
  constexpr std::size_t kTokens = 50'000;
  std::vector<std::string> tokens, merges;
  for (std::size_t byte = 0; byte < 256; ++byte)
    append_spelling(std::string(1, static_cast<char>(byte)), tokens.emplace_back());
  for (std::size_t left = 0; tokens.size() < kTokens - 1; ++left) {
    for (std::size_t byte = 0; byte < 200 && tokens.size() < kTokens - 1; ++byte) {
      merges.push_back(tokens[left] + " " + tokens[byte]);
      tokens.push_back(tokens[left] + tokens[byte]);
    }
  }
  tokens.push_back("<|endoftext|>");
  const TemporaryFolder folder;
  Config config = small_config();
  config.vocab_size = kTokens;
  ModelData model = formula_model(config);
  model.tokenizer =
      bpe_from_arrays({tokens.begin(), tokens.end()}, {}, {merges.begin(), merges.end()}, kTokens - 1, "test");
  save_model(model, DType::kQ4_0, folder / "m.gguf");
  requests = requested = 0;
  const ModelData loaded = load_model(folder / "m.gguf");
  const std::size_t count = requests, bytes = requested;
  CHECK(count < 1500);  // for tensors and keys, whatever the vocabulary
  CHECK(bytes < 200'000);
  CHECK(loaded.tokenizer->encode("a b") == model.tokenizer->encode("a b"));
  CHECK(loaded.tokenizer->exported().tokens == tokens);
  CHECK(loaded.tokenizer->exported().merges == merges);

  save_model(model, DType::kQ4_0, folder / "llama.gguf", true);
  const ModelData foreign = load_model(folder / "llama.gguf");
  CHECK(foreign.tokenizer->encode("a b") == model.tokenizer->encode("a b"));
  CHECK(foreign.tokenizer->exported().merges == merges);
}
