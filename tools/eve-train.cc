// SPDX-License-Identifier: Apache-2.0
// eve-train: vocabularies, training, scores.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "base/jsonl.h"
#include "eve/eve.h"
#include "model/model.h"
#include "model/shape.h"
#include "tool.h"
#include "train/average.h"
#include "train/bench.h"
#include "train/data.h"
#include "train/fit.h"
#include "train/score.h"
#include "train/vocab.h"

namespace eve {

namespace {

// ---------------------------------------------------------------------------------------------------------- vocab

struct {
  std::uint64_t size = 8192;
  std::string type = "unigram", field, output;
  std::vector<std::string> paths;
} vocab;

Status run_vocab(Run&) {
  if (vocab.paths.empty()) throw Error(Status::kInput, "no text: name files");
  std::vector<std::string> texts;
  for (const std::string& path : vocab.paths) {
    if (vocab.field.empty()) {
      texts.push_back(read_file(path, std::size_t{4} << 30));
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

// ------------------------------------------------------------------------------------------------------------ fit

struct {
  std::string shape, base, vocabulary, task, output, checkpoint, log, math = "bf16", type = "f32", optimizer = "adamw";
  std::vector<std::string> data, dev;
  std::uint64_t epochs = 2, batch = 128, micro_tokens = 8192, eval_every = 0, checkpoint_seconds = 120;
  double lr = 5e-5, warmup = 0.03, cooldown = 0, min_lr = 0, decay = 0.1, clip = 1, subword_noise = 0;
  bool resume = false;
} settings;

Math math_named(const std::string& name) { return name == "f32" ? Math::kF32 : Math::kBF16; }

/// A config with random weights to come, or the weights of a base model under the head of the task.
ModelData starting_model() {
  ModelData model;
  if (settings.shape.empty() == settings.base.empty())
    throw Error(Status::kInput, "give either --new SHAPE.json or --base MODEL.gguf");
  if (!settings.base.empty()) {
    model = load_model(settings.base);
  } else {
    if (settings.vocabulary.empty()) throw Error(Status::kInput, "--new needs --vocab");
    model.config = read_shape(settings.shape);
    model.tokenizer =
        sentencepiece_from_bytes(read_file(settings.vocabulary, 64 << 20), printable(settings.vocabulary));
    if (model.config.vocab_size == 0) model.config.vocab_size = model.tokenizer->size();
    if (model.config.head == Head::kTag) model.info.labels = bioes_tags(collect_labels(settings.data, Head::kTag));
    if (model.config.head == Head::kLabel) model.info.labels = collect_labels(settings.data, Head::kLabel);
    model.config.n_labels = model.info.labels.size();
    check_config(model.config, printable(settings.shape));
  }
  if (!model.tokenizer) throw Error(Status::kModel, printable(settings.base) + ": no tokenizer in the model file");
  model.info.task = settings.task;
  model.info.name = "pico-" + settings.task;
  return model;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// One JSON object a line, appended, so that a resumed run goes on in the same file.
class Log {
 public:
  explicit Log(const std::string& path) {
    if (path.empty()) return;
    fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd_ < 0) throw Error(Status::kSystem, printable(path) + ": cannot be written");
  }
  ~Log() {
    if (fd_ >= 0) close(fd_);
  }
  void write(const std::string& line) const {
    if (fd_ >= 0) write_all(fd_, line + "\n");
  }

 private:
  int fd_ = -1;
};

Status run_fit(Run& run) {
  const Ranks ranks;
  Threads threads(run.threads);
  FitOptions options;
  options.epochs = settings.epochs;
  options.batch = settings.batch;
  options.eval_every = settings.eval_every;
  options.checkpoint_seconds = static_cast<double>(settings.checkpoint_seconds);
  options.checkpoint = settings.checkpoint.empty() ? settings.output + ".checkpoint" : settings.checkpoint;
  options.resume = settings.resume;
  options.seed = run.seed;
  options.optimizer.lr = static_cast<float>(settings.lr);
  options.optimizer.warmup = static_cast<float>(settings.warmup);
  options.optimizer.cooldown = static_cast<float>(settings.cooldown);
  if (settings.optimizer == "muon") options.optimizer.method = OptimizerOptions::Method::kMuon;
  options.optimizer.min_lr_ratio = static_cast<float>(settings.min_lr);
  options.optimizer.weight_decay = static_cast<float>(settings.decay);
  options.optimizer.clip = static_cast<float>(settings.clip);
  options.optimizer.micro_tokens = settings.micro_tokens;
  const Math math = math_named(settings.math);

  ModelData start = starting_model();
  const Head head = start.config.head;
  const std::size_t context = start.config.context;
  const Dataset data =
      read_dataset(settings.data, head, *start.tokenizer, start.info.labels, context, settings.subword_noise);
  const Dataset dev =
      settings.dev.empty() ? Dataset{} : read_dataset(settings.dev, head, *start.tokenizer, start.info.labels, context);
  Trainer trainer(std::move(start), options.optimizer, run.seed, math, threads, ranks);
  const ParameterCount parameters = count_parameters(trainer.model().config);
  if (ranks.rank() == 0)
    run.note(std::to_string(data.examples.size()) + " examples, " + std::to_string(data.tokens) + " tokens, " +
             std::to_string(data.misaligned) + " spans inside tokens, " + std::to_string(data.dropped) +
             " rows too long; " + std::to_string(parameters.total) + " parameters, " +
             std::to_string(parameters.active) + " active");

  const Log log(ranks.rank() == 0 ? settings.log : "");
  const auto started = std::chrono::steady_clock::now();
  std::size_t tokens_seen = 0;
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  FitEvents events;
  events.on_step = [&](const StepReport& r, std::size_t total) {
    tokens_seen += r.tokens;
    const double rate = static_cast<double>(tokens_seen) / seconds();
    std::string line;
    JsonWriter(line)
        .begin_object()
        .member("step", r.step)
        .member("steps", total)
        .member("loss", r.cross_entropy)
        .member("aux", r.aux)
        .member("grad_norm", r.grad_norm)
        .member("lr", r.lr)
        .member("tokens", r.tokens)
        .member("tokens_per_second", rate)
        .end_object();
    log.write(line);
    if (!run.show_progress()) return;
    const double left = static_cast<double>(total - r.step) * static_cast<double>(tokens_seen) / rate /
                        static_cast<double>(std::max<std::size_t>(1, r.step));
    write_all(2, "\r\x1b[Kstep " + std::to_string(r.step) + "/" + std::to_string(total) + "  loss " +
                     fixed(r.cross_entropy, 4) + "  aux " + fixed(r.aux, 2) + "  " + fixed(rate, 0) + " tokens/s  " +
                     fixed(left / 60, 1) + " min left" + (r.step == total ? "\n" : ""));
  };
  double best = -1;
  if (settings.resume && access(settings.output.c_str(), R_OK) == 0) {
    const ModelData saved = load_model(settings.output);
    if (const auto score = saved.info.training.find("dev_score"); score != saved.info.training.end())
      best = std::atof(score->second.c_str());
  }
  const auto score_dev = [&](const Trainer& t, std::size_t step) {
    if (dev.examples.empty()) return 0.0;
    const LossSum loss = evaluate_loss(t.model(), dev.examples, settings.micro_tokens, {threads, math});
    double score = static_cast<double>(loss.correct) / static_cast<double>(std::max<std::size_t>(1, loss.targets));
    const double mean = loss.cross_entropy / static_cast<double>(std::max<std::size_t>(1, loss.targets));
    std::string line;
    JsonWriter json(line);
    json.begin_object().member("step", step).member("dev_loss", mean).member("dev_accuracy", score);
    if (head == Head::kTag) {
      const SpanScore spans = score_spans(t.model(), settings.dev, threads);
      score = spans.all.f1();
      json.key("dev_spans");
      spans.write(json);
    }
    json.end_object();
    log.write(line);
    run.note("step " + std::to_string(step) + ": dev loss " + fixed(mean, 4) + ", score " + fixed(score, 4));
    return score;
  };
  events.on_evaluation = [&](const Trainer& t, std::size_t total) {
    const double score = score_dev(t, t.steps());
    if (score < best) return;
    best = score;
    ModelData& info = trainer.model();
    info.info.training["steps"] = std::to_string(t.steps()) + " of " + std::to_string(total);
    info.info.training["dev_score"] = fixed(score, 4);
    info.info.training["recipe"] =
        "lr " + fixed(settings.lr, 6) + ", batch " + std::to_string(settings.batch * ranks.size()) + ", epochs " +
        std::to_string(settings.epochs) + ", " + std::to_string(data.examples.size()) + " examples of " +
        std::to_string(data.tokens) + " tokens, " + settings.math + ", seed " + std::to_string(run.seed);
    save_model(t.model(), *dtype_named(settings.type), settings.output);
  };
  fit(trainer, data.examples, options, ranks, events);
  return Status::kOk;
}

// ----------------------------------------------------------------------------------------------------------- eval

struct {
  std::string model;
  std::vector<std::string> data;
} evaluation;

Status run_eval(Run& run) {
  const ModelData model = load_model(evaluation.model);
  Threads threads(run.threads);
  if (!model.tokenizer) throw Error(Status::kModel, printable(evaluation.model) + ": no tokenizer in the model file");
  const Dataset data =
      read_dataset(evaluation.data, model.config.head, *model.tokenizer, model.info.labels, model.config.context);
  const LossSum loss = evaluate_loss(model, data.examples, 4096, {threads, Math::kF32});
  const double targets = static_cast<double>(std::max<std::size_t>(1, loss.targets));
  std::string line;
  JsonWriter json(line);
  json.begin_object()
      .member("task", model.info.task)
      .member("examples", data.examples.size())
      .member("targets", loss.targets);
  json.member("loss", loss.cross_entropy / targets).member("accuracy", static_cast<double>(loss.correct) / targets);
  if (model.config.head == Head::kTag) {
    json.key("spans");
    score_spans(model, evaluation.data, threads).write(json);
  }
  json.end_object();
  run.out.write(line);
  run.out.end_record();
  return Status::kOk;
}

// -------------------------------------------------------------------------------------------------------- average

struct {
  std::string output;
  std::vector<std::string> models;
} average;

Status run_average(Run&) {
  if (average.models.size() < 2) throw Error(Status::kInput, "an average needs two models or more");
  const ParameterBuffer mean = average_models(average.models);
  ModelData model = load_model(average.models.back());  // tokenizer, labels and task
  model.weights = mean.weights();
  model.info.training["average"] = "of " + std::to_string(average.models.size()) + " models";
  model.info.training.erase("dev_score");
  save_model(model, DType::kF32, average.output);
  return Status::kOk;
}

// ---------------------------------------------------------------------------------------------------------- bench

struct {
  std::string shape, math = "bf16";
  std::uint64_t labels = 33;
  TrainBenchOptions options;
} bench;

Status run_bench(Run& run) {
  Config config = read_shape(bench.shape);
  if (config.vocab_size == 0) config.vocab_size = 8192;
  if (config.head != Head::kLm) config.n_labels = bench.labels;
  check_config(config, printable(bench.shape));
  bench.options.math = math_named(bench.math);
  bench.options.seed = run.seed;
  Threads threads(run.threads);
  const TrainBench result = bench_training(config, bench.options, threads);
  if (run.json) {
    std::string line;
    JsonWriter(line)
        .begin_object()
        .member("math", bench.math)
        .member("threads", threads.count())
        .member("sequences", bench.options.sequences)
        .member("length", bench.options.length)
        .member("targets", bench.options.targets)
        .member("repetitions", bench.options.repetitions)
        .member("tokens_per_second", result.median)
        .member("best", result.best)
        .member("share", result.share)
        .member("limit", result.limit.name)
        .member("limit_operations_per_second", result.limit.operations)
        .member("peak_bytes", result.peak_bytes)
        .member("loss", result.cross_entropy)
        .end_object();
    run.out.write(line);
  } else {
    run.out.write(fixed(result.median, 0) + " tokens/s (best " + fixed(result.best, 0) + "), " +
                  fixed(100 * result.share, 1) + " % of " + result.limit.name + " at " +
                  fixed(result.limit.operations / 1e9, 0) + " G/s; " +
                  fixed(static_cast<double>(result.peak_bytes) / (1 << 20), 0) + " MiB");
  }
  run.out.end_record();
  return Status::kOk;
}

Command vocab_command() {
  Command c;
  c.name = "vocab";
  c.summary = "make a SentencePiece vocabulary from text";
  c.description =
      "Reads text files, or with --field the texts of JSON Lines files, and writes a SentencePiece model: byte "
      "fallback and identity "
      "normalisation, so that any bytes come back as they were; digits apart.";
  c.examples = {{"eve-train vocab --size 8192 --field text -o pii.spm train.jsonl", "a vocabulary of 8,192 pieces"}};
  c.options = {option("--size", "N", "All ids: control tokens, 256 bytes and pieces.", &vocab.size, 300, 1 << 20),
               choice("--type", "TYPE", "Kind of vocabulary.", &vocab.type, {"unigram", "bpe"}),
               option("--field", "NAME", "Files are JSON Lines; the text is this member.", &vocab.field),
               option("-o, --output", "FILE", "Where the vocabulary goes.", &vocab.output),
               files("FILE", "Text to learn from.", &vocab.paths)};
  c.options[3].required = true;
  c.run = run_vocab;
  return c;
}

Command fit_command() {
  Command c;
  c.name = "fit";
  c.summary = "train a model";
  c.description =
      "Trains all weights with AdamW on JSON Lines: {\"text\", \"spans\"} for a tag head, {\"text\", \"label\"} for a "
      "label head, {\"prompt\", "
      "\"answer\"} for an lm head (loss on the answer only).\n\nThe learning rate rises linearly, then falls by a "
      "cosine, or with --cooldown stays and falls at the end. The weights with the best "
      "score on --dev so far are in the output file at any time; the checkpoint beside it holds what --resume needs, "
      "and is replaced as a whole. "
      "A resumed run goes on exactly where the checkpoint was written.\n\nSeveral processes (mpirun) share each step "
      "when the program was built "
      "with MPI: the batch is then --batch examples for each of them.";
  c.examples = {
      {"eve-train fit --new shape.json --vocab pii.spm --task pii --data train.jsonl --dev dev.jsonl -o pico-pii.gguf",
       "train from random weights"},
      {"eve-train fit --base pico-base.gguf --task sql --data train.jsonl -o pico-sql.gguf --resume",
       "fine-tune, or go on with it"}};
  c.common = {Common::kQuiet, Common::kThreads, Common::kSeed};
  c.options = {
      option("--new", "FILE", "Shape of a new network (JSON).", &settings.shape),
      option("--base", "FILE", "Model to start from.", &settings.base),
      option("--vocab", "FILE", "SentencePiece vocabulary of a new network.", &settings.vocabulary),
      option("--task", "NAME", "Task the model is for.", &settings.task),
      repeated("--data", "FILE", "Training rows.", &settings.data),
      repeated("--dev", "FILE", "Rows to score on.", &settings.dev),
      option("-o, --output", "FILE", "Where the model goes.", &settings.output),
      choice("--type", "TYPE", "How the output stores its weights.", &settings.type,
             {"f32", "bf16", "f16", "q8_0", "q4_0"}),
      option("--epochs", "N", "Times that each row is seen.", &settings.epochs, 1, 100000),
      option("--batch", "N", "Rows in a step (and process).", &settings.batch, 1, 1 << 20),
      option("--micro-tokens", "N", "Tokens in memory at a time; a step adds up as many parts as it needs.",
             &settings.micro_tokens, 1, 1 << 24),
      option("--lr", "X", "Highest learning rate.", &settings.lr, 0, 1),
      option("--min-lr", "X", "Last learning rate, as a share of the highest.", &settings.min_lr, 0, 1),
      option("--warmup", "X", "Share of the steps in which the rate rises.", &settings.warmup, 0, 1),
      option("--cooldown", "X", "Share of the steps in which the rate falls, after a plateau; 0: a cosine.",
             &settings.cooldown, 0, 1),
      choice("--optimizer", "NAME", "Muon for the matrices of the layers, or AdamW for all.", &settings.optimizer,
             {"adamw", "muon"}),
      option("--weight-decay", "X", "Decay of matrices.", &settings.decay, 0, 10),
      option("--clip", "X", "Largest norm of the gradient; 0: any.", &settings.clip, 0, 1e9),
      choice("--math", "TYPE", "Precision of products; weights and sums are fp32.", &settings.math, {"bf16", "f32"}),
      option("--subword-noise", "X", "Tag head: chance of a cut inside a word, in every other row.",
             &settings.subword_noise, 0, 1),
      option("--eval-every", "N", "Steps between scores; 0: once an epoch.", &settings.eval_every, 0, 1 << 30),
      option("--checkpoint", "FILE", "Where the checkpoint goes; else beside the output.", &settings.checkpoint),
      option("--checkpoint-seconds", "N", "Time between checkpoints.", &settings.checkpoint_seconds, 0, 1 << 30),
      option("--log", "FILE", "Appends one JSON object a step and a score.", &settings.log),
      flag("--resume", "Go on from the checkpoint, if there is one.", &settings.resume)};
  for (Option& o : c.options)
    if (o.flags == "--task" || o.flags == "--data" || o.flags == "-o, --output") o.required = true;
  c.run = run_fit;
  return c;
}

Command average_command() {
  Command c;
  c.name = "average";
  c.summary = "average the weights of models";
  c.description =
      "Writes the mean of the weights of models of one shape that descend from one run. Such a mean is often better "
      "than each of them. A file that is "
      "named twice counts twice; all else comes from the last.";
  c.examples = {{"eve-train average -o mean.gguf first.gguf second.gguf second.gguf",
                 "one third of the first, two of the second"}};
  c.options = {option("-o, --output", "FILE", "Where the model goes.", &average.output),
               files("MODEL", "Models to average.", &average.models)};
  c.options[0].required = true;
  c.run = run_average;
  return c;
}

Command eval_command() {
  Command c;
  c.name = "eval";
  c.summary = "score a model on rows";
  c.description =
      "Prints one JSON object: loss and accuracy, and for a tag head the exact matches of spans, by label and source.";
  c.examples = {{"eve-train eval --model pico-pii.gguf --data dev.jsonl", "score the tagger"}};
  c.common = {Common::kThreads};
  c.options = {option("--model", "FILE", "Model to score.", &evaluation.model),
               repeated("--data", "FILE", "Rows to score on.", &evaluation.data)};
  for (Option& o : c.options) o.required = true;
  c.run = run_eval;
  return c;
}

Command bench_command() {
  Command c;
  c.name = "bench";
  c.summary = "time training on this machine";
  c.description =
      "Trains a network of the given shape on tokens that mean nothing and prints tokens a second (the median and the "
      "best of --repetitions steps), the share of what the machine can do (operations a second of the fastest product "
      "instruction in use, with --math f32 of fp32's, measured between the steps) and the most memory held. A shape "
      "without vocab_size gets 8192.";
  c.examples = {{"eve-train bench shape.json --sequences 8 --length 256", "time steps of 2,048 tokens"}};
  c.common = {Common::kJson, Common::kOutput, Common::kThreads, Common::kSeed};
  c.options = {
      argument("SHAPE", "The JSON file that says the sizes of the network.", &bench.shape),
      option("--sequences", "N", "Sequences in a step.", &bench.options.sequences, 1, 1 << 16),
      option("--length", "N", "Tokens in a sequence.", &bench.options.length, 1, 1 << 16),
      option("--targets", "X", "Share of the tokens that carry a target.", &bench.options.targets, 0, 1),
      choice("--math", "TYPE", "Precision of products; weights and sums are fp32.", &bench.math, {"bf16", "f32"}),
      option("--micro-tokens", "N", "Tokens in memory at a time.", &bench.options.micro_tokens, 1, 1 << 24),
      option("--labels", "N", "Rows of a tag or label head.", &bench.labels, 1, 4001),
      option("--repetitions", "N", "Steps that are timed.", &bench.options.repetitions, 1, 10000)};
  c.run = run_bench;
  return c;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-train";
  tool.summary = "train and score nano language models";
  tool.description = "Makes vocabularies, trains models on a CPU and scores them.";
  tool.commands = {vocab_command(), fit_command(), average_command(), eval_command(), bench_command()};
  return tool;
}

}  // namespace eve
