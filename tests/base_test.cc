// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <thread>
#include <vector>

#include "base/io.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/threads.h"
#include "base/utf8.h"
#include "fixtures.h"

using namespace eve;
namespace fs = std::filesystem;

namespace {

/// A directory of its own for one test, removed afterwards.
struct Scratch {
  fs::path path;
  Scratch() {
    std::string name = (fs::temp_directory_path() / "eve-base-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Scratch() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

std::string slurp(const std::string& path) { return read_file(path, 1 << 30); }

Status status_of(const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.status();
  }
  return Status::kOk;
}

bool accepts(std::string_view text) {
  simdjson::dom::parser parser;
  return status_of([&] { parse_json(parser, text, "test"); }) == Status::kOk;
}

std::string write_json(const std::function<void(JsonWriter&)>& fn) {
  std::string out;
  JsonWriter writer(out);
  fn(writer);
  return out;
}

}  // namespace

TEST_CASE("an atomic file has the permissions that it is given, or those of the file before") {
  Scratch dir;
  const std::string path = dir / "file";
  std::ofstream(path) << "old";
  const auto mode = [&] {
    struct stat status;
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
  };
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  AtomicFile(path).commit();
  CHECK(mode() == 0640);
  AtomicFile(path, 0600).commit();
  CHECK(mode() == 0600);
}

TEST_CASE("an atomic file that is not committed leaves nothing behind and the old file intact") {
  Scratch dir;
  const std::string path = dir / "file";
  std::ofstream(path) << "old";
  {
    AtomicFile file(path);
    file.write(std::string(1 << 20, 'x'));
  }
  CHECK(dir.files() == 1);
  CHECK(slurp(path) == "old");
}

TEST_CASE("a committed atomic file replaces the old one whole and keeps its permissions") {
  Scratch dir;
  const std::string path = dir / "file";
  std::ofstream(path) << "old";
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  const std::string content(600'001, 'y');
  AtomicFile file(path);
  file.write(std::string_view(content).substr(0, 7));
  file.write(std::string_view(content).substr(7));
  CHECK(file.size() == content.size());
  CHECK(slurp(path) == "old");
  file.commit();
  CHECK(slurp(path) == content);
  CHECK(dir.files() == 1);
  struct stat status;
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("a new atomic file has the permissions that the umask asks for") {
  Scratch dir;
  const mode_t old = umask(027);
  AtomicFile file(dir / "new");
  file.commit();
  umask(old);
  struct stat status;
  REQUIRE(stat((dir / "new").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("an atomic file writes through a symbolic link and into a device in place") {
  Scratch dir;
  std::ofstream(dir / "target") << "old";
  fs::create_symlink("target", dir / "link");
  AtomicFile file(dir / "link");
  file.write("new");
  file.commit();
  CHECK(fs::is_symlink(dir / "link"));
  CHECK(slurp(dir / "target") == "new");

  AtomicFile null("/dev/null");
  null.write("gone");
  null.commit();
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a full disk and a missing directory are system errors") {
  CHECK(status_of([] {
          AtomicFile file("/dev/full");
          file.write("x");
          file.commit();
        }) == Status::kSystem);
  CHECK(status_of([] { AtomicFile file("/nonexistent/file"); }) == Status::kSystem);
  CHECK(status_of([] { AtomicFile file("/tmp"); }) == Status::kSystem);
}

TEST_CASE("a write goes through short writes and a signal without losing a byte") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  struct sigaction action = {}, old;
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, &old);
  std::string data(3'000'000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 7 + i / 251);
  std::string got;
  const pthread_t writer = pthread_self();
  std::thread reader([&] {
    std::string chunk(4093, '\0');
    for (ssize_t n; (n = read(ends[0], chunk.data(), chunk.size())) > 0;) {
      got.append(chunk, 0, static_cast<std::size_t>(n));
      if (got.size() < data.size() - 200'000) pthread_kill(writer, SIGUSR1);
    }
  });
  write_all(ends[1], data);
  close(ends[1]);
  reader.join();
  close(ends[0]);
  sigaction(SIGUSR1, &old, nullptr);
  CHECK(got == data);
}

TEST_CASE("a file over the limit or missing is bad input, one at the limit is read") {
  Scratch dir;
  std::ofstream(dir / "file") << "12345";
  CHECK(read_file(dir / "file", 5) == "12345");
  CHECK(status_of([&] { read_file(dir / "file", 4); }) == Status::kInput);
  CHECK(status_of([&] { read_file(dir / "none", 4); }) == Status::kInput);
  CHECK(status_of([&] { read_file(dir / ".", 4); }) == Status::kInput);
}

TEST_CASE("a mapped file shows the file's bytes, an empty one none, and a missing one has the status asked for") {
  Scratch dir;
  std::ofstream(dir / "file") << "bytes";
  MappedFile file(dir / "file");
  CHECK(std::string(file.bytes().begin(), file.bytes().end()) == "bytes");
  MappedFile moved(std::move(file));
  CHECK(moved.bytes().size() == 5);
  std::ofstream(dir / "empty");
  CHECK(MappedFile(dir / "empty").bytes().empty());
  CHECK(status_of([&] { MappedFile(dir / "none"); }) == Status::kModel);
  CHECK(status_of([&] { MappedFile(dir / "none", Status::kInput); }) == Status::kInput);
  CHECK(status_of([&] { MappedFile(dir / "."); }) == Status::kModel);
}

TEST_CASE("messages show no control character raw") {
  CHECK(printable("plain \xC3\xA9 \xE2\x82\xAC") == "plain \xC3\xA9 \xE2\x82\xAC");
  CHECK(printable("\x1b[31m\n\x7f") == "\\x1b[31m\\x0a\\x7f");
  CHECK(printable("\xC2\x9B\xE2\x80\xAE\xF3\xA0\x81\x81") == "\\u{9b}\\u{202e}\\u{e0041}");
  CHECK(printable("\xFF\xC3") == "\\xff\\xc3");
}

TEST_CASE("UTF-8 is accepted exactly as RFC 3629 defines it") {
  // Every scalar value round-trips, and every other sequence of up to four bytes built from the boundary bytes is
  // refused.
  for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    const CodePoint point = utf8_at(text, 0);
    if (point.value != c || point.bytes != text.size()) FAIL("code point " << c);
  }
  const auto oracle = [](std::string_view s) -> std::size_t {  // the table of RFC 3629, section 4, as it stands there
    const auto in = [&](std::size_t i, int low, int high) {
      return i < s.size() && static_cast<std::uint8_t>(s[i]) >= low && static_cast<std::uint8_t>(s[i]) <= high;
    };
    const auto tail = [&](std::size_t i) { return in(i, 0x80, 0xBF); };
    if (in(0, 0x00, 0x7F)) return 1;
    if (in(0, 0xC2, 0xDF) && tail(1)) return 2;
    if ((in(0, 0xE0, 0xE0) && in(1, 0xA0, 0xBF) && tail(2)) || (in(0, 0xE1, 0xEC) && tail(1) && tail(2)) ||
        (in(0, 0xED, 0xED) && in(1, 0x80, 0x9F) && tail(2)) || (in(0, 0xEE, 0xEF) && tail(1) && tail(2)))
      return 3;
    if ((in(0, 0xF0, 0xF0) && in(1, 0x90, 0xBF) && tail(2) && tail(3)) ||
        (in(0, 0xF1, 0xF3) && tail(1) && tail(2) && tail(3)) ||
        (in(0, 0xF4, 0xF4) && in(1, 0x80, 0x8F) && tail(2) && tail(3)))
      return 4;
    return 0;
  };
  const int edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2,
                       0xDF, 0xE0, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0xFF};
  std::size_t wrong = 0;
  for (int a = 0; a < 256; ++a)
    for (int b : edges)
      for (int c : edges)
        for (int d : edges)
          for (std::size_t length = 1; length <= 4; ++length) {
            const char bytes[] = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                                  static_cast<char>(d)};
            const std::string_view text(bytes, length);
            const CodePoint point = utf8_at(text, 0);
            const std::size_t want = oracle(text);
            wrong += want ? point.bytes != want || point.value == CodePoint::kInvalid
                          : point.value != CodePoint::kInvalid || point.bytes != 1;
          }
  CHECK(wrong == 0);
  CHECK(utf8_error("ab\xC3\xA9") == std::string_view::npos);
  CHECK(utf8_error("ab\xC3") == 2);
  CHECK(utf8_error("\xED\xA0\x80") == 0);
}

TEST_CASE("a complete prefix ends before a sequence that may still become valid, and only there") {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (std::size_t size = 0; size <= text.size(); ++size)
    CHECK(utf8_complete_prefix(text.substr(0, size)) == ends[size]);
  CHECK(utf8_complete_prefix("\xED\xA0") == 2);  // can never become valid
  CHECK(utf8_complete_prefix("\x80") == 1);
  CHECK(utf8_complete_prefix("\xC3\x28") == 2);
}

TEST_CASE("what the JSON writer writes parses back equal") {
  std::string every;  // all of C0, quotes, DEL, C1, bidi, tags, astral
  for (std::uint32_t c :
       {0x22u, 0x5Cu, 0x2Fu, 0x7Fu, 0x85u, 0xE9u, 0x2028u, 0x202Eu, 0xFEFFu, 0xFFFFu, 0x1F600u, 0xE0041u, 0x10FFFFu})
    append_utf8(every, c);
  for (char c = 0; c < 0x20; ++c) every += c;
  const std::string out = write_json([&](JsonWriter& json) {
    json.begin_object().member("text", every).member(every, true).key("list").begin_array();
    json.value(1).value(std::int64_t{INT64_MIN}).value(std::uint64_t{UINT64_MAX}).null().begin_array().end_array();
    json.begin_object().end_object().value(false).end_array().member("last", "x").end_object();
  });
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parse_json(parser, out, "test");
  CHECK(std::string(std::string_view(root["text"])) == every);
  CHECK(bool(root.at_key(every)));
  const simdjson::dom::array list = root["list"];
  CHECK(list.size() == 7);
  CHECK(std::int64_t(list.at(1)) == INT64_MIN);
  CHECK(std::uint64_t(list.at(2)) == UINT64_MAX);
  for (char c : out) CHECK(static_cast<std::uint8_t>(c) >= 0x20);
  CHECK(out.find("\xC2\x85") == std::string::npos);
}

TEST_CASE("JSON numbers are written shortest and read back equal") {
  const auto number = [](auto v) { return write_json([&](JsonWriter& json) { json.value(v); }); };
  CHECK(number(0.1) == "0.1");
  CHECK(number(0.1f) == "0.1");
  CHECK(number(1e21) == "1e+21");
  CHECK(number(std::nan("")) == "null");
  CHECK(number(-std::numeric_limits<double>::infinity()) == "null");
  Rng rng(1);
  simdjson::dom::parser parser;
  for (int i = 0; i < 2000; ++i) {
    const double v = std::bit_cast<double>(rng.next());
    if (!std::isfinite(v)) continue;
    const std::string text = number(v);
    CHECK(double(parse_json(parser, text, "test")) == v);
  }
}

TEST_CASE("invalid UTF-8 is written as the replacement character, and refused when read") {
  CHECK(write_json([](JsonWriter& json) { json.value("a\xFFz"); }) == "\"a\xEF\xBF\xBDz\"");
  CHECK_FALSE(accepts("\"a\xFFz\""));
}

TEST_CASE("JSON is read to 64 levels and refused beyond, by one reused parser too") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(accepts(nested(64)));
  CHECK_FALSE(accepts(nested(65)));
  CHECK_FALSE(accepts(std::string(100'000, '[')));
  simdjson::dom::parser parser;
  parse_json(parser, "1", "test");
  const std::string long_document = nested(65) + std::string(100'000, ' ');
  CHECK(status_of([&] { parse_json(parser, long_document, "test", Status::kModel); }) == Status::kModel);
}

TEST_CASE("a JSON error names the place and not the text") {
  simdjson::dom::parser parser;
  try {
    parse_json(parser, "{\"secret\": tru}", "line 7");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).rfind("line 7: ", 0) == 0);
    CHECK(std::string(error.what()).find("secret") == std::string::npos);
  }
}

TEST_CASE("JSONTestSuite: every y_ file is accepted and every n_ file refused") {
  EVE_SHARED_OR_SKIP(readme, "suites/README.md");
  std::size_t yes = 0, no = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(readme).parent_path() / "jsontestsuite")) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
    const bool accepted = accepts(slurp(entry.path().string()));
    INFO(name);
    const bool valid = name.rfind("y_", 0) == 0;
    if (!valid && name.rfind("n_", 0) != 0) continue;  // either, but no crash
    CHECK(accepted == valid);
    ++(valid ? yes : no);
  }
  CHECK(yes == 95);
  CHECK(no == 188);
}

TEST_CASE("random numbers are the published sequence and equal for equal seeds") {
  Rng zero(0);
  CHECK(zero.state()[0] == 0xE220A8397B1DCDAF);  // splitmix64's first output for seed 0
  Rng known(0);
  known.set_state({1, 2, 3, 4});
  CHECK(known.next() == 11520);  // xoshiro256** from the state 1, 2, 3, 4
  CHECK(known.next() == 0);
  CHECK(known.next() == 1509978240);
  Rng a(42), b(42);
  for (int i = 0; i < 100; ++i) CHECK(a.next() == b.next());
  Rng resumed(0);
  resumed.set_state(a.state());
  CHECK(resumed.next() == a.next());
}

TEST_CASE("uniform, normal and bounded random numbers have the moments they should") {
  Rng rng(3);
  constexpr int kCount = 200'000;
  double sum = 0, squares = 0, uniform = 0;
  std::vector<int> counts(7);
  for (int i = 0; i < kCount; ++i) {
    const double x = rng.normal(), u = rng.uniform();
    sum += x, squares += x * x, uniform += u;
    REQUIRE((u >= 0 && u < 1));
    ++counts.at(rng.below(7));
  }
  CHECK(std::abs(sum / kCount) < 0.01);
  CHECK(std::abs(squares / kCount - 1) < 0.02);
  CHECK(std::abs(uniform / kCount - 0.5) < 0.005);
  for (int count : counts) CHECK(std::abs(count - kCount / 7.0) < 1000);
}

TEST_CASE("a parallel loop covers its range exactly once, in multiples of the grain, the same way each time") {
  for (std::size_t count : {1, 2, 3, 8}) {
    Threads threads(count);
    CHECK(threads.count() == count);
    for (std::size_t n : {0, 1, 7, 64, 1000}) {
      for (std::size_t grain : {0, 1, 3, 64, 5000}) {
        std::vector<std::pair<std::size_t, std::size_t>> first;
        for (int repeat = 0; repeat < 2; ++repeat) {
          std::vector<std::atomic<int>> hits(n);
          std::vector<std::pair<std::size_t, std::size_t>> ranges(count);
          std::atomic<std::size_t> calls{0};
          threads.parallel_for(n, grain, [&](std::size_t begin, std::size_t end) {
            ranges.at(calls++) = {begin, end};
            for (std::size_t i = begin; i < end; ++i) ++hits[i];
          });
          for (const auto& hit : hits) REQUIRE(hit == 1);
          std::sort(ranges.begin(), ranges.end());
          for (const auto& [begin, end] : ranges)
            REQUIRE((begin == end || grain == 0 || (begin % grain == 0 && (end % grain == 0 || end == n))));
          if (repeat) REQUIRE(ranges == first);
          first = ranges;
        }
      }
    }
  }
}

TEST_CASE("an exception in a parallel loop reaches the caller and the pool goes on working") {
  Threads threads(4);
  for (int repeat = 0; repeat < 50; ++repeat) {
    CHECK(status_of([&] {
            threads.parallel_for(4, 1, [](std::size_t begin, std::size_t) {
              if (begin >= 2) throw Error(begin == 2 ? Status::kModel : Status::kInput, "test");
            });
          }) == Status::kModel);  // the exception of the lowest range, whoever was first
    std::atomic<std::size_t> sum{0};
    threads.parallel_for(1000, 1, [&](std::size_t begin, std::size_t end) { sum += end - begin; });
    CHECK(sum == 1000);
  }
}

TEST_CASE("a pool answers after it has slept") {
  Threads threads(3);
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::atomic<int> calls{0};
    threads.parallel_for(3, 1, [&](std::size_t, std::size_t) { ++calls; });
    CHECK(calls == 3);
  }
}

TEST_CASE("by default a pool has as many threads as the process may use CPUs, at most 16") {
  cpu_set_t set;
  REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
  CHECK(Threads().count() == static_cast<std::size_t>(std::min(16, CPU_COUNT(&set))));
}
