// SPDX-License-Identifier: Apache-2.0
// What every eve program shares: main(), flags, input, limits, output, messages, exit status, help, man page,
// completions.
//
// A tool is a value. tools/eve-NAME.cc defines make_tool() and nothing else that is visible:
//
//   namespace {
//   struct { bool check = false; std::vector<std::string> files; } settings;  // what the flags set
//
//   eve::Status run(eve::Run& run) {
//     eve::Records records(run, settings.files);
//     for (std::string record; records.next(record);) {
//       run.check_time();
//       run.out.write(answer(record));
//       run.out.end_record(records.terminated());
//     }
//     return eve::Status::kOk;  // or kNoAnswer; anything worse is thrown as eve::Error
//   }
//   }  // namespace
//
//   eve::Tool eve::make_tool() {
//     Tool tool;
//     tool.name = "eve-echo";
//     tool.summary = "print records as they are";
//     tool.description = "Paragraphs, separated by empty lines. Lines that begin with a space are kept as they stand.";
//     tool.examples = {{"eve-echo <notes.txt", "print the notes"}};
//     tool.common = {Common::kOutput, Common::kNul, Common::kMaxInput};
//     tool.options = {flag("--check", "Only check.", &settings.check), files("FILE", "What to read; - is stdin.",
//     &settings.files)}; tool.run = run; return tool;
//   }
//
// Flags are declared only there; --help, the man page and the completions of bash, zsh and fish are made from the
// declaration. A value comes from the command line, else the environment (EVE_THREADS for --threads, common flags
// only), else $XDG_CONFIG_HOME/eve/config (`threads = 2`, or `pii.threads = 2` for one tool), else the variable's own
// first value.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/io.h"
#include "eve/error.h"

namespace eve {

// ---------------------------------------------------------------------------------------------------- declaration

/// A flag or a positional argument, bound to the variable it sets. Made by the functions below.
struct Option {
  std::string flags;                 ///< "-o, --output", "--check"; a positional: its name in capitals, "FILE"
  std::string value;                 ///< what a value is called: "FILE" and "DIR" complete as such; empty for a switch
  std::string help;                  ///< one or two sentences
  std::vector<std::string> choices;  ///< the only allowed words; empty: anything
  std::string default_text;          ///< as shown; empty: none
  std::string environment;           ///< "EVE_THREADS"; empty: not read from the environment
  bool repeats = false;              ///< may be given more than once
  bool required = false;             ///< refused when missing; set it on what option() returns
  std::function<void(const std::string&)> assign;  ///< checks and stores one value; throws kInput with the reason
  bool positional() const { return flags.front() != '-'; }
  std::string long_name() const;  ///< "output" of "-o, --output"
};

/// A switch: given or not.
Option flag(std::string flags, std::string help, bool* target);
/// A flag with a text value.
Option option(std::string flags, std::string value, std::string help, std::string* target);
/// Numbers, refused outside [min, max].
Option option(std::string flags, std::string value, std::string help, std::uint64_t* target, std::uint64_t min = 0,
              std::uint64_t max = UINT64_MAX);
Option option(std::string flags, std::string value, std::string help, double* target, double min, double max);
/// Bytes, as a number with an optional K, M, G (powers of 1024).
Option bytes(std::string flags, std::string value, std::string help, std::size_t* target);
/// One of some words.
Option choice(std::string flags, std::string value, std::string help, std::string* target,
              std::vector<std::string> choices);
/// May be given again; each value is kept.
Option repeated(std::string flags, std::string value, std::string help, std::vector<std::string>* target);
/// May be given again; each value is a list separated by commas. With `choices`, each must be one of them.
Option list(std::string flags, std::string value, std::string help, std::vector<std::string>* target,
            std::vector<std::string> choices = {});
/// A positional argument that must be given.
Option argument(std::string name, std::string help, std::string* target);
/// Any number of positional arguments; the last of a command's.
Option files(std::string name, std::string help, std::vector<std::string>* target);

/// Flags that mean the same in every tool that has them. --help and --version are always there.
enum class Common { kOutput, kQuiet, kVerbose, kJson, kNul, kModel, kThreads, kSeed, kTimeLimit, kMaxInput, kColor };

class Run;

/// Something one can run: a tool, or a command of a tool ("inspect" of eve-model).
struct Command {
  struct Example {
    std::string command;  ///< a line that works as it stands in a shell
    std::string meaning;  ///< what it does, without a full stop
  };
  std::string name, summary, description;
  std::vector<Example> examples;
  std::vector<Common> common;
  std::vector<Option> options;
  std::size_t max_input = 1 << 20;  ///< default of --max-input: the largest record (or whole input) in bytes
  std::function<Status(Run&)> run;  ///< empty for a tool that has only commands; one with both runs what is no command
};

struct Tool : Command {
  struct Section {
    std::string title, text;  ///< more sections of the man page; text as in description
  };
  std::vector<Command> commands;
  std::vector<Section> sections;
  std::string no_answer = "No acceptable answer. Nothing was printed for it.";  ///< what exit status 1 means here
};

/// Defined by each tools/eve-NAME.cc.
Tool make_tool();

/// main() of a tool: runs it and returns its exit status. Messages go to stderr.
int run_tool(Tool (*make)(), int argc, const char* const* argv);

// ------------------------------------------------------------------------------------------------------ running

/// Where results go: stdout, or the file of --output, which appears whole at the end of a successful run or not at all.
/// Results are kept back until the record is ended and are written when the buffer fills or Records would have to wait
/// for input: a reader of a pipe sees each result at once, and fast input costs no call per line. Every member throws
/// kSystem when a write fails: a lost write is never silent.
class Output {
 public:
  Output() = default;
  void open_file(const std::string& path) { file_ = std::make_unique<AtomicFile>(path); }
  void write(std::string_view text) { buffer_ += text; }
  /// Ends a result, with the record terminator (a line feed, or NUL with -0) unless `terminated` is false.
  void end_record(bool terminated = true);
  void set_terminator(char terminator) { terminator_ = terminator; }
  /// Whether results would be shown on a terminal, where a binary file helps nobody.
  bool is_terminal() const;
  /// Writes what is complete.
  void flush();
  /// Everything is written and safe. Called by run_tool at the end of a run that did not throw.
  void commit();

