// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "base/threads.h"
#include "eve/error.h"
#include "route/calibrate.h"
#include "route/features.h"
#include "route/router.h"

namespace eve::route {

namespace {

// Rows are held out in turn, one in kFolds, and with them one label in kFolds, until there are enough: what was learnt
// of few examples changes much with one more, of many hardly.
constexpr std::size_t kFolds = 5, kEnough = 1000;

// With fewer examples a label than that, its name is one more, and some steps learn from the vector alone: else what
// few examples share by chance outweighs what they mean. With many examples neither changes anything.
constexpr std::size_t kFew = 20;
constexpr float kVectorAlone = 0.3f;

struct Message {
  std::vector<std::uint32_t> features;
  std::vector<float> vector;  // empty without vectors
};

Message message_of(const std::string& text, const Vectors* vectors) {
  return {features(text), vectors ? vectors->embed(text) : std::vector<float>()};
}

/// A label as words, "getWeather" as "get Weather"; what is neither letter nor digit parts words anyway.
std::string words_of_label(const std::string& label) {
  std::string out;
  for (const char c : label) {
    if (c >= 'A' && c <= 'Z' && !out.empty() && out.back() >= 'a' && out.back() <= 'z') out += ' ';
    out += c;
  }
  return out;
}

bool label_left_out(std::uint32_t label, std::size_t labels, std::size_t fold) {
  return labels >= 2 * kFolds && label % kFolds == fold;
}

/// Readings of fold `fold` by a model that was trained without it, and without the names of the labels: a name often
/// stands in the messages that are held out, which would make the model look surer than it is.
std::vector<HeldReading> hold_out(const Examples& examples, const std::vector<Message>& messages, std::size_t fold,
                                  float vector_alone, const TrainOptions& options) {
  const std::size_t labels = examples.labels.size();
  std::vector<std::uint32_t> index(labels, kNone);
  std::uint32_t used = 0;
  std::vector<TrainRow> rows;
  for (std::uint32_t l = 0; l < labels; ++l)
    if (!label_left_out(l, labels, fold)) index[l] = used++;
  std::vector<std::size_t> held;
  for (std::size_t i = 0; i < examples.rows.size(); ++i) {
    const std::uint32_t label = examples.rows[i].label;
    // Of the left-out labels one row in kFolds too: otherwise they outnumber the others.
    if (i % kFolds == fold)
      held.push_back(i);
    else if (label != kNone && index[label] != kNone)
      rows.push_back({index[label], messages[i].features, messages[i].vector});
  }
  if (rows.empty()) return {};
  const Linear model = train_linear(rows, used, options.seed, vector_alone, options.check_time);
  std::vector<HeldReading> out;
  for (const std::size_t i : held) {
    const std::uint32_t label = examples.rows[i].label;
    HeldReading& one = out.emplace_back();
    model.read(messages[i].features, messages[i].vector, one.reading);
    one.truth = label == kNone ? kNone : index[label];
  }
  return out;
}

}  // namespace

Routes train_routes(const Examples& examples, const TrainOptions& options) {
  Routes routes;
  routes.labels = examples.labels;
  if (routes.labels.empty()) throw Error(Status::kInput, "there is no example of a label");
  routes.vectors = options.vectors;
  if (routes.vectors) routes.vectors_id = routes.vectors->checksum();
  std::vector<Message> messages, names;
  std::vector<TrainRow> rows;
  for (const Example& example : examples.rows) messages.push_back(message_of(example.text, routes.vectors.get()));
  for (std::size_t i = 0; i < examples.rows.size(); ++i)
    if (examples.rows[i].label != kNone)
      rows.push_back({examples.rows[i].label, messages[i].features, messages[i].vector});
  const std::size_t folds = std::min(kFolds, (kEnough * kFolds + rows.size() - 1) / rows.size());
  if (rows.size() < kFew * routes.labels.size())
    for (const std::string& label : routes.labels)
      names.push_back(message_of(words_of_label(label), routes.vectors.get()));
  for (std::uint32_t l = 0; l < names.size(); ++l) rows.push_back({l, names[l].features, names[l].vector});
  const float vector_alone = names.empty() ? 0 : kVectorAlone;
  std::vector<std::vector<HeldReading>> held(folds);
  Threads threads(options.threads);
  threads.parallel_for(folds + 1, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t job = begin; job < end; ++job)
      if (job == folds)
        routes.linear = train_linear(rows, routes.labels.size(), options.seed, vector_alone, options.check_time);
      else
        held[job] = hold_out(examples, messages, job, vector_alone, options);
  });
  std::vector<HeldReading> all;
  for (std::vector<HeldReading>& fold : held) std::move(fold.begin(), fold.end(), std::back_inserter(all));
  routes.calibration = fit_calibration(all);
  for (const HeldReading& one : all)
    routes.held_out.push_back(summary(decide(one.reading, routes.calibration, routes.thresholds), one.truth));
  routes.thresholds.scope = scope_threshold(routes.held_out);
  if (options.keep_examples) routes.examples = examples.rows;
  return routes;
}

}  // namespace eve::route
