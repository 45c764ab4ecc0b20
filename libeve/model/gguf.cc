// SPDX-License-Identifier: Apache-2.0
#include "model/gguf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

#include "model/gguf_types.h"

static_assert(std::endian::native == std::endian::little, "GGUF is read and written in place");

namespace eve {

namespace {

constexpr std::size_t kValueTypes = 13;

/// Bytes a scalar takes in the file; 0 for strings and arrays.
constexpr std::array<std::size_t, kValueTypes> kWidth = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

/// Reads a file front to back; nothing is taken that is not there.
class Reader {
 public:
  Reader(Bytes file, const std::string& where) : file_(file), where_(where) {}

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(Status::kModel, where_ + ": " + what + " (at byte " + std::to_string(at_) + ")");
  }
  std::size_t at() const { return at_; }
  std::size_t left() const { return file_.size() - at_; }
  Bytes take(std::size_t size, const char* what) {
    if (size > left()) refuse(std::string(what) + " runs past the end of the file");
    const Bytes taken = file_.subspan(at_, size);
    at_ += size;
    return taken;
  }
  template <class T>
  T number(const char* what) {
    T value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }
  /// What its length stands in front of.
  Bytes bytes(const char* what, std::size_t limit = std::numeric_limits<std::size_t>::max()) {
    const auto size = number<std::uint64_t>(what);
    if (size > left()) refuse(std::string(what) + " runs past the end of the file");
    if (size > limit) refuse(std::string(what) + " is longer than " + std::to_string(limit) + " bytes");
    return take(static_cast<std::size_t>(size), what);
  }
  std::string text(const char* what, std::size_t limit = std::numeric_limits<std::size_t>::max()) {
    return std::string(text_of(bytes(what, limit)));
  }
  /// A number of things to come, each of at least `least` bytes.
  std::size_t count(std::size_t limit, std::size_t least, const char* what) {
    const auto n = number<std::uint64_t>(what);
    if (n > limit) refuse(std::string(what) + " is above " + std::to_string(limit));
    if (n > left() / least) refuse(std::string(what) + " is more than the file can hold");
    return static_cast<std::size_t>(n);
  }

