// SPDX-License-Identifier: Apache-2.0
// What can go wrong, as one exception type whose status is the exit status of a tool.
#pragma once

#include <stdexcept>
#include <string>

namespace eve {

/// Exit status of every tool, and the class of every error (design: command-line contract).
enum class Status : int {
  kOk = 0,        ///< an answer was printed and passed its check
  kNoAnswer = 1,  ///< no acceptable answer; nothing was printed for it
  kInput = 2,     ///< bad usage or bad input
  kModel = 3,     ///< model file missing, damaged, of another version or task
  kSystem = 4,    ///< I/O, memory, time limit
};

/// Thrown by every libeve function that can fail. `what()` is one line without a
/// trailing newline: what happened, where, what to do. It never quotes user data.
class Error : public std::runtime_error {
 public:
  Error(Status status, const std::string& message) : std::runtime_error(message), status_(status) {}
  Status status() const { return status_; }

 private:
  Status status_;
};

}  // namespace eve
