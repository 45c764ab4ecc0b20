// SPDX-License-Identifier: Apache-2.0
// WebVTT (W3C) and SubRip: cues joined to what one speaker says without a break.
#include "summarize/reader.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;

constexpr std::size_t kTurnBytes = 600;  // without speakers: so much, then up to the end of a sentence

bool is_blank(Text line) { return line.find_first_not_of(" \t\r") == line.npos; }

class CaptionReader : public Reader {
 public:
  explicit CaptionReader(TurnSink sink) : sink_(std::move(sink)) {}

  void line(Text line, std::uint64_t number) override {
    if (is_blank(line)) {
      in_cue_ = in_note_ = false;
      return;
    }
    if (line.find("-->") != line.npos) {
      in_cue_ = true;
      in_note_ = false;
      return;
    }
    if (!in_cue_) {  // header, note, style, number or name of a cue
      in_note_ = in_note_ || line.starts_with("NOTE") || line.starts_with("STYLE");
      return;
    }
    std::string speaker;
    const std::string text = plain(line, speaker);
    if (text.empty() || text == last_) return;  // captions that roll up say a line twice
    last_ = text;
    const bool ended = !turn_.text.empty() && std::string_view(".!?").find(turn_.text.back()) != Text::npos;
    if ((!speaker.empty() && speaker != turn_.speaker) || (turn_.text.size() > kTurnBytes && ended) ||
        turn_.text.size() > 8 * kTurnBytes)
      end();
    if (turn_.line == 0) turn_.line = number;
    if (!speaker.empty()) turn_.speaker = speaker;
    turn_.text.append(turn_.text.empty() ? "" : " ").append(text);
  }

  void end() override {
    if (!turn_.text.empty()) {
      turn_.number = ++count_;
      sink_(Turn(turn_));
    }
    // Who speaks goes on until somebody else does.
    turn_.text.clear();
    turn_.line = 0;
  }

 private:
  TurnSink sink_;
  Turn turn_;
  std::string last_;
  bool in_cue_ = false, in_note_ = false;
  std::uint64_t count_ = 0;

  /// Without tags and entities; the speaker of <v Name>, "NAME: text" and ">> NAME: text".
  static std::string plain(Text line, std::string& speaker) {
    std::string text;
    for (std::size_t at = 0; at < line.size(); ++at) {
      if (line[at] == '<') {
        const std::size_t close = line.find('>', at);
        if (close == line.npos) break;
        const Text tag = line.substr(at + 1, close - at - 1);
        if (tag.starts_with("v ") || tag.starts_with("v.")) {
          const std::size_t space = tag.find(' ');
          if (space != tag.npos) speaker = clean_line(tag.substr(space));
        }
        at = close;
      } else {
        text += line[at];
      }
    }
    for (const auto& [entity, character] :
         {std::pair<Text, Text>{"&lt;", "<"}, {"&gt;", ">"}, {"&nbsp;", " "}, {"&lrm;", ""}, {"&amp;", "&"}})
      for (std::size_t at = 0; (at = text.find(entity, at)) != text.npos; at += character.size())
        text.replace(at, entity.size(), character);
    text = clean_line(text);
    while (text.starts_with('>') || text.starts_with("- ")) text = clean_line(Text(text).substr(1));
    const std::size_t colon = text.find(": ");
    if (speaker.empty() && colon != text.npos && colon > 0 && colon <= 30 && text[0] >= 'A' && text[0] <= 'Z' &&
        text.substr(0, colon).find_first_of(".,!?\"") == text.npos) {
      speaker = text.substr(0, colon);
      text.erase(0, colon + 2);
    }
    return text;
  }
};

}  // namespace

std::unique_ptr<Reader> make_caption_reader(TurnSink sink) { return std::make_unique<CaptionReader>(std::move(sink)); }

}  // namespace eve::summarize
