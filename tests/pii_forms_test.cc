// SPDX-License-Identifier: Apache-2.0
// eve-pii: what the model reads, and what is remembered of it.
#include <bit>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/rng.h"
#include "fixtures.h"
#include "models.h"
#include "pii/canonical.h"
#include "pii/detect.h"
#include "pii/filter.h"
#include "pii/redact.h"
#include "pii/scan.h"
#include "pii/span_cache.h"

using namespace eve;
using namespace eve::pii;

namespace {

Canonical form_of(std::string_view text) { return Canonical(text, find_by_rule(text), find_tags(text, LabelSet())); }
std::string read_as(std::string_view text) { return form_of(text).text(); }

// Text of pieces that a form replaces or leaves.
std::string random_text(Rng& rng) {
  static constexpr std::string_view kPieces[] = {"Dec 10 06:55:46",
                                                 "Sun Dec 04 04:47:44 2005",
                                                 "0x14ed93111f20027",
                                                 "deadbeef01",
                                                 "5c0a7b6e-1d2f-4e3a-8b9c-0d1e2f3a4b5c",
                                                 "blk_38865049064139660",
                                                 "adsl-61-153-15-153",
                                                 "1.2.3.4.5",
                                                 "*****",
                                                 "10.1.2.3",
                                                 "a@b.example",
                                                 "[PERSON_1]",
                                                 "[EMAIL_x0123456789abcdef]",
                                                 "born 3 May 1980",
                                                 "1985",
                                                 "007",
                                                 "12345678901234567890",
                                                 "word",
                                                 "\xC3\xA9",
                                                 "\xFF",
                                                 " ",
                                                 "-",
                                                 ".",
                                                 ":",
                                                 "[",
                                                 "]",
                                                 "=",
                                                 "x"};
  std::string text;
  for (std::size_t i = rng.below(12); i > 0; --i) {
    text += rng.below(6) == 0 ? std::string(1, static_cast<char>(rng.below(256)))
                              : std::string(kPieces[rng.below(std::size(kPieces))]);
    if (rng.below(2) == 0) text += ' ';
  }
  return text;
}

std::string shipped_model() { return test::source("models/pico-pii.gguf"); }

// The same, its weights as a conversion packs them.
const std::string& packed_model() {
  static const test::TemporaryFolder folder;
  static const std::string path = [] {
    std::string file = folder / "packed.gguf";
    save_model(Model::open(shipped_model()).data(), DType::kQ8_0, file, false, Layout::kInterleaved);
    return file;
  }();
  return path;
}

// Logs, chats, letters: lines that share forms, and lines that do not.
std::vector<std::string> mixed_lines(std::size_t count) {
  static constexpr std::string_view kFrames[] = {
      "Dec 10 06:55:% LabSZ sshd[242%]: Failed password for invalid user test% from 10.0.%.4 port 5% ssh2",
      "[Sun Dec 04 04:47:% 2005] [notice] jk2_init() Found child 67% in scoreboard slot %",
      "081109 2036% 148 INFO dfs.DataNode: Receiving block blk_-%8904912 src: /10.25.%.16:5%",
      "Hi Joan, please call Marty Short back in room %, he was here at %:30",
      "Best regards, Dr. Anna-Lena Fischer, % Baker Street, London NW% 6XE",
      "<peter> did anna% tell you about the %th of May?",
      "{\"customer\":\"Nicarete Caputo\",\"mail\":\"n%@mail.example\",\"build\":\"v%.7.1\"}",
      "the quick brown fox jumps over % lazy dogs",
      "",
      "\xFF\xFE %",
      "Ana"};
  Rng rng(5);
  std::vector<std::string> lines;
  while (lines.size() < count) {
    std::string& line = lines.emplace_back();
    for (const char c : kFrames[rng.below(std::size(kFrames))])
      line += c == '%' ? std::to_string(10 + rng.below(90)) : std::string(1, c);
  }
  return lines;
}

std::vector<std::string> lines_of(const std::string& path, std::size_t most) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; lines.size() < most && std::getline(file, line);) lines.push_back(line);
  return lines;
}

