// SPDX-License-Identifier: Apache-2.0
#include "decode/viterbi.h"

#include <algorithm>
#include <limits>

namespace eve {

namespace {
constexpr float kImpossible = -std::numeric_limits<float>::infinity();
enum Part : std::size_t { kBegin, kInside, kEnd, kSingle };
constexpr std::size_t tag_of(std::size_t label, Part part) { return 1 + 4 * label + part; }
}  // namespace

TagScheme::TagScheme(const std::vector<std::string>& tags, const std::string& where) {
  bool good = !tags.empty() && tags[0] == "O" && tags.size() % 4 == 1;
  for (std::size_t i = 1; good && i < tags.size(); i += 4) {
    const std::string label = tags[i].size() > 2 ? tags[i].substr(2) : "";
    good = !label.empty() && tags[i] == "B-" + label && tags[i + 1] == "I-" + label && tags[i + 2] == "E-" + label &&
           tags[i + 3] == "S-" + label;
    labels_.push_back(label);
  }
  if (!good) throw Error(Status::kModel, where + ": not O and B-, I-, E-, S- of each label");
}

std::vector<TagScheme::Run> TagScheme::best(std::span<const float> scores) const {
  const std::size_t n_tags = tags(), n_labels = labels_.size(), tokens = scores.size() / n_tags;
  if (tokens == 0) return {};
  // A tag is either free (O, E, S: anything outside may follow) or open (B, I: only I or E of its label). So each step
  // needs one maximum over the free tags and one comparison a label.
  std::vector<float> value(n_tags, kImpossible), next(n_tags);
  std::vector<std::uint16_t> from(tokens * n_tags);
  float best_free = 0;
  std::uint16_t best_free_tag = 0;
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* score = &scores[t * n_tags];
    std::uint16_t* back = &from[t * n_tags];
    next[0] = best_free + score[0];
    back[0] = best_free_tag;
    for (std::size_t l = 0; l < n_labels; ++l) {
      const std::size_t b = tag_of(l, kBegin), i = tag_of(l, kInside), e = tag_of(l, kEnd), s = tag_of(l, kSingle);
      const std::size_t open = value[b] >= value[i] ? b : i;
      next[b] = best_free + score[b];
      next[s] = best_free + score[s];
      back[b] = back[s] = best_free_tag;
      next[i] = t > 0 ? value[open] + score[i] : kImpossible;
      next[e] = t > 0 ? value[open] + score[e] : kImpossible;
      back[i] = back[e] = static_cast<std::uint16_t>(open);
    }
    value.swap(next);
    best_free = value[0];
    best_free_tag = 0;
    for (std::size_t l = 0; l < n_labels; ++l)
      for (const Part part : {kEnd, kSingle})
        if (value[tag_of(l, part)] > best_free) {
          best_free = value[tag_of(l, part)];
          best_free_tag = static_cast<std::uint16_t>(tag_of(l, part));
        }
  }
  std::vector<Run> runs;
  std::size_t tag = best_free_tag, last = 0;
  for (std::size_t t = tokens; t-- > 0;) {
    if (tag != 0) {
      const std::size_t label = (tag - 1) / 4;
      const auto part = static_cast<Part>((tag - 1) % 4);
      if (part == kEnd || part == kSingle) last = t;
      if (part == kBegin || part == kSingle) runs.push_back({t, last, static_cast<std::uint32_t>(label)});
    }
    tag = from[t * n_tags + tag];
  }
  std::reverse(runs.begin(), runs.end());
  return runs;
}

}  // namespace eve