 private:
  Bytes file_;
  const std::string& where_;
  std::size_t at_ = 0;
};

template <class T>
T load(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::int64_t integer(GgufValue::Type type, const std::uint8_t* from) {
  switch (type) {
    case GgufValue::kU8:
      return *from;
    case GgufValue::kI8:
      return load<std::int8_t>(from);
    case GgufValue::kU16:
      return load<std::uint16_t>(from);
    case GgufValue::kI16:
      return load<std::int16_t>(from);
    case GgufValue::kU32:
      return load<std::uint32_t>(from);
    case GgufValue::kI32:
      return load<std::int32_t>(from);
    case GgufValue::kBool:
      return *from;
    default:
      return load<std::int64_t>(from);
  }
}

bool is_unsigned(GgufValue::Type type) {
  return type == GgufValue::kU8 || type == GgufValue::kU16 || type == GgufValue::kU32 || type == GgufValue::kU64;
}

bool is_float(GgufValue::Type type) { return type == GgufValue::kF32 || type == GgufValue::kF64; }

double real(GgufValue::Type type, const std::uint8_t* from) {
  return type == GgufValue::kF32 ? static_cast<double>(load<float>(from)) : load<double>(from);
}

class Parser {
 public:
  Parser(Bytes file, const std::string& where) : file_(file), in_(file, where), where_(where) {}

  GgufFile parse() {
    out_.where = where_;
    header();
    for (std::size_t i = 0; i < entries_; ++i) entry();
    alignment();
    for (std::size_t i = 0; i < tensors_; ++i) tensor();
    data();
    checksum();
    return std::move(out_);
  }

 private:
  Bytes file_;
  Reader in_;
  const std::string& where_;
  GgufFile out_;
  std::size_t entries_ = 0, tensors_ = 0, elements_ = 0, checksum_at_ = 0, data_start_ = 0;
  std::set<std::string> names_;
  std::vector<std::size_t> sizes_;
  std::uint64_t next_offset_ = 0, last_unpadded_ = 0;

  void header() {
    const Bytes magic = in_.take(4, "magic number");
    if (std::memcmp(magic.data(), "GGUF", 4) != 0) in_.refuse("not a GGUF file");
    const auto version = in_.number<std::uint32_t>("version");
    if (version != 3) {
      if ((version & 0xFFFF) == 0) in_.refuse("the file is big-endian");
      in_.refuse("GGUF version " + std::to_string(version) + " is not read, only 3");
    }
    // Name (8 + 1), dimensions (4 + 8), type (4), offset (8); key (8 + 1), type (4), value (1). The two share what is
    // left.
    tensors_ = in_.count(GgufFile::kMaxEntries, 33, "number of tensors");
    entries_ = in_.count(GgufFile::kMaxEntries, 14, "number of metadata entries");
    if (tensors_ * 33 + entries_ * 14 > in_.left()) in_.refuse("more tensors and metadata than the file can hold");
  }

  GgufValue::Type value_type() {
    const auto type = in_.number<std::uint32_t>("type of a metadata value");
    if (type >= kValueTypes) in_.refuse("unknown type " + std::to_string(type) + " of a metadata value");
    return static_cast<GgufValue::Type>(type);
  }

  void entry() {
    std::string key = in_.text("metadata key", GgufFile::kMaxKey);
    if (key.empty()) in_.refuse("empty metadata key");
    GgufValue value;
    value.type = value_type();
    if (key == kTableChecksumKey) {
      if (value.type != GgufValue::kU64) in_.refuse("the checksum of the table is not a u64");
      checksum_at_ = in_.at();
    }
    if (value.type == GgufValue::kString) {
      value.data = in_.text("metadata string");
    } else if (value.type == GgufValue::kArray) {
      value.element = value_type();
      value.data = array(value.element);
    } else {
      const Bytes raw = in_.take(kWidth[value.type], "metadata value");
      if (value.type == GgufValue::kBool) {
        if (raw[0] > 1) in_.refuse("a bool is neither 0 nor 1");
        value.data = raw[0] == 1;
      } else if (is_float(value.type)) {
        value.data = real(value.type, raw.data());
      } else if (is_unsigned(value.type)) {
        value.data = static_cast<std::uint64_t>(integer(value.type, raw.data()));
      } else {
        value.data = integer(value.type, raw.data());
      }
    }
    if (!out_.metadata.emplace(std::move(key), std::move(value)).second) in_.refuse("a metadata key occurs twice");
  }

  GgufValue::Array array(GgufValue::Type type) {
    if (type == GgufValue::kArray) in_.refuse("an array of arrays is not read");
    if (type == GgufValue::kU8) {
      const std::size_t n = in_.count(in_.left(), 1, "length of a byte array");
      return {n, in_.take(n, "byte array"), {}};
    }
    const bool strings = type == GgufValue::kString;
    const std::size_t n =
        in_.count(GgufFile::kMaxElements - elements_, strings ? 8 : kWidth[type], "length of an array");
    elements_ += n;
    if (strings) {
      const std::size_t begin = in_.at();
      for (std::size_t i = 0; i < n; ++i) in_.bytes("string in an array");
      return {n, file_.subspan(begin, in_.at() - begin), {}};
    }
    const Bytes raw = in_.take(n * kWidth[type], "array");
    if (type == GgufValue::kBool && std::ranges::any_of(raw, [](std::uint8_t byte) { return byte > 1; }))
      in_.refuse("a bool is neither 0 nor 1");
    return {n, raw, {}};
  }

  void alignment() {
    if (const auto found = out_.metadata.find(kAlignmentKey); found != out_.metadata.end()) {
      const auto* value = std::get_if<std::uint64_t>(&found->second.data);
      if (found->second.type != GgufValue::kU32 || value == nullptr || *value < 8 || *value > 65536 ||
          !std::has_single_bit(*value))
        in_.refuse("general.alignment is not a power of two from 8 to 65536");
      out_.alignment = static_cast<std::size_t>(*value);
    }
  }

  /// Rounds up to the alignment; false on overflow.
  bool align(std::uint64_t& n) const {
    const std::uint64_t mask = out_.alignment - 1;
    if (__builtin_add_overflow(n, mask, &n)) return false;
    n &= ~mask;
    return true;
  }

  void tensor() {
    GgufTensor tensor;
    tensor.name = in_.text("tensor name", GgufFile::kMaxName);
    if (tensor.name.empty()) in_.refuse("empty tensor name");
    if (!names_.insert(tensor.name).second) in_.refuse("tensor " + printable(tensor.name) + " occurs twice");
    const auto dims = in_.number<std::uint32_t>("number of dimensions");
    if (dims < 1 || dims > 4) in_.refuse("a tensor of " + std::to_string(dims) + " dimensions; 1 to 4 are read");
    tensor.shape.resize(dims);
    std::uint64_t elements = 1;
    for (std::size_t i = dims; i-- > 0;) {
      const auto n = in_.number<std::uint64_t>("dimension of a tensor");
      if (n == 0 || __builtin_mul_overflow(elements, n, &elements))
        in_.refuse("tensor " + printable(tensor.name) + " has an impossible shape");
      tensor.shape[i] = n;
    }
    const auto code = in_.number<std::uint32_t>("type of a tensor");
    const auto type = dtype_of_ggml(code);
    if (!type)
      in_.refuse("tensor " + printable(tensor.name) + " has type " + ggml_type_name(code) +
                 "; only F32, F16, BF16, Q8_0 and Q4_0 are read");
    tensor.type = *type;
    const std::size_t block = dtype_block(*type);
    if (tensor.shape.back() % block != 0)
      in_.refuse("rows of tensor " + printable(tensor.name) + " are not a multiple of " + std::to_string(block));
    std::uint64_t size = 0;
    if (__builtin_mul_overflow(elements / block, static_cast<std::uint64_t>(row_bytes(*type, block)), &size) ||
        size > file_.size())
      in_.refuse("tensor " + printable(tensor.name) + " is larger than the file");
    if (in_.number<std::uint64_t>("offset of a tensor") != next_offset_)
      in_.refuse("tensor " + printable(tensor.name) + " does not begin where the one before it ends");
    if (__builtin_add_overflow(next_offset_, size, &last_unpadded_)) in_.refuse("tensors are larger than the file");
    next_offset_ = last_unpadded_;
    if (!align(next_offset_) || last_unpadded_ > file_.size()) in_.refuse("tensors are larger than the file");
    sizes_.push_back(static_cast<std::size_t>(size));
    out_.tensors.push_back(std::move(tensor));
  }

  void data() {
    std::uint64_t start = in_.at();
    if (!align(start)) in_.refuse("the table does not end");
    if (out_.tensors.empty() && file_.size() < start) start = file_.size();
    std::uint64_t end = 0, end_unpadded = 0;
    if (__builtin_add_overflow(start, next_offset_, &end) ||
        __builtin_add_overflow(start, last_unpadded_, &end_unpadded))
      in_.refuse("tensors are larger than the file");
    // Some writers leave the last tensor without padding.
    if (end != file_.size() && (checksum_at_ != 0 || end_unpadded != file_.size()))
      in_.refuse("the table asks for a file of " + std::to_string(end) + " bytes, it has " +
                 std::to_string(file_.size()));
    data_start_ = static_cast<std::size_t>(start);
    std::uint64_t offset = start;
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      out_.tensors[i].data = file_.subspan(static_cast<std::size_t>(offset), sizes_[i]);
      offset += sizes_[i];
      align(offset);
    }
  }

  void checksum() {
    if (checksum_at_ == 0) {
      if (out_.metadata.contains(kTensorChecksumKey))
        in_.refuse("the checksum of the table is missing; the file is damaged");
      return;
    }
    const auto stored = load<std::uint64_t>(file_.data() + checksum_at_);
    if (table_checksum(file_.first(data_start_), checksum_at_) != stored)
      throw Error(Status::kModel,
                  where_ + ": the table is damaged (its checksum differs); fetch or make the file again");
    out_.has_table_checksum = true;
  }
};

[[noreturn]] void wrong_type(const std::string& where, const std::string& key) {
  throw Error(Status::kModel, where + ": metadata " + printable(key) + " has another type than expected");
}

}  // namespace