struct Reader {
  LabelSet labels;
  std::vector<Action> actions;
  Detector detector;
  Filter filter;
  Reader(const std::string& model, std::size_t threads, std::size_t cache_bytes, Action action = Action::kTag)
      : actions(labels.size(), action),
        detector(settings(threads, cache_bytes), labels, Tagger(Model::open(model), threads)),
        filter(detector, labels, actions, "a key of sixteen") {}
  static Detector::Settings settings(std::size_t threads, std::size_t cache_bytes) {
    Detector::Settings settings;
    settings.threads = threads;
    settings.cache_bytes = cache_bytes;
    return settings;
  }
  std::vector<Spans> operator()(const std::vector<std::string>& lines, std::size_t batch) {
    std::vector<Spans> all;
    const std::vector<std::string_view> views(lines.begin(), lines.end());
    for (std::size_t i = 0; i < views.size(); i += batch)
      for (Spans& spans : filter.run(std::span(views).subspan(i, std::min(batch, views.size() - i))))
        all.push_back(std::move(spans));
    return all;
  }
};

// Every span in full; the bits of the scores count.
std::string printed(const std::vector<Spans>& all) {
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const Span& s : all[i])
      out += std::to_string(i) + ":" + std::to_string(s.start) + "-" + std::to_string(s.end) + " " +
             std::to_string(s.label) + " " + std::to_string(std::bit_cast<std::uint32_t>(s.score)) + "\n";
  return out;
}

}  // namespace

TEST_CASE("lines that differ in values alone read the same") {
  for (const auto& [one, other] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Dec 10 06:55:46 LabSZ sshd[24200]: Received disconnect from 52.80.34.196: 11: Bye",
            "Jan  3 11:02:00 LabSZ sshd[31077]: Received disconnect from 8.8.8.8: 14: Bye"},
           {"[Sun Dec 04 04:47:44 2005] [notice] child 6725", "[Mon Jan 02 23:00:00 2006] [notice] child 1234"},
           {"081109 203615 148 INFO block blk_38865049064139660 done",
            "081110 103840 917 INFO block blk_-6991853982611346 done"},
           {"jk2_init() slot 8", "jk2_init() slot 10"},
           {"host 1.22.333.4 and 1-2-3-4", "host 444.1.2.33 and 111-2-3-4"},
           {"session 0x14ed93111f20027 for a.b@c.example", "session 0x24ede63a5a70004 for someone@else.example"},
           {"id=5c0a7b6e-1d2f-4e3a-8b9c-0d1e2f3a4b5c rhost=adsl-61-153-15-153.example",
            "id=00000000-1d2f-4e3a-8b9c-0d1e2f3a4b5c rhost=adsl-6-15-1-1.example"},
           {"user=ann from 10.0.0.1", "user=robert.miller from 2001:db8::17"},
           {"sum d41d8cd98f00b204e9800998ecf8427e", "sum 1d9d01831f7633347c3a9f81"},
           {"key ******", "key *********"}})
    CHECK(read_as(one) == read_as(other));
}

TEST_CASE("what tells something about the text around it is read as it stands") {
  for (const char* text :
       {"Marty Short is the best", "thats not break dancinG!!!", "face, cafe and bead, add \xFF\xC3\xA9"})
    CHECK(read_as(text) == text);
  CHECK(read_as("in 1971 or 1999") == read_as("in 1985 or 1900"));
  CHECK(read_as("in 1971") != read_as("in 2011"));
  CHECK(read_as("no 12345") != read_as("no 1234"));
  CHECK(read_as("0171") != read_as("1710"));
}

TEST_CASE("a tag reads as the value it stands for") {
  LabelSet labels;
  const std::vector<Action> actions(labels.size(), Action::kTag);
  for (const char* text : {"mail a.b@c.example from 10.0.0.1", "card 4111 1111 1111 1111, born 3 May 1980",
                           "Dec 10 06:55:46 user=ann rhost=1.2.3.4", "DB_PASS=hunter2$x", "IMEI 490154203237518",
                           "at 41.40338, 2.17403", "call +1 415 555 2671"}) {
    Spans spans;
    for (const Finding& f : find_by_rule(text))
      spans.push_back({f.start, f.end, static_cast<std::uint16_t>(f.label), f.score, By::kRule});
    REQUIRE_FALSE(spans.empty());
    Redactor redactor({actions, {}, false, {}}, labels);
    CHECK(read_as(redactor.redact(text, spans)) == read_as(text));
  }
  CHECK(read_as("to [PERSON_17]") == read_as("to [PERSON_x0123456789abcdef]"));
}

