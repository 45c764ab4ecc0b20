// SPDX-License-Identifier: Apache-2.0
#include "sql/asker.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/io.h"
#include "model/model.h"
#include "sql/contents.h"
#include "sql/grammar.h"
#include "sql/sense.h"
#include "tasks/answer.h"
#include "tasks/text.h"

namespace eve::sql {

namespace {

constexpr double kPrepareSeconds = 1;
constexpr std::size_t kSchemaBytes = 2400;  // as training shows
constexpr std::size_t kAttempts = 12, kConsidered = 6;
constexpr double kFinds = 3;                       // nats for a statement that finds rows
constexpr std::size_t kVaried = 3, kVariants = 6;  // the best candidates that are varied, and variants of them all

/// How many names a remark lists.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + " and " + std::to_string(names.size() - kShown) + " more" : text;
}

/// Whether a question asks for what no SELECT does.
bool asks_to_change(std::string_view question) {
  static const std::set<std::string_view> kCommands = {"delete", "drop", "insert", "truncate", "alter"};
  static const std::set<std::string_view> kObjects = {"the", "a", "an", "all", "every", "table"};
  const std::vector<std::string> words = tasks::words(question);
  if (words.size() < 2) return false;
  return kCommands.contains(words[0]) ||
         ((words[0] == "update" || words[0] == "create") && kObjects.contains(words[1]));
}

}  // namespace

Asker::Asker(const Model& model, std::size_t threads, const Database& database, Gate& gate, AskSettings settings,
             std::function<void(const std::string&)> note)
    : tokenizer_(*model.data().tokenizer),
      context_(model.data().config.context),
      generator_(model, threads),
      database_(database),
      gate_(gate),
      settings_(settings),
      note_(std::move(note)) {}

/// Keeps a statement that prepares; true when there are enough to choose from.
bool Asker::judge(std::string_view sql, std::vector<Candidate>& candidates) const {
  if (std::ranges::any_of(candidates, [&](const Candidate& known) { return known.answer.sql == sql; })) return false;
  if (repeats_itself(sql) || contradicts_itself(sql) || answers_itself(sql) || cuts_a_text(sql)) return false;
  const Gate::Verdict verdict = gate_.prepare(sql, deadline_after(kPrepareSeconds));
  if (!verdict) return false;
  bool finds = true;
  if (settings_.try_out) {
    QueryLimits limits = settings_.limits;
    limits.rows = 20;
    const QueryResult result = run_query(database_, sql, limits);
    finds = result.failure.empty() && !result.rows.says_nothing();
  }
  candidates.push_back({{std::string(sql), "", verdict.tables, verdict.columns, 0, {}}, finds});
  const auto good = static_cast<std::size_t>(std::ranges::count_if(candidates, &Candidate::finds));
  return candidates.size() >= kConsidered && good >= settings_.answers;
}

double Asker::log_probability(const std::string& prompt, const std::string& sql) {
  std::vector<std::int32_t> ids = tokenizer_.encode(prompt);
  const std::size_t begin = ids.size();
  for (const std::int32_t id : tokenizer_.encode(sql)) ids.push_back(id);
  const std::vector<float> logits = generator_.logits(ids, begin);
  if (const auto end = tokenizer_.end_of_text()) ids.push_back(*end);
  const std::size_t rows = logits.size() / (ids.size() - (tokenizer_.end_of_text() ? 1 : 0));
  double sum = 0;
  for (std::size_t at = begin; at < ids.size(); ++at) {
    const float* row = &logits[(at - 1) * rows];
    const double most = *std::max_element(row, row + rows);
    double total = 0;
    for (std::size_t id = 0; id < rows; ++id) total += std::exp(static_cast<double>(row[id]) - most);
    sum += static_cast<double>(row[static_cast<std::size_t>(ids[at])]) - most - std::log(total);
  }
  return sum;
}

/// Adds what the best candidates would be with another choice that questions mean more often.
void Asker::vary(const Ranking& ranking, std::vector<Candidate>& candidates) const {
  struct Variant {
    double gain;  // nats
    std::string sql;
  };
  std::vector<Variant> variants;
  for (std::size_t i = 0; i < std::min(kVaried, candidates.size()); ++i) {
    const std::string& sql = candidates[i].answer.sql;
    for (const Choice& choice : ranking.choices(sql)) {
      const std::vector<double> logs = Choices::log_shares(choice);
      for (std::size_t other = 0; other < choice.instead.size(); ++other)
        if (const double gain = logs[other] - logs[choice.made]; gain > 0)
          variants.push_back({gain, sql.substr(0, choice.begin) + choice.instead[other] + sql.substr(choice.end)});
    }
  }
  std::ranges::stable_sort(variants, std::greater<>(), &Variant::gain);
  const std::size_t most = candidates.size() + kVariants;
  for (const Variant& variant : variants)
    if (candidates.size() < most) judge(variant.sql, candidates);
}

