// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>

#include "model/gguf.h"
#include "model/gguf_types.h"

namespace eve {

namespace {

GgufValue make(GgufValue::Type type, decltype(GgufValue::data) data, GgufValue::Type element = GgufValue::kU32) {
  return {type, element, std::move(data)};
}

class Header {
 public:
  const std::string& bytes() const { return bytes_; }
  template <class T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number<std::uint64_t>(value.size());
    bytes_ += value;
  }
  void integer(GgufValue::Type type, std::int64_t value) {
    switch (type) {
      case GgufValue::kU8:
      case GgufValue::kI8:
      case GgufValue::kBool:
        return number(static_cast<std::uint8_t>(value));
      case GgufValue::kU16:
      case GgufValue::kI16:
        return number(static_cast<std::uint16_t>(value));
      case GgufValue::kU32:
      case GgufValue::kI32:
        return number(static_cast<std::uint32_t>(value));
      default:
        return number(value);
    }
  }
  void real(GgufValue::Type type, double value) {
    if (type == GgufValue::kF32)
      number(static_cast<float>(value));
    else
      number(value);
  }
  void value(const GgufValue& value) {
    number<std::uint32_t>(value.type);
    if (const auto* array = std::get_if<GgufValue::Array>(&value.data)) {
      number<std::uint32_t>(value.element);
      number<std::uint64_t>(array->count);
      bytes_ += text_of(array->bytes());
    } else if (const auto* natural = std::get_if<std::uint64_t>(&value.data)) {
      integer(value.type, static_cast<std::int64_t>(*natural));
    } else if (const auto* whole = std::get_if<std::int64_t>(&value.data)) {
      integer(value.type, *whole);
    } else if (const auto* number = std::get_if<double>(&value.data)) {
      real(value.type, *number);
    } else if (const auto* truth = std::get_if<bool>(&value.data)) {
      integer(value.type, *truth);
    } else {
      text(std::get<std::string>(value.data));
    }
  }
  void pad(std::size_t alignment) { bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment, '\0'); }
  void patch(std::size_t at, std::uint64_t value) { std::memcpy(bytes_.data() + at, &value, sizeof value); }

 private:
  std::string bytes_;
};

template <class T>
GgufValue numbers(GgufValue::Type type, const T* values, std::size_t count) {
  return make(GgufValue::kArray,
              GgufValue::Array{count, {}, std::string(reinterpret_cast<const char*>(values), count * sizeof(T))}, type);
}

std::string hexadecimal(std::uint64_t value) {
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
  return out;
}

std::uint64_t size_of(DType type, const std::vector<std::uint64_t>& shape) {
  std::uint64_t size = row_bytes(type, static_cast<std::size_t>(shape.back()));
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) size *= shape[i];
  return size;
}

}  // namespace

GgufValue GgufValue::u32(std::uint32_t v) { return make(kU32, static_cast<std::uint64_t>(v)); }
GgufValue GgufValue::u64(std::uint64_t v) { return make(kU64, v); }
GgufValue GgufValue::f32(float v) { return make(kF32, static_cast<double>(v)); }
GgufValue GgufValue::boolean(bool v) { return make(kBool, v); }
GgufValue GgufValue::string(std::string v) { return make(kString, std::move(v)); }

GgufValue GgufValue::strings(const std::vector<std::string>& v) {
  Header elements;
  for (const std::string& text : v) elements.text(text);
  return make(kArray, Array{v.size(), {}, elements.bytes()}, kString);
}
GgufValue GgufValue::i32s(const std::vector<std::int32_t>& v) { return numbers(kI32, v.data(), v.size()); }
GgufValue GgufValue::f32s(const std::vector<float>& v) { return numbers(kF32, v.data(), v.size()); }
GgufValue GgufValue::u32s(U32View v) {
  return make(kArray, Array{v.size(), {}, std::string(text_of(v.bytes()))}, kU32);
}
GgufValue GgufValue::bytes(std::string_view v) { return numbers(kU8, v.data(), v.size()); }

void GgufWriter::add(std::string name, std::vector<std::uint64_t> shape, DType type, Producer producer) {
  entries_.push_back({std::move(name), std::move(shape), type, std::move(producer)});
}

void GgufWriter::add(std::string name, std::vector<std::uint64_t> shape, DType type, std::vector<Bytes> parts) {
  add(std::move(name), std::move(shape), type, [parts = std::move(parts)](const Sink& sink) {
    for (const Bytes part : parts) sink(part.data(), part.size());
  });
}

void GgufWriter::write(const std::string& path) {
  std::vector<std::string> checksums;
  for (const Entry& entry : entries_) {
    Checksum checksum;
    std::uint64_t size = 0;
    entry.producer([&](const void* data, std::size_t bytes) {
      checksum.add(data, bytes);
      size += bytes;
    });
    if (size != size_of(entry.type, entry.shape))
      throw Error(Status::kModel, path + ": tensor " + printable(entry.name) + " has " + std::to_string(size) +
                                      " bytes, its shape needs " + std::to_string(size_of(entry.type, entry.shape)));
    checksums.push_back(hexadecimal(checksum.value()));
  }
  set(kAlignmentKey, GgufValue::u32(kGgufAlignment));
  set(kTensorChecksumKey, GgufValue::strings(std::move(checksums)));
  set(kTableChecksumKey, GgufValue::u64(0));

  Header header;
  header.number<std::uint32_t>(0x46554747);  // "GGUF"
  header.number<std::uint32_t>(3);
  header.number<std::uint64_t>(entries_.size());
  header.number<std::uint64_t>(metadata_.size());
  std::size_t checksum_at = 0;
  for (const auto& [key, value] : metadata_) {
    header.text(key);
    header.value(value);
    if (key == kTableChecksumKey) checksum_at = header.bytes().size() - sizeof(std::uint64_t);
  }
  const auto aligned = [](std::uint64_t n) { return (n + kGgufAlignment - 1) / kGgufAlignment * kGgufAlignment; };
  std::uint64_t offset = 0;
  for (const Entry& entry : entries_) {
    header.text(entry.name);
    header.number<std::uint32_t>(static_cast<std::uint32_t>(entry.shape.size()));
    for (std::size_t i = entry.shape.size(); i-- > 0;) header.number<std::uint64_t>(entry.shape[i]);
    header.number<std::uint32_t>(ggml_type(entry.type));
    header.number<std::uint64_t>(offset);
    offset += aligned(size_of(entry.type, entry.shape));
  }
  header.pad(kGgufAlignment);
  const std::string& bytes = header.bytes();
  header.patch(checksum_at,
               table_checksum({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, checksum_at));

  AtomicFile file(path);
  file.write(bytes);
  const std::array<char, kGgufAlignment> zeros{};
  for (const Entry& entry : entries_) {
    entry.producer([&](const void* data, std::size_t size) { file.write(data, size); });
    const std::uint64_t padding = aligned(file.size()) - file.size();
    file.write(zeros.data(), static_cast<std::size_t>(padding));
  }
  file.commit();
}

}  // namespace eve
