// SPDX-License-Identifier: Apache-2.0
#include "summarize/outcomes.h"

#include <algorithm>
#include <array>

#include "summarize/terms.h"
#include "tasks/text.h"

namespace eve::summarize {

namespace {

using Text = std::string_view;

/// Lower case, with one apostrophe and a space at both ends, so that phrases begin and end with words.
std::string spoken(Text text) {
  std::string result = " ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (text.substr(i, 3) == "\xE2\x80\x99") {
      result += '\'';
      i += 2;
    } else if (c == ',' || c == '.' || c == '!' || c == '?' || c == ';') {
      result += ' ';
    } else {
      result += tasks::lower(c);
    }
  }
  return result + " ";
}

template <std::size_t N>
bool says(const std::string& text, const std::array<Text, N>& phrases) {
  return std::ranges::any_of(phrases, [&](Text phrase) { return text.find(phrase) != text.npos; });
}

constexpr std::array<Text, 14> kPromises = {
    " i'll ",       " i will ", " i'm going to ", " i am going to ", " i can take ", " let me ",    " i'm on it ",
    " i am on it ", " we'll ",  " we will ",      " we need to ",    " we have to ", " i'm doing ", " i need to "};
constexpr std::array<Text, 12> kNoPromises = {" let me know ",  " i'll be ",       " i will be ",  " let me see ",
                                              " let me think ", " i will say ",    " i'll say ",   " we'll see ",
                                              " i'll take it ", " i'll have the ", " i will not ", " i need to know "};
constexpr std::array<Text, 7> kRequests = {" can you ",   " could you please ", " please ",        " could you ",
                                           " would you ", " you need to ",      " make sure that "};
constexpr std::array<Text, 6> kNoRequests = {" can you tell ", " could you tell ", " please confirm ",
                                             " yes please ",   " no please ",      " can you hear "};
constexpr std::array<Text, 5> kMarked = {" action item", " action: ", " todo: ", " to do: ", " ai: "};
constexpr std::array<Text, 20> kDecisions = {
    " we decided ",       " we've decided ",     " we have decided ", " decision: ",     " decided to ",
    " agreed to ",        " we agreed ",         " let's go with ",   " we'll go with ", " we will go with ",
    " we're going with ", " we are going with ", " settled on ",      " is approved ",   " approved: ",
    " it's decided ",     " resolved: ",         " the decision is ", " we settled ",    " let's do that "};

}  // namespace

void Outcomes::add(const Turn& turn) {
  if (!turn.speaker.empty() && speakers_.size() < kMax && std::ranges::find(speakers_, turn.speaker) == speakers_.end())
    speakers_.push_back(turn.speaker);
  for (const Text sentence : sentences(turn.text)) {
    if (sentence.size() > 500) continue;
    const std::string text = spoken(sentence);
    if (says(text, kDecisions) && decisions_.size() < kMax)
      decisions_.push_back({turn.speaker, std::string(sentence), turn.number, turn.line});
    if (actions_.size() >= kMax || terms(sentence).empty()) continue;
    const bool promised = says(text, kPromises) && !says(text, kNoPromises) && !sentence.ends_with('?');
    const bool asked = says(text, kRequests) && !says(text, kNoRequests);
    if (says(text, kMarked) || promised) {
      const bool others = text.find(" we ") != text.npos || text.find(" we'll ") != text.npos;
      actions_.push_back({others ? "" : turn.speaker, std::string(sentence), turn.number, turn.line});
    } else if (asked) {
      // Who is named in a request is asked.
      std::string who;
      for (const std::string& speaker : speakers_)
        if (speaker != turn.speaker && sentence.find(speaker) != sentence.npos) who = speaker;
      actions_.push_back({who, std::string(sentence), turn.number, turn.line});
    }
  }
}

}  // namespace eve::summarize