TEST_CASE("every range of a form stands for a range of the record") {
  Rng rng(1);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = random_text(rng);
    const Canonical form = form_of(text);
    const std::size_t size = form.text().size();
    if (size == 0) {
      CHECK(text.empty());
      continue;
    }
    const Canonical::Range all = form.original(0, size);
    REQUIRE(all.start == 0);
    REQUIRE(all.end == text.size());
    std::size_t last = 0;
    for (std::size_t k = 0; k < size; ++k) {
      const auto [start, end] = form.original(k, k + 1);
      REQUIRE(start < end);
      REQUIRE(end <= text.size());
      REQUIRE((start == last || end == last || start + 1 == last));  // the next byte, or the same replaced value
      if (end - start == 1 && !is_digit(text[start])) REQUIRE(text[start] == form.text()[k]);
      last = end;
    }
    REQUIRE(last == text.size());
  }
}

TEST_CASE("a form read again is the same form") {
  Rng rng(2);
  for (const char* text :
       {"Dec 10 06:55:46 x[1]: 0x14ed93111f20027 12345678901234567890 adsl-61-153-15-153 deadbeef01"})
    CHECK(read_as(read_as(text)) == read_as(text));
}

TEST_CASE("the memory of what was read stays within its bound and forgets what is not asked for") {
  constexpr std::size_t kLimit = 64 << 10;
  SpanCache cache(kLimit);
  cache.add("always", {{0, 6, 1, 0.5f}});
  const std::string often = "often", big(kLimit / 16, 'x');
  for (int i = 0; i < 20000; ++i) {
    cache.add("line " + std::to_string(i), {{0, 4, 2, 1.0f}});
    REQUIRE(cache.bytes() <= kLimit);
    const auto* known = cache.find("always");
    REQUIRE(known != nullptr);
    REQUIRE(known->size() == 1);
    REQUIRE(known->front().end == 6);
  }
  CHECK(cache.find("line 0") == nullptr);
  REQUIRE(cache.find("line 19999") != nullptr);
  CHECK(cache.find("line 19999")->front().label == 2);
  cache.add(big, {});
  CHECK(cache.find(big) == nullptr);
  SpanCache none(0);
  none.add("x", {});
  CHECK(none.find("x") == nullptr);
}

TEST_CASE("spans have the same bits whatever is remembered, read together or shared among threads") {
  const test::TemporaryFolder folder;
  const std::string rows = folder / "rows.gguf";
  save_model(Model::open(shipped_model()).data(), DType::kQ8_0, rows, false, Layout::kRows);
  for (const std::string& model : {packed_model(), rows}) {
    const std::vector<std::string> lines = mixed_lines(model == rows ? 30 : 150);
    const std::string wanted = printed(Reader(model, 1, 0)(lines, 1));
    CHECK(wanted.size() > 300);
    for (const std::size_t threads : {1, 2})
      for (const std::size_t cache_bytes : {0, 4 << 10, 16 << 20})
        for (const std::size_t batch : {1, 7, 512}) {
          INFO(threads << " threads, " << cache_bytes << " bytes, " << batch << " lines a batch");
          Reader read(model, threads, cache_bytes);
          CHECK((printed(read(lines, batch)) == wanted));
          if (cache_bytes != 0 && batch == 7) CHECK((printed(read(lines, batch)) == wanted));  // remembered
        }
  }
}

TEST_CASE("real logs have the same spans whatever is remembered") {
  EVE_SHARED_OR_SKIP(folder, "suites/loghub");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".log") continue;
    const std::vector<std::string> lines = lines_of(entry.path(), 40);
    const std::string wanted = printed(Reader(packed_model(), 2, 0)(lines, 60));
    CHECK((printed(Reader(packed_model(), 2, 4 << 10)(lines, 9)) == wanted));
    CHECK((printed(Reader(packed_model(), 1, 16 << 20)(lines, 17)) == wanted));
  }
}

TEST_CASE("with the model too, a second run changes nothing") {
  std::vector<std::string> lines = mixed_lines(60);
  for (const char* path : {"suites/loghub/OpenSSH_2k.log", "suites/loghub/HDFS_2k.log", "suites/loghub/Linux_2k.log"})
    if (const std::string file = test::shared(path); !file.empty())
      for (std::string& line : lines_of(file, 100)) lines.push_back(std::move(line));
  for (const Action action : {Action::kTag, Action::kMask}) {
    Reader first(packed_model(), 2, 16 << 20, action), second(packed_model(), 2, 16 << 20, action);
    Redactor redactor({first.actions, "a key of sixteen", false, {}}, first.labels);
    const std::vector<Spans> spans = first(lines, 64);
    std::vector<std::string> masked;
    for (std::size_t i = 0; i < lines.size(); ++i) masked.push_back(redactor.redact(lines[i], spans[i]));
    const std::vector<Spans> again = second(masked, 64);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      INFO(printable(masked[i]));
      CHECK(again[i].empty());
    }
  }
}
