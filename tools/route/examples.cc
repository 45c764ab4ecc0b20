// SPDX-License-Identifier: Apache-2.0
#include "route/examples.h"

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "eve/error.h"

namespace eve::route {

namespace {

constexpr std::size_t kLabelBytes = 200;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

const char* label_fault(std::string_view label) {
  if (label.empty()) return "the label is empty";
  if (label.size() > kLabelBytes) return "the label has more than 200 bytes";
  if (utf8_error(label) != label.npos) return "the label is not UTF-8";
  for (const char edge : {label.front(), label.back()})
    if (edge == ' ' || edge == '/') return "the label begins or ends with a space or '/'";
  for (std::size_t at = 0; at < label.size();) {
    const CodePoint c = utf8_at(label, at);
    if (is_unsafe_on_terminal(c.value)) return "the label has a control character";
    at += c.bytes;
  }
  return nullptr;
}

Examples read_examples(std::string_view text, const std::string& name) {
  std::map<std::string, std::vector<std::string_view>, std::less<>> texts_of;
  Examples out;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    const auto refuse = [&](const std::string& why) {
      throw Error(Status::kInput, name + ":" + std::to_string(number) + ": " + why);
    };
    if (trimmed(line).empty() || line.starts_with("# ")) continue;
    const std::size_t tab = line.find('\t');
    if (tab == line.npos) refuse("no tab between label and text");
    const std::string_view label = line.substr(0, tab), example = trimmed(line.substr(tab + 1));
    if (const char* fault = label_fault(label)) refuse(fault);
    if (utf8_error(example) != example.npos || example.find('\0') != example.npos) refuse("the text is not UTF-8");
    if (example.empty()) refuse("the text is empty");
    auto it = texts_of.find(label);
    if (it == texts_of.end()) it = texts_of.emplace(std::string(label), std::vector<std::string_view>{}).first;
    it->second.push_back(example);
  }
  std::map<std::string_view, std::size_t> labels_of;  // how many labels each text has
  for (auto& [label, texts] : texts_of) {
    std::uint32_t index = kNone;
    if (label != kOutOfScope) {
      index = static_cast<std::uint32_t>(out.labels.size());
      out.labels.push_back(label);
    }
    std::sort(texts.begin(), texts.end());
    const auto last = std::unique(texts.begin(), texts.end());
    out.repeated += static_cast<std::size_t>(texts.end() - last);
    for (auto it = texts.begin(); it != last; ++it) {
      out.rows.push_back({index, std::string(*it)});
      out.contradicting += labels_of[*it]++ == 1;
    }
  }
  return out;
}

}  // namespace eve::route
