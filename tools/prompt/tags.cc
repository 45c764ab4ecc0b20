// SPDX-License-Identifier: Apache-2.0
#include "prompt/tags.h"

#include <algorithm>
#include <array>

#include "tasks/text.h"

namespace eve::prompt {

namespace {

using Text = std::string_view;
using Words = std::set<std::string, std::less<>>;

// Of the words that pictures are described with, those that say how: in training prompts they stand in tags, not in
// descriptions.
constexpr Text kStyleWords =
    "2d 4k 50mm 8k abstract accents aerial aesthetic amazing ambient angle art artistic artwork atmosphere "
    "atmospheric award-winning awe background backlighting backlit baroque beautiful beautifully bliss blue blur "
    "bokeh bright brush candlelight centered cgi chiaroscuro cinema cinematic cinematography classical close-up "
    "closeup cold color colorful colors colour colourful colours comic complexity composition concept contrast cool "
    "cosmic crisp cyberpunk dappled dark dawn definition delicate depth desaturated detail detailed details diffuse "
    "digital dramatic drawing dreamy dslr dusk dynamic earth eerie effect elegant enchanted engine epic establishing "
    "ethereal expressive extreme extremely fantasy feeling field film fine firelight flare flickering flowing focus "
    "focused fog foggy futuristic gentle gloomy glossy glow glowing golden gothic gradient grain halo hard haze hazy "
    "hd hdr high highly horror hour hyper hyperdetailed hyperrealism hyperrealistic illustration insane intricate "
    "iridescent joyful lens light lighting lights line linework lit low low-key lush magical magnificent majestic "
    "manga masterful masterpiece matte medium melancholic minimalist mist misty monochromatic monochrome mood moody "
    "moonlight murky muted mysterious mystical natural neon night noir nostalgic nouveau octane oil ominous ornate "
    "overcast painting palette panoramic pastel peaceful photo photograph photography photorealism photorealistic "
    "polished portrait professional quality radiant rainy ratio rays raytracing realism realistic reflective render "
    "rendered rendering resolution retro rich rim rococo romantic saturated scale sci-fi sepia serene shading "
    "shadows shallow sharp shiny shot side silhouette simple sketch sleek smooth soft softbox steampunk stillness "
    "stormy strokes strong studio stunning style stylized subtle sunlight sunny sunrise sunset super surfaces "
    "surreal swirling symmetrical symmetry tense texture textured tilt-shift tone tones tranquil uhd ultra "
    "ultra-detailed unreal vibrant view vintage violet vivid volumetric wallpaper warm watercolor weathered wet "
    "whimsical wide";
// Tags that hold as a whole, though a word of theirs is a thing by itself.
constexpr std::array<Text, 31> kWholeTags = {"aerial view",
                                             "anime key visual",
                                             "art deco poster",
                                             "award winning",
                                             "backlit silhouette",
                                             "black and gold palette",
                                             "black and white",
                                             "black and white photograph",
                                             "black and white photography",
                                             "blueprint drawing",
                                             "charcoal sketch",
                                             "claymation still",
                                             "depth of field",
                                             "dust particles in the air",
                                             "hard noon shadows",
                                             "ink drawing",
                                             "long exposure photograph",
                                             "long shadows",
                                             "over the shoulder view",
                                             "paper cut art",
                                             "peaceful and quiet",
                                             "reflections on wet ground",
                                             "rule of thirds",
                                             "stained glass design",
                                             "teal and orange palette",
                                             "vintage poster",
                                             "visible brush strokes",
                                             "volumetric light rays",
                                             "wide angle",
                                             "weathered surfaces",
                                             "woodcut print"};
constexpr Text kFunctionWords = "a an and at by for from in of on or the to with very";

// Words of the same kind of medium go together ("concept art, illustration"); of several kinds a word may be.
constexpr std::array<Text, 16> kMedia = {
    "dslr film photo photo-realistic photograph photography photorealism photorealistic",
    "brush concept digital graphic illustration illustrations matte",
    "3d cgi cycles engine isometric octane raytracing render rendered rendering unreal",
    "brush oil painting",
    "brush linework painting sketch watercolor",
    "charcoal drawing sketch",
    "drawing ink linework sketch",
    "anime cel comic manga",
    "blueprint drawing",
    "clay claymation",
    "glass",
    "paper",
    "pixel",
    "low-poly poly",
    "poster vector",
    "woodcut"};
constexpr unsigned kAnyMedium = ~0U;
// Words of a description that name its medium; glass, paper or ink may be what it shows.
constexpr Text kNamedMedia =
    "anime claymation drawing illustration isometric painting photo photograph photography render rendering sketch "
    "watercolor woodcut";
// What a picture has one of.
constexpr std::array<Text, 5> kAspects = {
    "black-and-white color colorful colour colourful colours colors desaturated grayscale greyscale monochrome "
    "monochromatic muted palette pastel saturated sepia tone tones vibrant vivid",
    "backlighting backlit candlelight dawn daylight dusk firelight glow glowing hour light lighting lights lit "
    "moonlight neon noon overcast rays shadows softbox sunlight sunrise sunset",
    "50mm aerial angle close-up closeup lens macro panoramic tilt-shift view",
    "atmosphere feeling joyful melancholic mood mysterious peaceful serene stillness",
    "hyper-realistic hyperrealism hyperrealistic photo-realistic photorealism photorealistic realism realistic"};

Words set_of(Text list) {
  Words words;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(' ', at), list.size());
    if (end > at) words.emplace(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// Words in small letters; a hyphen joins. "black and white" is one word.
std::vector<std::string> words_of(Text text) {
  constexpr Text kMonochrome = "black and white";
  std::string lower = tasks::lower(text);
  for (std::size_t at = 0; (at = lower.find(kMonochrome, at)) != lower.npos;)
    lower.replace(at, kMonochrome.size(), "black-and-white");
  std::vector<std::string> words(1);
  for (const char c : lower) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

template <std::size_t n>
std::array<Words, n> sets_of(const std::array<Text, n>& lists) {
  std::array<Words, n> sets;
  std::ranges::transform(lists, sets.begin(), set_of);
  return sets;
}

/// A bit for each of the sets that has one of the words.
template <std::size_t n>
unsigned bits(const std::vector<std::string>& words, const std::array<Words, n>& sets) {
  unsigned found = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (std::ranges::any_of(words, [&](const std::string& word) { return sets[i].contains(word); })) found |= 1U << i;
  return found;
}

/// Kinds that all words which name a medium are of.
unsigned media_of(const std::vector<std::string>& words) {
  static const auto sets = sets_of(kMedia);
  unsigned kinds = kAnyMedium;
  for (const std::string& word : words)
    if (const unsigned of_word = bits({word}, sets)) kinds &= of_word;
  return kinds;
}

unsigned aspects_of(const std::vector<std::string>& words) {
  static const auto sets = sets_of(kAspects);
  return bits(words, sets);
}

bool says_how(const std::string& word) {
  static const std::array<Words, 2> sets = {set_of(kStyleWords), set_of(kFunctionWords)};
  return std::ranges::any_of(sets, [&](const Words& set) { return set.contains(word); });
}

}  // namespace

TagFilter::TagFilter(Text description, Text style, const std::vector<std::string>& allowed) {
  const std::vector<std::string> words = words_of(description), around = words_of(style);
  said_ = aspects_of(words) | aspects_of(around);
  media_ = media_of(around);
  static const Words named = set_of(kNamedMedia);
  if (std::ranges::any_of(words, [](const std::string& word) { return named.contains(word); }))
    media_ &= media_of(words);
  for (const std::string& word : words) own_.insert(tasks::stem(word));
  for (const std::string& phrase : allowed)
    for (std::string& word : words_of(phrase)) own_.insert(tasks::stem(std::move(word)));
}

bool TagFilter::take(Text tag) {
  const std::vector<std::string> words = words_of(tag);
  const bool whole = std::ranges::find(kWholeTags, tag) != kWholeTags.end();
  if (!whole && (words.empty() || words[0] == "a" || words[0] == "an" || words[0] == "the")) return false;  // a thing
  if (!whole && !std::ranges::all_of(
                    words, [&](const std::string& word) { return says_how(word) || own_.contains(tasks::stem(word)); }))
    return false;
  const unsigned media = media_of(words), aspects = aspects_of(words);
  if ((media != kAnyMedium && (media & media_) == 0) || (aspects & said_) != 0) return false;
  media_ &= media;
  said_ |= aspects;
  return true;
}

}  // namespace eve::prompt
