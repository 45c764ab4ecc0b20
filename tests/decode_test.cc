// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "base/utf8.h"
#include "decode/automaton.h"
#include "decode/constraint.h"
#include "decode/sampler.h"
#include "decode/viterbi.h"
#include "eve/eve.h"
#include "fixtures.h"
#include "model/model.h"
#include "random_model.h"

using namespace eve;

namespace {

using eve::test::RandomModel;

bool legal(const std::vector<std::size_t>& tags) {
  std::size_t open = 0;  // label + 1 of a run that is not closed
  for (const std::size_t tag : tags) {
    const std::size_t label = tag == 0 ? 0 : (tag - 1) / 4 + 1, part = tag == 0 ? 9 : (tag - 1) % 4;
    const bool inside = part == 1 || part == 2;
    if (inside != (open != 0) || (inside && label != open)) return false;
    open = part == 0 || part == 1 ? label : 0;
  }
  return open == 0;
}

}  // namespace

TEST_CASE("Viterbi finds the best legal tag sequence") {
  const TagScheme scheme(bioes_tags({"A", "B"}), "test");
  Rng rng(1);
  for (std::size_t tokens = 0; tokens <= 4; ++tokens)
    for (int trial = 0; trial < 15; ++trial) {
      std::vector<float> scores(tokens * 9);
      for (float& s : scores) s = static_cast<float>(rng.normal());
      double best = -1e9;
      std::vector<std::size_t> tags(tokens);
      const auto count = static_cast<std::size_t>(std::pow(9, tokens));
      for (std::size_t code = 0; code < count; ++code) {
        double sum = 0;
        for (std::size_t t = 0, rest = code; t < tokens; ++t, rest /= 9)
          sum += static_cast<double>(scores[t * 9 + (tags[t] = rest % 9)]);
        if (sum > best && legal(tags)) best = sum;
      }
      std::fill(tags.begin(), tags.end(), 0);
      for (const TagScheme::Run& run : scheme.best(scores))
        for (std::size_t t = run.first; t <= run.last; ++t)
          tags[t] = 1 + 4 * run.label + (run.first == run.last ? 3u : t == run.first ? 0u : t == run.last ? 2u : 1u);
      CHECK(legal(tags));
      double found = 0;
      for (std::size_t t = 0; t < tokens; ++t) found += static_cast<double>(scores[t * 9 + tags[t]]);
      CHECK(found == Approx(tokens ? best : 0).margin(1e-5));
    }
}

TEST_CASE("labels that are not BIOES tags are refused") {
  CHECK_THROWS_AS(TagScheme({"O", "B-A", "I-A", "E-A"}, "x"), Error);
  CHECK_THROWS_AS(TagScheme({"O", "B-A", "I-B", "E-A", "S-A"}, "x"), Error);
  CHECK_THROWS_AS(TagScheme({"B-A", "I-A", "E-A", "S-A", "O"}, "x"), Error);
  CHECK_THROWS_AS(TagScheme({}, "x"), Error);
}

TEST_CASE("a text is tagged the same alone and among others, whatever its bytes and length") {
  const RandomModel file(Head::kTag);
  Tagger tagger(Model::open(file.path), 2);
  std::vector<std::string> texts = {"", " ", "one", "two words\nand a line",
                                    std::string("\0\xff\xfe nul and bad\xc3", 17)};
  Rng rng(2);
  for (const std::size_t length : {50, 700, 5000}) {
    std::string text;
    while (text.size() < length)
      text += rng.below(6) == 0 ? ' ' : static_cast<char>(rng.below(2) ? 'a' + rng.below(26) : rng.below(256));
    texts.push_back(text);
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto together = tagger.tag(views);
  std::size_t found = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto alone = tagger.tag(std::span(&views[i], 1))[0];
    REQUIRE(alone.size() == together[i].size());
    std::size_t last = 0;
    for (std::size_t s = 0; s < alone.size(); ++s) {
      const TaggedSpan &a = alone[s], &b = together[i][s];
      CHECK((a.start == b.start && a.end == b.end && a.label == b.label));
      REQUIRE((a.start >= last && a.start < a.end && a.end <= texts[i].size()));
      CHECK(std::string_view(" \t\r\n").find(texts[i][a.start]) == std::string_view::npos);
      CHECK(std::string_view(" \t\r\n").find(texts[i][a.end - 1]) == std::string_view::npos);
      CHECK((a.score > 0 && a.score <= 1.0001f));
      last = a.end;
      ++found;
    }
  }
  CHECK(found > 20);  // random weights do tag, in the long text beyond its first window too
  CHECK(together.back().back().start > 4000);
}

