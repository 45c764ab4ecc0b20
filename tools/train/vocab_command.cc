// SPDX-License-Identifier: Apache-2.0
#include "base/jsonl.h"
#include "train/commands.h"
#include "train/documents.h"
#include "train/prepare.h"
#include "train/vocab.h"

namespace eve {

namespace {

struct {
  std::uint64_t size = 8192;
  std::string type = "unigram", field, plan, output;
  std::uint64_t sample = 16 << 20;
  std::vector<std::string> directories, paths;
} vocab;

Status run_vocab(Run& run) {
  if (vocab.paths.empty() == vocab.plan.empty()) throw Error(Status::kInput, "name files of text, or a --plan");
  std::vector<std::string> texts;
  if (!vocab.plan.empty()) {
    PrepareOptions options;
    options.directories = vocab.directories;
    options.seed = run.seed;
    options.form = task_form;
    texts = sample_texts(read_plan(vocab.plan), options, vocab.sample);
  }
  for (const std::string& path : vocab.paths) {
    if (vocab.field.empty()) {
      texts.push_back(read_text(path));
    } else {
      for_each_json_line(path, [&](simdjson::dom::element row, const std::string&) {
        texts.emplace_back(std::string_view(row[vocab.field]));
      });
    }
  }
  VocabOptions options;
  options.vocab_size = vocab.size;
  options.model = vocab.type == "bpe" ? VocabOptions::Model::kBpe : VocabOptions::Model::kUnigram;
  std::size_t next = 0;
  const std::string serialized = train_sentencepiece(
      [&](std::string& text) {
        if (next == texts.size()) return false;
        text = std::move(texts[next++]);
        return true;
      },
      options);
  AtomicFile file(vocab.output);
  file.write(serialized);
  file.commit();
  return Status::kOk;
}

}  // namespace

void take_vocabulary(ModelData& model, const std::string& path) {
  if (path.ends_with(".gguf")) {
    ModelData other = load_model(path);
    model.tokenizer = std::move(other.tokenizer);
    model.files = std::move(other.files);  // which the tokenizer reads from
    model.storage = std::move(other.storage);
  } else {
    model.tokenizer = load_tokenizer(path);
  }
  if (!model.tokenizer) throw Error(Status::kModel, printable(path) + ": no tokenizer in the file");
}

Command vocab_command() {
  Command c;
  c.name = "vocab";
  c.summary = "make a SentencePiece vocabulary from text";
  c.description =
      "Reads text files, or with --field the texts of JSON Lines files, and writes a SentencePiece model: byte "
      "fallback and identity "
      "normalisation, so that any bytes come back as they were; digits apart. With --plan the text is a sample of what "
      "eve-train prepare would mix.";
  c.examples = {{"eve-train vocab --size 8192 --field text -o pii.spm train.jsonl", "a vocabulary of 8,192 pieces"}};
  c.options = {option("--size", "N", "All ids: control tokens, 256 bytes and pieces.", &vocab.size, 300, 1 << 20),
               choice("--type", "TYPE", "Kind of vocabulary.", &vocab.type, {"unigram", "bpe"}),
               option("--field", "NAME", "Files are JSON Lines; the text is this member.", &vocab.field),
               option("--plan", "FILE", "Sample the sources of this plan (JSON).", &vocab.plan),
               repeated("--data", "DIR", "Where the plan's files are.", &vocab.directories),
               option("--sample", "BYTES", "Size of the sample.", &vocab.sample, 1000, std::uint64_t{1} << 32),
               option("-o, --output", "FILE", "Where the vocabulary goes.", &vocab.output),
               files("FILE", "Text to learn from.", &vocab.paths)};
  for (Option& o : c.options)
    if (o.flags == "-o, --output") o.required = true;
  c.common = {Common::kSeed};
  c.run = run_vocab;
  return c;
}

}  // namespace eve
