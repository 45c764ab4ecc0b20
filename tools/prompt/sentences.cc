// SPDX-License-Identifier: Apache-2.0
#include "prompt/sentences.h"

#include <array>
#include <string_view>

namespace eve::prompt {

namespace {

using Text = std::string_view;

struct Kind {
  Text begin;
  Text words;  // of which a tag of this kind ends with one
};
constexpr std::array kKinds = {
    Kind{"The medium is ",
         "art cgi design drawing engine illustration illustrations octane painting photo photograph photography poster "
         "print render rendering sketch still watercolor"},
    Kind{"It is ",
         "aesthetic artistic atmospheric award-winning backlit beautiful centered cinematic classical colorful "
         "colourful complex crisp cyberpunk dark delicate detailed dramatic dreamy dynamic eerie elegant enchanted "
         "epic ethereal expressive fantasy flowing focused foggy futuristic gentle gloomy glossy glowing gothic hazy "
         "hyperdetailed hyperrealistic intricate iridescent joyful lush magical magnificent majestic masterful "
         "masterpiece matte melancholic minimalist misty moody murky mysterious mystical natural nostalgic ominous "
         "ornate peaceful photorealistic polished portrait professional radiant rainy realistic reflective retro rich "
         "romantic sci-fi serene sharp shiny simple sleek smooth soft steampunk stormy stunning stylized subtle sunny "
         "surreal symmetrical tense textured tranquil ultra-detailed vibrant vintage vivid warm weathered wet "
         "whimsical"},
    Kind{"It is lit by ", "backlighting candlelight firelight glow light lighting lights moonlight neon rays sunlight"},
    Kind{"The palette is ",
         "blue color colors colour colours monochromatic monochrome palette pastel sepia tones white"},
    Kind{"The mood is ", "atmosphere awe feeling mood quiet stillness"},
    Kind{"The view is ", "angle close-up closeup panoramic tilt-shift view"},
    Kind{"It has ", ""},  // all else
};
// Of "muted palette" the palette is muted.
constexpr Text kNamed = "atmosphere feeling mood palette view";
constexpr Text kCountable = "background composition effect masterpiece portrait scale silhouette";

bool has_word(Text list, Text word) {
  for (std::size_t at = 0; (at = list.find(word, at)) != list.npos; ++at) {
    const std::size_t end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i)
    out.append(i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ").append(parts[i]);
  return out;
}

}  // namespace

std::vector<std::string> sentences_of(const std::vector<std::string>& tags) {
  std::array<std::vector<std::string>, kKinds.size()> parts;
  for (const Text tag : tags) {
    const std::size_t space = tag.rfind(' ');
    const Text last = tag.substr(space + 1);
    std::size_t kind = 0;
    while (kind + 1 < kKinds.size() && !has_word(kKinds[kind].words, last)) ++kind;
    std::string part(space != tag.npos && has_word(kNamed, last) ? tag.substr(0, space) : tag);
    if (has_word(kCountable, last)) part.insert(0, Text("aeiou").find(part[0]) == Text::npos ? "a " : "an ");
    parts[kind].push_back(std::move(part));
  }
  std::vector<std::string> sentences;
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind)
    if (!parts[kind].empty()) sentences.push_back(std::string(kKinds[kind].begin) + listed(parts[kind]) + ".");
  return sentences;
}

}  // namespace eve::prompt
