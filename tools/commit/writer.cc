// SPDX-License-Identifier: Apache-2.0
#include "commit/writer.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/regex.h"
#include "commit/letter_case.h"
#include "decode/grammar.h"
#include "model/model.h"
#include "pii/rules.h"
#include "tasks/answer.h"
#include "tasks/commit.h"
#include "tasks/text.h"

namespace eve::commit {

namespace {

using Text = std::string_view;
using tasks::lower;

constexpr std::size_t kWantedHeader = 72, kLeastSubject = 6, kMostSubject = 200, kTokens = 160, kBodyTokens = 200;
constexpr std::size_t kBodyBytes = 400, kAsked = 10, kAttempts = 8;
// The share below which a type is not worth a message.
constexpr double kLikelyType = 0.1, kEnoughKnown = 0.95;
constexpr float kSampling = 0.8F;
// The model has seen the same lines as the evidence, is surer than it is right, and knows the habits of other projects.
constexpr double kModelWeight = 0.3, kModelWeightByLog = 0.1;

/// How much more often a type is met in commits as they come than in the rows that the model was trained on, of which
/// `fix` was thinned out and the rare types stood twice (models/pico-commit.recipe).
double natural_share(Text type) {
  if (type == "fix") return 1.8;
  return type == "feat" || type == "docs" || type == "chore" ? 1 : 0.5;
}

/// Whether the rules want subjects that begin with a capital.
bool wants_capital(const Wishes& wishes, const std::string& type) {
  const auto breaks_case = [&](const char* subject) {
    for (const Problem& problem : lint(type + ": " + subject, wishes.rules))
      if (problem.rule == "subject-case" && problem.severity == Severity::kError) return true;
    return false;
  };
  return breaks_case("say something") && !breaks_case("Say something");
}

Draft read_draft(Text text, const Wishes& wishes) {
  Draft draft;
  const std::size_t end = std::min(text.find('\n'), text.size());
  const Message message = parse_message(text.substr(0, end));
  draft.type = message.type;
  draft.scope = message.scope;
  draft.subject = message.subject;
  draft.breaking = wishes.breaking;
  draft.body = wrapped(trim(text.substr(end)), kWantedHeader);
  draft.footers = wishes.footers;
  return draft;
}

/// The draft, with a full stop where the rules want one; nothing when it breaks a rule.
std::optional<Draft> acceptable(Draft draft, const Wishes& wishes) {
  for (const char* end : {"", "."}) {
    Draft form = draft;
    form.subject += end;
    if (is_acceptable(form.text(), wishes)) return form;
  }
  return std::nullopt;
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' || c == '.' || c == '-' || c == '$';
}

/// "parseHTTP", "max_size", "src/a.c", "v8": no word of a language.
bool is_name(Text word) {
  if (word.find_first_of("_/$0123456789") != word.npos) return true;
  const std::size_t dot = word.find('.');
  if (dot != word.npos && dot > 0 && dot + 1 < word.size()) return true;
  return std::any_of(word.begin() + 1, word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// Whether a word stands twice in a row, or three times, or a pair of words twice: what small models write when they
/// have nothing to say (and 1 in 60 people).
bool repeats_itself(Text text) {
  std::map<std::string, int> counts;
  std::string last;
  for (const std::string& word : tasks::words(text)) {
    if (word == last || ++counts[word] > 2 || ++counts[last + ' ' + word] > 1) return true;
    last = word;
  }
  return false;
}

/// Whether quotes come in pairs and parentheses are closed.
bool is_balanced(Text text) {
  int open = 0;
  for (const char c : text) {
    open += (c == '(' || c == '[') - (c == ')' || c == ']');
    if (open < 0) return false;
  }
  return open == 0 && std::ranges::count(text, '`') % 2 == 0 && std::ranges::count(text, '"') % 2 == 0;
}

}  // namespace

Vocabulary::Vocabulary(const std::vector<tasks::FileDiff>& files) {
  std::string text;
  for (const tasks::FileDiff& file : files) {
    text.append(file.path).append("\n").append(file.old_path).append("\n");
    for (const Text line : file.lines) text.append(line).append("\n");
  }
  text_ = lower(text);
}

bool Vocabulary::knows_names_of(Text text) const {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_name_character(text[end])) ++end;
    Text word = text.substr(at, end - at);
    at = std::max(end, at + 1);
    while (word.ends_with('.') || word.ends_with('-')) word.remove_suffix(1);
    if (word.size() > 1 && is_name(word) && text_.find(lower(word)) == text_.npos) return false;
  }
  return true;
}

std::string model_prompt(const Changes& changes) {
  std::string prompt = tasks::commit_prompt(changes.files);
  pii::Findings secrets;
  pii::find_secrets(prompt, secrets);
  std::ranges::sort(secrets, std::greater<>(), &pii::Finding::start);
  std::size_t begin = prompt.size();
  for (const pii::Finding& secret : secrets) {
    if (secret.end > begin) continue;  // inside one that is gone
    prompt.replace(secret.start, secret.end - secret.start, "***");
    begin = secret.start;
  }
  return prompt;
}

std::shared_ptr<const Grammar> message_grammar(const std::string& type, const std::vector<std::string>& scopes,
                                               const Wishes& wishes) {
  GrammarBuilder builder;
  const Rule* scope_rule = wishes.rules.error("scope-empty");
  const bool no_scope = wishes.scope.empty() && (scopes.empty() || (scope_rule && scope_rule->always));
  const bool must_scope = !wishes.scope.empty() || (scope_rule && !scope_rule->always);
  std::size_t front = type.size() + 2 + wishes.breaking;
  std::vector<Grammar::Node> parts = {builder.literal(type)};
  if (!no_scope) {
    std::size_t longest = 0;
    for (const std::string& scope : scopes) longest = std::max(longest, scope.size());
    front += longest + 2;
    const Grammar::Node scope = builder.sequence({builder.literal("("), builder.words(scopes), builder.literal(")")});
    parts.push_back(must_scope ? scope : builder.optional(scope));
  }
  parts.push_back(builder.literal(wishes.breaking ? "!: " : ": "));

  const std::size_t limit = std::min(wishes.rules.limit("header-max-length", kMostSubject), kMostSubject);
  // 72 characters are wanted, but a long scope does not take the subject's room.
  const std::size_t room = limit > front ? limit - front : 0;
  const std::size_t wanted = std::max<std::size_t>(kWantedHeader > front ? kWantedHeader - front : 0, 40);
  const std::size_t most = std::min({room, wanted, wishes.rules.limit("subject-max-length", kMostSubject)});
  if (most < kLeastSubject)
    throw Error(Status::kInput, "the longest header that is allowed leaves no room for a subject");
  const std::string first = wants_capital(wishes, type) ? "[A-Z]" : "[a-z]";
  // No brace, semicolon or backslash: code is not what a subject is made of.
  const std::string mark = "[!-:<-\\[\\]_-z]";
  const Dfa shape = regex(first + "(?: ?" + mark + ")* ?[0-9A-Za-z)\\]'\"`>*_%+]");
  const Dfa length = regex("[ -~]{" + std::to_string(kLeastSubject) + "," + std::to_string(most) + "}");
  // A scope reaches to the last "): ".
  const Dfa end_of_scope = regex("\\)!?: ", RegexMatch::kSearch);
  parts.push_back(builder.terminal(intersection(difference(shape, end_of_scope), length)));
  if (wishes.body) {
    parts.push_back(builder.literal("\n\n"));
    const Dfa words = regex("[A-Za-z](?: ?[!-~])*");
    parts.push_back(builder.terminal(intersection(words, regex("[ -~]{20," + std::to_string(kBodyBytes) + "}"))));
  }
  return builder.build(builder.sequence(parts));
}

Writer::Writer(Model model, const Options& options)
    : model_(model), generator_(std::move(model), options.threads), options_(options) {}

/// The likeliest beginning is asked for, then the likeliest of the others, until little is left: each question costs a
/// token or two, as the prompt has been read.
std::vector<double> Writer::type_probabilities(const std::string& prompt, const std::vector<std::string>& types) {
  std::vector<double> probabilities(types.size(), 0);
  std::vector<std::pair<std::string, std::size_t>> beginnings;
  for (std::size_t i = 0; i < types.size(); ++i)
    for (const char* end : {": ", "("}) beginnings.emplace_back(types[i] + end, i);
  double left = 1;
  GenerateOptions options;
  options.max_tokens = kTokens;
  options.deadline = options_.deadline;
  for (std::size_t asked = 0; asked < kAsked && !beginnings.empty() && left > 1 - kEnoughKnown; ++asked) {
    std::vector<std::string> texts;
    for (const auto& [text, type] : beginnings) texts.push_back(text);
    options.constraint = Constraint::choices(texts);
    const Generator::Result result = generator_.generate(prompt, options);
    const auto chosen = std::ranges::find(texts, result.text);
    if (chosen == texts.end()) break;
    const auto at = chosen - texts.begin();
    const double share = texts.size() == 1 ? 1 : tasks::Certainty(*model_.data().tokenizer, result).whole();
    probabilities[beginnings[static_cast<std::size_t>(at)].second] += left * share;
    left *= 1 - share;
    beginnings.erase(beginnings.begin() + at);
  }
  // What nobody asked about shares what is left.
  for (const auto& [text, type] : beginnings) probabilities[type] += left / static_cast<double>(beginnings.size());
  return probabilities;
}

std::vector<Suggestion> Writer::suggest(const Changes& changes, const Wishes& wishes, const Habits& habits,
                                        std::size_t count) {
  const std::string prompt = model_prompt(changes);
  const std::vector<std::string> types = allowed_types(wishes), scopes = possible_scopes(wishes, habits, changes.files);
  const Vocabulary vocabulary(changes.files);
  struct Typed {
    std::string type;
    double probability;
  };
  std::vector<Typed> ranking;
  if (types.size() == 1) {
    ranking.push_back({types[0], 1});
  } else {
    const std::vector<double> by_model = type_probabilities(prompt, types);
    const double weight = habits.known() ? kModelWeightByLog : kModelWeight;
    double all = 0;
    for (std::size_t i = 0; i < types.size(); ++i) {
      const auto at = std::ranges::find(kTypes, types[i]);
      const double evidence =
          at == kTypes.end() ? 0 : changes.types.log_probability[static_cast<std::size_t>(at - kTypes.begin())];
      const double model = std::pow(by_model[i] * natural_share(types[i]), weight);
      ranking.push_back({types[i], model * std::exp(evidence)});
      all += ranking.back().probability;
    }
    for (Typed& typed : ranking)
      typed.probability = all > 0 ? typed.probability / all : 1.0 / static_cast<double>(ranking.size());
    std::ranges::stable_sort(ranking, std::greater<>(), &Typed::probability);
  }

  std::vector<Suggestion> out;
  std::set<std::string> known;
  GenerateOptions options;
  options.max_tokens = kTokens + (wishes.body ? kBodyTokens : 0);
  options.deadline = options_.deadline;
  options.attempts = kAttempts;
  // One message for each likely type, then others of the likeliest.
  for (std::size_t i = 0; out.size() < count && i < 4 * count; ++i) {
    const bool likely = i < ranking.size() && (i == 0 || ranking[i].probability >= kLikelyType);
    const Typed& typed = ranking[likely ? i : 0];
    options.temperature = likely ? 0 : kSampling;
    options.seed = options_.seed + i;
    options.constraint = {};
    options.constraint.grammar = message_grammar(typed.type, scopes, wishes);
    options.constraint.check = [&](Text text) {
      const Draft draft = read_draft(text, wishes);
      return !repeats_itself(draft.subject) && is_balanced(draft.subject) && vocabulary.knows_names_of(draft.subject) &&
             vocabulary.knows_names_of(draft.body) && acceptable(draft, wishes).has_value();
    };
    const Generator::Result result = generator_.generate(prompt, options);
    if (result.reason == StopReason::kDeadline) throw Error(Status::kSystem, "time limit reached (--time-limit)");
    if (tasks::failure(result.reason)) continue;
    Suggestion suggestion;
    suggestion.draft = *acceptable(read_draft(result.text, wishes), wishes);
    const double whole = tasks::Certainty(*model_.data().tokenizer, result).whole();
    suggestion.confidence =
        typed.probability * std::pow(whole, 1.0 / static_cast<double>(std::max<std::size_t>(result.tokens.size(), 1)));
    suggestion.by_model = true;
    if (known.insert(suggestion.draft.header()).second) out.push_back(std::move(suggestion));
  }
  return out;
}

}  // namespace eve::commit
