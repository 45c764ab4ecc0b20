// SPDX-License-Identifier: Apache-2.0
// Recipes: how a model is made, as a file that can be run.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/io.h"
#include "train/commands.h"

namespace eve {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRecipeBytes = 1 << 20;
constexpr const char* kDone = "steps.done";

struct {
  std::string recipe, data, output = ".";
  bool list = false;
} recipe;

/// The commands of a recipe, each as its words: a line is a command, "\" at its end goes on with the next, "#" begins a
/// comment line. $data and $here (the recipe's folder) stand for paths.
std::vector<std::vector<std::string>> read_steps(const std::string& text, const std::string& data,
                                                 const std::string& here) {
  std::vector<std::vector<std::string>> steps;
  std::vector<std::string> step;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (step.empty() && line.find_first_not_of(" \t") != line.npos && line[line.find_first_not_of(" \t")] == '#')
      continue;
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.pop_back();
    for (std::size_t begin; (begin = line.find_first_not_of(" \t")) != line.npos;) {
      const std::size_t stop = std::min(line.find_first_of(" \t", begin), line.size());
      std::string word = line.substr(begin, stop - begin);
      if (word.starts_with('$')) {
        const std::string name = word.substr(0, word.find('/'));
        if (name != "$data" && name != "$here")
          throw Error(Status::kInput, "line " + std::to_string(number) + ": unknown " + printable(name) +
                                          "; there are $data and $here");
        word.replace(0, name.size(), name == "$data" ? data : here);
      }
      step.push_back(std::move(word));
      line.erase(0, stop);
    }
    if (goes_on || step.empty()) continue;
    steps.push_back(std::move(step));
    step.clear();
  }
  if (!step.empty()) throw Error(Status::kInput, "the last line goes on with nothing");
  return steps;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

/// The programs of this project are those beside this one, if they are there.
std::string program(const std::string& name) {
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path() / name;
  return name.starts_with("eve-") && fs::exists(beside) ? beside.string() : name;
}

void run_step(const std::vector<std::string>& step) {
  std::vector<std::string> words = step;
  words[0] = program(words[0]);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  if (const int error = posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ); error != 0)
    throw Error(Status::kSystem, printable(step[0]) + ": " + std::strerror(error));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw Error(Status::kSystem, printable(step[0]) + ": " + std::strerror(errno));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw Error(Status::kSystem, "a step failed: " + printable(joined(step)));
}

Status run_recipe(Run& run) {
  if (recipe.data.empty() && !recipe.list) throw Error(Status::kInput, "--data DIR says where the rows and texts are");
  const fs::path here = fs::absolute(recipe.recipe).parent_path();
  const auto steps = [&] {
    try {
      return read_steps(read_file(recipe.recipe, kRecipeBytes),
                        recipe.list ? "$data" : fs::absolute(recipe.data).lexically_normal().string(),
                        recipe.list ? "$here" : here.lexically_normal().string());
    } catch (const Error& e) {
      throw Error(e.status(), printable(recipe.recipe) + ": " + e.what());
    }
  }();
  if (recipe.list) {
    for (const auto& step : steps) {
      run.out.write(joined(step));
      run.out.end_record();
    }
    return Status::kOk;
  }
  std::error_code error;
  fs::create_directories(recipe.output, error);
  if (!error) fs::current_path(recipe.output, error);
  if (error) throw Error(Status::kSystem, printable(recipe.output) + ": " + error.message());
  std::set<std::string> done;
  if (std::ifstream lines(kDone); lines)
    for (std::string line; std::getline(lines, line);) done.insert(line);
  for (const auto& step : steps) {
    const std::string line = joined(step);
    if (done.contains(line)) continue;
    run.note(printable(line));
    run_step(step);
    done.insert(line);
    AtomicFile file(kDone);
    for (const std::string& one : done) file.write(one + "\n");
    file.commit();
  }
  return Status::kOk;
}

}  // namespace

Command recipe_command() {
  Command c;
  c.name = "recipe";
  c.summary = "make a model as its recipe says";
  c.description =
      "Runs the commands of a recipe in the folder --output, one after the other: each line is a command (without a "
      "shell: words between spaces), a backslash at its end goes on with the next line, and $data and $here stand for "
      "the folder of --data and that of the recipe. Programs of this project are those beside eve-train."
      "\n\n"
      "What was finished is written to steps.done there and is not done again: a recipe that was stopped goes on, and "
      "fit goes on inside a step where the line has --resume. The same seeds on the same machine give the same "
      "weights.";
  c.examples = {{"eve-train recipe models/pico-extract.recipe --data rows -o made", "make pico-extract from its rows"},
                {"eve-train recipe --list models/pico-extract.recipe", "show the commands"}};
  c.common = {Common::kQuiet};
  c.options = {option("--data", "DIR", "Folder of the rows and texts.", &recipe.data),
               option("-o, --output", "DIR", "Where all is made.", &recipe.output),
               flag("--list", "Only print the commands.", &recipe.list),
               argument("RECIPE", "The recipe.", &recipe.recipe)};
  c.run = run_recipe;
  return c;
}

}  // namespace eve
