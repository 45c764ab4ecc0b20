// SPDX-License-Identifier: Apache-2.0
#include "prompt/styles.h"

#include <algorithm>
#include <iterator>

#include "base/io.h"
#include "base/json.h"
#include "eve/error.h"

namespace eve::prompt {

namespace {

const Style kOwn[] = {
    {"analog", "{prompt}, shot on colour film, fine grain, gentle halation, slightly faded shadows",
     "digital look, oversharpened"},
    {"anime", "{prompt}, clean cel shading, expressive line art, flat colours with soft gradients",
     "photo, realistic skin"},
    {"architecture", "{prompt}, architectural photograph, straight verticals, even daylight, wide angle",
     "tilted, people, clutter"},
    {"cinematic", "film still of {prompt}, shallow depth of field, dramatic side light, muted palette",
     "flat light, cartoon, drawing"},
    {"claymation", "{prompt}, modelled in clay, visible finger marks, miniature set, warm studio light",
     "photo of a person, smooth render"},
    {"comic", "{prompt}, bold ink outlines, halftone dots, limited colours, strong contrast", "photo, soft focus"},
    {"concept-art", "concept art of {prompt}, loose brush strokes, atmospheric perspective, strong silhouette",
     "photo, flat composition"},
    {"fantasy", "{prompt}, high fantasy illustration, intricate detail, glowing accents, sweeping landscape",
     "modern objects, photo"},
    {"infrared", "{prompt}, infrared photograph, white foliage, dark sky, soft glow", "natural colours"},
    {"isometric", "isometric view of {prompt}, clean geometry, soft ambient shadows, pastel colours",
     "perspective distortion, noise"},
    {"line-art", "line drawing of {prompt}, black ink on white paper, even line weight", "colour, shading, photo"},
    {"low-poly", "{prompt}, low-poly render, flat facets, simple gradients", "photo texture, fine detail"},
    {"macro", "macro photograph of {prompt}, very shallow depth of field, crisp texture, soft background",
     "wide view, clutter"},
    {"noir", "{prompt}, black and white, hard shadows, wet streets, low key light", "bright colours, daylight"},
    {"oil-painting", "oil painting of {prompt}, visible impasto, rich earth colours, canvas texture",
     "photo, digital gloss"},
    {"papercraft", "{prompt}, layered paper cut-outs, soft shadows between layers, matte colours", "photo, glossy"},
    {"photo", "photograph of {prompt}, natural light, sharp focus, true colours", "painting, drawing, render"},
    {"pixel-art", "pixel art of {prompt}, limited palette, crisp square pixels", "blur, smooth gradients"},
    {"product", "product shot of {prompt}, seamless background, softbox light, clean reflections",
     "clutter, harsh shadows"},
    {"watercolor", "watercolor of {prompt}, loose washes, paper texture, bleeding edges", "hard outlines, photo"},
};

}  // namespace

std::string Style::apply(std::string_view text) const {
  std::string out;
  std::string_view rest = prompt;
  if (rest.find("{prompt}") == rest.npos) return std::string(text) + (prompt.empty() ? "" : ", " + prompt);
  for (std::size_t at; (at = rest.find("{prompt}")) != rest.npos; rest.remove_prefix(at + 8))
    out.append(rest.substr(0, at)).append(text);
  return out.append(rest);
}

std::vector<Style> load_styles(const std::string& file) {
  std::vector<Style> styles(std::begin(kOwn), std::end(kOwn));
  if (file.empty()) return styles;
  const std::string text = read_file(file, 16 << 20);
  simdjson::dom::parser parser;
  const auto root = parse_json(parser, text, printable(file));
  simdjson::dom::array list;
  if (root.get(list) != simdjson::SUCCESS) throw Error(Status::kInput, printable(file) + " is not a list of styles");
  for (const auto item : list) {
    Style style;
    std::string_view name, prompt, negative;
    if (item["name"].get(name) != simdjson::SUCCESS || name.empty())
      throw Error(Status::kInput, printable(file) + ": each style needs a name");
    if (item["prompt"].get(prompt) == simdjson::SUCCESS) style.prompt = prompt;
    if (item["negative_prompt"].get(negative) == simdjson::SUCCESS) style.negative = negative;
    style.name = name;
    std::erase_if(styles, [&](const Style& known) { return known.name == style.name; });
    styles.push_back(std::move(style));
  }
  return styles;
}

std::string styles_json(const std::vector<Style>& styles) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const Style& style : styles)
    json.begin_object()
        .member("name", style.name)
        .member("prompt", style.prompt)
        .member("negative_prompt", style.negative)
        .end_object();
  json.end_array();
  return out;
}

}  // namespace eve::prompt
