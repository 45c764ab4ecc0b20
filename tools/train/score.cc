// SPDX-License-Identifier: Apache-2.0
#include "train/score.h"

#include <set>
#include <tuple>

#include "base/jsonl.h"
#include "decode/tagger.h"

namespace eve {

namespace {

struct Row {
  std::string text, source;
  std::set<std::tuple<std::size_t, std::size_t, std::string>> spans;
};

std::vector<Row> read_rows(const std::vector<std::string>& paths) {
  std::vector<Row> rows;
  for (const std::string& path : paths)
    for_each_json_line(path, [&](simdjson::dom::element line, const std::string&) {
      Row row;
      row.text = std::string_view(line["text"]);
      std::string_view source;
      if (line["source"].get(source) == simdjson::SUCCESS) row.source = source.substr(0, source.find('/'));
      for (const simdjson::dom::element span : line["spans"].get_array()) {
        const std::string_view label = span["label"];
        row.spans.emplace(std::uint64_t(span["start"]), std::uint64_t(span["end"]), label);
      }
      rows.push_back(std::move(row));
    });
  return rows;
}

void write_counts(JsonWriter& json, const SpanCounts& c) {
  json.begin_object().member("precision", c.precision()).member("recall", c.recall()).member("f1", c.f1());
  json.member("wanted", c.wanted).end_object();
}

}  // namespace

void SpanScore::write(JsonWriter& json) const {
  json.begin_object().key("all");
  write_counts(json, all);
  for (const auto& [name, groups] : {std::pair{"by_label", &by_label}, {"by_source", &by_source}}) {
    json.key(name).begin_object();
    for (const auto& [group, counts] : *groups) {
      json.key(group);
      write_counts(json, counts);
    }
    json.end_object();
  }
  json.member("clean_rows", clean_rows).member("clean_touched", clean_touched).end_object();
}

SpanScore score_spans(const ModelData& model, const std::vector<std::string>& paths, Threads& threads) {
  const std::vector<Row> rows = read_rows(paths);
  SpanTagger tagger(model, threads);
  std::vector<std::string_view> texts;
  for (const Row& row : rows) texts.push_back(row.text);
  const auto tagged = tagger.tag(texts);
  SpanScore score;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    SpanCounts& source = score.by_source[row.source];
    for (const auto& [start, end, label] : row.spans)
      for (SpanCounts* c : {&score.all, &source, &score.by_label[label]}) ++c->wanted;
    for (const TaggedSpan& span : tagged[i]) {
      const std::string& label = tagger.labels()[span.label];
      const bool right = row.spans.contains({span.start, span.end, label});
      for (SpanCounts* c : {&score.all, &source, &score.by_label[label]}) {
        ++c->found;
        c->right += right;
      }
    }
    score.clean_rows += row.spans.empty();
    score.clean_touched += row.spans.empty() && !tagged[i].empty();
  }
  return score;
}

}  // namespace eve
