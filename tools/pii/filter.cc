// SPDX-License-Identifier: Apache-2.0
#include "pii/filter.h"

#include <algorithm>
#include <string>

#include "pii/labels.h"
#include "pii/plausible.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

constexpr int kMostSweeps = 4;

// What is removed joins what stood apart, and a pseudonym looks like data: neither shall make more of the record
// disappear.
std::vector<Action> probing(std::vector<Action> actions) {
  for (Action& action : actions) {
    if (action == Action::kRemove || action == Action::kPseudonym) action = Action::kTag;
  }
  return actions;
}

}  // namespace

Filter::Filter(Detector& detector, const LabelSet& labels, const std::vector<Action>& actions, std::string_view key)
    : detector_(detector), probe_({probing(actions), std::string(key), false, {}}, labels) {}

// Adds what was found in the masked record (the last that probe_ made) to the spans of the record itself.
bool Filter::look_again(std::string_view record, const Spans& again, Spans& spans) const {
  Spans more;
  for (const Span& found : again) {
    for (const Redactor::Copied& part : probe_.copied()) {
      const std::size_t start = std::max(found.start, part.out), end = std::min(found.end, part.out + part.length);
      if (start >= end) continue;
      Span span = {start - part.out + part.in, end - part.out + part.in, found.label, found.score, found.by};
      while (span.start < span.end && !is_word(record[span.start])) ++span.start;
      while (span.end > span.start && !is_word(record[span.end - 1])) --span.end;
      const bool known = std::any_of(spans.begin(), spans.end(),
                                     [&](const Span& s) { return s.start < span.end && span.start < s.end; });
      if (span.start < span.end && !known) more.push_back(span);
    }
  }
  if (more.empty()) return false;
  spans.insert(spans.end(), more.begin(), more.end());
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
  // What was found later may be the rest of what was found before: "[PERSON_1] Hill".
  Spans whole;
  for (const Span& span : spans) {
    constexpr auto kPerson = static_cast<std::uint16_t>(Label::kPerson);
    const bool continues = !whole.empty() && span.label == kPerson && whole.back().label == kPerson &&
                           one_value(kPerson, record.substr(whole.back().end, span.start - whole.back().end));
    if (continues)
      whole.back().end = span.end;
    else
      whole.push_back(span);
  }
  spans = std::move(whole);
  return true;
}

std::vector<Spans> Filter::run(std::span<const std::string_view> records) {
  std::vector<std::optional<Finding>> keys;
  for (std::string_view record : records) keys.push_back(keys_.next(record));
  std::vector<Spans> spans = detector_.detect(records, keys);

  const auto masked = [&](std::size_t i) {
    probe_.forget();  // numbers as in a record of its own: the result must not depend on what was read together
    return probe_.redact(records[i], spans[i]);
  };
  std::vector<std::size_t> pending;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!spans[i].empty()) pending.push_back(i);
  }
  for (int sweep = 0; sweep < kMostSweeps && !pending.empty(); ++sweep) {
    std::vector<std::string> texts;
    for (std::size_t i : pending) texts.push_back(masked(i));
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const std::vector<Spans> again = detector_.detect(views);
    std::vector<std::size_t> changed;
    for (std::size_t k = 0; k < pending.size(); ++k) {
      if (again[k].empty()) continue;
      masked(pending[k]);
      if (look_again(records[pending[k]], again[k], spans[pending[k]])) changed.push_back(pending[k]);
    }
    pending = std::move(changed);
  }
  return spans;
}

}  // namespace eve::pii
