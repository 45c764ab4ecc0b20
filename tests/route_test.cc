// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "base/rng.h"
#include "eve/error.h"
#include "route/calibrate.h"
#include "route/dispatch.h"
#include "route/evaluate.h"
#include "route/explain.h"
#include "route/features.h"
#include "route/route_file.h"

using namespace eve;
using namespace eve::route;

namespace {

/// Labels with words of their own, and words that all share.
std::string made_examples(std::size_t labels, std::size_t each) {
  Rng rng(7);
  std::string text;
  for (std::size_t l = 0; l < labels; ++l)
    for (std::size_t i = 0; i < each; ++i) {
      text += "label" + std::to_string(l) + "\t";
      for (int w = 0; w < 3; ++w)
        text += "own" + std::string(1, static_cast<char>('a' + l)) + std::string(1 + rng.below(4), 'q') + " ";
      for (int w = 0; w < 3; ++w) text += "common" + std::string(1 + rng.below(6), 'z') + " ";
      text += "\n";
    }
  return text;
}

Routes made_routes(std::size_t labels = 6, std::size_t each = 8) {
  return train_routes(read_examples(made_examples(labels, each), "made"), {});
}

/// The checksum of a route file put right after a change.
void seal(std::string& bytes) {
  const std::uint64_t sum = XXH3_64bits(bytes.data() + 32, bytes.size() - 32), size = bytes.size() - 32;
  std::memcpy(&bytes[16], &size, 8);
  std::memcpy(&bytes[24], &sum, 8);
}

/// A file of word vectors.
std::string made_words(std::vector<std::pair<std::string, std::vector<std::int8_t>>> rows) {
  const auto key = [](const std::string& text) {
    return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
  };
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a.first) < key(b.first); });
  std::string keys, scales, levels;
  const auto append = [](std::string& to, auto value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  for (const auto& [text, row] : rows) {
    append(keys, key(text));
    append(scales, 0.5f);
    for (const std::int8_t level : row) append(levels, level);
  }
  const std::string body = keys + scales + levels;
  std::string out = "EVEWORDS";
  append(out, std::uint32_t{1});
  append(out, static_cast<std::uint32_t>(rows.at(0).second.size()));
  append(out, static_cast<std::uint32_t>(rows.size()));
  append(out, std::uint32_t{0});
  append(out, std::uint64_t{XXH3_64bits(body.data(), body.size())});
  return out + body;
}

const std::string kWords = made_words({{"money", {4, 0, 0}},
                                       {"cash", {4, 1, 0}},
                                       {"rain", {0, 4, 0}},
                                       {"snow", {0, 4, 1}},
                                       {"fall", {0, 0, 4}},
                                       {"##s", {0, 0, 3}},
                                       {"snow fall", {0, 3, -4}}});

}  // namespace

TEST_CASE("words are lower case, without apostrophes, numbers as zeros") {
  CHECK(words("Don’t  RESET my P.I.N., it's 12 or 123456!") ==
        std::vector<std::string>{"dont", "reset", "my", "p", "i", "n", "its", "00", "or", "0000"});
  CHECK(words("ÄRGER über Größe") == std::vector<std::string>{"ärger", "über", "größe"});
  CHECK(words("\xff\xfe?!").empty());
}

TEST_CASE("features are ascending, each once, and none for a text without words") {
  const std::vector<std::uint32_t> some = features("where is my card, where is my card");
  CHECK(std::is_sorted(some.begin(), some.end(), std::less_equal<>()));
  CHECK(!some.empty());
  CHECK(features("   ...").empty());
  CHECK(features("Where is my card?") == features("where is MY card"));
  CHECK(features("card my is where") != features("where is my card"));
}

TEST_CASE("a route file reads back as it was written") {
  const Routes routes = made_routes();
  const std::string bytes = format_routes(routes);
  CHECK(is_route_file(bytes));
  CHECK(format_routes(parse_routes(bytes, "made")) == bytes);
}

TEST_CASE("a route file that is cut, changed or made up is refused or read safely") {
  const std::string bytes = format_routes(made_routes(3, 3));
  for (std::size_t n = 0; n < bytes.size(); n += 97)
    CHECK_THROWS_AS(parse_routes(std::string_view(bytes).substr(0, n), "cut"), Error);
  for (std::size_t at = 0; at < bytes.size(); at += 61) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    CHECK_THROWS_AS(parse_routes(changed, "changed"), Error);
  }
  // With a checksum that fits, what can be read must also be usable.
  Rng rng(3);
  std::size_t read = 0, refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string changed = bytes;
    const std::size_t at = 32 + rng.below(changed.size() - 32);
    changed[at] = static_cast<char>(rng.next());
    if (i % 3 == 0) changed.resize(32 + rng.below(changed.size() - 32));
    seal(changed);
    try {
      const Routes routes = parse_routes(changed, "changed");
      Reading reading;
      routes.read("owna ownaq commonz", reading);
      const Decision decision = decide(reading, routes.calibration, routes.thresholds);
      CHECK(decision.ranked.size() == routes.labels.size());
      ++read;
    } catch (const Error& error) {
      CHECK(error.status() == Status::kModel);
      ++refused;
    }
  }
  CHECK(read > 0);
  CHECK(refused > 0);
}

