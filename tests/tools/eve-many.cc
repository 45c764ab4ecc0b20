// SPDX-License-Identifier: Apache-2.0
// A tool with commands, for tests of the frame.
#include "tool.h"

namespace {

struct {
  bool loud = false;
  std::string from, to;
} settings;

eve::Status copy(eve::Run& run) {
  run.out.write(settings.from + " to " + settings.to + (settings.loud ? "!" : ""));
  run.out.end_record();
  return eve::Status::kOk;
}

}  // namespace

eve::Tool eve::make_tool() {
  Tool tool;
  tool.name = "eve-many";
  tool.summary = "several commands in one program";
  Command command;
  command.name = "copy";
  command.summary = "Copy one thing to another.";
  command.examples = {{"eve-many copy a b", "copy a to b"}};
  command.common = {Common::kOutput};
  command.options = {flag("--loud", "With emphasis.", &settings.loud), argument("FROM", "What.", &settings.from),
                     argument("TO", "Where to.", &settings.to)};
  command.run = copy;
  tool.commands.push_back(command);
  command.name = "count";
  command.summary = "Count.";
  command.examples = {};
  command.options = {option("--of", "WHAT", "What to count.", &settings.from)};
  command.options[0].required = true;
  command.run = [](Run&) { return Status::kNoAnswer; };
  tool.commands.push_back(command);
  return tool;
}
