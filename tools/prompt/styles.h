// SPDX-License-Identifier: Apache-2.0
// Style presets in the JSON form that image tools share: [{"name", "prompt": "... {prompt} ...", "negative_prompt"}].
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eve::prompt {

struct Style {
  std::string name, prompt, negative;
  /// The text in place of each "{prompt}"; in front of a style that has none.
  std::string apply(std::string_view text) const;
};

/// Our own presets, then those of a file if it is named; of the same name the last counts. Throws kInput for a file
/// that has another form.
std::vector<Style> load_styles(const std::string& file);
std::string styles_json(const std::vector<Style>& styles);

/// What a picture rarely should have, for tools that take it apart.
inline constexpr std::string_view kNegative =
    "lowres, blurry, out of focus, jpeg artifacts, watermark, text, cropped, deformed, extra limbs";

}  // namespace eve::prompt
