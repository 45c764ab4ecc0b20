// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <deque>

#include "eve/eve.h"
#include "model/model.h"
#include "model/shape.h"
#include "train/advice.h"
#include "train/commands.h"
#include "train/data.h"
#include "train/evaluate.h"
#include "train/fit.h"
#include "train/score.h"

namespace eve {

namespace {

struct {
  std::string shape, base, head, vocabulary, task, corpus, anneal, output, checkpoint, log, math = "bf16", type = "f32",
                                                                                            optimizer = "muon";
  std::vector<std::string> data, dev;
  std::uint64_t epochs = 2, batch = 32, micro_tokens = 8192, eval_every = 0, checkpoint_seconds = 120;
  std::uint64_t length = 256, batch_tokens = 32768, steps = 0, anneal_steps = 0, dev_tokens = 32768, dev_length = 0;
  double lr = 0, warmup = 0.03, cooldown = 0, min_lr = 0, decay = 0.1, clip = 1, subword_noise = 0, minutes = 0;
  bool prefix = false, resume = false;
} settings;

/// The tags or labels that a new head is to give: those of the training rows.
void name_labels(ModelData& model) {
  model.info.labels.clear();
  if (model.config.head == Head::kTag) model.info.labels = bioes_tags(collect_labels(settings.data, Head::kTag));
  if (model.config.head == Head::kLabel) model.info.labels = collect_labels(settings.data, Head::kLabel);
  model.config.n_labels = model.info.labels.size();
}

/// Puts a new head on a base's trunk. What only an lm head has goes; a trainer draws the weights of the new one.
void change_head(ModelData& model, Head head) {
  model.config.head = head;
  if (head != Head::kLm) {
    model.config.pointer = 0;
    model.config.prefix = false;
  }
  model.weights.cls = {};
  model.weights.cls_bias = {};
  name_labels(model);
  check_config(model.config, printable(settings.base));
}

/// A config with random weights to come, or the weights of a base model under the head of the task.
ModelData starting_model() {
  ModelData model;
  if (settings.shape.empty() == settings.base.empty())
    throw Error(Status::kInput, "give either --new SHAPE.json or --base MODEL.gguf");
  if (!settings.base.empty()) {
    model = load_model(settings.base);
    if (!settings.head.empty()) change_head(model, *head_named(settings.head));
  } else {
    if (!settings.head.empty()) throw Error(Status::kInput, "--head goes with --base; a shape says its own");
    if (settings.vocabulary.empty()) throw Error(Status::kInput, "--new needs --vocab");
    model.config = read_shape(settings.shape);
    take_vocabulary(model, settings.vocabulary);
    if (model.config.vocab_size == 0) model.config.vocab_size = model.tokenizer->size();
    name_labels(model);
    check_config(model.config, printable(settings.shape));
  }
  if (settings.prefix) {
    model.config.prefix = true;
    check_config(model.config, printable(settings.base));
  }
  if (!model.tokenizer) throw Error(Status::kModel, printable(settings.base) + ": no tokenizer in the model file");
  model.info.task = settings.task;
  model.info.name = "pico-" + settings.task;
  return model;
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

/// What a run trains on, as --data or --corpus say.
struct Data {
  std::string description;
  std::unique_ptr<BatchSource> batches;

  std::size_t dropped() const { return rows_.dropped; }

  Data(const ModelData& model, const Run& run, const Ranks& ranks) {
    if (settings.data.empty() == settings.corpus.empty())
      throw Error(Status::kInput, "give either rows (--data) or a token file (--corpus)");
    if (settings.corpus.empty()) {
      rows_ = read_dataset(settings.data, model.config.head, *model.tokenizer, model.info.labels, model.config.context,
                           settings.subword_noise, settings.task, task_form);
      batches = std::make_unique<RowBatches>(rows_.examples, settings.batch, run.seed, ranks);
      description = std::to_string(rows_.examples.size()) + " examples, " + std::to_string(rows_.tokens) + " tokens, " +
                    std::to_string(rows_.misaligned) + " spans inside tokens, " + std::to_string(rows_.dropped) +
                    " rows too long, batch " + std::to_string(settings.batch * ranks.size());
      return;
    }
    if (model.config.head != Head::kLm) throw Error(Status::kInput, "--corpus trains an lm head");
    if (settings.length > model.config.context)
      throw Error(Status::kInput,
                  "--length is more than the network's context of " + std::to_string(model.config.context));
    auto main = open(settings.corpus, model, run);
    description = std::to_string(main->pieces().pieces.size()) + " pieces of up to " + std::to_string(settings.length) +
                  " tokens, " + std::to_string(main->pieces().tokens) + " tokens, " +
                  std::to_string(main->pieces().dropped) + " rows too long, batch " +
                  std::to_string(settings.batch_tokens) + " tokens";
    if (settings.anneal.empty()) {
      batches = std::move(main);
      return;
    }
    if (settings.anneal_steps == 0 || settings.anneal_steps > settings.steps)
      throw Error(Status::kInput, "--anneal needs --steps, and --anneal-steps of them");
    main_ = std::move(main);
    end_ = open(settings.anneal, model, run);
    batches = std::make_unique<AnnealedBatches>(*main_, *end_, settings.steps - settings.anneal_steps);
    description += ", the last " + std::to_string(settings.anneal_steps) + " steps of another corpus";
  }

 private:
  Dataset rows_;
  std::deque<TokenFile> files_;  // whose elements stay where they are
  std::unique_ptr<CorpusBatches> main_, end_;

  std::unique_ptr<CorpusBatches> open(const std::string& path, const ModelData& model, const Run& run) {
    files_.emplace_back(path, *model.tokenizer);
    return std::make_unique<CorpusBatches>(files_.back(), settings.length, settings.batch_tokens, run.seed);
  }
};

/// What a run is judged by: rows and token files of --dev.
struct Dev {
  explicit Dev(const ModelData& model) {
    for (const std::string& path : settings.dev) {
      if (TokenFile::recognised(path))
        corpora_.emplace_back(path, *model.tokenizer);
      else
        row_paths_.push_back(path);
    }
    if (!row_paths_.empty())
      rows_ = read_dataset(row_paths_, model.config.head, *model.tokenizer, model.info.labels, model.config.context, 0,
                           settings.task, task_form);
  }

  const std::vector<std::string>& row_paths() const { return row_paths_; }

  /// Writes losses and scores; returns the score that decides which weights are kept, more is better.
  double score(const ModelData& model, Executor executor, JsonWriter& json, const Run& run) const {
    double score = 0;
    ExpertUsage usage;
    if (!rows_.examples.empty()) {
      const LossSum loss = evaluate_loss(model, rows_.examples, settings.micro_tokens, executor, &usage);
      const double targets = static_cast<double>(std::max<std::size_t>(1, loss.targets));
      score = static_cast<double>(loss.correct) / targets;
      json.member("dev_loss", loss.cross_entropy / targets).member("dev_accuracy", score);
      if (model.config.head == Head::kTag) {
        const SpanScore spans = score_spans(model, row_paths_, executor.threads);
        score = spans.all.f1();
        json.key("dev_spans");
        spans.write(json);
      }
      run.note("dev loss " + fixed(loss.cross_entropy / targets, 4) + ", score " + fixed(score, 4));
    }
    const std::size_t length = settings.dev_length ? settings.dev_length : settings.length;
    for (const TokenFile& corpus : corpora_) {
      const CorpusScore result =
          evaluate_corpus(model, corpus, length, settings.dev_tokens, settings.micro_tokens, executor, usage);
      json.key("dev");
      result.write(json);
      run.note("dev loss " + fixed(result.mean(), 4) + ", the mean of " + std::to_string(result.sources.size()) +
               " sources");
    }
    if (!usage.empty()) {
      json.key("experts");
      usage.write(json);
    }
    return score;
  }

 private:
  std::vector<std::string> row_paths_;
  Dataset rows_;
  std::vector<TokenFile> corpora_;
};

Status run_fit(Run& run) {
  const Ranks ranks;
  Threads threads(run.threads);
  FitOptions options;
  options.epochs = settings.epochs;
  options.steps = settings.steps;
  options.minutes = settings.minutes;
  options.eval_every = settings.eval_every;
  options.checkpoint_seconds = static_cast<double>(settings.checkpoint_seconds);
  options.checkpoint = settings.checkpoint.empty() ? settings.output + ".checkpoint" : settings.checkpoint;
  options.resume = settings.resume;
  if (settings.lr == 0) settings.lr = settings.optimizer == "muon" ? 1e-3 : 5e-5;
  options.optimizer.lr = static_cast<float>(settings.lr);
  options.optimizer.warmup = static_cast<float>(settings.warmup);
  options.optimizer.cooldown = static_cast<float>(settings.cooldown);
  if (settings.optimizer == "muon") options.optimizer.method = OptimizerOptions::Method::kMuon;
  options.optimizer.min_lr_ratio = static_cast<float>(settings.min_lr);
  options.optimizer.weight_decay = static_cast<float>(settings.decay);
  options.optimizer.clip = static_cast<float>(settings.clip);
  options.optimizer.micro_tokens = settings.micro_tokens;
  const Math math = math_named(settings.math);

  Trainer trainer(starting_model(), options.optimizer, run.seed, math, threads, ranks);
  const Data data(trainer.model(), run, ranks);
  const Dev dev(trainer.model());
  const ParameterCount parameters = count_parameters(trainer.model().config);
  if (ranks.rank() == 0)
    run.note(data.description + "; " + std::to_string(parameters.total) + " parameters, " +
             std::to_string(parameters.active) + " active");
  if (ranks.rank() == 0 && !run.quiet && !settings.data.empty())
    for (const std::string& line :
         advice(settings.data, dev.row_paths(), data.dropped(), settings.steps ? 0 : settings.epochs))
      run.note(line);

  const Log log(ranks.rank() == 0 ? settings.log : "");
  const auto started = std::chrono::steady_clock::now();
  std::size_t tokens_seen = 0;  // since then
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  FitEvents events;
  events.on_step = [&](const StepReport& r, const Progress& progress) {
    tokens_seen += r.tokens;
    const double rate = static_cast<double>(tokens_seen) / seconds();
    std::string line;
    JsonWriter(line)
        .begin_object()
        .member("step", r.step)
        .member("steps", progress.total_steps)
        .member("loss", r.cross_entropy)
        .member("aux", r.aux)
        .member("grad_norm", r.grad_norm)
        .member("lr", r.lr)
        .member("tokens", r.tokens)
        .member("tokens_seen", progress.tokens)
        .member("tokens_per_second", rate)
        .member("cpu_seconds", progress.cpu_seconds)
        .end_object();
    log.write(line);
    if (!run.show_progress()) return;
    const double left = static_cast<double>(progress.total_steps - r.step) * static_cast<double>(progress.tokens) /
                        rate / static_cast<double>(r.step);
    write_all(2, "\r\x1b[Kstep " + std::to_string(r.step) + "/" + std::to_string(progress.total_steps) + "  loss " +
                     fixed(r.cross_entropy, 4) + "  aux " + fixed(r.aux, 2) + "  " + fixed(rate, 0) + " tokens/s  " +
                     fixed(left / 60, 1) + " min left" + (r.step == progress.total_steps ? "\n" : ""));
  };
  double best = -1;
  if (settings.resume && access(settings.output.c_str(), R_OK) == 0) {
    const ModelData saved = load_model(settings.output);
    if (const auto score = saved.info.training.find("dev_score"); score != saved.info.training.end())
      best = std::atof(score->second.c_str());
  }
  events.on_evaluation = [&](const Trainer& t, const Progress& progress) {
    std::string line;
    JsonWriter json(line);
    json.begin_object()
        .member("step", progress.steps)
        .member("tokens_seen", progress.tokens)
        .member("cpu_seconds", progress.cpu_seconds);
    const double score = dev.score(t.model(), {threads, math}, json, run);
    json.end_object();
    log.write(line);
    // A base is what its last step made it: the scores of one corpus say little about another.
    if (settings.corpus.empty() && score < best) return;
    best = score;
    std::map<std::string, std::string>& info = trainer.model().info.training;
    info["steps"] = std::to_string(progress.steps) + " of " + std::to_string(progress.total_steps);
    if (settings.corpus.empty()) info["dev_score"] = fixed(score, 4);
    info["recipe"] = "lr " + fixed(settings.lr, 6) + ", " + data.description + ", " + settings.math + ", seed " +
                     std::to_string(run.seed);
    save_model(t.model(), *dtype_named(settings.type), settings.output);
  };
  fit(trainer, *data.batches, options, ranks, events);
  return Status::kOk;
}

}  // namespace

Command fit_command() {
  Command c;
  c.name = "fit";
  c.summary = "train a model";
  c.description =
      "Trains all weights on JSON Lines: {\"text\", \"spans\"} for a tag head, {\"text\", \"label\"} for a "
      "label head, {\"prompt\", "
      "\"answer\"} or the rows of --task for an lm head (loss on the answer only); or on a token file of eve-train "
      "prepare.\n\nThe documents of a token file are cut in pieces of --length tokens, each a sequence of its own; a "
      "step takes --batch-tokens of them, in an order that comes from --seed. A run that is resumed may be given a "
      "greater --length, or more --steps, or an --anneal: a second token file for its last steps. Its --dev files may "
      "be token files too; losses, bits per byte and the use of the experts go to the log, and the output always has "
      "the last weights.\n\nThe learning rate rises linearly, then falls by a "
      "cosine, or with --cooldown stays and falls at the end. With rows, the weights with the best "
      "score on --dev so far are in the output file at any time; the checkpoint beside it holds what --resume needs, "
      "and is replaced as a whole. "
      "A resumed run goes on exactly where the checkpoint was written.\n\nSeveral processes (mpirun) share each step "
      "when the program was built "
      "with MPI: the batch is then --batch examples for each of them.";
  c.examples = {
      {"eve-train fit --new shape.json --vocab pii.spm --task pii --data train.jsonl --dev dev.jsonl -o pico-pii.gguf",
       "train from random weights"},
      {"eve-train fit --base pico-base.gguf --task sql --data train.jsonl -o pico-sql.gguf --resume",
       "fine-tune, or go on with it"},
      {"eve-train fit --base pico-base.gguf --head tag --task pii --data train.jsonl -o pico-pii.gguf",
       "label the tokens of texts instead of writing"},
      {"eve-train fit --new shape.json --vocab base.spm --task base --corpus base.tokens --dev dev.tokens --length 256 "
       "--steps 4000 --lr 1e-3 --log base.log -o pico-base.gguf",
       "pre-train on a token file"}};
  c.common = {Common::kQuiet, Common::kThreads, Common::kSeed};
  c.options = {
      option("--new", "FILE", "Shape of a new network (JSON).", &settings.shape),
      option("--base", "FILE", "Model to start from.", &settings.base),
      choice("--head", "KIND", "New head for the base: of scores a token, or a text.", &settings.head,
             {"tag", "label"}),
      option("--vocab", "FILE", "Vocabulary of a new network: a SentencePiece model, tokenizer.json or model.",
             &settings.vocabulary),
      option("--task", "NAME", "Task the model is for.", &settings.task),
      repeated("--data", "FILE", "Training rows.", &settings.data),
      option("--corpus", "FILE", "Token file to train on.", &settings.corpus),
      option("--anneal", "FILE", "Token file of the last steps.", &settings.anneal),
      option("--anneal-steps", "N", "How many these are.", &settings.anneal_steps, 1, 1 << 30),
      repeated("--dev", "FILE", "Rows or token file to score on.", &settings.dev),
      option("--dev-tokens", "N", "Tokens of each source of a token file to score on; 0: all.", &settings.dev_tokens),
      option("--dev-length", "N", "Longest sequence of these; 0: --length.", &settings.dev_length, 0, 65536),
      option("-o, --output", "FILE", "Where the model goes.", &settings.output),
      choice("--type", "TYPE", "How the output stores its weights.", &settings.type,
             {"f32", "bf16", "f16", "q8_0", "q4_0"}),
      option("--epochs", "N", "Times that each row is seen.", &settings.epochs, 1, 100000),
      option("--batch", "N", "Rows in a step (and process).", &settings.batch, 1, 1 << 20),
      option("--steps", "N", "Steps of the whole run; 0: as many as --epochs take.", &settings.steps, 0, 1 << 30),
      option("--minutes", "X", "Stop after that much time; --resume goes on.", &settings.minutes, 0, 1e6),
      option("--length", "N", "Token file: longest sequence.", &settings.length, 2, 65536),
      option("--batch-tokens", "N", "Token file: tokens in a step.", &settings.batch_tokens, 2, 1 << 30),
      option("--micro-tokens", "N", "Tokens in memory at a time; a step adds up as many parts as it needs.",
             &settings.micro_tokens, 1, 1 << 24),
      option("--lr", "X", "Highest learning rate; 0: 1e-3 with Muon, 5e-5 with AdamW.", &settings.lr, 0, 1),
      option("--min-lr", "X", "Last learning rate, as a share of the highest.", &settings.min_lr, 0, 1),
      option("--warmup", "X", "Share of the steps in which the rate rises.", &settings.warmup, 0, 1),
      option("--cooldown", "X", "Share of the steps in which the rate falls, after a plateau; 0: a cosine.",
             &settings.cooldown, 0, 1),
      choice("--optimizer", "NAME", "Muon for the matrices of the layers, or AdamW for all.", &settings.optimizer,
             {"muon", "adamw"}),
      option("--weight-decay", "X", "Decay of matrices.", &settings.decay, 0, 10),
      option("--clip", "X", "Largest norm of the gradient; 0: any.", &settings.clip, 0, 1e9),
      choice("--math", "TYPE", "Precision of products; weights and sums are fp32.", &settings.math, {"bf16", "f32"}),
      option("--subword-noise", "X", "Tag head: chance of a cut inside a word, in every other row.",
             &settings.subword_noise, 0, 1),
      option("--eval-every", "N", "Steps between scores; 0: once an epoch.", &settings.eval_every, 0, 1 << 30),
      option("--checkpoint", "FILE", "Where the checkpoint goes; else beside the output.", &settings.checkpoint),
      option("--checkpoint-seconds", "N", "Time between checkpoints.", &settings.checkpoint_seconds, 0, 1 << 30),
      option("--log", "FILE", "Appends one JSON object a step and a score.", &settings.log),
      flag("--prefix", "Let the tokens of a prompt see each other, not only those before them.", &settings.prefix),
      flag("--resume", "Go on from the checkpoint, if there is one.", &settings.resume)};
  for (Option& o : c.options)
    if (o.flags == "--task" || o.flags == "-o, --output") o.required = true;
  c.run = run_fit;
  return c;
}

}  // namespace eve