TEST_CASE("a model without the needed head is refused") {
  const RandomModel tag(Head::kTag), lm(Head::kLm);
  CHECK_THROWS_AS(Tagger(Model::open(lm.path)), Error);
  CHECK_THROWS_AS(Generator(Model::open(tag.path)), Error);
  CHECK_THROWS_WITH(Model::open(lm.path, "sql"), Catch::Contains("not 'sql'"));
}

TEST_CASE("greedy text is the same each time, sampled text depends on the seed alone") {
  const RandomModel file(Head::kLm);
  Generator generator(Model::open(file.path), 1), other(Model::open(file.path), 2);
  GenerateOptions options;
  options.max_tokens = 30;
  CHECK(generator.generate("The Licence", options).tokens == other.generate("The Licence", options).tokens);
  options.temperature = 2.0f;
  options.seed = 5;
  const auto sampled = generator.generate("The Licence", options).tokens;
  CHECK(sampled == other.generate("The Licence", options).tokens);
  options.seed = 6;
  CHECK(sampled != generator.generate("The Licence", options).tokens);
  options.top_k = 1;
  const auto top = generator.generate("The Licence", options).tokens;
  options.temperature = 0;
  CHECK(top == generator.generate("The Licence", options).tokens);
}

TEST_CASE("ids without a token are never produced, limits end the text with their reason") {
  const RandomModel file(Head::kLm, 1.0);
  const Model model = Model::open(file.path);
  Generator generator(model, 1);
  GenerateOptions options;
  options.temperature = 50.0f;  // nearly uniform over the allowed ids
  options.max_tokens = 20;
  for (options.seed = 0; options.seed < 10; ++options.seed)
    for (const TokenId id : generator.generate("x", options).tokens) CHECK(model.data().tokenizer->is_text(id));
  options.temperature = 0;
  options.max_tokens = 3;
  const auto short_one = generator.generate("x", options);
  CHECK(short_one.tokens.size() == 3);
  CHECK(short_one.reason == StopReason::kMaxTokens);
  options.max_tokens = 1000;
  const RandomModel calm(Head::kLm);
  const auto full = Generator(Model::open(calm.path), 1).generate("x", options);
  CHECK(full.reason == StopReason::kContextFull);
  CHECK(full.tokens.size() > 40);
  options.deadline = std::chrono::steady_clock::now();
  const auto late = generator.generate("x", options);
  CHECK(late.reason == StopReason::kDeadline);
  CHECK(late.tokens.empty());
  options.deadline.reset();
  CHECK_THROWS_AS(generator.generate(std::string(500, 'q'), options), Error);
  CHECK_THROWS_AS(generator.generate("", options), Error);
  const TokenId outside[] = {1000000};
  CHECK_THROWS_AS(generator.generate(outside, options), Error);
}

