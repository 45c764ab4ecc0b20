// SPDX-License-Identifier: Apache-2.0
// Which of several statements a question means: what its words say about them beside the model's probability.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "sql/choices.h"
#include "sql/coverage.h"
#include "tasks/sql.h"
#include "tasks/sql_links.h"
#include "tasks/text.h"

namespace eve::sql {

class Ranking {
 public:
  /// The schema must outlive the object.
  Ranking(const tasks::SqlSchema& schema, std::string_view question);

  static constexpr std::size_t kFeatures = 19;
  std::vector<Choice> choices(std::string_view sql) const { return choices_.of(sql); }
  using Features = std::array<double, kFeatures>;
  static const std::array<std::string_view, kFeatures>& names();
  /// Of a statement of the grammar (sql/grammar.h) and its natural log of a probability by the model.
  Features features(std::string_view sql, double log_probability) const;
  /// The more, the likelier the statement is what the question means: log odds against the others, less a constant.
  /// A weighted sum of the features (models/pico-sql/ranking.py).
  double score(std::string_view sql, double log_probability) const;
  /// The probability that a statement is right, given its share of exp(score) among those considered.
  static double confidence(double share, double log_probability);

 private:
  const tasks::SqlSchema& schema_;
  Coverage coverage_;
  Choices choices_;
  std::vector<tasks::Word> said_;
  std::vector<bool> capital_;  ///< of the words of the question: begins with a capital
  std::vector<tasks::NameLink> links_;

  bool says(std::initializer_list<std::string_view> words) const;
  bool is_in_link(std::size_t word) const;
  struct Place {
    std::size_t first, last;  ///< words of the question
  };
  std::vector<Place> places_of(std::string_view literal) const;
  bool is_cut(Place place) const;
};

}  // namespace eve::sql
