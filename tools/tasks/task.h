// SPDX-License-Identifier: Apache-2.0
// The forms in which the specialists read their input: one place for the tools and for training. A form is short, its
// cue words are constant, what many records share stands in front (its pass is shared), what is copied stands near the
// answer, and the answer follows kAnswerCue and ends with the end of text.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace eve::tasks {

struct TaskRow {
  std::string prompt, answer;
};

/// Whether task_row knows the task: sql, commit, extract, func, route, summarize, prompt.
bool has_form(std::string_view task);

/// The prompt and the answer of a training row, with the fields that the task's data has:
///   sql {question, schema, sql}; commit {diff, message}; extract {text, schema, json}; func {tools, request, calls,
///   facts?}; route {labels, text, label}; summarize {dialogue, summary}; prompt {description, prompt, style?}.
/// Throws simdjson::simdjson_error when a field is missing or of another type, Error(kInput) for an unknown task.
TaskRow task_row(std::string_view task, simdjson::dom::element row);

}  // namespace eve::tasks
