// SPDX-License-Identifier: Apache-2.0
#include "pii/detect.h"

#include <algorithm>
#include <unordered_map>

#include "base/utf8.h"
#include "pii/canonical.h"
#include "pii/names.h"
#include "pii/plausible.h"
#include "pii/scan.h"

namespace eve::pii {
namespace {

// Records that are worth a thread of their own.
constexpr std::size_t kRecordGrain = 16;

constexpr bool in_base64(char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; }

bool has_content(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || is_high(c); });
}

// Marks beyond ASCII: Latin-1's, general punctuation to miscellaneous symbols, those of East Asia.
bool is_only_marks(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = utf8_at(text, i);
    const auto within = [&](std::uint32_t from, std::uint32_t to) { return point.value >= from && point.value <= to; };
    if (is_alnum(text[i]) || !(within(0, 0xBF) || within(0x2010, 0x2BFF) || within(0x3000, 0x303F))) return false;
    i += point.bytes;
  }
  return true;
}

// Where a secret begins is known, what stands before it is its name or flag: "JSESSIONID=", the p of "-pPASSWORD".
bool is_name(std::uint16_t label, std::uint16_t next) {
  return label == next && label == static_cast<std::uint16_t>(Label::kPassword);
}

// What is left of the spans outside the tags of an earlier run.
Spans outside(const Spans& spans, const std::vector<Tag>& tags, std::string_view text) {
  Spans left;
  std::size_t t = 0;
  for (const Span& span : spans) {
    while (t < tags.size() && tags[t].end <= span.start) ++t;
    std::size_t from = span.start;
    const auto keep = [&](std::size_t start, std::size_t end) {
      while (start < end && is_space(text[start])) ++start;
      while (end > start && is_space(text[end - 1])) --end;
      if (start < end && has_content(text.substr(start, end - start)))
        left.push_back({start, end, span.label, span.score, span.by});
    };
    for (std::size_t k = t; k < tags.size() && tags[k].start < span.end; ++k) {
      if (tags[k].start > from && !is_name(span.label, tags[k].label)) keep(from, tags[k].start);
      from = std::max(from, tags[k].end);
    }
    if (from < span.end) keep(from, span.end);
  }
  return left;
}

// The lines of a key are a key, whatever else they look like.
void insert(const Finding& key, Findings& rules) {
  std::erase_if(rules, [&](const Finding& f) { return f.start < key.end && key.start < f.end; });
  rules.insert(std::find_if(rules.begin(), rules.end(), [&](const Finding& f) { return f.start > key.start; }), key);
}

}  // namespace

std::optional<Finding> KeyBlock::next(std::string_view record) {
  static constexpr std::string_view kBegin = "-----BEGIN ", kKey = "PRIVATE KEY", kDashes = "-----", kEnd = "-----END ";
  std::size_t start = 0, end = record.size();
  if (!inside_) {
    const std::size_t begin = record.rfind(kBegin);
    if (begin == record.npos) return std::nullopt;
    const std::size_t title = begin + kBegin.size();
    const std::size_t close = record.substr(title, 64).find(kDashes);
    if (close == record.npos || record.substr(title, close).find(kKey) == record.npos) return std::nullopt;
    start = title + close + kDashes.size();
    if (record.find(kEnd, start) != record.npos) return std::nullopt;
    inside_ = true;
  } else if (const std::size_t stop = record.find(kEnd); stop != record.npos) {
    inside_ = false;
    end = stop;
  }
  while (start < end && is_space(record[start])) ++start;
  while (end > start && is_space(record[end - 1])) --end;
  const std::string_view line = record.substr(start, end - start);
  if (line.empty()) return std::nullopt;
  const bool header = line.starts_with("Proc-Type:") || line.starts_with("DEK-Info:");
  const bool tag = line[0] == '[' || line[0] == '*';
  if (header || tag) return std::nullopt;
  if (!std::all_of(line.begin(), line.end(), in_base64)) {
    // A logger's prefix before each line of the key, or the end of what looked like one.
    std::size_t word = line.size();
    while (word > 0 && in_base64(line[word - 1])) --word;
    if (line.size() - word < 40) {
      inside_ = false;
      return std::nullopt;
    }
    start += word;
  }
  return Finding{start, end, Label::kPassword, 0.9999f, "private-key"};
}

