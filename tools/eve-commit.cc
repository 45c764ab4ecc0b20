// SPDX-License-Identifier: Apache-2.0
// eve-commit: the staged changes, or a diff, to a Conventional Commits message.
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <set>

#include "base/json.h"
#include "commit/hook.h"
#include "commit/suggest.h"
#include "commit/writer.h"
#include "eve/eve.h"
#include "tasks/answer.h"
#include "tool.h"

namespace eve {
namespace {

using namespace commit;

constexpr std::size_t kLogEntries = 300, kLogEntriesWithPaths = 100, kReasons = 8;
constexpr std::chrono::seconds kHookTime{10};

struct {
  std::string directory, revision, log, config, type, scope, issue, file;
  std::vector<std::string> types, scopes;
  std::uint64_t header_max = 0, count = 1;
  bool amend = false, breaking = false, body = false, no_issue = false, signoff = false;
  bool check = false, why = false, split = false, no_model = false, commit = false, edit = false;
  std::vector<std::string> hook;  // ACTION [ARGUMENT...]
} settings;

/// The repository's configuration, or --config's, and what the flags say over it.
Rules read_rules(const Run& run, const Repository* repository) {
  Config config;
  if (!settings.config.empty())
    config = read_config(read_file(settings.config, std::size_t{1} << 20), settings.config);
  else if (repository)
    config = find_config([&](const std::string& name) { return repository->root_file(name); });
  for (const std::string& note : config.notes) run.note(note);
  if (!settings.types.empty()) config.rules.set_words("type-enum", settings.types);
  if (!settings.scopes.empty()) config.rules.set_words("scope-enum", settings.scopes);
  if (settings.header_max != 0) config.rules.set_limit("header-max-length", settings.header_max);
  return config.rules;
}

// ---------------------------------------------------------------------------------------------------------- check

std::string json_problems(const std::vector<Problem>& problems) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().member("valid", !is_refused(problems)).key("problems").begin_array();
  for (const Problem& problem : problems) {
    json.begin_object().member("rule", problem.rule);
    json.member("level", problem.severity == Severity::kError ? "error" : "warning")
        .member("text", problem.text)
        .end_object();
  }
  json.end_array().end_object();
  return line;
}

/// A repository if there is one here: a message may be checked anywhere.
std::unique_ptr<Repository> repository_if_any() {
  try {
    return std::make_unique<Repository>(settings.directory);
  } catch (const Error& error) {
    if (error.status() == Status::kInput && settings.directory.empty()) return nullptr;
    throw;
  }
}

Status run_check(Run& run) {
  const auto repository = repository_if_any();
  const Rules rules = read_rules(run, repository.get());
  const bool from_file = !settings.file.empty() && settings.file != "-";
  // A message file that git made has comments; a message from elsewhere has none.
  const std::string comment = !from_file ? "" : repository ? repository->comment_character() : "#";
  Status status = Status::kOk;
  const auto judge = [&](const std::string& message, std::uint64_t number) {
    tasks::check_text(message, number);
    const std::vector<Problem> problems = lint(message, rules, comment);
    if (is_refused(problems)) status = Status::kNoAnswer;
    for (const Problem& problem : problems) run.note(problem.rule + ": " + problem.text);
    if (!run.json) return;
    run.out.write(json_problems(problems));
    run.out.end_record();
  };
  if (run.nul) {
    Records records(run, {settings.file.empty() ? "-" : settings.file});
    for (std::string record; records.next(record);) judge(record, records.count());
  } else {
    judge(run.read(settings.file.empty() ? "-" : settings.file), 1);
  }
  return status;
}

// -------------------------------------------------------------------------------------------------------- messages

/// Everything about the repository that a message depends on.
struct Context {
  std::unique_ptr<Repository> repository;  // none for a diff from a file
  Wishes wishes;
  Habits habits;
  IgnoreList ignored;
};

void require_listed(const std::string& option, const std::string& word, const std::vector<std::string>& listed) {
  if (word.empty() || listed.empty() || std::ranges::find(listed, word) != listed.end()) return;
  std::string words;
  for (const std::string& one : listed) words += (words.empty() ? "" : ", ") + printable(one);
  throw Error(Status::kInput, option + ": the rules allow " + words);
}

Context read_context(const Run& run, bool with_repository) {
  Context context;
  if (with_repository) {
    context.repository = std::make_unique<Repository>(settings.directory);
    const Repository& repository = *context.repository;
    if (settings.log.empty()) context.habits = read_habits(repository.log(kLogEntries, kLogEntriesWithPaths));
    if (const auto own = repository.root_file(".eve-commitignore")) context.ignored = {*own, ".eve-commitignore"};
    context.wishes.comment = repository.comment_character();
  }
  if (!settings.log.empty()) context.habits = read_habits(read_log(run.read(settings.log), settings.log));
  Wishes& wishes = context.wishes;
  wishes.rules = read_rules(run, context.repository.get());
  require_listed("--type", settings.type, wishes.rules.words("type-enum"));
  require_listed("--scope", settings.scope, wishes.rules.words("scope-enum"));
  wishes.type = settings.type;
  wishes.scope = settings.scope;
  wishes.breaking = settings.breaking;
  wishes.body = settings.body;
  std::string issue = settings.issue;
  if (issue.empty() && !settings.no_issue && context.repository) issue = issue_of_branch(context.repository->branch());
  if (!issue.empty()) wishes.footers.emplace_back("Refs", issue);
  if (settings.signoff) {
    if (!context.repository) throw Error(Status::kInput, "--signoff needs a repository");
    wishes.footers.emplace_back("Signed-off-by", context.repository->signature());
  }
  return context;
}

Changes repository_changes(const Context& context) {
  const Repository& repository = *context.repository;
  const auto why = [&](const std::string& path) {
    const std::string reason = why_left_out(path, context.ignored);
    return !reason.empty() ? reason : repository.is_marked_as_noise(path) ? std::string(".gitattributes") : "";
  };
  RepositoryDiff diff =
      repository.diff({settings.amend, settings.revision}, [&](const std::string& path) { return !why(path).empty(); });
  const auto text = std::make_shared<const std::string>(std::move(diff.text));
  std::vector<tasks::FileDiff> files = tasks::read_diff(*text);
  std::set<std::string> unread;
  for (tasks::FileDiff& file : diff.skipped) {
    unread.insert(file.path);
    files.push_back(std::move(file));
  }
  Changes changes = read_changes(std::move(files), [&](const std::string& path) {
    const std::string reason = why(path);
    return reason.empty() && unread.contains(path) ? "beyond what is read" : reason;
  });
  changes.text = text;
  context.habits.weigh_types(changes.files, changes.types);
  return changes;
}

/// What the user may want to know of the diff before the message.
void tell(const Run& run, const Changes& changes) {
  if (!changes.left_out.empty()) run.note("left out: " + summary(changes.left_out));
  for (const std::string& secret : changes.secrets)
    run.note("this looks like a secret, is it meant to be committed? " + secret);
  const std::vector<std::string> removed = changes.removed_public();
  if (!removed.empty() && !settings.breaking) {
    std::string names;
    for (const std::string& name : removed) names += (names.empty() ? "" : ", ") + name;
    run.note("no longer defined: " + names + "; is the change breaking? --breaking says so");
  }
}

std::string percent(double probability) { return std::to_string(static_cast<int>(100 * probability + 0.5)) + " %"; }

void tell_why(const Run& run, const Changes& changes, const Suggestion& suggestion) {
  run.note(suggestion.draft.type + ": " + percent(suggestion.confidence));
  for (std::size_t i = 0; i < std::min<std::size_t>(changes.types.reasons.size(), kReasons); ++i) {
    const TypeEvidence::Reason& reason = changes.types.reasons[i];
    char weight[16];
    std::snprintf(weight, sizeof weight, "%+.2f", reason.weight);
    run.note(std::string("  ") + weight + " " + std::string(reason.type) + ": " + reason.feature);
  }
}

void tell_split(const Run& run, const Changes& changes) {
  const std::vector<Part> parts = parts_by_type(changes);
  if (parts.size() < 2) return run.note("the changes belong together");
  for (const Part& part : parts) {
    std::string paths;
    for (const std::string& path : part.paths) paths += " " + path;
    run.note("a commit of its own, " + part.type + ":" + paths);
  }
}

std::string json_message(const std::vector<Suggestion>& suggestions, const Changes& changes) {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  if (suggestions.empty()) {
    json.key("message").null().member("reason", "no message keeps the rules");
  } else {
    const Suggestion& best = suggestions.front();
    json.member("message", best.draft.text()).member("type", best.draft.type).key("scope");
    best.draft.scope.empty() ? json.null() : json.value(best.draft.scope);
    json.member("breaking", best.draft.breaking).member("confidence", best.confidence);
    json.member("by", best.by_model ? "model" : "rules");
  }
  if (suggestions.size() > 1) {
    json.key("others").begin_array();
    for (std::size_t i = 1; i < suggestions.size(); ++i) json.value(suggestions[i].draft.text());
    json.end_array();
  }
  json.key("left_out").begin_array();
  for (const LeftOut& one : changes.left_out) json.value(one.path);
  json.end_array();
  if (settings.why) {
    json.key("why").begin_array();
    for (const TypeEvidence::Reason& reason : changes.types.reasons)
      json.begin_object()
          .member("feature", reason.feature)
          .member("type", reason.type)
          .member("weight", reason.weight)
          .end_object();
    json.end_array();
  }
  if (settings.split) {
    json.key("split").begin_array();
    for (const Part& part : parts_by_type(changes)) {
      json.begin_object().member("type", part.type).key("paths").begin_array();
      for (const std::string& path : part.paths) json.value(path);
      json.end_array().end_object();
    }
    json.end_array();
  }
  json.end_object();
  return line;
}

/// The model, opened when it is first asked.
class LazyWriter {
 public:
  explicit LazyWriter(const Run& run) : run_(run) {}
  /// Messages by the model; by paths and definitions alone with --no-model, of files that only come, go or move, or
  /// when no text of the model's is acceptable.
  std::vector<Suggestion> suggest(const Changes& changes, const Wishes& wishes, const Habits& habits,
                                  std::size_t count) {
    if (!settings.no_model && !changes.only_moves()) {
      if (!writer_) {
        Model model = Model::open(run_.model.empty() ? Model::find("pico-commit") : run_.model, "commit");
        writer_.emplace(std::move(model), Writer::Options{run_.threads, run_.seed, run_.deadline});
      }
      std::vector<Suggestion> suggestions = writer_->suggest(changes, wishes, habits, count);
      if (!suggestions.empty()) return suggestions;
      run_.detail("no message of the model's is acceptable; written from the paths");
    }
    return plain_suggestions(changes, wishes, habits, count);
  }

