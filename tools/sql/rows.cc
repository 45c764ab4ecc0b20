// SPDX-License-Identifier: Apache-2.0
#include "sql/rows.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <map>

#include "base/io.h"
#include "base/utf8.h"

namespace eve::sql {

namespace {

using Kind = Cell::Kind;

std::string hex(std::string_view bytes) {
  std::string text = "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.append(1, "0123456789ABCDEF"[byte >> 4]).append(1, "0123456789ABCDEF"[byte & 15]);
  }
  return text + "'";
}

/// A byte and what is written for it.
using Spelling = std::pair<char, std::string_view>;

/// A cell's text, safe on a terminal but for what is spelled otherwise.
std::string shown(Cell cell, std::initializer_list<Spelling> spellings = {}) {
  if (cell.kind == Kind::kNull) return "";
  if (cell.kind == Kind::kBlob) return hex(cell.bytes);
  std::string text;
  std::string_view rest = cell.bytes;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const auto special = std::ranges::find(spellings, rest[at], &Spelling::first);
    if (special == spellings.end()) continue;
    text.append(printable(rest.substr(0, at))).append(special->second);
    rest.remove_prefix(at + 1);
    at = ~std::size_t{0};
  }
  return text + printable(rest);
}

std::string tsv(Cell cell) { return shown(cell, {{'\\', "\\\\"}, {'\t', "\\t"}, {'\n', "\\n"}, {'\r', "\\r"}}); }

std::string csv(Cell cell) {
  const std::string text = shown(cell, {{'\t', "\t"}, {'\n', "\n"}, {'\r', "\r"}, {'"', "\"\""}});
  const bool plain = text.find_first_of(",\"\n\r") == text.npos && !(cell.kind == Kind::kText && text.empty());
  return plain ? text : '"' + text + '"';
}

/// Names of an object's members: each once.
std::vector<std::string> different(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  std::map<std::string, int> times;
  for (const std::string& name : names) {
    std::string fresh = name;
    while (!times.try_emplace(fresh, 1).second) fresh = name + "_" + std::to_string(++times[name]);
    result.push_back(std::move(fresh));
  }
  return result;
}

void write_cell(JsonWriter& json, Cell cell) {
  const std::string_view bytes = cell.bytes;
  if (cell.kind == Kind::kInteger) {
    std::int64_t number = 0;
    std::from_chars(bytes.data(), bytes.data() + bytes.size(), number);
    json.value(number);
  } else if (cell.kind == Kind::kReal) {
    double number = 0;
    const auto end = std::from_chars(bytes.data(), bytes.data() + bytes.size(), number);
    end.ec == std::errc() ? json.value(number) : json.null();
  } else if (cell.kind == Kind::kText) {
    json.value(bytes);
  } else if (cell.kind == Kind::kBlob) {
    json.value(hex(bytes));
  } else {
    json.null();
  }
}

Cell name_cell(const std::string& name) { return {Kind::kText, name}; }

/// Terminal cells, about: characters, of which wide ones count as one.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string table(const Rows& rows) {
  std::vector<std::vector<std::string>> lines(1);
  std::vector<bool> right(rows.columns.size(), rows.count > 0);
  for (const std::string& name : rows.columns) lines[0].push_back(shown(name_cell(name)));
  for (std::size_t at = 0, r = 0; r < rows.count; ++r) {
    std::vector<std::string>& line = lines.emplace_back();
    for (std::size_t c = 0; c < rows.columns.size(); ++c) {
      const Cell cell = Rows::take(rows.packed, at);
      line.push_back(shown(cell));
      if (cell.kind == Kind::kText || cell.kind == Kind::kBlob) right[c] = false;
    }
  }
  std::vector<std::size_t> widths(rows.columns.size());
  for (const auto& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width(line[c]));
  std::string text;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string row;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const std::string pad(widths[c] - width(lines[l][c]), ' ');
      row += (c == 0 ? "" : "  ") + (right[c] ? pad + lines[l][c] : lines[l][c] + pad);
    }
    row.resize(row.find_last_not_of(' ') + 1);
    text += row + "\n";
    if (l == 0) {
      for (std::size_t c = 0; c < widths.size(); ++c) text += (c == 0 ? "" : "  ") + std::string(widths[c], '-');
      text += "\n";
    }
  }
  return text;
}

}  // namespace

void Rows::append(std::string& packed, Cell cell) {
  const auto size = static_cast<std::uint32_t>(cell.bytes.size());
  char head[5] = {static_cast<char>(cell.kind)};
  std::memcpy(head + 1, &size, sizeof size);
  packed.append(head, sizeof head).append(cell.bytes);
}

Cell Rows::take(std::string_view packed, std::size_t& at) {
  std::uint32_t size = 0;
  const auto kind = static_cast<Kind>(packed[at]);
  std::memcpy(&size, &packed[at + 1], sizeof size);
  at += 5 + size;
  return {kind, packed.substr(at - size, size)};
}

bool Rows::says_nothing() const {
  for (std::size_t at = 0; at < packed.size();)
    if (take(packed, at).kind != Kind::kNull) return false;
  return true;
}

std::string printed(const Rows& rows, Form form, bool header) {
  if (form == Form::kTable) return table(rows);
  std::string text;
  const std::vector<std::string> members = form == Form::kJson ? different(rows.columns) : std::vector<std::string>();
  const auto separated = [&](std::size_t c, std::string cell) {
    if (c > 0) text += form == Form::kTsv ? '\t' : ',';
    text += cell;
  };
  const auto one = [&](Cell cell) { return form == Form::kTsv ? tsv(cell) : csv(cell); };
  if (header && form != Form::kJson) {
    for (std::size_t c = 0; c < rows.columns.size(); ++c) separated(c, one(name_cell(rows.columns[c])));
    text += "\n";
  }
  for (std::size_t at = 0, r = 0; r < rows.count; ++r) {
    JsonWriter json(text);
    if (form == Form::kJson) json.begin_object();
    for (std::size_t c = 0; c < rows.columns.size(); ++c) {
      const Cell cell = Rows::take(rows.packed, at);
      if (form == Form::kJson)
        write_cell(json.key(members[c]), cell);
      else
        separated(c, one(cell));
    }
    if (form == Form::kJson) json.end_object();
    text += "\n";
  }
  return text;
}

void write_rows(JsonWriter& json, const Rows& rows) {
  json.key("names").begin_array();
  for (const std::string& name : rows.columns) json.value(name);
  json.end_array().key("rows").begin_array();
  for (std::size_t at = 0, r = 0; r < rows.count; ++r) {
    json.begin_array();
    for (std::size_t c = 0; c < rows.columns.size(); ++c) write_cell(json, Rows::take(rows.packed, at));
    json.end_array();
  }
  json.end_array();
}

}  // namespace eve::sql