TEST_CASE("a text's vector is the sum of its words, pairs and pieces, of length 1") {
  const Vectors vectors(kWords, "made");
  REQUIRE(vectors.dims() == 3);
  CHECK(vectors.embed("MONEY, money!") == std::vector<float>{1, 0, 0});
  CHECK(vectors.embed("moneys") == std::vector<float>{0.8f, 0, 0.6f});
  CHECK(vectors.embed("rain fall")[2] == Approx(std::sqrt(0.5)));
  const std::vector<float> pair = vectors.embed("snow fall");  // (0, 4, 1) + (0, 0, 4) + (0, 3, -4)
  CHECK(pair[1] == Approx(7 / std::sqrt(50.0)));
  CHECK(pair[2] == Approx(1 / std::sqrt(50.0)));
  CHECK(vectors.embed("xyzzy ... größe") == std::vector<float>{0, 0, 0});
  CHECK(vectors.embed(std::string(100000, 's')) == std::vector<float>{0, 0, 0});
}

TEST_CASE("word vectors that are cut or changed are refused") {
  for (std::size_t n = 0; n < kWords.size(); ++n)
    CHECK_THROWS_AS(Vectors(std::string_view(kWords).substr(0, n), "cut"), Error);
  for (std::size_t at = 0; at < kWords.size(); ++at) {
    std::string changed = kWords;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    CHECK_THROWS_AS(Vectors(changed, "changed"), Error);
  }
  // With a checksum that fits, what can be read must also be usable.
  Rng rng(3);
  std::size_t read = 0, refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string changed = kWords;
    changed[32 + rng.below(changed.size() - 32)] = static_cast<char>(rng.next());
    const std::uint64_t sum = XXH3_64bits(changed.data() + 32, changed.size() - 32);
    std::memcpy(&changed[24], &sum, 8);
    try {
      for (const float x : Vectors(changed, "changed").embed("snow falls moneys")) CHECK(std::isfinite(x));
      ++read;
    } catch (const Error& error) {
      CHECK(error.status() == Status::kModel);
      ++refused;
    }
  }
  CHECK(read > 0);
  CHECK(refused > 0);
}

TEST_CASE("with word vectors a word that no example has finds the label it is near to") {
  TrainOptions options;
  options.vectors = std::make_shared<Vectors>(kWords, "made");
  const Routes routes = train_routes(read_examples("pay\tmoney\npay\tmoney money\nweather\train\n", "made"), options);
  Reading reading;
  for (const auto& [message, label] : {std::pair{"cash", 0u}, {"snow", 1u}}) {
    routes.read(message, reading);
    CHECK(decide(reading, routes.calibration, routes.thresholds).ranked[0].label == label);
  }
  const std::string bytes = format_routes(routes);
  const Routes again = parse_routes(bytes, "made");
  CHECK(again.vectors_id == options.vectors->checksum());
  CHECK(again.linear.dense == routes.linear.dense);
  CHECK(format_routes(again) == bytes);
}

TEST_CASE("a label's name is one of its examples, in whatever letters") {
  const Routes routes = train_routes(
      read_examples("getWeather\tis it cold\nget_weather_map\tshow it\norder-taxi\ta car please\n", "made"), {});
  Reading reading;
  for (const auto& [message, label] : {std::pair{"weather", 0u}, {"a map", 1u}, {"taxi", 2u}}) {
    routes.read(message, reading);
    CHECK(decide(reading, routes.calibration, routes.thresholds).ranked[0].label == label);
  }
  CHECK(routes.linear.examples == 6);
}