TEST_CASE("prompts that share passes, and what they begin with, are continued as each would be alone") {
  const RandomModel file(Head::kLm);
  const std::string packed = file.path + ".q8_0";
  save_model(load_model(file.path), DType::kQ8_0, packed);
  const Model model = Model::open(packed);
  const std::string head = "The Licence of these terms is granted to you in full, under these conditions: ";
  std::vector<std::string> prompts;
  for (std::size_t i = 0; i < 40; ++i)
    prompts.push_back((i % 3 == 0 ? "" : head.substr(0, i % 5 == 0 ? 40 : head.size())) + std::string(i % 7 + 1, 'a') +
                      std::to_string(i));
  GenerateOptions options;
  options.temperature = 1.0f;  // so that texts differ in length and end
  options.max_tokens = 12;
  options.stop = {"e"};
  std::vector<Generator::Result> alone;
  for (const std::string& prompt : prompts) alone.push_back(Generator(model, 1).generate(prompt, options));
  Generator generator(model, 2);
  for (int again = 0; again < 2; ++again) {  // the second time every prompt is known
    std::size_t next = 0;
    generator.generate_all(prompts, options, [&](std::size_t index, Generator::Result&& result) {
      REQUIRE(index == next++);
      CHECK(result.tokens == alone[index].tokens);
      CHECK(result.text == alone[index].text);
      CHECK(result.reason == alone[index].reason);
    });
    REQUIRE(next == prompts.size());
  }
  std::filesystem::remove(packed);
}

TEST_CASE("one prompt is drawn several times at once, each as its seed alone would draw it") {
  const RandomModel file(Head::kLm);
  Generator generator(Model::open(file.path), 1);
  GenerateOptions options;
  options.temperature = 1.0f;
  options.max_tokens = 12;
  options.seed = 7;
  std::vector<Generator::Request> requests(5, Generator::Request{"Once", {}});
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i].seed = i;
  std::vector<std::string> texts;
  generator.generate_all(requests, options,
                         [&](std::size_t, Generator::Result&& result) { texts.push_back(result.text); });
  REQUIRE(texts.size() == requests.size());
  for (std::size_t i = 0; i < texts.size(); ++i, ++options.seed)
    CHECK(texts[i] == generator.generate("Once", options).text);
  CHECK(std::set<std::string>(texts.begin(), texts.end()).size() > 1);
}

TEST_CASE("a stop string ends the text before it, and what was streamed is the text in whole characters") {
  const RandomModel file(Head::kLm);
  Generator generator(Model::open(file.path), 1);
  GenerateOptions options;
  options.temperature = 5.0f;
  options.max_tokens = 60;
  std::size_t stopped = 0;
  for (options.seed = 0; options.seed < 20; ++options.seed) {
    options.stop.clear();
    const std::string whole = generator.generate("a", options).text;
    if (whole.size() < 12) continue;
    options.stop = {whole.substr(7, 3), "never to be seen"};
    std::string streamed;
    const auto result = generator.generate("a", options, [&](std::string_view piece) {
      CHECK((utf8_complete_prefix(piece) == piece.size() || utf8_error(piece) != std::string_view::npos));
      streamed += piece;
    });
    CHECK(result.reason == StopReason::kStopString);
    CHECK(result.text == whole.substr(0, whole.find(options.stop[0])));
    CHECK(streamed == result.text);
    ++stopped;
  }
  CHECK(stopped > 5);
}

TEST_CASE("a choice is the best allowed token, the lowest id among equals") {
  Rng rng(1);
  const std::vector<float> logits = {1, 5, 5, 9};
  const std::vector<TokenId> allowed = {0, 1, 2};
  CHECK(choose_token(logits, allowed, 0, 0, rng) == 1);
  std::size_t seen[4] = {};
  for (int i = 0; i < 2000; ++i) ++seen[choose_token(logits, allowed, 1.0f, 0, rng)];
  CHECK(seen[3] == 0);
  CHECK(seen[0] > 0);
  CHECK(static_cast<double>(seen[1]) / static_cast<double>(seen[2]) == Approx(1.0).epsilon(0.2));
  for (int i = 0; i < 50; ++i) CHECK(choose_token(logits, allowed, 1.0f, 1, rng) == 1);
}

