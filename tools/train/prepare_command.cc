// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"
#include "train/commands.h"
#include "train/corpus.h"
#include "train/prepare.h"

namespace eve {

namespace {

struct {
  std::string plan, vocabulary, parts, output;
  std::vector<std::string> directories;
} settings;

void add(SourceSummary& sum, const SourceSummary& s) {
  sum.read += s.read;
  sum.unfit += s.unfit;
  sum.duplicates += s.duplicates;
  sum.repeated_bytes += s.repeated_bytes;
  sum.documents += s.documents;
  sum.bytes += s.bytes;
  sum.tokens += s.tokens;
  sum.mixed_documents += s.mixed_documents;
  sum.mixed_tokens += s.mixed_tokens;
}

Status run_prepare(Run& run) {
  Threads threads(run.threads);
  ModelData model;
  take_vocabulary(model, settings.vocabulary);
  PrepareOptions options;
  options.directories = settings.directories;
  options.parts = settings.parts.empty() ? settings.output + ".parts" : settings.parts;
  options.seed = run.seed;
  options.form = task_form;
  options.on_source = [&](const SourceSummary& s) {
    run.note(s.name + ": " + std::to_string(s.documents) + " documents, " + std::to_string(s.tokens) + " tokens");
  };
  SourceSummary all;
  all.name = "all";
  const auto write = [&](const SourceSummary& s) {
    std::string line;
    JsonWriter json(line);
    s.write(json);
    run.out.write(line);
    run.out.end_record();
  };
  for (const SourceSummary& s : prepare(read_plan(settings.plan), *model.tokenizer, options, settings.output, threads)) {
    write(s);
    add(all, s);
  }
  write(all);
  return Status::kOk;
}

}  // namespace

Command prepare_command() {
  Command c;
  c.name = "prepare";
  c.summary = "make a token file of text and rows";
  c.description =
      "Reads the sources of a plan, drops documents that are not UTF-8 or came before, cuts out long paragraphs that "
      "came before, tokenises what is left once, mixes it and writes a token file for eve-train fit --corpus. Prints "
      "one JSON object a source, and one for all: documents and bytes that were read, dropped and kept, tokens, and "
      "how much of them the mix takes.\n\nThe plan is JSON: {\"sources\": [{\"name\": \"books\", \"files\": "
      "[\"books-*.txt.xz\"], \"passes\": 1}, {\"name\": \"sql\", \"files\": [\"sql.jsonl\"], \"task\": \"sql\", "
      "\"passes\": 2}]}. Text files (.txt, or packed with xz) hold documents parted by lines \"<|endoftext|>\". Files "
      "of rows (.jsonl) hold {\"prompt\", \"answer\"}, or what the form of \"task\" reads, or a document in the member "
      "that \"field\" names; of prompt and answer only the answer is learnt, unless \"loss\" is \"all\". \"passes\" is "
      "how often a source is in the mix (0.5: half of its documents); with \"weight\" and \"tokens\" of the plan, a "
      "share of so many tokens instead. \"documents\": [0, 8] takes only those of a source. \"min_bytes\" and "
      "\"max_bytes\" bound a document, \"paragraph_bytes\" is the size from which a paragraph is kept once (0: all "
      "are kept).\n\nThe same plan, files, vocabulary and --seed give the same bytes. The tokens of each source are "
      "kept beside the output (--parts) and used again; that directory may be removed at any time. Ids take 15 bits: a "
      "vocabulary may have 32,768 tokens.";
  c.examples = {{"eve-train prepare mix.json --data texts --vocab base.spm -o base.tokens", "tokenise a mix once"}};
  c.common = {Common::kQuiet, Common::kThreads, Common::kSeed};
  c.options = {argument("PLAN", "The JSON file that names the sources.", &settings.plan),
               repeated("--data", "DIR", "Where the plan's files are; the first that has them.", &settings.directories),
               option("--vocab", "FILE", "Vocabulary: a SentencePiece model, tokenizer.json or model.", &settings.vocabulary),
               option("--parts", "DIR", "Where the tokens of each source are kept.", &settings.parts),
               option("-o, --output", "FILE", "Where the token file goes.", &settings.output)};
  for (Option& o : c.options)
    if (o.flags == "--vocab" || o.flags == "-o, --output") o.required = true;
  c.run = run_prepare;
  return c;
}

}  // namespace eve