TEST_CASE("labels of any characters, prefixes of each other and without words are each found") {
  const std::vector<std::string> labels = {"$(reboot)",
                                           "a",
                                           "a b",
                                           "a/b",
                                           "\xF0\x9F\x9A\x80",
                                           "--help",
                                           "NULL",
                                           "%s%n",
                                           "\xC3\xA4",
                                           "../../etc/passwd",
                                           "'; DROP TABLE labels; --"};
  std::string lines;
  for (std::size_t l = 0; l < labels.size(); ++l)
    for (const char* word : {"first", "second", "third"})
      lines += labels[l] + "\tthing" + std::string(1, static_cast<char>('k' + l)) + " " + word + "\n";
  const Routes routes = train_routes(read_examples(lines, "made"), {});
  REQUIRE(routes.labels.size() == labels.size());
  CHECK(parse_routes(format_routes(routes), "made").labels == routes.labels);
  Reading reading;
  for (std::size_t l = 0; l < labels.size(); ++l) {
    routes.read("thing" + std::string(1, static_cast<char>('k' + l)), reading);
    const Decision decision = decide(reading, routes.calibration, routes.thresholds);
    CHECK(routes.labels[decision.ranked[0].label] == labels[l]);
  }
}

TEST_CASE("labels are told apart by their words, whatever the order of the lines") {
  const Routes routes = made_routes();
  Reading reading;
  for (std::size_t l = 0; l < 6; ++l) {
    routes.read("own" + std::string(1, static_cast<char>('a' + l)) + "q commonz", reading);
    const Decision decision = decide(reading, routes.calibration, routes.thresholds);
    CHECK(routes.labels[decision.ranked[0].label] == "label" + std::to_string(l));
    float sum = 0;
    for (const Candidate& one : decision.ranked) sum += one.probability;
    CHECK(sum == Approx(1));
  }
}

TEST_CASE("among allowed labels only, probabilities sum to one") {
  const Routes routes = made_routes();
  Reading reading;
  routes.read("ownaq", reading);
  const Decision decision = decide(reading, routes.calibration, routes.thresholds, {2, 4});
  REQUIRE(decision.ranked.size() == 2);
  CHECK(decision.ranked[0].probability + decision.ranked[1].probability == Approx(1));
  CHECK(decision.ranked[0].label % 2 == 0);
}

TEST_CASE("the temperature makes mean confidence what is right") {
  Rng rng(5);
  std::vector<HeldReading> held;
  for (int i = 0; i < 4000; ++i) {
    // Logits four times too large for a truth that is drawn with probability 0.8.
    HeldReading one;
    const std::uint32_t best = static_cast<std::uint32_t>(rng.below(2));
    one.reading.scores = {0, 0};
    one.reading.scores[best] = 4 * std::log(4.0f);
    one.reading.known = 1;
    one.truth = rng.uniform() < 0.8 ? best : 1 - best;
    held.push_back(std::move(one));
  }
  CHECK(fit_calibration(held).temperature == Approx(4).epsilon(0.1));
}

TEST_CASE("few examples that all come out right make nobody sure") {
  std::vector<HeldReading> held(10);
  for (std::uint32_t i = 0; i < held.size(); ++i) {
    held[i].reading.scores = {0, 0};
    held[i].reading.scores[i % 2] = 4;
    held[i].reading.known = 1;
    held[i].truth = i % 2;
  }
  const Calibration calibration = fit_calibration(held);
  // Eleven of twelve, and one in two of the twelfth.
  CHECK(decide({{4, 0}, 1}, calibration, {}).ranked[0].probability == Approx(11.5 / 12).epsilon(0.01));
}

TEST_CASE("scope rises with what tells messages of the labels from others") {
  Rng rng(6);
  std::vector<HeldReading> held;
  for (int i = 0; i < 1000; ++i) {
    HeldReading one;
    const bool inside = i % 2;
    const float sure = static_cast<float>(inside ? 4 + rng.normal() : 1 + rng.normal());
    one.reading.scores = {sure, 0, 0};
    one.reading.known = inside ? 0.9f : 0.4f;
    one.truth = inside ? 0 : kNone;
    held.push_back(one);
  }
  const Calibration calibration = fit_calibration(held);
  const Decision in = decide({{5, 0, 0}, 0.9f}, calibration, {}), out = decide({{0.5f, 0, 0}, 0.4f}, calibration, {});
  CHECK(in.scope > 0.9);
  CHECK(out.scope < 0.1);
  CHECK(out.outcome == Outcome::kOutOfScope);
}

TEST_CASE("the threshold for a precision is the lowest that keeps it") {
  std::vector<HeldOut> held;
  for (int i = 0; i < 100; ++i) held.push_back({1 - static_cast<float>(i) / 100, 0, 1, i != 50 && i < 90, true});
  const auto chosen = choose_min(held, {0.5f, 0, 0}, 0.97);
  REQUIRE(chosen);
  CHECK(chosen->routed == 91);  // 89 of 91 are right, 89 of 92 would be too few
  CHECK(chosen->right == 89);
  CHECK(choose_min(held, {0.5f, 0, 0}, 0.5)->min == 0);
  CHECK(choose_min({}, {}, 0.5) == std::nullopt);
  for (HeldOut& one : held) one.right = false;
  CHECK(choose_min(held, {0.5f, 0, 0}, 0.5) == std::nullopt);
}

