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

/// Whether the task has a form of its own: sql, commit, extract, func, route, summarize, prompt.
bool has_form(std::string_view task);

/// The prompt of a text for a model whose task has none: own_prompt(); for "base" and a model without a task, which
/// continue text, the text itself.
std::string prompt_of(std::string_view task, std::string_view text);

/// The prompt and the answer of a training row. Of a task with a form, from the fields that the task's data has:
///   sql {question, schema, sql}; commit {diff, message}; extract {text, schema, json}; func {tools, request, calls,
///   facts?}; route {labels, text, label}; summarize {dialogue, summary}; prompt {description, prompt, style?};
/// or as they stand where the row has both. Of any other task, {prompt, answer} with prompt_of(prompt).
/// Throws simdjson::simdjson_error when a field is missing or of another type.
TaskRow task_row(std::string_view task, simdjson::dom::element row);

}  // namespace eve::tasks
