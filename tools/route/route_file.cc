// SPDX-License-Identifier: Apache-2.0
#include "route/route_file.h"

#include <xxhash.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "base/utf8.h"
#include "eve/error.h"

namespace eve::route {

namespace {

static_assert(std::endian::native == std::endian::little, "route files are little-endian");

constexpr std::string_view kMagic = "EVEROUTE";
constexpr std::uint32_t kWithoutVectors = 1, kVersion = 2;

struct Header {
  char magic[8];
  std::uint32_t version, flags;
  std::uint64_t size, checksum;
};
static_assert(sizeof(Header) == 32);

class Writer {
 public:
  template <class T>
  void value(const T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    out.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  template <class T>
  void array(const std::vector<T>& values) {
    value(static_cast<std::uint32_t>(values.size()));
    out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  void text(const std::string& s) {
    value(static_cast<std::uint32_t>(s.size()));
    out += s;
  }
  std::string out;
};

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& name) : left_(bytes), name_(name) {}
  [[noreturn]] void damaged(const char* what) const {
    throw Error(Status::kModel, name_ + ": damaged route file (" + what + "); make it again with eve-route train");
  }
  void require(bool holds, const char* what) const {
    if (!holds) damaged(what);
  }
  template <class T>
  T value() {
    require(left_.size() >= sizeof(T), "it ends too early");
    T v;
    std::memcpy(&v, left_.data(), sizeof v);
    left_.remove_prefix(sizeof v);
    return v;
  }
  /// A count of things that take at least `bytes` each.
  std::size_t count(std::size_t bytes) {
    const std::size_t n = value<std::uint32_t>();
    require(n <= left_.size() / bytes, "it ends too early");
    return n;
  }
  template <class T>
  std::vector<T> array() {
    std::vector<T> values(count(sizeof(T)));
    if (!values.empty()) std::memcpy(values.data(), left_.data(), values.size() * sizeof(T));
    left_.remove_prefix(values.size() * sizeof(T));
    return values;
  }
  std::string string() {
    const std::size_t n = count(1);
    std::string s(left_.substr(0, n));
    left_.remove_prefix(n);
    require(utf8_error(s) == s.npos && s.find('\0') == s.npos, "a text");
    return s;
  }
  float number(float least, float most) {
    const float v = value<float>();
    require(v >= least && v <= most, "a number");
    return v;
  }
  bool done() const { return left_.empty(); }

