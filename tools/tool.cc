// SPDX-License-Identifier: Apache-2.0
// main() of every tool: the process around a run.
#include "tool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>

#include "tool_parts.h"

namespace eve {
namespace {

constexpr double kGraceSeconds = 0.25;  // between the deadline that a tool checks and the alarm that ends it anyway

// What is printed where nothing can be allocated, prepared in advance.
char g_damaged_model[256], g_time_limit[256], g_no_memory[256];

void say(const char* line) { [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, std::strlen(line)); }

void end_with(const char* message, Status status) {
  say(message);
  _exit(static_cast<int>(status));
}

extern "C" void on_bus_error(int) { end_with(g_damaged_model, Status::kModel); }
extern "C" void on_alarm(int) { end_with(g_time_limit, Status::kSystem); }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigaction(signal, &action, nullptr);
}

/// A closed stdin, stdout or stderr would give its number to the next file that is opened. What takes its place fails
/// when it is used as the closed one would.
void keep_standard_descriptors() {
  const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int fd = 0; fd <= STDERR_FILENO; ++fd)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd) _exit(static_cast<int>(Status::kSystem));
}

bool wants_color(const std::string& when) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (when != "auto") return when == "always";
  return isatty(STDOUT_FILENO) && !(no_color && *no_color) && terminal && std::strcmp(terminal, "dumb") != 0;
}

void start_clock(Run& run, double seconds) {
  run.deadline = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                        std::chrono::duration<double>(seconds));
  handle(SIGALRM, on_alarm);
  double whole;
  const double fraction = std::modf(seconds + kGraceSeconds, &whole);
  const itimerval timer = {{0, 0}, {static_cast<time_t>(whole), static_cast<suseconds_t>(fraction * 1e6)}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

/// What is asked for at build time, from the same declaration: --print-man, --print-completion SHELL.
bool print_for_the_build(const Tool& tool, const std::vector<std::string>& arguments, Output& out) {
  if (arguments == std::vector<std::string>{"--print-man"}) return out.write(man_page(tool)), true;
  if (arguments.size() == 2 && arguments[0] == "--print-completion")
    return out.write(completion(tool, arguments[1])), true;
  return false;
}

Status run_arguments(const Tool& tool, const std::vector<std::string>& arguments, Run& run) {
  if (print_for_the_build(tool, arguments, run.out)) return Status::kOk;
  CommonValues values;
  const Command& command = parse_arguments(tool, arguments, run, values);
  if (values.help) return run.out.write(help_text(tool, command)), Status::kOk;
  if (values.version) return run.out.write(tool.name + " " EVE_VERSION "\n"), Status::kOk;
  if (values.time_limit > 0) start_clock(run, values.time_limit);
  if (run.nul) run.out.set_terminator('\0');
  run.color = wants_color(values.color) && values.output.empty();
  if (!values.output.empty() && values.output != "-") run.out.open_file(values.output);
  return command.run(run);
}

void prepare_messages(const char* program) {
  if (const char* slash = std::strrchr(program, '/')) program = slash + 1;
  std::snprintf(g_damaged_model, sizeof g_damaged_model,
                "%.99s: a mapped file (the model) was cut short or cannot be read: verify it with eve-model verify\n",
                program);
  std::snprintf(g_time_limit, sizeof g_time_limit, "%.99s: time limit reached (--time-limit)\n", program);
  std::snprintf(g_no_memory, sizeof g_no_memory, "%.99s: out of memory\n", program);
}

/// Throws std::bad_alloc only.
int run_and_report(const Tool& tool, const std::vector<std::string>& arguments) {
  Run run;
  run.name = tool.name;
  const auto fail = [&](Status status, std::string_view message) {
    try {
      run.out.flush();  // the results of the records before
    } catch (const Error&) {
      status = Status::kSystem;
    }
    print_message(tool.name, message);
    return static_cast<int>(status);
  };
  try {
    const Status status = run_arguments(tool, arguments, run);
    run.out.commit();
    return static_cast<int>(status);
  } catch (const Error& error) {
    return fail(error.status(), error.what());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return fail(Status::kSystem, std::string("internal error: ") + error.what());
  }
}

}  // namespace

void print_message(std::string_view name, std::string_view message) {
  const std::string line = std::string(name) + ": " + printable(message) + "\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

void Run::check_time() const {
  if (deadline && std::chrono::steady_clock::now() >= *deadline)
    throw Error(Status::kSystem, "time limit reached (--time-limit)");
}

void Run::note(const std::string& message) const {
  if (!quiet) print_message(name, message);
}

void Run::detail(const std::string& message) const {
  if (verbose && !quiet) print_message(name, message);
}

bool Run::show_progress() const { return !quiet && isatty(STDERR_FILENO); }

int run_tool(Tool (*make)(), int argc, const char* const* argv) {
  keep_standard_descriptors();
  signal(SIGPIPE, SIG_DFL);  // a parent may have left it ignored: `| head` must end us quietly
  prepare_messages(argc > 0 ? argv[0] : "eve");
  handle(SIGBUS, on_bus_error);
  try {
    return run_and_report(make(), std::vector<std::string>(argv + (argc > 0), argv + argc));
  } catch (const std::bad_alloc&) {
    say(g_no_memory);
    return static_cast<int>(Status::kSystem);
  }
}

}  // namespace eve
