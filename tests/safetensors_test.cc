// SPDX-License-Identifier: Apache-2.0
#include "model/safetensors.h"

#include <catch2/catch.hpp>

#include "fixtures.h"
#include "models.h"

using namespace eve;
using namespace eve::test;

namespace {

Bytes as_bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string with_length(std::uint64_t length, const std::string& rest) {
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + rest;
}

std::string file_of(const std::string& header, std::size_t data_bytes) {
  return with_length(header.size(), header) + std::string(data_bytes, '\1');
}

/// What parsing says, or "accepted".
std::string outcome(const std::string& bytes) {
  try {
    SafeTensors::parse(as_bytes(bytes), "f");
    return "accepted";
  } catch (const Error& error) {
    REQUIRE(error.status() == Status::kModel);
    return error.what();
  }
}

#define REQUIRE_REFUSED(bytes, reason) REQUIRE_THAT(outcome(bytes), Catch::Contains(reason))

const std::string kMatrix = R"({"m":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}})";

}  // namespace

TEST_CASE("tensors and metadata of a sound file are what the header says") {
  const std::string bytes = file_of(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[3],"data_offsets":[4,10]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
      R"("empty":{"dtype":"BF16","shape":[4,0],"data_offsets":[4,4]}})",
      10);
  const SafeTensors file = SafeTensors::parse(as_bytes(bytes), "f");
  REQUIRE(file.metadata == std::map<std::string, std::string>{{"format", "pt"}});
  REQUIRE(file.tensors.size() == 3);
  REQUIRE(file.tensors.at("a").shape.empty());
  REQUIRE(file.tensors.at("a").data.size() == 4);
  REQUIRE(file.tensors.at("b").dtype == "F16");
  REQUIRE(file.tensors.at("b").shape == std::vector<std::uint64_t>{3});
  REQUIRE(file.tensors.at("b").data.data() == as_bytes(bytes).data() + bytes.size() - 6);
  REQUIRE(file.tensors.at("empty").data.empty());
}

TEST_CASE("white space around the header is padding") {
  REQUIRE(outcome(file_of(kMatrix + "   \n", 16)) == "accepted");
  REQUIRE(outcome(file_of("  " + kMatrix, 16)) == "accepted");
  REQUIRE(outcome(file_of("{}", 0)) == "accepted");
}

TEST_CASE("every dtype has the width that the format gives it") {
  const std::pair<const char*, std::size_t> widths[] = {
      {"BOOL", 64}, {"U8", 64},    {"I8", 64},   {"F8_E5M2", 64}, {"F8_E4M3", 64}, {"I16", 128}, {"U16", 128},
      {"F16", 128}, {"BF16", 128}, {"I32", 256}, {"U32", 256},    {"F32", 256},    {"I64", 512}, {"U64", 512},
      {"F64", 512}, {"C64", 512},  {"F4", 32},   {"F6_E2M3", 48}, {"F6_E3M2", 48}};
  for (const auto& [name, bytes] : widths) {
    INFO(name);
    const std::string header = std::string(R"({"m":{"dtype":")") + name + R"(","shape":[64],"data_offsets":[0,)" +
                               std::to_string(bytes) + "]}}";
    REQUIRE(outcome(file_of(header, bytes)) == "accepted");
  }
}

TEST_CASE("a malformed file is refused with the reason") {
  REQUIRE_REFUSED("", "too short");
  REQUIRE_REFUSED(std::string(7, '\0'), "too short");
  REQUIRE_REFUSED(with_length(0, ""), "not valid JSON");
  REQUIRE_REFUSED(with_length(60, ""), "header is longer");
  REQUIRE_REFUSED(with_length(~std::uint64_t{0}, kMatrix), "header is longer");
  REQUIRE_REFUSED(with_length(~std::uint64_t{0} - 7, kMatrix), "header is longer");
  REQUIRE_REFUSED(with_length(std::uint64_t{1} << 32, kMatrix), "header is longer");
  REQUIRE_REFUSED(with_length(100'000'001, std::string(100'000'001, ' ')), "header is longer");
  REQUIRE_REFUSED(file_of("\xff", 0), "not valid JSON");
  REQUIRE_REFUSED(file_of("{", 0), "not valid JSON");
  REQUIRE_REFUSED(file_of("[]", 0), "not an object");
  REQUIRE_REFUSED(file_of(std::string(100, '['), 0), "JSON");
  REQUIRE_REFUSED(file_of(R"({"\xc3":1})", 0), "not valid JSON");
  REQUIRE_REFUSED(file_of(kMatrix + "{}", 16), "not valid JSON");
  REQUIRE_REFUSED(file_of(kMatrix, 14), "outside the file");
  REQUIRE_REFUSED(file_of(kMatrix, 17), "does not end with its last tensor");
  REQUIRE_REFUSED(file_of("{}", 1), "does not end with its last tensor");
  const auto tensor = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"m":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2,2]", "[0,4]"), 4), "do not fit its shape");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2,2]", "[0,32]"), 32), "do not fit its shape");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2,18446744073709551614]", "[0,16]"), 16), "impossible shape");
  REQUIRE_REFUSED(file_of(tensor(R"("F32")", "[4294967296,4294967296]", "[0,0]"), 0), "impossible shape");
  REQUIRE_REFUSED(file_of(tensor(R"("F4")", "[3]", "[0,1]"), 1), "do not fit its shape");
  REQUIRE_REFUSED(file_of(tensor(R"("F6_E2M3")", "[1]", "[0,0]"), 0), "do not fit its shape");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2,2]", "[16,0]"), 16), "outside the file");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2,2]", "[4,20]"), 20), "does not begin where");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2,-2]", "[0,16]"), 16), "not a list of sizes");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2.0,2]", "[0,16]"), 16), "not a list of sizes");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "4", "[0,16]"), 16), "not a list of sizes");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2,2]", "[0]"), 16), "not two numbers");
  REQUIRE_REFUSED(file_of(tensor(R"("I32")", "[2,2]", "[0,8,16]"), 16), "not two numbers");
  REQUIRE_REFUSED(file_of(tensor(R"("I33")", "[2,2]", "[0,16]"), 16), "unknown dtype");
  REQUIRE_REFUSED(file_of(tensor("32", "[2,2]", "[0,16]"), 16), "not a string");
  REQUIRE_REFUSED(file_of(R"({"m":{"dtype":"I32","shape":[2,2]}})", 16), "once each");
  REQUIRE_REFUSED(file_of(R"({"m":{"shape":[4],"dtype":"I32","shape":[4],"data_offsets":[0,16]}})", 16), "once each");
  REQUIRE_REFUSED(file_of(R"({"m":3})", 0), "not described");
  REQUIRE_REFUSED(file_of(R"({"__metadata__":{"a":1}})", 0), "not a string");
  REQUIRE_REFUSED(file_of(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "twice");
  REQUIRE_REFUSED(file_of(R"({"__metadata__":{},"__metadata__":{}})", 0), "twice");
  REQUIRE_REFUSED(file_of(R"({"__metadata__":[]})", 0), "not an object");
}

