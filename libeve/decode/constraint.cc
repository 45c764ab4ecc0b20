// SPDX-License-Identifier: Apache-2.0
#include "decode/constraint.h"

#include <algorithm>

#include "base/regex.h"
#include "eve/error.h"

namespace eve {

struct Matcher::Impl {
  Impl(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const Vocabulary> v, std::shared_ptr<Source> source)
      : vocabulary(std::move(v)), automaton(std::move(grammar), std::move(source)) {
    history.push_back({automaton.start(), 0});
  }
  struct Point {
    Automaton::State state;
    std::size_t bytes;
  };
  std::shared_ptr<const Vocabulary> vocabulary;
  Automaton automaton;
  std::vector<Point> history;
  std::string text;
  Automaton::State state() const { return history.back().state; }
};

Matcher::Matcher(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const Vocabulary> vocabulary,
                 std::shared_ptr<Source> source)
    : impl_(std::make_unique<Impl>(std::move(grammar), std::move(vocabulary), std::move(source))) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;

std::size_t Matcher::shortest() {
  const std::uint32_t bytes = impl_->automaton.distance(impl_->state());
  return bytes >= Automaton::kNever ? kNever : bytes;
}

void Matcher::mask(std::size_t tokens_left, TokenSet& allowed) {
  allowed = TokenSet(impl_->vocabulary->size());
  if (tokens_left == 0) return;
  Automaton& automaton = impl_->automaton;
  const auto trie = impl_->vocabulary->trie();
  std::vector<Automaton::State> path{impl_->state()};
  for (std::uint32_t node = 0; node < trie.size();) {
    const Vocabulary::TrieNode& here = trie[node];
    path.resize(here.depth);
    const Automaton::State state = automaton.advance(path.back(), here.byte);
    if (state == Automaton::kDead) {
      node = here.end;
      continue;
    }
    if (here.ids > 0 && automaton.distance(state) <= tokens_left - 1)
      for (const TokenId id : impl_->vocabulary->ids(here)) allowed.add(id);
    path.push_back(state);
    ++node;
  }
}

bool Matcher::may_end() const { return impl_->automaton.accepts(impl_->state()); }
bool Matcher::must_end() const { return impl_->automaton.is_final(impl_->state()); }

bool Matcher::accept(TokenId token) {
  if (token < 0 || static_cast<std::size_t>(token) >= impl_->vocabulary->size()) return false;
  const std::string_view bytes = impl_->vocabulary->bytes(token);
  if (bytes.empty() || !impl_->vocabulary->tokenizer().is_text(token)) return false;
  const Automaton::State state = impl_->automaton.advance(impl_->state(), bytes);
  if (state == Automaton::kDead) return false;
  impl_->text += bytes;
  impl_->history.push_back({state, impl_->text.size()});
  return true;
}

void Matcher::rollback(std::size_t tokens) {
  impl_->history.resize(impl_->history.size() - std::min(tokens, this->tokens()), {0, 0});
  impl_->text.resize(impl_->history.back().bytes);
}

std::size_t Matcher::tokens() const { return impl_->history.size() - 1; }
const std::string& Matcher::text() const { return impl_->text; }

std::vector<TokenId> Matcher::forced(std::size_t tokens_left) {
  (void)tokens_left;
  return {};
}

const Vocabulary& Matcher::vocabulary() const { return *impl_->vocabulary; }
Automaton& Matcher::automaton() { return impl_->automaton; }
Automaton::State Matcher::state() const { return impl_->state(); }

std::shared_ptr<const Grammar> regex_grammar(std::string_view pattern) {
  GrammarBuilder builder;
  return builder.build(builder.regex(pattern));
}

std::shared_ptr<const Grammar> choices_grammar(std::span<const std::string> choices) {
  GrammarBuilder builder;
  return builder.build(builder.words(choices));
}

}  // namespace eve
