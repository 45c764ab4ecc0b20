// SPDX-License-Identifier: Apache-2.0
#include "tasks/plain.h"

#include "tasks/text.h"

namespace eve::tasks {

namespace {

constexpr std::size_t kRouteBytes = 600, kDescriptionBytes = 600;

std::string with_cue(std::string prompt) { return prompt.append(kAnswerCue); }

}  // namespace

std::string route_prompt(const std::vector<std::string_view>& labels, std::string_view text) {
  std::string prompt = "ROUTE\n";
  for (std::size_t i = 0; i < labels.size(); ++i) prompt.append(i ? ", " : "").append(labels[i]);
  return with_cue(prompt.append("\nQ: ").append(cut(text, kRouteBytes)));
}

std::string summarize_prompt(std::string_view text, std::size_t limit_bytes) {
  std::string prompt = "SUMMARIZE\n";
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() <= limit_bytes) return with_cue(prompt.append(text));
  // How a talk begins and how it ends say more than its middle.
  const std::string_view front = cut(text, limit_bytes / 2);
  const std::size_t line = front.rfind('\n');
  std::string_view back = text.substr(text.size() - (limit_bytes - front.size()));
  if (const std::size_t start = back.find('\n'); start != back.npos)
    back.remove_prefix(start + 1);
  else
    while (!back.empty() && (back.front() & 0xC0) == 0x80) back.remove_prefix(1);
  return with_cue(prompt.append(line == front.npos ? front : front.substr(0, line)).append("\n...\n").append(back));
}

std::string image_prompt(std::string_view description, std::string_view style) {
  return with_cue(
      std::string("PROMPT ").append(style).append("\n").append(cut(one_line(description), kDescriptionBytes)));
}

std::string own_prompt(std::string_view text) {
  return text.ends_with(kAnswerCue) ? std::string(text) : with_cue(std::string(text));
}

}  // namespace eve::tasks