Spans join(std::string_view text, const Findings& rules, const Spans& model) {
  constexpr auto kAddress = static_cast<std::uint16_t>(Label::kAddress);
  Spans sure;
  std::size_t m = 0;
  for (const Finding& rule : rules) {
    while (m < model.size() && model[m].end < rule.end) ++m;
    const bool inside = m < model.size() && model[m].start <= rule.start;
    const bool weak = rule.label == Label::kPhone || rule.label == Label::kAccountNumber;
    if (inside && weak && model[m].label == kAddress) continue;  // the model's span covers it
    sure.push_back({rule.start, rule.end, static_cast<std::uint16_t>(rule.label), rule.score, By::kRule});
  }

  Spans joined;
  std::size_t r = 0;
  const auto add_rest = [&](Span span) {
    while (span.start < span.end && !is_word(text[span.start])) ++span.start;
    while (span.end > span.start && !is_word(text[span.end - 1])) --span.end;
    if (span.start < span.end && !is_only_marks(text.substr(span.start, span.end - span.start))) joined.push_back(span);
  };
  for (Span span : model) {
    while (r < sure.size() && sure[r].end <= span.start) joined.push_back(sure[r++]);
    bool whole = true;
    for (; r < sure.size() && sure[r].start < span.end; ++r) {
      if (sure[r].start > span.start && !is_name(span.label, sure[r].label))
        add_rest({span.start, sure[r].start, span.label, span.score, span.by});
      joined.push_back(sure[r]);
      span.start = sure[r].end;
      whole = false;
      if (span.start >= span.end) {
        ++r;
        break;
      }
    }
    if (whole)
      joined.push_back(span);
    else if (span.start < span.end)
      add_rest(span);
  }
  joined.insert(joined.end(), sure.begin() + static_cast<std::ptrdiff_t>(r), sure.end());
  // A rule's span that ends inside the next of the model's: that one keeps what is left of it.
  Spans clean;
  for (Span span : joined) {
    if (!clean.empty() && span.start < clean.back().end) span.start = clean.back().end;
    if (span.start < span.end) clean.push_back(span);
  }
  return clean;
}

Detector::Detector(Settings settings, const LabelSet& labels, std::optional<Tagger> model)
    : settings_(std::move(settings)),
      labels_(labels),
      model_(std::move(model)),
      threads_(settings_.threads),
      cache_(settings_.cache_bytes) {
  if (model_) {
    for (const std::string& name : model_->labels()) label_of_.push_back(labels_.find(name));
  }
}

// Denied values win over everything: they are the user's own word.
void Detector::add_denied(std::string_view text, Spans& spans) const {
  Spans denied;
  for (std::size_t i = 0; i < text.size();) {
    const Phrases::Match match = settings_.deny.longest(text, i);
    const std::size_t end = i + match.length;
    const bool stands_alone = match.length > 0 && !(is_word(before(text, i)) && is_word(text[i])) &&
                              !(is_word(at(text, end)) && is_word(text[end - 1]));
    if (stands_alone) denied.push_back({i, end, static_cast<std::uint16_t>(match.value), 1.0f, By::kList});
    i = stands_alone ? end : i + 1;
  }
  if (denied.empty()) return;
  Spans all;
  std::size_t d = 0;
  for (Span span : spans) {
    for (; d < denied.size() && denied[d].start < span.end; ++d) {
      if (denied[d].end <= span.start) {
        all.push_back(denied[d]);
        continue;
      }
      if (denied[d].start > span.start) all.push_back({span.start, denied[d].start, span.label, span.score, span.by});
      span.start = std::max(span.start, denied[d].end);
      all.push_back(denied[d]);
      if (span.start >= span.end) {
        ++d;
        break;
      }
    }
    if (span.start < span.end) all.push_back(span);
  }
  all.insert(all.end(), denied.begin() + static_cast<std::ptrdiff_t>(d), denied.end());
  spans = std::move(all);
}