 private:
  const Run& run_;
  std::optional<Writer> writer_;
};

void check_not_empty(const Changes& changes, const Context& context) {
  if (changes.files.empty())
    throw Error(Status::kInput, context.repository ? "nothing is staged; see git add" : "the input is not a diff");
}

/// Messages for one diff: none when no message keeps the rules.
std::vector<Suggestion> suggest(LazyWriter& writer, const Changes& changes, const Context& context) {
  Wishes wishes = context.wishes;
  if (settings.breaking)
    for (const std::string& name : changes.removed_public())
      wishes.footers.emplace_back("BREAKING CHANGE", name + " is removed");
  return writer.suggest(changes, wishes, context.habits, settings.count);
}

/// Becomes `git commit` with the message in a file: so hooks and signing are as always.
[[noreturn]] void become_git(const Repository& repository, const std::string& message) {
  const std::string path = repository.git_directory() + "EVE_COMMITMSG";
  AtomicFile file(path);
  file.write(message);
  file.commit();
  setenv("EVE_COMMIT", "0", 1);
  const itimerval never{};  // the time limit is for eve, not for an editor
  setitimer(ITIMER_REAL, &never, nullptr);
  std::vector<const char*> words = {"git"};
  if (!settings.directory.empty()) words.insert(words.end(), {"-C", settings.directory.c_str()});
  words.push_back("commit");
  if (settings.amend) words.push_back("--amend");
  if (settings.edit) words.push_back("--edit");
  words.insert(words.end(), {"-F", path.c_str(), nullptr});
  execvp("git", const_cast<char* const*>(words.data()));
  throw Error(Status::kSystem, "cannot start git; the message is in " + printable(path));
}

/// Messages for one diff; false when there is none.
bool write_messages(Run& run, LazyWriter& writer, const Changes& changes, const Context& context) {
  check_not_empty(changes, context);
  tell(run, changes);
  const std::vector<Suggestion> suggestions = suggest(writer, changes, context);
  if (settings.split && !run.json) tell_split(run, changes);
  if (run.json) {
    run.out.write(json_message(suggestions, changes));
    run.out.end_record();
    return !suggestions.empty();
  }
  if (suggestions.empty()) {
    run.note("no message keeps the rules");
    run.out.end_record();
    return false;
  }
  if (settings.why) tell_why(run, changes, suggestions.front());
  if (settings.commit || settings.edit) become_git(*context.repository, suggestions.front().draft.text());
  if (settings.count > 1) {
    for (const Suggestion& suggestion : suggestions) run.out.write(suggestion.draft.header() + "\n");
    run.out.end_record(run.nul);
  } else {
    run.out.write(suggestions.front().draft.text());
    run.out.end_record(run.nul);
  }
  return true;
}

Status run_commit(Run& run) {
  if (settings.check) return run_check(run);
  const bool with_repository = settings.file.empty() && !run.nul;
  if ((settings.commit || settings.edit) && (!with_repository || !settings.revision.empty() || run.json))
    throw Error(Status::kInput, "--commit and --edit are for what is staged; leave FILE, -0, --rev and --json out");
  const Context context = read_context(run, with_repository);
  LazyWriter writer(run);
  if (with_repository)
    return write_messages(run, writer, repository_changes(context), context) ? Status::kOk : Status::kNoAnswer;
  if (settings.amend || !settings.revision.empty())
    throw Error(Status::kInput, "--amend and --rev are for a repository; leave FILE out");
  const auto why = [&](const std::string& path) { return why_left_out(path, context.ignored); };
  Status status = Status::kOk;
  const auto answer = [&](const std::string& diff, std::uint64_t number) {
    tasks::check_text(diff, number);
    Changes changes = read_changes(tasks::read_diff(diff), why);
    context.habits.weigh_types(changes.files, changes.types);
    if (!write_messages(run, writer, changes, context)) status = Status::kNoAnswer;
    run.check_time();
  };
  if (run.nul) {
    Records records(run, {settings.file.empty() ? "-" : settings.file});
    for (std::string record; records.next(record);) answer(record, records.count());
  } else {
    answer(run.read(settings.file), 1);
  }
  return status;
}

// ------------------------------------------------------------------------------------------------------------ hook

Status run_hook_command(Run& run) {
  const std::string action = settings.hook.empty() ? "" : settings.hook[0];
  if (action == "run") {
    // A hook that hangs is worse than none.
    if (!run.deadline) run.deadline = std::chrono::steady_clock::now() + kHookTime;
    const std::vector<std::string> arguments(settings.hook.begin() + 1, settings.hook.end());
    const std::string trouble = run_hook(arguments, [&] {
      const Context context = read_context(run, true);
      const Changes changes = repository_changes(context);
      if (changes.files.empty()) return std::string();
      tell(run, changes);
      LazyWriter writer(run);
      const std::vector<Suggestion> suggestions = suggest(writer, changes, context);
      return suggestions.empty() ? std::string() : suggestions.front().draft.text();
    });
    if (!trouble.empty()) run.note("no message: " + trouble);
    return Status::kOk;
  }
  const Repository repository(settings.directory);
  std::string told;
  if (action == "install")
    told = install_hook(repository, std::filesystem::read_symlink("/proc/self/exe"),
                        settings.no_model ? "--no-model " : "");
  else if (action == "uninstall")
    told = uninstall_hook(repository);
  else if (action == "status")
    told = hook_status(repository);
  else
    throw Error(Status::kInput, "hook takes install, uninstall, status or run");
  run.note(told);
  return Status::kOk;
}

Command hook_command() {
  Command c;
  c.name = "hook";
  c.summary = "let `git commit` begin with a message";
  c.description =
      "install writes the hook prepare-commit-msg (core.hooksPath is honoured): `git commit` then opens its editor on "
      "a "
      "message for what is staged. A hook that is there already is kept and runs first. uninstall takes it away, "
      "status "
      "tells whether it is there, run FILE [SOURCE] is what it calls.\n"
      "\n"
      "The hook leaves at once when git has a message from elsewhere (-m, a merge, a squash, --amend, a template) or a "
      "rebase, cherry-pick or merge is under way. EVE_COMMIT=0 turns it off. It never makes a commit fail, and when "
      "anything goes wrong the message file is as it was.";
  c.examples = {{"eve-commit hook install", "in this repository"}, {"EVE_COMMIT=0 git commit", "once without it"}};
  c.common = {Common::kQuiet, Common::kModel, Common::kThreads, Common::kTimeLimit};
  Option action = files("ACTION", "install, uninstall, status, or run FILE [SOURCE [COMMIT]].", &settings.hook);
  action.required = true;
  c.options = {option("-C, --directory", "DIR", "The repository around this directory.", &settings.directory),
               flag("--no-model", "Messages from paths and definitions alone.", &settings.no_model), action};
  c.run = run_hook_command;
  return c;
}

}  // namespace

