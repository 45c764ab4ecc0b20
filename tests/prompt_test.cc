// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "eve/error.h"
#include "prompt/expander.h"
#include "prompt/sentences.h"
#include "prompt/styles.h"
#include "prompt/syntax.h"
#include "prompt/tags.h"
#include "prompt/templates.h"
#include "tasks/prompt_words.h"

using namespace eve;
using namespace eve::prompt;

TEST_CASE("what a prompt says is its text without weights, tags and marks") {
  CHECK(plain_text("a fox, (red fur:1.3), [[tail]], <lora:ink:0.7> \\(wild\\)") == "a fox, red fur, tail, (wild)");
  CHECK(plain_text("(big tree)++ and (sky)1.1, bird++") == "big tree and sky, bird");
  CHECK(plain_text("[dawn:noon:0.5] AND sea BREAK sand") == "dawn noon sea sand");
  CHECK(plain_text("ANDES and BREAKFAST at 10:30") == "ANDES and BREAKFAST at 10");
  CHECK(plain_text("a fox --ar 3:2 --v 6") == "a fox");
  CHECK(plain_text("") == "");
}

TEST_CASE("parameters begin at two dashes before a letter") {
  CHECK(parameters_at("a fox --ar 3:2") == 5);
  CHECK(parameters_at("a fox -- no") == 11);
  CHECK(parameters_at("well--known") == 11);
}

TEST_CASE("tokens: common words, digits and marks are one, weights none, BREAK begins anew") {
  CHECK(count_tokens("a red fox") == 3);
  CHECK(count_tokens("(a red fox:1.3) <lora:ink:0.7>") == 3);
  CHECK(count_tokens("a red fox, 42") == 6);
  CHECK(count_tokens("zxqwvkj") == 3);
  CHECK(count_tokens("a red fox BREAK a den") == 2);
  CHECK(count_tokens("a BREAKFAST") == 2);
  CHECK(count_tokens("") == 0);
}

TEST_CASE("round brackets are balanced or not, escaped ones do not count") {
  CHECK(is_balanced("(a (b)) \\("));
  CHECK_FALSE(is_balanced("(a"));
  CHECK_FALSE(is_balanced("a)("));
}

