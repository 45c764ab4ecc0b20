// SPDX-License-Identifier: Apache-2.0
// The smallest tool, for tests of the frame: prints its records, and fails in every way a tool can.
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/io.h"
#include "tool.h"

namespace {

struct {
  bool check = false;
  std::uint64_t count = 3;
  double share = 0.5;
  std::vector<std::string> only, files;
  std::string type = "q8_0", fail;
} settings;

void fail_by(const std::string& how) {
  if (how == "model") throw eve::Error(eve::Status::kModel, "the model \x1b[31m is damaged");
  if (how == "memory") throw std::bad_alloc();
  if (how == "bug") throw std::logic_error("a bug");
  if (how == "hang") std::this_thread::sleep_for(std::chrono::seconds(30));
  if (how == "bus") {
    eve::AtomicFile file("mapped");
    file.write("x");
    file.commit();
    const eve::MappedFile mapped("mapped");
    if (truncate("mapped", 0) == 0 && mapped.bytes()[0] == 'x') throw std::logic_error("no signal");
  }
}

eve::Status run(eve::Run& run) {
  if (run.color) run.detail("in colour");
  if (!settings.fail.empty() && settings.fail != "late") fail_by(settings.fail);
  eve::Records records(run, settings.files);
  std::size_t batch = 0, batches = 0;
  for (std::string record; records.next(record);) {
    run.check_time();
    run.out.write(record);
    run.out.end_record(records.terminated());
    if (settings.fail == "late" && records.count() == 2) {
      run.out.write("half a record");
      fail_by("model");
    }
    if (++batch == 8 || !records.ready()) batch = 0, ++batches;
  }
  run.detail("count " + std::to_string(settings.count) + " share " + std::to_string(settings.share) + " threads " +
             std::to_string(run.threads) + " batches " + std::to_string(batches));
  for (const std::string& word : settings.only) run.detail("only " + word);
  return settings.check ? eve::Status::kNoAnswer : eve::Status::kOk;
}

}  // namespace

eve::Tool eve::make_tool() {
  Tool tool;
  tool.name = "eve-echo";
  tool.summary = "print records as they are";
  tool.description = "Prints what it reads.\n\n  kept [as] it 'stands'\n.not a request";
  tool.examples = {{"echo hello | eve-echo", "print hello"}};
  tool.common = {Common::kOutput,    Common::kNul,      Common::kModel, Common::kThreads, Common::kSeed,
                 Common::kTimeLimit, Common::kMaxInput, Common::kColor, Common::kQuiet,   Common::kVerbose};
  tool.options = {flag("--check", "End with status 1.", &settings.check),
                  option("--count", "N", "A whole number.", &settings.count, 1, 9),
                  option("-s, --share", "X", "A real number; it's [quoted]: \\ and '.", &settings.share, 0, 1),
                  list("--only", "LABELS", "A list.", &settings.only, {"A", "B"}),
                  choice("--type", "TYPE", "A word.", &settings.type, {"q8_0", "q4_0"}),
                  option("--fail", "HOW", "Fail: model, memory, bug, hang, bus or late.", &settings.fail),
                  eve::files("FILE", "What to read; - is stdin.", &settings.files)};
  tool.run = run;
  return tool;
}