Tool make_tool() {
  Tool tool;
  tool.name = "eve-commit";
  tool.summary = "write a commit message for the staged changes";
  tool.description =
      "Reads what is staged in the git repository around the current directory and prints a message in the form of "
      "Conventional Commits: type(scope)!: subject, and a body and footers where they are asked for.\n"
      "\n"
      "The message keeps the rules of commitlint: those of the repository's .commitlintrc (JSON or YAML) or "
      "package.json, else those of config-conventional. It cannot break one: a small model writes it that can only "
      "write "
      "what they allow, and names nothing that the diff does not have. The type is weighed by the model together with "
      "the paths, what is defined, what the lines say and the types that earlier commits have; --why tells how.\n"
      "\n"
      "With FILE the diff is read from it, - is stdin, and no repository is opened; --log tells what it would know.";
  tool.examples = {
      {"git add -p && eve-commit", "a message for what is staged"},
      {"git diff HEAD~3 | eve-commit -", "for any diff, without a repository"},
      {"git log --name-only -100 >log; eve-commit --log log fix.diff", "the same in the habits of a project"},
      {"eve-commit --rev main..topic", "for what a branch changes"},
      {"eve-commit hook install", "let git commit begin with such a message"},
      {"eve-commit --check .git/COMMIT_EDITMSG", "judge a message; as a commit-msg hook: eve-commit --check \"$1\""},
      {"eve-commit -n 3 --json | jq -r '.message, .others[]'", "several, for a program"},
  };
  tool.common = {Common::kOutput, Common::kQuiet,   Common::kVerbose, Common::kJson,      Common::kNul,
                 Common::kModel,  Common::kThreads, Common::kSeed,    Common::kTimeLimit, Common::kMaxInput};
  tool.max_input = std::size_t{16} << 20;
  tool.no_answer = "No message keeps the rules; or, with --check, the message breaks one.";
  tool.options = {
      option("-C, --directory", "DIR", "The repository around this directory.", &settings.directory),
      flag("--amend", "For `git commit --amend`: the index against the parent of HEAD.", &settings.amend),
      option("--rev", "REV", "What A..B changes, or one commit, in place of what is staged.", &settings.revision),
      option("--log", "FILE",
             "Learn scopes and types from these commits, as `git log --name-only` prints them, in place of the "
             "repository's.",
             &settings.log),
      option("--type", "TYPE", "The type.", &settings.type),
      option("--scope", "SCOPE", "The scope.", &settings.scope),
      flag("--breaking", "Mark the change as breaking, with a footer that names public definitions that are gone.",
           &settings.breaking),
      option("--issue", "KEY", "The issue for the footer Refs; else the key in the name of the branch.",
             &settings.issue),
      flag("--no-issue", "No footer for the branch's issue.", &settings.no_issue),
      flag("--signoff", "Add Signed-off-by with git's user.name and user.email.", &settings.signoff),
      option("-n, --number", "N", "Write so many headers, best first, a line each; with --json whole messages.",
             &settings.count, 1, 10),
      option("--config", "FILE", "Take commitlint's rules from this file, JSON or YAML.", &settings.config),
      list("--types", "LIST", "The types that are allowed.", &settings.types),
      list("--scopes", "LIST", "The scopes that are allowed.", &settings.scopes),
      option("--header-max", "N", "The longest header, in characters.", &settings.header_max, 20, 1000),
      flag("--body", "Write a body, too.", &settings.body),
      flag("--no-model", "Write the message from paths and definitions alone.", &settings.no_model),
      flag("--commit", "Commit with the message: becomes `git commit`, so that hooks and signing are as always.",
           &settings.commit),
      flag("--edit", "The same with git's editor opened on the message.", &settings.edit),
      flag("--check", "Judge the message in FILE or on stdin by the same rules and write nothing.", &settings.check),
      flag("--why", "Tell on stderr what spoke for the type.", &settings.why),
      flag("--split", "Tell on stderr which files would better be commits of their own.", &settings.split),
      argument("FILE", "A diff, or with --check a message; - is stdin.", &settings.file),
  };
  tool.options.back().required = false;
  tool.sections = {
      {"GIT",
       "The repository is read by libgit2: nothing of it is run, and only --commit and --edit start git. A repository "
       "of "
       "another user is refused, as git does; name it in safe.directory if you trust it."},
      {"CHECK",
       "With --check each rule that is broken is named on stderr, or with --json in {\"valid\", \"problems\"}. The "
       "verdict "
       "is commitlint's: merges, reverts, fixups and bare versions pass. Comments are left out of a FILE, not of "
       "stdin."},
      {"LEFT OUT",
       "Lock files, generated, minified, vendored and binary files count only when nothing else has changed, and so "
       "does "
       "what .gitattributes marks as linguist-generated, linguist-vendored or -diff, or .eve-commitignore names (its "
       "patterns are those of .gitignore). What is left out is told on stderr."},
      {"JSON",
       "With --json each diff gives {\"message\", \"type\", \"scope\", \"breaking\", \"confidence\", \"by\", "
       "\"others\", "
       "\"left_out\"}, with --why also \"why\", with --split also \"split\". message is null when there is none, and "
       "reason says why."},
  };
  tool.commands = {hook_command()};
  tool.run = run_commit;
  return tool;
}

}  // namespace eve
