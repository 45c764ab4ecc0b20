// SPDX-License-Identifier: Apache-2.0
#include "train/vocab.h"

#include <sentencepiece_trainer.h>

#include <charconv>
#include <string_view>
#include <unordered_map>

#include "base/io.h"
#include "base/utf8.h"
#include "eve/error.h"

namespace eve {
namespace {

// The library skips longer sentences without a word (4192 by default).
constexpr std::size_t kLongestSentence = 4000;

// U+2581 stands for the space inside the library, U+2585 for an unknown character.
bool may_enter_a_piece(std::uint32_t code_point) {
  const bool control = code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
  return code_point != CodePoint::kInvalid && !control && code_point != 0x2581 && code_point != 0x2585;
}

// Hands out the texts cut at every character that must not enter a piece.
class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::function<bool(std::string&)>& next_text) : next_text_(next_text) { Next(); }
  bool done() const override { return done_; }
  const std::string& value() const override { return sentence_; }
  sentencepiece::util::Status status() const override { return {}; }

  void Next() override {
    while (true) {
      while (at_ < text_.size()) {
        if (cut_sentence()) return;
      }
      at_ = 0;
      if (!next_text_(text_)) {
        done_ = true;
        return;
      }
    }
  }

 private:
  const std::function<bool(std::string&)>& next_text_;
  std::string text_, sentence_;
  std::size_t at_ = 0;
  bool done_ = false;

  bool cut_sentence() {
    const std::size_t begin = at_;
    std::size_t cut = 0;
    while (at_ < text_.size()) {
      const CodePoint c = utf8_at(text_, at_);
      if (!may_enter_a_piece(c.value)) {
        cut = c.bytes;
        break;
      }
      // A word that lies across the cut would be counted as two: past the soft limit, cut before a space.
      const std::size_t length = at_ - begin;
      if (length + c.bytes > kLongestSentence || (length > kLongestSentence / 2 && c.value == ' ')) break;
      at_ += c.bytes;
    }
    sentence_.assign(text_, begin, at_ - begin);
    at_ += cut;
    return !sentence_.empty();
  }
};

std::string shortest(double number) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr};
}

}  // namespace

std::string train_sentencepiece(const std::function<bool(std::string&)>& next_text, const VocabOptions& options) {
  if (options.vocab_size < 3 + 256 + 1 || options.vocab_size > 1'000'000) {
    throw Error(Status::kInput, "vocabulary size must lie between 260 and 1000000");
  }
  if (!(options.character_coverage >= 0.98 && options.character_coverage <= 1.0)) {
    throw Error(Status::kInput, "character coverage must lie between 0.98 and 1");
  }
  if (options.max_piece_length < 1 || options.max_piece_length > 64) {
    throw Error(Status::kInput, "the longest piece must have 1 to 64 characters");
  }
  const std::unordered_map<std::string, std::string> arguments = {
      {"vocab_size", std::to_string(options.vocab_size)},
      {"model_type", options.model == VocabOptions::Model::kBpe ? "bpe" : "unigram"},
      {"character_coverage", shortest(options.character_coverage)},
      {"max_sentencepiece_length", std::to_string(options.max_piece_length)},
      {"normalization_rule_name", "identity"},
      {"add_dummy_prefix", "false"},
      {"remove_extra_whitespaces", "false"},
      {"escape_whitespaces", "true"},
      {"byte_fallback", "true"},
      {"split_digits", "true"},
      {"split_by_unicode_script", "true"},
      {"split_by_whitespace", "true"},
      // A space ends a piece and never begins one: a word then begins alike behind a space, a quote and a bracket, and
      // can be copied token by token from a text into JSON or SQL. With the usual leading space 38 to 65 % of the
      // values in answers (extract, func, sql) have their tokens in the prompt, so 55 to 91 %, and 74 to 97 % but for
      // the last.
      {"treat_whitespace_as_suffix", "true"},
      {"allow_whitespace_only_pieces", "true"},
      {"unk_id", "0"},
      {"bos_id", "1"},
      {"eos_id", "2"},
      {"pad_id", "-1"},
      {"num_threads", "1"},  // the sums of several threads would depend on their number
      {"minloglevel", "3"},
  };
  sentencepiece::SetRandomGeneratorSeed(1);
  Sentences sentences(next_text);
  if (sentences.done()) throw Error(Status::kInput, "no text to train a vocabulary from");
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &sentences, &model);
  if (!status.ok()) {
    throw Error(Status::kInput, "cannot train the vocabulary: " + printable(status.message()) +
                                    "; give more text or another vocabulary size");
  }
  return model;
}

}  // namespace eve
