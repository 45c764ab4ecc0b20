// SPDX-License-Identifier: Apache-2.0
// The public door of libeve: open a model, label text, continue text. No printing, no globals, no network.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eve/error.h"

namespace eve {

struct ModelData;

/// An opened model file. Cheap to share: copies refer to the same mapped file. Immutable, safe to use from several
/// threads.
class Model {
 public:
  /// Opens and checks a GGUF file or a Hugging Face folder. Throws Error(kModel). When `task` is not empty, the file's
  /// task must be it.
  static Model open(const std::string& path, std::string_view task = {});
  /// The path the search order finds for a model called `name` ("pico-pii"): $EVE_MODEL_PATH (directories separated by
  /// ':'), $XDG_DATA_HOME/eve/models, /usr/local/share/eve/models, /usr/share/eve/models, then the build tree's. Throws
  /// Error(kModel) that says what to install when there is none.
  static std::string find(std::string_view name);
  /// The same for a file that comes with the models ("pico-route.route").
  static std::string find_file(std::string_view file);

  const ModelData& data() const { return *data_; }

 private:
  explicit Model(std::shared_ptr<const ModelData> data) : data_(std::move(data)) {}
  std::shared_ptr<const ModelData> data_;
};

/// A labelled part of a text: bytes [start, end).
struct TaggedSpan {
  std::size_t start, end;
  std::uint32_t label;  ///< index into Tagger::labels()
  float score;          ///< mean probability of the chosen tags, (0, 1]
};

/// Labels parts of texts with a `tag` model: one forward pass over each text, BIOES tags (O, then B- I- E- S- of each
/// label, in ModelInfo::labels), best legal tag sequence by Viterbi. Text is never regenerated. One object is used by
/// one thread at a time.
class Tagger {
 public:
  /// Throws kModel when the model's head is not `tag`. threads 0: all CPUs of this process.
  explicit Tagger(Model model, std::size_t threads = 0);
  ~Tagger();
  Tagger(Tagger&&) noexcept;
  const std::vector<std::string>& labels() const;  ///< "PERSON", "EMAIL", ...
  /// Spans of each text, sorted, not overlapping, never beginning or ending in white space. Any bytes are allowed: an
  /// invalid UTF-8 byte counts as one unknown character. Texts share forward passes; the result for a text
  /// depends neither on its neighbours nor on the number of threads. Texts longer than the model's context are read in
  /// overlapping windows.
  std::vector<std::vector<TaggedSpan>> tag(std::span<const std::string_view> texts);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Grammar;

/// What a text may be. Without a grammar: anything.
struct Constraint {
  std::shared_ptr<const Grammar> grammar;  ///< see decode/grammar.h; regex() and choices() make simple ones
  std::string source;                      ///< the text that spans of the grammar are spans of
  /// Judges a whole text, for what a grammar cannot say. Empty: every text passes.
  std::function<bool(std::string_view text)> check;

  /// A text that matches an ECMA-262 pattern as a whole. Throws kInput as eve::regex does.
  static Constraint regex(std::string_view pattern);
  /// One of these texts. Throws kInput when there is none.
  static Constraint choices(std::span<const std::string> texts);
};

/// How a Generator continues a text.
struct GenerateOptions {
  std::size_t max_tokens = 256;  ///< the end of text is not counted
  float temperature = 0;         ///< 0: greedy, the seed is not used
  std::size_t top_k = 0;         ///< 0: all tokens
  std::uint64_t seed = 0;
  std::vector<std::string> stop;  ///< generation ends before the first of these; it is not part of the text
  std::optional<std::chrono::steady_clock::time_point> deadline;
  /// Under a constraint the text is complete or empty; stop strings are refused (kInput). Whatever the model, any
  /// max_tokens (within the context) from Matcher::shortest() on gives a complete text: when no more tokens are left
  /// than its shortest completion takes, only what ends it in time may be chosen.
  Constraint constraint;
  std::size_t beams = 1;      ///< 2 to 8: beam search, for temperature 0
  std::size_t attempts = 16;  ///< texts that may be shown to the constraint's check
};

enum class StopReason {
  kEndOfText,    ///< the model ended the text
  kStopString,   ///< a stop string was written
  kMaxTokens,    ///< free text: no tokens left
  kContextFull,  ///< free text: no room left
  kDeadline,     ///< no time left
  kComplete,     ///< the constraint allows nothing more, or no tokens are left for more
  kBudget,       ///< the constraint's shortest text needs more tokens than there are
  kNoAnswer,     ///< no text passed the constraint's check
};

/// Continues text with an `lm` model, through a KV cache. One object is used by one thread at a time.
class Generator {
 public:
  explicit Generator(Model model, std::size_t threads = 0);
  ~Generator();
  Generator(Generator&&) noexcept;
  struct Result {
    std::string text;                  ///< valid UTF-8 if the model's tokens are; without the stop string
    std::vector<std::int32_t> tokens;  ///< chosen tokens, the end-of-text token not included
    StopReason reason;
    /// Of the tokens, under a constraint: log-probability among those that were allowed, at temperature 1.
    std::vector<float> log_probs;
    std::size_t forced = 0;    ///< tokens without an alternative, written without a pass of their own
    std::size_t attempts = 0;  ///< texts shown to the check
  };
  /// A text to continue, and what may be written.
  struct Request {
    std::string prompt;
    Constraint constraint;
    std::uint64_t seed = 0;  ///< added to that of the options, so that one prompt may be drawn several times
  };
  /// `on_text` receives the text in whole UTF-8 characters as soon as no stop string can begin in it (of a text that is
  /// to be checked, or searched for with beams: at the end); may be empty. A text that fails its check is taken back to
  /// where the model was least sure, and continued with its next best choice there; a sampled one is drawn again.
  /// Ids without a token are never chosen. Throws kInput when the prompt does not leave room for one token in the
  /// context.
  Result generate(std::string_view prompt, const GenerateOptions& options,
                  const std::function<void(std::string_view)>& on_text = {});
  /// The same from token ids (each checked against the vocabulary).
  Result generate(std::span<const std::int32_t> prompt, const GenerateOptions& options,
                  const std::function<void(std::string_view)>& on_text = {});
  /// Continues many prompts, up to 16 at a time in shared passes. on_result receives the results in the order of the
  /// prompts, each as soon as it and those before it are done; each is what generate() alone would give. The first
  /// tokens that prompts have in common are computed once, also from one call to the next.
  void generate_all(std::span<const std::string> prompts, const GenerateOptions& options,
                    const std::function<void(std::size_t index, Result&& result)>& on_result);
  /// The same, each under a constraint of its own (that of the options is not used).
  void generate_all(std::span<const Request> requests, const GenerateOptions& options,
                    const std::function<void(std::size_t index, Result&& result)>& on_result);
  /// Logits of the next token after each of `ids`, [ids.size()][vocabulary rows], from one pass. The first `prompt` of
  /// them are a prompt, as generate() reads one; 0: a text without a prompt.
  std::vector<float> logits(std::span<const std::int32_t> ids, std::size_t prompt = 0);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace eve
