// SPDX-License-Identifier: Apache-2.0
#include "train/data.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/io.h"
#include "base/jsonl.h"
#include "base/rng.h"
#include "train/backward.h"

namespace eve {

namespace {

using Row = simdjson::dom::element;

std::int32_t index_of(const std::unordered_map<std::string_view, std::int32_t>& index, const std::string& name,
                      const std::string& where) {
  const auto found = index.find(name);
  if (found == index.end())
    throw Error(Status::kInput, where + ": label " + printable(name) + " is not one of the model's");
  return found->second;
}

constexpr std::string_view kSpace = " \t\r\n";

struct TokenRange {
  std::size_t start, end;
};

/// The bytes of each token, without white space around them unless it is nothing else: a span neither begins nor ends
/// with a space, a token often does.
std::vector<TokenRange> content_ranges(const Tokenizer& tokenizer, const std::vector<TokenId>& tokens) {
  std::vector<TokenRange> ranges;
  std::size_t at = 0;
  for (const TokenId id : tokens) {
    const std::string_view bytes = tokenizer.bytes(id);
    const std::size_t first = bytes.find_first_not_of(kSpace), last = bytes.find_last_not_of(kSpace);
    const bool blank = first == bytes.npos;
    ranges.push_back({at + (blank ? 0 : first), at + (blank ? bytes.size() : last + 1)});
    at += bytes.size();
  }
  return ranges;
}

using LabelIndex = std::unordered_map<std::string_view, std::int32_t>;

bool word_byte(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

std::vector<TokenId> encode_with_cuts(const Tokenizer& tokenizer, std::string_view text, double chance, Rng& rng) {
  std::vector<TokenId> tokens;
  std::size_t from = 0;
  for (std::size_t at = 1; at <= text.size(); ++at) {
    if (at < text.size() && !(word_byte(text[at - 1]) && word_byte(text[at]) && rng.uniform() < chance)) continue;
    const std::vector<TokenId> part = tokenizer.encode(text.substr(from, at - from));
    tokens.insert(tokens.end(), part.begin(), part.end());
    from = at;
  }
  return tokens;
}

Example tag_example(Row row, const Tokenizer& tokenizer, const LabelIndex& index, double subword_noise, Rng& rng,
                    const std::string& where, Dataset& out) {
  const std::string_view text = row["text"];
  const bool cut = subword_noise > 0 && rng.below(2) == 0;
  Example example{cut ? encode_with_cuts(tokenizer, text, subword_noise, rng) : tokenizer.encode(text), {}};
  example.targets.assign(example.tokens.size(), index_of(index, "O", where));
  const std::vector<TokenRange> ranges = content_ranges(tokenizer, example.tokens);
  for (const Row span : row["spans"].get_array()) {
    const std::uint64_t start = span["start"], end = span["end"];
    const std::string_view name = span["label"];
    const std::string label(name);
    if (start >= end || end > text.size()) throw Error(Status::kInput, where + ": a span lies outside the text");
    const auto first = static_cast<std::size_t>(
        std::partition_point(ranges.begin(), ranges.end(), [&](TokenRange r) { return r.end <= start; }) -
        ranges.begin());
    const auto stop = static_cast<std::size_t>(
        std::partition_point(ranges.begin(), ranges.end(), [&](TokenRange r) { return r.start < end; }) -
        ranges.begin());
    if (first >= stop) {  // of white space alone
      ++out.misaligned;
      continue;
    }
    out.misaligned += ranges[first].start != start || ranges[stop - 1].end != end;
    for (std::size_t t = first; t < stop; ++t) {
      const char* prefix = stop - first == 1 ? "S-" : t == first ? "B-" : t + 1 == stop ? "E-" : "I-";
      example.targets[t] = index_of(index, prefix + label, where);
    }
  }
  return example;
}

}  // namespace

std::vector<std::string> bioes_tags(const std::vector<std::string>& labels) {
  std::vector<std::string> tags{"O"};
  for (const std::string& label : labels)
    for (const char* prefix : {"B-", "I-", "E-", "S-"}) tags.push_back(prefix + label);
  return tags;
}

std::vector<std::string> collect_labels(const std::vector<std::string>& paths, Head head) {
  std::set<std::string> labels;
  for (const std::string& path : paths)
    for_each_json_line(path, [&](Row row, const std::string&) {
      if (head == Head::kLabel) {
        labels.emplace(std::string_view(row["label"]));
      } else {
        for (const Row span : row["spans"].get_array()) labels.emplace(std::string_view(span["label"]));
      }
    });
  return {labels.begin(), labels.end()};
}

PromptAnswer prompt_and_answer(Row row, std::string_view task, const RowForm& form) {
  if (form) return form(task, row);
  return {std::string(std::string_view(row["prompt"])), std::string(std::string_view(row["answer"]))};
}

Dataset read_dataset(const std::vector<std::string>& paths, Head head, const Tokenizer& tokenizer,
                     const std::vector<std::string>& names, std::size_t context, double subword_noise,
                     std::string_view task, const RowForm& form) {
  Dataset out;
  Rng rng(1);
  LabelIndex index;
  for (std::size_t i = 0; i < names.size(); ++i) index.emplace(names[i], static_cast<std::int32_t>(i));
  std::uint32_t row_number = 0;
  const auto add = [&](Example example) {
    if (example.tokens.empty()) return;
    out.tokens += example.tokens.size();
    out.targets += static_cast<std::size_t>(
        std::count_if(example.targets.begin(), example.targets.end(), [](auto t) { return t != kNoTarget; }));
    out.examples.push_back(std::move(example));
    out.rows.push_back(row_number - 1);
  };
  const auto read_row = [&](Row row, const std::string& where) {
    ++row_number;
    if (head == Head::kTag) {
      const Example whole = tag_example(row, tokenizer, index, subword_noise, rng, where, out);
      for (std::size_t at = 0; at < whole.tokens.size(); at += context) {
        const auto first = static_cast<std::ptrdiff_t>(at),
                   last = static_cast<std::ptrdiff_t>(std::min(at + context, whole.tokens.size()));
        add({{whole.tokens.begin() + first, whole.tokens.begin() + last},
             {whole.targets.begin() + first, whole.targets.begin() + last}});
      }
      return;
    }
    Example example;
    if (head == Head::kLabel) {
      example.tokens = tokenizer.encode(row["text"]);
      example.targets = {index_of(index, std::string(std::string_view(row["label"])), where)};
    } else {
      const PromptAnswer pair = prompt_and_answer(row, task, form);
      example.tokens = tokenizer.encode(pair.prompt);
      const std::size_t prompt = example.tokens.size();
      for (const TokenId id : tokenizer.encode(pair.answer)) example.tokens.push_back(id);
      if (const auto end = tokenizer.end_of_text()) example.tokens.push_back(*end);
      example.targets.assign(example.tokens.size(), kNoTarget);
      for (std::size_t t = std::max<std::size_t>(prompt, 1); t < example.tokens.size(); ++t)
        example.targets[t - 1] = example.tokens[t];
    }
    if (example.tokens.size() > context) {
      ++out.dropped;
      return;
    }
    add(std::move(example));
  };
  for (const std::string& path : paths) for_each_json_line(path, read_row);
  return out;
}

}  // namespace eve