namespace {

Constraint of(GrammarBuilder& builder, GrammarBuilder::Node root) { return {builder.build(root), {}, {}}; }

/// {"name": text, "tags": [text, ...], "n": number or null}
Constraint record() {
  GrammarBuilder b;
  const auto text = b.sequence({b.literal("\""), b.repeat(b.json_character(), 0, 20), b.literal("\"")});
  const auto tags =
      b.sequence({b.literal("["), b.optional(b.sequence({text, b.repeat(b.sequence({b.literal(","), text}), 0, 3)})),
                  b.literal("]")});
  const auto number = b.choice({b.regex("-?(0|[1-9][0-9]{0,9})"), b.literal("null")});
  return of(b, b.sequence({b.literal("{\"name\":"), text, b.literal(",\"tags\":"), tags, b.literal(",\"n\":"), number,
                           b.literal("}")}));
}

bool is_record(const std::string& text) {
  static const Constraint constraint = record();
  Automaton automaton(constraint.grammar);
  return automaton.accepts(automaton.advance(automaton.start(), text));
}

}  // namespace

TEST_CASE(
    "under a constraint any model writes a whole text, greedy, sampled or with beams, within any budget that allows "
    "one") {
  const RandomModel file(Head::kLm, 1.0);
  const Model model = Model::open(file.path);
  Generator generator(model, 1);
  GenerateOptions options;
  options.constraint = record();
  Matcher matcher(options.constraint.grammar, std::make_shared<const Vocabulary>(*model.data().tokenizer));
  const std::size_t shortest = matcher.shortest();
  REQUIRE(shortest < 40);
  std::size_t forced = 0;
  for (std::size_t more = 0; more < 20; ++more)
    for (int way = 0; way < 3; ++way) {
      options.max_tokens = shortest + more;
      options.temperature = way == 1 ? 3.0f : 0.0f;
      options.beams = way == 2 ? 3 : 1;
      options.seed = more;
      const auto result = generator.generate("x", options);
      INFO(result.text);
      CHECK(is_record(result.text));
      CHECK((result.reason == StopReason::kComplete || result.reason == StopReason::kEndOfText));
      CHECK(result.tokens.size() <= options.max_tokens);
      CHECK(result.log_probs.size() == result.tokens.size());
      for (const float log_prob : result.log_probs) CHECK(log_prob <= 1e-4f);
      CHECK(model.data().tokenizer->decode(result.tokens) == result.text);
      forced += result.forced;
    }
  CHECK(forced > 60);
  options.max_tokens = shortest - 1;
  options.beams = 1;
  const auto none = generator.generate("x", options);
  CHECK(none.reason == StopReason::kBudget);
  CHECK(none.text.empty());
  options.beams = 2;
  CHECK(generator.generate("x", options).reason == StopReason::kBudget);
  options.stop = {"a"};
  CHECK_THROWS_AS(generator.generate("x", options), Error);
}

TEST_CASE("forced tokens are those that one pass each would have given no choice about") {
  const RandomModel file(Head::kLm, 1.0);
  Generator generator(Model::open(file.path), 1);
  GenerateOptions options;
  const std::string only = "The only text that there is, whatever the model thinks of it.";
  options.constraint = Constraint::choices({&only, 1});
  const auto result = generator.generate("x", options);
  CHECK(result.text == only);
  CHECK(result.forced == result.tokens.size());
  CHECK(result.reason == StopReason::kComplete);
}