TEST_CASE("holes, overlaps and duplicates are refused") {
  const auto two = [](const std::string& a, const std::string& name, const std::string& b) {
    return R"({"m":{"dtype":"U8","shape":[4],"data_offsets":)" + a + R"(},")" + name +
           R"(":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  REQUIRE(outcome(file_of(two("[4,8]", "n", "[0,4]"), 8)) == "accepted");
  REQUIRE_REFUSED(file_of(two("[0,4]", "n", "[5,9]"), 9), "does not begin where");
  REQUIRE_REFUSED(file_of(two("[0,4]", "n", "[3,7]"), 7), "does not begin where");
  REQUIRE_REFUSED(file_of(two("[0,4]", "n", "[0,4]"), 4), "does not begin where");
  REQUIRE_REFUSED(file_of(two("[0,4]", "m", "[4,8]"), 8), "occurs twice");
}

TEST_CASE("a file cut at any byte is refused") {
  const std::string bytes =
      file_of(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  REQUIRE(outcome(bytes) == "accepted");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut(bytes, 0, size);
    if (outcome(cut) == "accepted") FAIL("accepted after a cut at " << size);
  }
}

TEST_CASE("any flipped bit in a header is refused or gives another valid file") {
  const std::string original =
      file_of(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
    std::string bytes = original;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    try {
      for (const auto& [name, tensor] : SafeTensors::parse(as_bytes(bytes), "f").tensors) {
        REQUIRE(tensor.data.data() >= as_bytes(bytes).data());
        REQUIRE(tensor.data.data() + tensor.data.size() <= as_bytes(bytes).data() + bytes.size());
      }
    } catch (const Error& error) {
      REQUIRE(error.status() == Status::kModel);
    }
  }
}

TEST_CASE("the reference files parse, each tensor with as many bytes as its shape") {
  EVE_SHARED_OR_SKIP(folder, "fixtures/eve-tiny");
  for (const char* name : {"model.safetensors", "expected_forward.safetensors", "expected_train.safetensors"}) {
    const std::string bytes = slurp(folder + "/" + name);
    const SafeTensors file = SafeTensors::parse(as_bytes(bytes), name);
    REQUIRE(file.tensors.size() >= 5);
    for (const auto& [tensor_name, tensor] : file.tensors) {
      std::uint64_t size = 4;
      for (const auto n : tensor.shape) size *= n;
      REQUIRE(tensor.data.size() == size);
    }
  }
}
