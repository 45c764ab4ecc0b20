// SPDX-License-Identifier: Apache-2.0
#include "model/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/json.h"

namespace eve {

namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;  // the reference implementation's limit
constexpr std::size_t kMaxDimensions = 32;

struct Width {
  std::string_view name;
  std::uint64_t bits;
};
constexpr std::array<Width, 22> kWidths = {
    {{"BOOL", 8},        {"U8", 8},          {"I8", 8},      {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8},
     {"F8_E5M2FNUZ", 8}, {"F8_E4M3FNUZ", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},    {"BF16", 16},
     {"I32", 32},        {"U32", 32},        {"F32", 32},    {"I64", 64},    {"U64", 64},    {"F64", 64},
     {"C64", 64},        {"F4", 4},          {"F6_E2M3", 6}, {"F6_E3M2", 6}}};

class Parser {
 public:
  Parser(Bytes file, const std::string& where) : file_(file), where_(where) {}

  SafeTensors parse() {
    if (file_.size() < 8) refuse("too short to be a safetensors file");
    std::uint64_t length = 0;
    std::memcpy(&length, file_.data(), sizeof length);
    if (length > kMaxHeader || length > file_.size() - 8) refuse("the header is longer than the file or than 100 MB");
    const std::string_view text(reinterpret_cast<const char*>(file_.data()) + 8, static_cast<std::size_t>(length));
    data_ = file_.subspan(8 + text.size());
    simdjson::dom::parser parser;
    simdjson::dom::object header;
    if (parse_json(parser, text, where_ + " (header)", Status::kModel).get(header))
      refuse("the header is not an object");
    for (const auto& [name, value] : header) {
      if (name == "__metadata__")
        metadata(value);
      else
        tensor(std::string(name), value);
    }
    cover();
    return std::move(out_);
  }

 private:
  struct Range {
    std::uint64_t begin, end;
    const std::string* name;
  };
  Bytes file_, data_;
  const std::string& where_;
  SafeTensors out_;
  std::vector<Range> ranges_;
  bool has_metadata_ = false;

  [[noreturn]] void refuse(const std::string& what) const { throw Error(Status::kModel, where_ + ": " + what); }
  [[noreturn]] void refuse(const std::string& name, const char* what) const {
    refuse("tensor " + printable(name) + " " + what);
  }

  void metadata(simdjson::dom::element value) {
    simdjson::dom::object object;
    if (has_metadata_ || value.get(object)) refuse("__metadata__ occurs twice or is not an object");
    has_metadata_ = true;
    for (const auto& [key, element] : object) {
      std::string_view text;
      if (element.get(text)) refuse("__metadata__ holds something that is not a string");
      if (!out_.metadata.emplace(key, text).second) refuse("a key of __metadata__ occurs twice");
    }
  }

  void tensor(std::string name, simdjson::dom::element value) {
    constexpr std::size_t kMaxName = 512;  // bytes
    if (name.size() > kMaxName) refuse("a tensor has a name of more than 512 bytes");
    simdjson::dom::object object;
    if (value.get(object)) refuse(name, "is not described by an object");
    SafeTensor tensor;
    std::uint64_t bits = 0, begin = 0, end = 0;
    std::size_t seen_dtype = 0, seen_shape = 0, seen_offsets = 0;
    for (const auto& [key, element] : object) {
      if (key == "dtype") {
        ++seen_dtype;
        std::string_view text;
        if (element.get(text)) refuse(name, "has a dtype that is not a string");
        const auto* found = std::ranges::find(kWidths, text, &Width::name);
        if (found == kWidths.end()) refuse(name, "has an unknown dtype");
        tensor.dtype = text;
        bits = found->bits;
      } else if (key == "shape") {
        ++seen_shape;
        tensor.shape = numbers(element, name, "has a shape that is not a list of sizes");
        if (tensor.shape.size() > kMaxDimensions) refuse(name, "has too many dimensions");
      } else if (key == "data_offsets") {
        ++seen_offsets;
        const auto offsets = numbers(element, name, "has offsets that are not two numbers");
        if (offsets.size() != 2) refuse(name, "has offsets that are not two numbers");
        begin = offsets[0], end = offsets[1];
      }
    }
    if (seen_dtype != 1 || seen_shape != 1 || seen_offsets != 1)
      refuse(name, "needs dtype, shape and data_offsets once each");
    for (const std::uint64_t n : tensor.shape)
      if (__builtin_mul_overflow(bits, n, &bits)) refuse(name, "has an impossible shape");
    if (begin > end || end > data_.size()) refuse(name, "lies outside the file");
    if (bits % 8 != 0 || bits / 8 != end - begin) refuse(name, "has offsets that do not fit its shape");
    tensor.data = data_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    const auto [place, inserted] = out_.tensors.emplace(std::move(name), std::move(tensor));
    if (!inserted) refuse(place->first, "occurs twice");
    ranges_.push_back({begin, end, &place->first});
  }

  std::vector<std::uint64_t> numbers(simdjson::dom::element element, const std::string& name, const char* what) const {
    simdjson::dom::array array;
    if (element.get(array)) refuse(name, what);
    std::vector<std::uint64_t> out;
    for (const simdjson::dom::element item : array) {
      std::uint64_t number = 0;
      if (!item.is<std::uint64_t>() || item.get(number)) refuse(name, what);
      out.push_back(number);
    }
    return out;
  }

  /// Tensors touch each other and cover the data to its end.
  void cover() {
    std::ranges::sort(
        ranges_, [](const Range& a, const Range& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
    std::uint64_t at = 0;
    for (const Range& range : ranges_) {
      if (range.begin != at) refuse(*range.name, "does not begin where the one before it ends");
      at = range.end;
    }
    if (at != data_.size()) refuse("the file does not end with its last tensor");
  }
};

}  // namespace

SafeTensors SafeTensors::parse(Bytes file, const std::string& where) { return Parser(file, where).parse(); }

}  // namespace eve