GgufFile GgufFile::parse(Bytes file, const std::string& where) { return Parser(file, where).parse(); }

const GgufTensor* GgufFile::tensor(std::string_view name) const {
  for (const GgufTensor& tensor : tensors)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

std::optional<std::uint64_t> GgufFile::unsigned_value(const std::string& key) const {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return std::nullopt;
  if (const auto* natural = std::get_if<std::uint64_t>(&found->second.data)) return *natural;
  if (const auto* number = std::get_if<std::int64_t>(&found->second.data); number != nullptr && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  wrong_type(where, key);
}

std::optional<double> GgufFile::float_value(const std::string& key) const {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return std::nullopt;
  if (const auto* number = std::get_if<double>(&found->second.data)) return *number;
  wrong_type(where, key);
}

std::optional<std::string> GgufFile::string_value(const std::string& key) const {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&found->second.data)) return *text;
  wrong_type(where, key);
}

namespace {

/// The value of an array; null when absent.
const GgufValue* array_value(const GgufFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) return nullptr;
  if (!std::holds_alternative<GgufValue::Array>(found->second.data)) wrong_type(file.where, key);
  return &found->second;
}

/// The array of `element`s; null when absent.
const GgufValue::Array* array_of(const GgufFile& file, const std::string& key, GgufValue::Type element) {
  const GgufValue* value = array_value(file, key);
  if (value == nullptr) return nullptr;
  if (value->element != element) wrong_type(file.where, key);
  return &std::get<GgufValue::Array>(value->data);
}

}  // namespace

