// SPDX-License-Identifier: Apache-2.0
// GGUF v3 (ggml docs/gguf.md): reading what is hostile, writing what llama.cpp reads.
//
// Files we write carry two checksums (XXH3-64) under keys of their own:
//   eve.table_xxh3   u64: of all bytes before the tensor data, these eight taken as zero. Checked whenever the file is
//   opened;
//                    required of a file that has eve.tensor_xxh3.
//   eve.tensor_xxh3  array of 16-digit hexadecimal strings, one a tensor in file order. Checked by verify_model only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/io.h"
#include "kernels/dtype.h"

namespace eve {

inline constexpr const char* kTableChecksumKey = "eve.table_xxh3";
inline constexpr const char* kTensorChecksumKey = "eve.tensor_xxh3";
inline constexpr const char* kAlignmentKey = "general.alignment";
inline constexpr std::size_t kGgufAlignment = 64;  ///< of tensor data in files we write: a cache line

/// A metadata value. Integers of any width are held as int64 or uint64 with the width they are written with.
struct GgufValue {
  enum Type : std::uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };
  /// Elements one behind the other, as they lie in the file: of a file that was parsed, there.
  struct Array {
    std::size_t count = 0;
    Bytes stored;
    std::string made;  ///< holds the elements of an array that is not from a file
    Bytes bytes() const { return made.empty() ? stored : bytes_of(made); }
  };
  Type type = kU32;
  Type element = kU32;  ///< of an array
  std::variant<std::uint64_t, std::int64_t, double, bool, std::string, Array> data;

  static GgufValue u32(std::uint32_t v);
  static GgufValue u64(std::uint64_t v);
  static GgufValue f32(float v);
  static GgufValue boolean(bool v);
  static GgufValue string(std::string v);
  static GgufValue strings(const std::vector<std::string>& v);
  static GgufValue i32s(const std::vector<std::int32_t>& v);
  static GgufValue f32s(const std::vector<float>& v);
  static GgufValue u32s(U32View v);
  static GgufValue bytes(std::string_view v);  ///< array of u8
};

struct GgufTensor {
  std::string name;
  std::vector<std::uint64_t>
      shape;  ///< slowest first (the reverse of the file's order): [rows][cols] or [parts][rows][cols]
  DType type;
  Bytes data;  ///< into the mapped file
};

/// A parsed file. Every count, length and offset was checked against the file before it was used; values and names are
/// untrusted text still. Arrays stay where they lie. Tensors of types other than ours are refused by name.
struct GgufFile {
  static constexpr std::size_t kMaxEntries = 65536;     ///< metadata entries; tensors
  static constexpr std::size_t kMaxElements = 2097152;  ///< elements of all arrays together (u8 arrays not counted)
  static constexpr std::size_t kMaxName = 63;           ///< bytes of a tensor name (ggml's limit)
  static constexpr std::size_t kMaxKey = 65535;

  std::map<std::string, GgufValue> metadata;
  std::vector<GgufTensor> tensors;
  std::string where;  ///< for messages
  std::size_t alignment = 32;
  bool has_table_checksum = false;  ///< and it was right

  /// Parses `file` (which must outlive the result). Throws Error(kModel, "WHERE: ...").
  static GgufFile parse(Bytes file, const std::string& where);

  const GgufTensor* tensor(std::string_view name) const;  ///< null when absent
  // Typed look-ups: absent gives nullopt, another type throws kModel. Views are into the file.
  std::optional<std::uint64_t> unsigned_value(const std::string& key) const;
  std::optional<double> float_value(const std::string& key) const;
  std::optional<std::string> string_value(const std::string& key) const;
  std::optional<std::vector<std::string_view>> strings(const std::string& key) const;
  std::optional<std::vector<std::int64_t>> integers(const std::string& key) const;  ///< of any width; bools
  std::optional<std::string_view> bytes(const std::string& key) const;              ///< array of u8
  std::optional<U32View> u32s(const std::string& key) const;
};

/// Collects metadata and tensors, then writes one file atomically. Tensor data is pulled when written (twice: for its
/// checksum, which lies in front of it, and for itself), so a model larger than memory can be converted.
class GgufWriter {
 public:
  using Sink = std::function<void(const void* data, std::size_t size)>;
  using Producer = std::function<void(const Sink& sink)>;  ///< hands over the whole data in order, the same each time
  void set(const std::string& key, GgufValue value) { metadata_.insert_or_assign(key, std::move(value)); }
  /// `parts` are concatenated; together they are the tensor of the given shape and type.
  void add(std::string name, std::vector<std::uint64_t> shape, DType type, std::vector<Bytes> parts);
  void add(std::string name, std::vector<std::uint64_t> shape, DType type, Producer producer);
  /// Adds general.alignment and both checksums. Throws kSystem on I/O, kModel when a producer's size is not the
  /// shape's.
  void write(const std::string& path);

 private:
  struct Entry {
    std::string name;
    std::vector<std::uint64_t> shape;
    DType type;
    Producer producer;
  };
  std::map<std::string, GgufValue> metadata_;
  std::vector<Entry> entries_;
};

}  // namespace eve