Spans Detector::by_model(std::string_view text, const Canonical& canonical,
                         const std::vector<TaggedSpan>& tagged) const {
  Spans model;
  std::size_t last = 0;
  for (const TaggedSpan& span : tagged) {
    const std::uint16_t label = label_of_[span.label];
    auto [start, end] = canonical.original(span.start, span.end);
    start = std::max(start, last);
    if (start >= end) continue;
    Span found = {start, end, label, span.score, By::kModel};
    if (label == static_cast<std::uint16_t>(Label::kPerson)) {
      to_word_ends(text, last, found);
      found.score = weighed(text, found.start, found.end, found.score);
    }
    if (!settings_.threshold.empty() && found.score < settings_.threshold[label]) continue;
    model.push_back(found);
    last = found.end;
  }
  model = plausible(text, model);
  add_namesakes(text, model);
  std::erase_if(model, [&](const Span& span) { return !wanted(span.label); });
  return model;
}

std::vector<Spans> Detector::detect(std::span<const std::string_view> records,
                                    std::span<const std::optional<Finding>> keys) {
  struct Reading {
    Findings rules;
    std::vector<Tag> tags;
    std::optional<Canonical> canonical;
    const std::vector<TaggedSpan>* tagged = nullptr;
  };
  std::vector<Reading> readings(records.size());
  threads_.parallel_for(records.size(), kRecordGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      Reading& reading = readings[i];
      if (settings_.rules) reading.rules = find_by_rule(records[i]);
      if (i < keys.size() && keys[i]) insert(*keys[i], reading.rules);
      reading.tags = find_tags(records[i], labels_);
      if (model_) reading.canonical.emplace(records[i], reading.rules, reading.tags);
    }
  });

  // The model reads each text that the cache does not know, once.
  std::vector<std::string_view> unknown;
  std::vector<std::vector<TaggedSpan>> answers;
  if (model_) {
    std::unordered_map<std::string_view, std::size_t> place;
    std::vector<std::pair<std::size_t, std::size_t>> waiting;  // record, index into `unknown`
    for (std::size_t i = 0; i < records.size(); ++i) {
      const std::string& text = readings[i].canonical->text();
      readings[i].tagged = cache_.find(text);
      if (readings[i].tagged) continue;
      const auto [known, added] = place.try_emplace(text, unknown.size());
      if (added) unknown.push_back(text);
      waiting.emplace_back(i, known->second);
    }
    if (!unknown.empty()) answers = model_->tag(unknown);
    for (const auto& [record, index] : waiting) readings[record].tagged = &answers[index];
  }

  std::vector<Spans> result(records.size());
  threads_.parallel_for(records.size(), kRecordGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::string_view text = records[i];
      Reading& reading = readings[i];
      Spans model;
      if (model_) model = by_model(text, *reading.canonical, *reading.tagged);
      std::erase_if(reading.rules, [&](const Finding& f) { return !wanted(static_cast<std::uint16_t>(f.label)); });
      Spans spans = join(text, reading.rules, model);
      if (!settings_.deny.empty()) add_denied(text, spans);
      spans = outside(spans, reading.tags, text);
      if (!settings_.allow.empty()) {
        std::erase_if(spans,
                      [&](const Span& s) { return settings_.allow.contains(text.substr(s.start, s.end - s.start)); });
      }
      result[i] = std::move(spans);
    }
  });
  for (std::size_t k = 0; k < unknown.size(); ++k) cache_.add(unknown[k], answers[k]);
  return result;
}

}  // namespace eve::pii