/// The best first, each with its confidence.
void Asker::rank(const Ranking& ranking, const std::string& prompt, std::vector<Candidate>& candidates) {
  for (Candidate& candidate : candidates) {
    Answer& answer = candidate.answer;
    // A pass of the model each: what was ranked before keeps its own.
    if (answer.log_probability == 0) answer.log_probability = log_probability(prompt, answer.sql);
    candidate.score = ranking.score(answer.sql, answer.log_probability) + (candidate.finds ? kFinds : 0);
  }
  std::ranges::stable_sort(candidates, std::greater<>(), &Candidate::score);
  double all = 0;
  for (const Candidate& candidate : candidates) all += std::exp(candidate.score - candidates[0].score);
  for (Candidate& candidate : candidates)
    candidate.answer.confidence = Ranking::confidence(
        std::exp(std::min(0.0, candidate.score - candidates[0].score)) / all, candidate.answer.log_probability);
}

/// As much of the schema as the model has room for; an empty prompt when there is no room at all.
Asker::Shown Asker::shown(const std::string& asked, std::size_t max_tokens) const {
  tasks::SqlSchema part = tasks::relevant_part(database_.schema().all, asked, kSchemaBytes);
  if (settings_.try_out && !look_up(database_, part, asked, settings_.limits))
    note_("there was no time to look up the question in all columns");
  for (std::size_t limit = kSchemaBytes; limit >= kSchemaBytes / 32; limit /= 2) {
    part = tasks::relevant_part(part, asked, limit);
    std::string question = respelled(asked, part);
    std::string prompt = tasks::sql_prompt(part, question, limit);
    if (tokenizer_.encode(prompt).size() + max_tokens <= context_)
      return {std::move(part), std::move(question), std::move(prompt)};
  }
  return {};
}

std::vector<Answer> Asker::ask(const std::string& question, const std::vector<std::string>& earlier,
                               const GenerateOptions& options) {
  std::string asked;
  for (const std::string& one : earlier) asked += one + " ";
  asked += question;
  const auto none = [](const char* reason) { return std::vector<Answer>{{"", reason, {}, {}, 0, {}}}; };
  if (asks_to_change(question)) return none("the question asks to change the database, which no SELECT does");
  const tasks::SqlSchema& schema = database_.schema().all;
  const auto [part, all, prompt] = shown(asked, options.max_tokens);
  if (prompt.empty()) return none("schema and question are too long for the model");
  std::vector<std::string> left_out;
  for (const tasks::SqlTable& table : schema.tables)
    if (std::ranges::none_of(part.tables, [&](const auto& kept) { return kept.name == table.name; }))
      left_out.push_back(table.name);
  if (!left_out.empty()) note_("the schema is large; not shown to the model: " + listed(left_out));
  std::vector<std::string> values =
      settings_.values ? texts_like(database_, part, all, settings_.limits) : std::vector<std::string>();
  for (const tasks::SqlTable& table : part.tables)
    for (const tasks::SqlColumn& column : table.columns)
      values.insert(values.end(), column.said.begin(), column.said.end());
  if (!settings_.guess && values.empty() && tasks::common_words(part, all) == 0)
    return none("the question has no word of the schema; --guess answers it nevertheless");

  std::vector<Candidate> candidates;
  GenerateOptions all_options = options;
  all_options.attempts = std::max(kAttempts, 4 * settings_.answers);
  all_options.constraint.grammar = select_grammar(part, literals_of(all, values));
  all_options.constraint.check = [&](std::string_view sql) { return judge(sql, candidates); };
  Generator::Result result = generator_.generate(prompt, all_options);
  if (candidates.size() < settings_.answers && options.beams > 1) {
    // Beams end with what they have; one text can be taken back and go on elsewhere.
    all_options.beams = 1;
    result = generator_.generate(prompt, all_options);
  }
  const Ranking ranking(part, all);
  rank(ranking, prompt, candidates);
  vary(ranking, candidates);
  rank(ranking, prompt, candidates);
  std::vector<Answer> answers;
  for (Candidate& candidate : candidates) {
    if (answers.size() == settings_.answers) break;
    if (*candidate.answer.confidence >= settings_.min_confidence) answers.push_back(std::move(candidate.answer));
  }
  if (!answers.empty()) return answers;
  const char* failure = tasks::failure(result.reason);
  return none(candidates.empty() ? failure ? failure : "no statement prepares" : "the model is not sure enough");
}

}  // namespace eve::sql