 private:
  std::string_view left_;
  const std::string& name_;
};

constexpr float kLargest = 1e6f;

bool all_within(const std::vector<float>& values, float least, float most) {
  for (const float v : values)
    if (!(v >= least && v <= most)) return false;
  return true;
}

std::size_t small_bytes(std::size_t limit) { return limit <= 0x100 ? 1 : limit <= 0x10000 ? 2 : 4; }

/// Numbers below `limit`, each in as few bytes as that needs.
void write_small(Writer& writer, const std::vector<std::uint32_t>& numbers, std::size_t limit) {
  switch (small_bytes(limit)) {
    case 1:
      return writer.array(std::vector<std::uint8_t>(numbers.begin(), numbers.end()));
    case 2:
      return writer.array(std::vector<std::uint16_t>(numbers.begin(), numbers.end()));
    default:
      return writer.array(numbers);
  }
}

template <class T>
std::vector<std::uint32_t> widened(const std::vector<T>& numbers) {
  return {numbers.begin(), numbers.end()};
}

std::vector<std::uint32_t> read_small(Reader& reader, std::size_t limit) {
  switch (small_bytes(limit)) {
    case 1:
      return widened(reader.array<std::uint8_t>());
    case 2:
      return widened(reader.array<std::uint16_t>());
    default:
      return reader.array<std::uint32_t>();
  }
}

/// Most features have no postings: they take no scale.
void write_linear(Writer& writer, const Linear& linear, std::size_t labels) {
  std::vector<std::uint32_t> counts;
  std::vector<float> scales;
  for (std::size_t f = 0; f < linear.hashes.size(); ++f) {
    counts.push_back(linear.starts[f + 1] - linear.starts[f]);
    if (counts.back() > 0) scales.push_back(linear.scales[f]);
  }
  writer.value(linear.examples);
  writer.array(linear.hashes);
  writer.array(linear.weights);
  write_small(writer, counts, labels + 1);
  writer.array(scales);
  write_small(writer, linear.labels, labels);
  writer.array(linear.levels);
  writer.array(linear.bias);
  writer.array(linear.dense);
}

Linear read_linear(Reader& reader, std::size_t labels, std::uint32_t version) {
  Linear linear;
  linear.examples = reader.value<std::uint32_t>();
  linear.hashes = reader.array<std::uint32_t>();
  linear.weights = reader.array<float>();
  const std::vector<std::uint32_t> counts = read_small(reader, labels + 1);
  const std::vector<float> scales = reader.array<float>();
  linear.labels = read_small(reader, labels);
  linear.levels = reader.array<std::int8_t>();
  linear.bias = reader.array<float>();
  if (version > kWithoutVectors) linear.dense = reader.array<float>();
  const std::size_t features = linear.hashes.size();
  reader.require(linear.weights.size() == features && counts.size() == features && linear.bias.size() == labels &&
                     linear.levels.size() == linear.labels.size() && linear.dense.size() % labels == 0,
                 "sizes do not agree");
  for (std::size_t f = 1; f < features; ++f)
    reader.require(linear.hashes[f - 1] < linear.hashes[f], "features out of order");
  std::size_t used = 0;
  std::uint64_t postings = 0;
  linear.starts.push_back(0);
  for (const std::uint32_t count : counts) {
    postings += count;
    reader.require(postings <= linear.labels.size() && (count == 0 || used < scales.size()), "postings");
    linear.starts.push_back(static_cast<std::uint32_t>(postings));
    linear.scales.push_back(count == 0 ? 0 : scales[used++]);
  }
  reader.require(postings == linear.labels.size() && used == scales.size(), "postings");
  for (const std::uint32_t label : linear.labels) reader.require(label < labels, "a label's index");
  reader.require(all_within(linear.weights, 1e-6f, kLargest) && all_within(linear.scales, 0, kLargest) &&
                     all_within(linear.bias, -kLargest, kLargest) && all_within(linear.dense, -kLargest, kLargest),
                 "a number");
  linear.index();
  return linear;
}

}  // namespace

bool is_route_file(std::string_view bytes) { return bytes.starts_with(kMagic); }

std::string format_routes(const Routes& routes) {
  Writer writer;
  writer.value(static_cast<std::uint32_t>(routes.labels.size()));
  for (const std::string& label : routes.labels) writer.text(label);
  writer.value(routes.vectors_id);
  write_linear(writer, routes.linear, routes.labels.size());
  writer.value(routes.calibration.temperature);
  for (const float w : routes.calibration.scope) writer.value(w);
  writer.value(routes.thresholds.scope);
  writer.value(routes.thresholds.min);
  writer.value(routes.thresholds.margin);
  writer.value(static_cast<std::uint32_t>(routes.held_out.size()));
  for (const HeldOut& one : routes.held_out) {
    writer.value(one.best);
    writer.value(one.second);
    writer.value(one.scope);
    writer.value(static_cast<std::uint8_t>(one.right | one.in_scope << 1));
  }
  writer.value(static_cast<std::uint32_t>(routes.examples.size()));
  for (const Example& example : routes.examples) {
    writer.value(example.label);
    writer.text(example.text);
  }
  Header header{{}, kVersion, 0, writer.out.size(), XXH3_64bits(writer.out.data(), writer.out.size())};
  kMagic.copy(header.magic, sizeof header.magic);
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + writer.out;
}

Routes parse_routes(std::string_view bytes, const std::string& name) {
  Reader file(bytes, name);
  if (!is_route_file(bytes)) throw Error(Status::kModel, name + ": not a route file");
  const Header header = file.value<Header>();
  if (header.version < kWithoutVectors || header.version > kVersion || header.flags != 0)
    throw Error(Status::kModel, name + ": a route file of version " + std::to_string(header.version) +
                                    ", which this eve-route does not read; make it again with eve-route train");
  const std::string_view body = bytes.substr(sizeof header);
  file.require(header.size == body.size(), "its size");
  file.require(header.checksum == XXH3_64bits(body.data(), body.size()), "its checksum");

  Reader reader(body, name);
  Routes routes;
  routes.labels.resize(reader.count(sizeof(std::uint32_t)));
  reader.require(!routes.labels.empty(), "no labels");
  for (std::size_t i = 0; i < routes.labels.size(); ++i) {
    routes.labels[i] = reader.string();
    reader.require(!label_fault(routes.labels[i]) && routes.labels[i] != kOutOfScope, "a label");
    reader.require(i == 0 || routes.labels[i - 1] < routes.labels[i], "labels out of order");
  }
  if (header.version > kWithoutVectors) routes.vectors_id = reader.value<std::uint64_t>();
  routes.linear = read_linear(reader, routes.labels.size(), header.version);
  reader.require((routes.vectors_id == 0) == routes.linear.dense.empty(), "sizes do not agree");
  routes.calibration.temperature = reader.number(1e-3f, 1e3f);
  for (float& w : routes.calibration.scope) w = reader.number(-kLargest, kLargest);
  routes.thresholds.scope = reader.number(0, 1);
  routes.thresholds.min = reader.number(0, 1);
  routes.thresholds.margin = reader.number(0, 1);
  routes.held_out.resize(reader.count(3 * sizeof(float) + 1));
  for (HeldOut& one : routes.held_out) {
    one.best = reader.number(0, 1);
    one.second = reader.number(0, 1);
    one.scope = reader.number(0, 1);
    const std::uint8_t bits = reader.value<std::uint8_t>();
    reader.require(bits < 4, "a held-out message");
    one.right = bits & 1;
    one.in_scope = bits & 2;
  }
  routes.examples.resize(reader.count(2 * sizeof(std::uint32_t)));
  for (Example& example : routes.examples) {
    example.label = reader.value<std::uint32_t>();
    reader.require(example.label < routes.labels.size() || example.label == kNone, "an example");
    example.text = reader.string();
  }
  reader.require(reader.done(), "bytes behind its end");
  return routes;
}

}  // namespace eve::route