std::optional<std::vector<std::string_view>> GgufFile::strings(const std::string& key) const {
  const auto* array = array_of(*this, key, GgufValue::kString);
  if (array == nullptr) return std::nullopt;
  std::vector<std::string_view> out;
  out.reserve(array->count);
  const std::string_view text = text_of(array->stored);
  for (std::size_t i = 0, at = 0; i < array->count; ++i) {  // each length was checked
    const auto size = static_cast<std::size_t>(load<std::uint64_t>(array->stored.data() + at));
    out.push_back(text.substr(at + sizeof(std::uint64_t), size));
    at += sizeof(std::uint64_t) + size;
  }
  return out;
}

std::optional<std::vector<std::int64_t>> GgufFile::integers(const std::string& key) const {
  const GgufValue* value = array_value(*this, key);
  if (value == nullptr) return std::nullopt;
  if (value->element == GgufValue::kString || is_float(value->element)) wrong_type(where, key);
  const auto& array = std::get<GgufValue::Array>(value->data);
  std::vector<std::int64_t> out(array.count);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = integer(value->element, array.stored.data() + i * kWidth[value->element]);
  return out;
}

std::optional<std::string_view> GgufFile::bytes(const std::string& key) const {
  const auto* array = array_of(*this, key, GgufValue::kU8);
  return array == nullptr ? std::nullopt : std::optional(text_of(array->stored));
}

std::optional<U32View> GgufFile::u32s(const std::string& key) const {
  const auto* array = array_of(*this, key, GgufValue::kU32);
  return array == nullptr ? std::nullopt : std::optional(U32View(array->stored.data(), array->count));
}

}  // namespace eve