 private:
  std::unique_ptr<AtomicFile> file_;
  std::string buffer_;
  std::size_t complete_ = 0;  // bytes of buffer_ that belong to ended records
  char terminator_ = '\n';
};

/// A running tool: the values of the common flags, and the ways out.
class Run {
 public:
  std::string name;           ///< "eve-pii", for messages
  std::string model;          ///< --model; empty: the tool's own name for Model::find
  std::uint64_t threads = 0;  ///< --threads; 0: all CPUs of this process
  std::uint64_t seed = 0;     ///< --seed
  bool json = false;          ///< --json
  bool quiet = false;         ///< --quiet
  bool verbose = false;       ///< --verbose
  bool nul = false;           ///< -0: records end with NUL
  bool color = false;         ///< stdout may carry colour (--color, NO_COLOR, TERM, isatty already weighed)
  std::size_t max_input = 0;  ///< --max-input: bytes of the largest record or whole input
  std::optional<std::chrono::steady_clock::time_point> deadline;  ///< --time-limit
  Output out;

  /// Throws kSystem after the deadline. Call it between steps that take milliseconds; a run that does not is ended a
  /// quarter of a second after the deadline with the same status.
  void check_time() const;
  /// One line on stderr: what the user may want to know (not with -q), and what only -v asks for.
  void note(const std::string& message) const;
  void detail(const std::string& message) const;
  /// Whether progress may be drawn on stderr: it is a terminal, and no -q.
  bool show_progress() const;
  /// Whole content of a file or stdin ("-") within --max-input; says on a terminal that it waits.
  std::string read(const std::string& path) const;
};

/// Records of files or stdin, one after the other: lines, or NUL-terminated with -0. Nothing else is changed: CR, NUL
/// in lines, invalid UTF-8 and a missing last terminator stay as they are. Throws kInput for a file that is missing or
/// a record larger than --max-input, kSystem when reading fails.
class Records {
 public:
  /// No files: stdin. Flushes run.out before it waits for input.
  Records(Run& run, std::vector<std::string> files);
  ~Records();
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;
  /// The next record without its terminator; false at the end.
  bool next(std::string& record);
  /// Whether the record that next() returned had its terminator: false for the last of a file that does not end with
  /// one.
  bool terminated() const { return terminated_; }
  /// Whether next() would return now, without waiting for more input.
  bool ready();
  /// Whether a record waits that may join a batch. One that is too large or not UTF-8 may not: those before it are
  /// answered when it is refused.
  bool may_join();
  std::uint64_t count() const { return count_; }  ///< records returned so far: the number of the current one

 private:
  Run& run_;
  std::vector<std::string> files_;
  std::size_t next_file_ = 0;
  int fd_ = -1;
  std::string name_, buffer_;
  std::size_t begin_ = 0,
              searched_ = 0;  // of buffer_: start of the next record, and where the search for its end goes on
  bool ended_ = false, terminated_ = true;
  std::uint64_t count_ = 0;
  bool open_next();
  bool find_end(std::size_t& end);
  bool fill(bool wait);
};

/// Writes one "name: message" line to stderr, control characters escaped.
void print_message(std::string_view name, std::string_view message);

}  // namespace eve