TEST_CASE("a text that fails its check is replaced by another that passes, or by none") {
  const RandomModel file(Head::kLm, 1.0);
  Generator generator(Model::open(file.path), 1);
  GenerateOptions options;
  const std::vector<std::string> fruit = {"apple", "banana", "cherry", "date", "elderberry"};
  options.constraint = Constraint::choices(fruit);
  for (int way = 0; way < 3; ++way) {
    options.temperature = way == 1 ? 5.0f : 0.0f;
    options.beams = way == 2 ? 8 : 1;
    options.attempts = way == 1 ? 200 : 16;
    for (const std::string& wanted : fruit) {
      options.constraint.check = [&](std::string_view text) { return text == wanted; };
      std::string streamed;
      const auto result = generator.generate("x", options, [&](std::string_view piece) { streamed += piece; });
      if (way == 2 && result.reason == StopReason::kNoAnswer) continue;  // beams keep only so many
      CHECK(result.text == wanted);
      CHECK(streamed == wanted);
      CHECK(result.attempts >= 1);
    }
    options.constraint.check = [](std::string_view) { return false; };
    std::size_t seen = 0;
    const auto none = generator.generate("x", options, [&](std::string_view) { ++seen; });
    CHECK(none.reason == StopReason::kNoAnswer);
    CHECK(none.text.empty());
    CHECK(none.tokens.empty());
    CHECK(none.attempts <= options.attempts);
    CHECK(seen == 0);
  }
}

TEST_CASE("constrained requests that share passes are answered as each would be alone") {
  const RandomModel file(Head::kLm, 1.0);
  const Model model = Model::open(file.path);
  GenerateOptions options;
  options.max_tokens = 40;
  std::vector<Generator::Request> requests;
  for (int i = 0; i < 24; ++i) {
    Constraint constraint = i % 3 == 0   ? record()
                            : i % 3 == 1 ? Constraint::regex("[a-z]{1,9}( [a-z]+){2}")
                                         : Constraint{};
    if (i % 2 == 0) constraint.check = [](std::string_view text) { return text.size() % 2 == 0; };
    requests.push_back({"The Licence " + std::to_string(i), std::move(constraint)});
  }
  std::vector<Generator::Result> alone;
  for (const auto& request : requests) {
    options.constraint = request.constraint;
    alone.push_back(Generator(model, 1).generate(request.prompt, options));
  }
  std::size_t next = 0;
  Generator(model, 1).generate_all(requests, options, [&](std::size_t index, Generator::Result&& result) {
    REQUIRE(index == next++);
    CHECK(result.text == alone[index].text);
    CHECK(result.reason == alone[index].reason);
    CHECK(result.attempts == alone[index].attempts);
  });
  CHECK(next == requests.size());
}

TEST_CASE("one beam or many, the best of them is never worse than the greedy text") {
  const RandomModel file(Head::kLm, 1.0);
  Generator generator(Model::open(file.path), 1);
  GenerateOptions options;
  options.constraint = Constraint::regex("[a-f]{6}");
  const auto total = [](const Generator::Result& result) {
    double sum = 0;
    for (const float log_prob : result.log_probs) sum += static_cast<double>(log_prob);
    return sum;
  };
  std::size_t better = 0;
  for (const char* prompt : {"a", "b", "The", "Licence", "xyz"}) {
    options.beams = 1;
    const auto greedy = generator.generate(prompt, options);
    options.beams = 8;
    const auto best = generator.generate(prompt, options);
    CHECK(best.text.size() == 6);
    better += total(best) > total(greedy) - 1e-3;
  }
  CHECK(better >= 4);  // the score weighs length too
}

TEST_CASE("short texts that are done early do not end the search for a better one") {
  const RandomModel file(Head::kLm, 1.0);
  Generator generator(Model::open(file.path), 1);
  GenerateOptions options;
  options.constraint = Constraint::regex("[a-f]{1,9}!");
  const auto score = [](const Generator::Result& result) {  // as beams are compared
    double sum = 0;
    for (const float log_prob : result.log_probs) sum += static_cast<double>(log_prob);
    const auto n = static_cast<double>(result.log_probs.size() - result.forced);
    return sum / std::pow((5 + n) / 6, 0.6);
  };
  std::size_t better = 0, all = 0;
  for (const char* prompt : {"a", "b", "The", "Licence", "xyz", "one", "two", "three", "four", "five"}) {
    options.beams = 1;
    const auto greedy = generator.generate(prompt, options);
    options.beams = 4;
    better += score(generator.generate(prompt, options)) > score(greedy) - 1e-3;
    ++all;
  }
  CHECK(better == all);
}
