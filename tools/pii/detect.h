// SPDX-License-Identifier: Apache-2.0
// Records -> spans of personal data: rules, model and lists, joined.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/threads.h"
#include "eve/eve.h"
#include "pii/canonical.h"
#include "pii/phrases.h"
#include "pii/rules.h"
#include "pii/span.h"
#include "pii/span_cache.h"

namespace eve::pii {

/// Lines of a private key between its BEGIN and END lines, for records that are lines (a block inside one record is a
/// rule's business). Remembers across records; one object per stream.
class KeyBlock {
 public:
  /// The part of this record that belongs to a key, if any.
  std::optional<Finding> next(std::string_view record);

 private:
  bool inside_ = false;
};

/// Joins what the rules found with what the model found. Every byte of a rule's span stays covered; the model adds
/// spans of its own. A rule's span inside a larger one of the model: the strong rules (by form or check digit) stay as
/// they are and the rest of the model's span stays the model's; a telephone number or account inside an ADDRESS is the
/// address's.
Spans join(std::string_view text, const Findings& rules, const Spans& model);

/// The model never reads a record itself but its canonical form, and what it says of a form is remembered. A record
/// whose form is remembered is not read by the model: its spans are the same as if it were, because they depend on
/// nothing but the form and the record.
class Detector {
 public:
  struct Settings {
    bool rules = true;
    std::vector<bool> wanted;                         ///< by label; empty: all
    std::vector<float> threshold;                     ///< by label, of the model's scores; empty: none
    Phrases allow;                                    ///< values that are no personal data
    Phrases deny;                                     ///< values that always are; value: label
    std::size_t threads = 1;                          ///< for the rules; 0: all CPUs of this process
    std::size_t cache_bytes = std::size_t{16} << 20;  ///< of what the model said of earlier records
  };
  /// `model`: none for rules alone. Its labels have been added to `labels`.
  Detector(Settings settings, const LabelSet& labels, std::optional<Tagger> model);

  /// Spans of each record; they depend on nothing but the record and its key. `keys`: what KeyBlock said of each; empty
  /// when no one asked it.
  std::vector<Spans> detect(std::span<const std::string_view> records,
                            std::span<const std::optional<Finding>> keys = {});

 private:
  Settings settings_;
  const LabelSet& labels_;
  std::optional<Tagger> model_;
  std::vector<std::uint16_t> label_of_;  // model's label -> LabelSet
  Threads threads_;
  SpanCache cache_;
  bool wanted(std::uint16_t label) const { return settings_.wanted.empty() || settings_.wanted[label]; }
  void add_denied(std::string_view text, Spans& spans) const;
  Spans by_model(std::string_view text, const Canonical& canonical, const std::vector<TaggedSpan>& tagged) const;
};

}  // namespace eve::pii