TEST_CASE("scores count what they say") {
  const auto judged = [](std::uint32_t truth, std::uint32_t best, float p, float scope, Outcome outcome) {
    return Judged{truth, best, {p, 0, scope, truth == best, truth != kNone}, outcome};
  };
  const std::vector<Judged> all = {
      judged(0, 0, 1, 0.9f, Outcome::kRoute),        judged(0, 1, 0.5f, 0.8f, Outcome::kRoute),
      judged(1, 1, 0.5f, 0.7f, Outcome::kAmbiguous), judged(1, 1, 1, 0.2f, Outcome::kOutOfScope),
      judged(kNone, 0, 0.5f, 0.3f, Outcome::kRoute), judged(kNone, 0, 0.5f, 0.1f, Outcome::kOutOfScope),
  };
  const Scores s = score(all, 3);
  CHECK(s.messages == 6);
  CHECK(s.accuracy == Approx(0.75));
  CHECK(s.macro_f1 == Approx((2.0 / 3 + 0.8) / 2));
  CHECK(s.calibration_error == Approx(0));
  CHECK(s.routed == 3);
  CHECK(s.routed_right == 1);
  CHECK(s.refused == 1);
  CHECK(s.outside_found == 1);
  CHECK(s.outside_stopped == 1);
  CHECK(s.scope_auroc == Approx(7.0 / 8));
  REQUIRE(s.confusions.size() == 1);
  CHECK(s.confusions[0].truth == 0);
  CHECK(s.confusions[0].answer == 1);
}

TEST_CASE("the nearest example of an example is itself") {
  const Routes routes = made_routes();
  const Explainer explainer(routes);
  for (std::size_t e = 0; e < routes.examples.size(); e += 7) {
    const Example& example = routes.examples[e];
    const std::vector<Neighbour> nearest = explainer.nearest(example.text, example.label, 3);
    REQUIRE(nearest.size() == 3);
    CHECK(nearest[0].similarity == Approx(1));
    CHECK(nearest[1].similarity <= nearest[0].similarity);
    CHECK(routes.examples[nearest[0].example].label == example.label);
  }
}

TEST_CASE("the nearest example is one that means the same, of the label first") {
  TrainOptions options;
  options.vectors = std::make_shared<Vectors>(kWords, "made");
  const Routes routes = train_routes(read_examples("pay\tmoney\npay\tthe price\nweather\tthe rain\n", "made"), options);
  const Explainer explainer(routes);
  const auto texts = [&](const char* message, std::uint32_t label) {
    std::vector<std::string> out;
    for (const Neighbour& one : explainer.nearest(message, label, 3)) out.push_back(routes.examples[one.example].text);
    return out;
  };
  CHECK(texts("the cash", 0)[0] == "money");
  CHECK(texts("the cash", 1)[0] == "the rain");
  CHECK(texts("the snow", 1) == std::vector<std::string>{"the rain", "the price"});
}

TEST_CASE("a text under two labels is kept and counted, a repeated line is not kept") {
  const Examples examples = read_examples("b\tsame\na\tsame\na\tsame\r\n\n# a remark\na\tother\n", "made");
  CHECK(examples.labels == std::vector<std::string>{"a", "b"});
  CHECK(examples.rows.size() == 3);
  CHECK(examples.repeated == 1);
  CHECK(examples.contradicting == 1);
}

TEST_CASE("a command line is words, quotes and backslashes, nothing else") {
  using Words = std::vector<std::string>;
  CHECK(command_words("a  b\tc") == Words{"a", "b", "c"});
  CHECK(command_words("a 'b c' \"d 'e\" ''") == Words{"a", "b c", "d 'e", ""});
  CHECK(command_words("a\\ b \"c\\\"d\" '\\'") == Words{"a b", "c\"d", "\\"});
  CHECK(command_words("echo $HOME *;|& `x`") == Words{"echo", "$HOME", "*;|&", "`x`"});
  CHECK_THROWS_AS(command_words("a 'b"), Error);
  CHECK_THROWS_AS(command_words("  "), Error);
}

TEST_CASE("a command gets the whole message, whatever it reads or writes") {
  const std::string message(300000, 'x');
  std::string out;
  CHECK(run_command({"cat"}, message, out) == 0);
  CHECK(out == message + "\n");
  out.clear();
  CHECK(run_command({"true"}, message, out) == 0);
  CHECK(out.empty());
  CHECK(run_command({"sh", "-c", "exit 7"}, "x", out) == 7);
  CHECK(run_command({"no-such-program-at-all"}, "x", out) == 127);
}
