// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "base/jsonl.h"
#include "decode/automaton.h"
#include "eve/error.h"
#include "fixtures.h"
#include "summarize/document.h"
#include "summarize/line_head.h"
#include "summarize/summary.h"
#include "summarize/terms.h"
#include "summarize/words_of.h"
#include "summarize/writer.h"

using namespace eve;
using namespace eve::summarize;

namespace {

struct Parsed {
  std::string form;
  std::vector<Turn> turns;
};

Parsed parse(std::string_view text, const Document::Settings& settings = {}) {
  Parsed parsed;
  Document document(settings, [&](Turn&& turn) { parsed.turns.push_back(std::move(turn)); });
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    document.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  document.end();
  parsed.form = name_of(*document.dialect());
  return parsed;
}

/// "speaker|text" of each turn.
std::vector<std::string> said_in(std::string_view text) {
  std::vector<std::string> result;
  for (const Turn& turn : parse(text).turns) result.push_back(turn.speaker + "|" + turn.text);
  return result;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a time stamp ends where the message begins") {
  for (const char* stamp : {"[10:20] ", "10:20 ", "10:20:01.5 ", "2026-11-22T10:20:01Z ", "2026-11-22 10:20:01,123 - ",
                            "Dec 10 06:55:46 ", "[Sun Dec 04 04:47:44 2005] ", "12/03/24, 10:20 - ", "081109 203615 ",
                            "17/06/09 20:10:40 ", "03-17 16:13:38.811  ", "12/03/2024, 10:20 PM - "}) {
    INFO(stamp);
    CHECK(stamp_end(std::string(stamp) + "message 12") == std::string(stamp).size());
  }
  for (const char* none : {"message", "12 monkeys", "May I?", "", "Monday", "1/2 cup", "192.168.0.1 - - up", "a 10:20"})
    CHECK(stamp_end(none) == 0);
}

TEST_CASE("a name before a colon is told from other words before a colon") {
  for (const char* line : {"Ann: hi", "Ann Lee: hi", "[10:20] ann: hi", "Project Manager: Okay.",
                           "12/03/24, 10:20 - Tom: x", "\xC3\x89lodie: oui", "SPEAKER 1: x", "**Bob**: x"})
    CHECK(named_line(line).has_value());
  for (const char* line : {"http://x.example", "see https: no", "ERROR: disk full", "INFO dfs.DataNode$X: y",
                           "1702 2395 D WindowManager: freezing", "combo sshd(pam_unix)[19939]: x", "a = b: c", ": x",
                           "this is a note: x", "x"})
    CHECK_FALSE(named_line(line).has_value());
}

TEST_CASE("each form is recognised and read") {
  CHECK(said_in("Ann: one\ntwo\n\nBob: three\n") == Lines{"Ann|one two", "Bob|three"});
  CHECK(parse("Ann: one\nBob: three\n").form == "dialogue");

  // "I" is no level.
  CHECK(parse("Ann: Yeah, I was there.\nBob: I know.\nEve: So am I.\nIan: And I too, it is all I know.\n").form ==
        "dialogue");

  const char* irc = "[10:20] <@ann> red\n[10:21] -!- carl has joined\n[10:22] * bob nods\n";
  CHECK(parse(irc).form == "irc");
  CHECK(said_in(irc) == Lines{"ann|red", "bob|bob nods"});

  const char* weechat =
      "2024-01-01 10:20:30\t@ann\tfull\n2024-01-01 10:20:31\t-->\tbob joined\n2024-01-01 10:20:35\tbob\tyes\n";
  CHECK(parse(weechat).form == "weechat");
  CHECK(said_in(weechat) == Lines{"ann|full", "bob|yes"});

  const char* whatsapp = "12/03/2024, 10:20 - Maria L: eight?\n12/03/2024, 10:21 - Tom: yes,\nfor four\n";
  CHECK(said_in(whatsapp) == Lines{"Maria L|eight?", "Tom|yes, for four"});

  CHECK(parse("One paragraph\nof two lines.\n\nAnother.\n").form == "text");
  CHECK(said_in("One paragraph\nof two lines.\n\n- item\n- other\n") ==
        Lines{"|One paragraph of two lines.", "|- item", "|- other"});
  CHECK(parse("").form == "text");
  CHECK(parse("Dec 10 06:55:46 host sshd[1]: a\nDec 10 06:55:47 host sshd[1]: b\n").form == "log");
  CHECK(parse("{\"level\": \"info\", \"msg\": \"x\"}\n{\"level\": \"info\", \"msg\": \"y\"}\n").form == "log");
}

TEST_CASE("chat exports give names for ids and text for markup") {
  const char* slack =
      "[\n{\"subtype\": \"channel_join\", \"user\": \"U1\", \"text\": \"x\"},\n"
      "{\"user\": \"U1\", \"user_profile\": {\"real_name\": \"Ann Lee\"}, \"text\": \"<https://x.example|API> &amp; "
      "co\"},\n"
      "{\"user\": \"U2\", \"text\": \"<@U1> ok\"}]";
  CHECK(parse(slack).form == "export");
  CHECK(said_in(slack) == Lines{"Ann Lee|API & co", "U2|Ann Lee ok"});
  CHECK(said_in("{\"messages\": [{\"content\": \"hi\", \"author\": {\"name\": \"kim\", \"nickname\": \"Kim\"}}]}") ==
        Lines{"Kim|hi"});
  CHECK(
      said_in("{\"sender\": \"@ann:x.example\", \"content\": {\"body\": \"hi\"}}\n{\"sender\": \"@bo:x\", \"content\": "
              "{\"body\": \"ho\"}}\n") == Lines{"ann|hi", "bo|ho"});
  CHECK(
      said_in("{\"messages\": [{\"from\": \"Jo\", \"text\": [\"see \", {\"type\": \"link\", \"text\": \"this\"}]}]}") ==
      Lines{"Jo|see this"});
  CHECK(said_in("{\"guild\": {\"name\": \"eve\"},\n\"messages\": [{\"content\": \"hi\", \"author\": {\"name\": "
                "\"kim\"}}]}") == Lines{"kim|hi"});
  CHECK_THROWS_AS(parse("[{\"text\": "), Error);
  CHECK_THROWS_AS(parse("{\n\"a\": 1}"), Error);
}

TEST_CASE("captions lose tags, numbers and repetitions, and keep speakers") {
  CHECK(said_in("WEBVTT\n\nNOTE x\n\n1\n00:01.000 --> 00:04.000\n<v Ann>We <b>move</b>\n\n00:04.000 --> 00:05.000\n<v "
                "Ann>We move\n\n00:04.000 --> 00:05.000\n<v Ann>it.\n\n00:08.000 --> 00:10.000\n<v Bob>Fine.\n") ==
        Lines{"Ann|We move it.", "Bob|Fine."});
  CHECK(said_in("1\n00:00:01,000 --> 00:00:04,000\nfirst half\n\n2\n00:00:04,000 --> 00:00:05,000\nsecond\n") ==
        Lines{"|first half second"});
}

TEST_CASE("mails lose headers, quotations, signatures and their encodings") {
  const char* mbox =
      "From a@x Mon Jan 01 10:00:00 2024\nFrom: =?utf-8?Q?Ann_L=C3=A9e?= <a@x>\nTo: b@x\nSubject: "
      "Server\nContent-Type: "
      "multipart/alternative;\n boundary=\"b1\"\n\n--b1\nContent-Type: text/plain\nContent-Transfer-Encoding: "
      "quoted-printable\n\nThe cool=\ning fails =3D bad.\n\n-- \nAnn\n--b1\nContent-Type: text/html\n\n<p>x\n--b1--\n\n"
      "From b@x Mon Jan 01 11:00:00 2024\nFrom: Bob <b@x>\nTo: a@x\nSubject: Re: Server\n\nOn Monday, Ann wrote:\n> "
      "The "
      "cooling\n\nI move it.\n";
  CHECK(parse(mbox).form == "mail");
  CHECK(said_in(mbox) == Lines{"Ann L\xC3\xA9"
                               "e|Server",
                               "Ann L\xC3\xA9"
                               "e|The cooling fails = bad.",
                               "Bob|I move it."});
  CHECK(said_in("From: b@x\nTo: a@x\nContent-Transfer-Encoding: base64\n\nSGVsbG8gd29ybGQu\n") ==
        Lines{"b|Hello world."});
}

TEST_CASE("what is not UTF-8 is refused with its place, or left out") {
  try {
    parse("Ann: ok\nBob: \xff no\n");
    FAIL("accepted");
  } catch (const Error& e) {
    CHECK(std::string(e.what()).find("line 2: byte 5") != std::string::npos);
  }
  Document::Settings lossy;
  lossy.lossy = true;
  CHECK(parse("Ann: a\nBob: \xff no\n", lossy).turns[1].text == "no");
}

TEST_CASE("nothing from the input can steer a terminal") {
  CHECK(clean_line("\x1b[31mred\x1b[0m\a \xC2\x9B"
                   "2J \xE2\x80\xAE x\ty") == "red 2J x y");
}

TEST_CASE("sentences end where they end") {
  const auto split = [](std::string_view text) {
    std::vector<std::string> result;
    for (const std::string_view s : sentences(text)) result.emplace_back(s);
    return result;
  };
  CHECK(split("It is 3.5 km. Dr. Lee said \"go!\" Then e.g. this... Yes? ok") ==
        Lines{"It is 3.5 km.", "Dr. Lee said \"go!\"", "Then e.g. this...", "Yes?", "ok"});
  CHECK(split("No. I won't.") == Lines{"No.", "I won't."});
  CHECK(split("").empty());
  CHECK(split("\xE4\xBD\xA0\xE5\xA5\xBD\xE3\x80\x82\xE5\x86\x8D\xE8\xA7\x81\xE3\x80\x82").size() == 2);
}

TEST_CASE("words are counted as white space parts them, marks alone are none") {
  CHECK(count_words("- it's 3.5 km, isn't it ?") == 5);
  CHECK(count_words("") == 0);
  CHECK(shortened("one two three", 3) == "one two three");
  CHECK(shortened("one two three, four five", 4) == "one two three");
  CHECK(shortened("one two three four", 2) == "one two...");
}

TEST_CASE("lines of one statement are one kind, in memory that is bounded") {
  CHECK(log_shape("Dec 10 06:55:46 h sshd[24200]: port 22 open") ==
        log_shape("Dec 11 06:55:46 h sshd[7]: port 443 open"));
  LogClusters log;
  for (int i = 0; i < 20000; ++i) {
    // Letters, so that nothing masks them: every line is a kind of its own.
    std::string word;
    for (int n = i; n; n /= 26) word += static_cast<char>('a' + n % 26);
    log.add(word + "x is q" + word, static_cast<std::uint64_t>(i));
  }
  for (int i = 0; i < 500; ++i)
    log.add("10:20:" + std::to_string(10 + i % 50) + " ERROR disk " + std::to_string(i) + " is full", 1);
  CHECK(log.kinds() <= 4096);
  CHECK(log.lines() == 20500);
  CHECK(log.others() > 0);
  CHECK(log.ranked(1)[0]->text() == "ERROR disk * is full");
  CHECK(log.ranked(1)[0]->count == 500);
}

TEST_CASE("who does what and what was settled are quoted") {
  Outcomes outcomes;
  for (const Turn& turn :
       parse("Ann: We decided to ship at 14:00.\nBob: I'll tell the press. Let me know.\nAnn: Bob, can you "
             "check the disk?\nBob: Will the disk fail?\n")
           .turns)
    outcomes.add(turn);
  REQUIRE(outcomes.decisions().size() == 1);
  CHECK(outcomes.decisions()[0].text == "We decided to ship at 14:00.");
  REQUIRE(outcomes.actions().size() == 2);
  CHECK((outcomes.actions()[0].who == "Bob" && outcomes.actions()[0].text == "I'll tell the press."));
  CHECK((outcomes.actions()[1].who == "Bob" && outcomes.actions()[1].turn == 3));
}

TEST_CASE("of a text of any length the sentences that are kept are bounded, and the choice is of all of it") {
  Extractor extractor;
  for (int i = 0; i < 20000; ++i) {
    const std::string n = std::to_string(i);
    extractor.add({"",
                   i % 400 ? "Filler number " + n + " drifts along."
                           : "The reactor coolant pump of hall four failed again, report " + n + ".",
                   static_cast<std::uint64_t>(i) + 1, 1});
  }
  CHECK(extractor.sentences() == 20000);
  const auto chosen = extractor.choose({0, 1});
  REQUIRE(chosen.size() == 1);
  CHECK(chosen[0].text.find("reactor coolant pump") != std::string::npos);
}

TEST_CASE("a sentence that other summaries speak of is chosen before one that the text says more about") {
  const auto first = [](const std::vector<std::string>& summaries) {
    Extractor extractor;
    extractor.add({"Ann", "The roof of the old barn leaks badly.", 1, 1});
    extractor.add({"Bob", "The vet cannot see the sick pony today.", 2, 2});
    extractor.add({"Ann", "Another roof, another old barn.", 3, 3});
    extractor.heed(summaries);
    return extractor.choose({0, 1}).at(0).turn;
  };
  CHECK(first({}) == 1);
  CHECK(first({"A pony is sick.", "Bob asks the vet."}) == 2);
}

TEST_CASE("limits hold and every sentence stands in the text, on the development rows") {
  EVE_SHARED_OR_SKIP(path, "data/summarize/dev.jsonl")
  std::size_t rows = 0;
  for_each_json_line(path, [&](simdjson::dom::element row, const std::string&) {
    if (rows++ % 5) return;
    const std::string_view text = row["dialogue"];
    Extractor extractor;
    std::string all;
    for (const Turn& turn : parse(text).turns) {
      extractor.add(turn);
      all += turn.text + "\n";
    }
    for (const std::size_t words : {1UL, 2UL, 5UL, 12UL, 30UL})
      for (const std::size_t count : {0UL, 1UL, 4UL}) {
        const auto chosen = extractor.choose({words, count});
        std::size_t written = 0;
        for (const Excerpt& excerpt : chosen) {
          written += count_words(said(excerpt));
          const std::string part =
              excerpt.text.ends_with("...") ? excerpt.text.substr(0, excerpt.text.size() - 3) : excerpt.text;
          CHECK(all.find(part) != all.npos);
        }
        CHECK(!chosen.empty());
        CHECK(written <= words);
        if (count) CHECK(chosen.size() <= count);
      }
    for (const std::size_t words : {1UL, 6UL, 10UL}) CHECK(count_words(extractor.title(words)) <= words);
  });
  CHECK(rows > 0);
}

namespace {

bool allows(const Grammar& grammar, std::string_view text) {
  const std::shared_ptr<const Grammar> held(&grammar, [](const Grammar*) {});
  Automaton automaton(held);
  const auto state = automaton.advance(automaton.start(), text);
  return state != Automaton::kDead && automaton.accepts(state);
}

}  // namespace

TEST_CASE("a summary may say what the text says, and no name, number or day that it does not") {
  const auto turns =
      parse(
          "Ann Lee: The build is red since 9:50 on Friday.\nbob: I'll ask Carl Gustav Jung and Eve Moss, "
          "four of us come.\nAnn Lee: Will it take until noon? Yes.\n")
          .turns;
  const auto grammar = summary_grammar(words_of(turns), {20, 2, 1, true});
  for (const char* text :
       {"Ann Lee asks Carl Gustav Jung.", "The build is red since 9:50 on Friday.", "Bob and Eve Moss come at noon.",
        "Eve, Ann and 4 of them come.", "The build is red. Ann's build is red."})
    CHECK(allows(*grammar, text));
  for (const char* text :
       {"Mary asks Ann.", "The build is red since 9:51.", "It was on Monday.", "Eve Lee comes.", "Ann Moss comes.",
        "The build is red at midnight.", "Five come.", "They come at 5.", "the build is red.", "The build is red",
        "The build. The build. The build.", "The London build is red.", "Grace asks."})
    CHECK_FALSE(allows(*grammar, text));
}

TEST_CASE("numbers and letters that are said one by one may be written as figures and as a word") {
  const auto turns = parse(
                         "Ann: She is thirty four, weighs ninety-one kilos, and had an M R I for the T_V_ show.\nBob: "
                         "Forty, two came, I A.\n")
                         .turns;
  const auto grammar = summary_grammar(words_of(turns), {20, 2, 1, true});
  for (const char* text : {"She is 34.", "She weighs 91 kilos.", "She had an MRI for the TV show.", "They are 40."})
    CHECK(allows(*grammar, text));
  for (const char* text : {"She is 43.", "They are 42.", "She had an MR.", "She had an RMI for the VT show."})
    CHECK_FALSE(allows(*grammar, text));
}

TEST_CASE("lengths are part of what may be written") {
  const auto turns = parse("Ann: The build is red.\n").turns;
  const auto two = summary_grammar(words_of(turns), {4, 2, 2, true});
  CHECK(allows(*two, "The build. It is."));
  CHECK_FALSE(allows(*two, "The build is red."));
  CHECK_FALSE(allows(*two, "The build is. It is."));
  CHECK(allows(*summary_grammar(words_of(turns), {3, 1, 1, false}), "The red build"));
  const auto any = summary_grammar(words_of(turns), {0, 2, 2, true});
  CHECK(allows(*any, "The red build is the red build is the red build, Ann. It is."));
  CHECK_FALSE(allows(*any, "The red build."));
}

TEST_CASE("what goes round in circles or lacks a noun is not written") {
  for (const char* text : {"Ann goes goes home.", "Ben and Ben agree.", "Bob will send a on Monday.", "Bob fixes the.",
                           "It rains. They go to the sea and they go to the lake."})
    CHECK_FALSE(is_sound(text));
  CHECK(is_sound("Ann and Bob send the on-call rota at noon. A bug in the parser is fixed, and the tests pass."));
}

TEST_CASE("a sentence is cited by the turns that have its words") {
  const auto turns =
      parse("Ann: The build is red.\nBob: Dinner was nice.\nAnn: The disk of the server is full.\n").turns;
  CHECK(support_of("The server's disk is full.", turns).turns == std::vector<std::uint64_t>{3});
  CHECK(support_of("The server's disk is full.", turns).share == 1);
  CHECK(support_of("The build and the disk.", turns).turns == std::vector<std::uint64_t>{1, 3});
  CHECK(support_of("Rain stopped play.", turns).share == 0);
}
