// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <string>

#include "base/io.h"
#include "eve/eve.h"
#include "model/model.h"

namespace eve {

namespace {

bool readable(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

/// Directory of the running program, empty when unknown.
std::string program_directory() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return {};
  const std::string whole(path, static_cast<std::size_t>(length));
  return whole.substr(0, whole.rfind('/'));
}

std::vector<std::string> model_directories() {
  std::vector<std::string> directories;
  if (const char* list = std::getenv("EVE_MODEL_PATH")) {
    const std::string_view paths = list;
    for (std::size_t at = 0; at <= paths.size();) {
      const std::size_t end = std::min(paths.find(':', at), paths.size());
      if (end > at) directories.emplace_back(paths.substr(at, end - at));
      at = end + 1;
    }
  }
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  if (data && *data)
    directories.push_back(std::string(data) + "/eve/models");
  else if (home && *home)
    directories.push_back(std::string(home) + "/.local/share/eve/models");
  const std::string program = program_directory();
  directories.push_back("/usr/local/share/eve/models");
  directories.push_back("/usr/share/eve/models");
  if (!program.empty()) {
    directories.push_back(program + "/../share/eve/models");                                         // another prefix
    if (readable(program + "/../CMakeCache.txt")) directories.push_back(program + "/../../models");  // a build tree
  }
  return directories;
}

}  // namespace

Model Model::open(const std::string& path, std::string_view task) {
  auto data = std::make_shared<ModelData>(load_model(path));
  if (!task.empty() && data->info.task != task)
    throw Error(Status::kModel, printable(path) + ": a model for task '" + printable(data->info.task) + "', not '" +
                                    std::string(task) + "'; name another with --model");
  return Model(std::move(data));
}

std::string Model::find(std::string_view name) { return find_file(std::string(name) + ".gguf"); }

std::string Model::find_file(std::string_view file) {
  for (const std::string& directory : model_directories()) {
    const std::string path = directory + "/" + std::string(file);
    if (readable(path)) return path;
  }
  throw Error(Status::kModel, "model " + std::string(file) +
                                  " is not installed: install the package eve-models, or name a file with "
                                  "--model or its directory in EVE_MODEL_PATH");
}

}  // namespace eve