TEST_CASE("templates expand within limits, and what is none stays byte for byte") {
  Templates templates;
  Rng rng(1);
  for (const char* text : {"a (b:1.2) [c|d] <lora:x:1> \\{ \\} __x__ ::", "", "\xF0\x9F\xA6\x8A", "trailing \\"})
    CHECK(templates.expand(text, rng) == text);
  for (int i = 0; i < 50; ++i) {
    const std::string two = templates.expand("{2$$-$$a|b|c}", rng);
    REQUIRE(two.size() == 3);
    CHECK(two[0] != two[2]);
  }
  std::string deep = "x";
  for (int i = 0; i < 30; ++i) deep = "{" + deep + "}";
  CHECK_THROWS_AS(templates.expand(deep, rng), Error);
  CHECK_THROWS_AS(templates.expand("{", rng), Error);
  CHECK_THROWS_AS(templates.expand(std::string(70'000, 'a'), rng), Error);
}

TEST_CASE("a style takes the text as it stands, wherever it puts it") {
  const std::string text = "a (fox:1.2) {prompt";
  for (const Style& style : load_styles("")) {
    CHECK(style.prompt.find("{prompt}") != std::string::npos);
    CHECK(style.apply(text).find(text) != std::string::npos);
    CHECK_FALSE(style.negative.empty());
  }
  CHECK(Style{"x", "soft light", ""}.apply("a") == "a, soft light");
}

TEST_CASE("additions never change what stands before them and end before the budget does") {
  const std::vector<std::string> parts{"soft light", "wide angle", "muted palette"};
  for (std::size_t budget = 0; budget < 20; ++budget)
    for (const std::string text : {"a fox", "a (fox:1.2),", "zxqwvkj \\(", ""}) {
      const std::string longer = with_additions(text, parts, ", ", budget);
      CHECK(longer.starts_with(text));
      if (longer != text) CHECK(count_tokens(longer) <= budget);
    }
  CHECK(with_additions("a castle BREAK", {"soft light"}, ", ", 8) == "a castle BREAK soft light");
  CHECK(with_additions("a castle BREAK a fox", {"soft light"}, ", ", 8) == "a castle BREAK a fox, soft light");
  CHECK(with_additions("a fox", parts, ", ", 8) == "a fox, soft light, wide angle");
  CHECK(with_additions("a fox", {"It sleeps."}, ". ", 20) == "a fox. It sleeps.");
}

TEST_CASE("tags say how, of what the description has, and not two ways at once") {
  const auto taken = [](std::string_view description, const std::vector<std::string>& tags,
                        const std::vector<std::string>& allowed = {}, std::string_view style = "") {
    TagFilter filter(description, style, allowed);
    std::string out;
    for (const std::string& tag : tags)
      if (filter.take(tag)) out += (out.empty() ? "" : ", ") + tag;
    return out;
  };
  // Things that nobody asked for, and words put together that are no tag.
  CHECK(taken("a greenhouse", {"helmet", "bone armor", "bird particles in the air", "bird on wet ground",
                               "rich texture", "rule of third", "rule of thirds", "visible nostalgic feeling"}) ==
        "rich texture, rule of thirds");
  CHECK(taken("a bird", {"bird silhouette", "dust particles in the air"}) ==
        "bird silhouette, dust particles in the air");
  CHECK(taken("a greenhouse", {"glass dome"}, {"glass dome"}) == "glass dome");
  CHECK(taken("a fox", {"an fantasy", "the background", "fantasy"}) == "fantasy");
  // One kind of medium, one palette, one light, one view, one mood.
  CHECK(taken("a fox", {"watercolor", "octane render", "oil painting", "studio photograph"}) == "watercolor");
  CHECK(taken("a watercolor of a fox", {"oil painting", "delicate linework", "visible brush strokes"}) ==
        "delicate linework, visible brush strokes");
  CHECK(taken("a fox", {"woodcut print", "paper cut art", "anime key visual"}) == "woodcut print");
  CHECK(taken("a glass bottle", {"oil painting"}) == "oil painting");
  CHECK(taken("photograph of a fox", {"watercolor", "digital painting", "sharp focus"}) == "sharp focus");
  CHECK(taken("a fox", {"photorealistic oil painting", "digital painting"}) == "");
  CHECK(taken("a fox", {"sepia tones", "monochrome blue", "warm rim light", "neon glow", "aerial view", "wide angle",
                        "serene mood", "tense atmosphere"}) == "sepia tones, warm rim light, aerial view, serene mood");
  CHECK(taken("black and white photo of a jazz club", {"vivid saturated colors", "sepia tones", "watercolor",
                                                       "black and white photograph", "crisp focus"}) == "crisp focus");
  // Those of a style too.
  CHECK(taken("a lighthouse", {"woodcut print", "vivid saturated colors", "neon glow", "studio photograph"}, {},
              "film still of , dramatic side light, muted palette") == "studio photograph");
}

TEST_CASE("sentences say what the tags say, a sentence a kind") {
  CHECK(sentences_of({}).empty());
  CHECK(sentences_of({"sharp focus", "watercolor", "muted palette", "highly detailed", "rich texture", "elegant",
                      "tense atmosphere", "golden hour glow", "low angle view", "long shadows"}) ==
        std::vector<std::string>{"The medium is watercolor.", "It is highly detailed and elegant.",
                                 "It is lit by golden hour glow.", "The palette is muted.", "The mood is tense.",
                                 "The view is low angle.", "It has sharp focus, rich texture and long shadows."});
  CHECK(sentences_of({"sepia tones", "mood", "soft bokeh background", "epic composition"}) ==
        std::vector<std::string>{"The palette is sepia tones.", "The mood is mood.",
                                 "It has a soft bokeh background and an epic composition."});
}

TEST_CASE("the words that may be added are sorted, different, and name no site or weapon") {
  std::istringstream list{std::string(tasks::kPictureWords)};
  std::vector<std::string> words;
  for (std::string word; list >> word;) words.push_back(word);
  CHECK(words.size() > 2000);
  CHECK(std::ranges::is_sorted(words));
  CHECK(std::ranges::adjacent_find(words) == words.end());
  for (const char* none : {"artstation", "greg", "rutkowski", "mucha", "artgerm", "gun", "by"})
    CHECK_FALSE(std::ranges::binary_search(words, none));
}
