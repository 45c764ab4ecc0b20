// SPDX-License-Identifier: Apache-2.0
// JSON of chats: Slack's channel files, DiscordChatExporter, Matrix rooms, Telegram, or a message a line.
#include <map>

#include "base/json.h"
#include "eve/error.h"
#include "summarize/reader.h"

namespace eve::summarize {

namespace {

using simdjson::dom::element;
using Text = std::string_view;

std::string member(element value, std::initializer_list<const char*> path) {
  for (const char* name : path)
    if (value[name].get(value) != simdjson::SUCCESS) return "";
  Text text;
  return value.get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

std::string first_of(element value, std::initializer_list<std::initializer_list<const char*>> paths) {
  for (const auto& path : paths)
    if (std::string found = member(value, path); !found.empty()) return found;
  return "";
}

std::string author_of(element message) {
  return first_of(message, {{"user_profile", "display_name"},
                            {"user_profile", "real_name"},
                            {"author", "nickname"},
                            {"author", "name"},
                            {"author", "username"},
                            {"user", "name"},
                            {"sender", "name"},
                            {"username"},
                            {"author"},
                            {"sender"},
                            {"from"},
                            {"speaker"},
                            {"nick"},
                            {"name"},
                            {"role"},
                            {"user"}});
}

/// Telegram writes texts as lists of strings and {"text"}.
std::string text_of(element message) {
  simdjson::dom::array parts;
  if (message["text"].get(parts) == simdjson::SUCCESS) {
    std::string text;
    for (const element part : parts) {
      Text plain;
      text += part.get(plain) == simdjson::SUCCESS ? std::string(plain) : member(part, {"text"});
    }
    return text;
  }
  return first_of(message, {{"text"}, {"content", "body"}, {"content"}, {"body"}, {"message"}, {"msg"}});
}

/// Slack's <@U1|name>, <#C1|channel>, <https://place|label> and its three entities.
std::string without_markup(Text text, const std::map<std::string, std::string, std::less<>>& names) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t close = text[at] == '<' ? text.find('>', at) : text.npos;
    const Text inner = close == text.npos ? Text() : text.substr(at + 1, close - at - 1);
    if (!inner.empty() && (inner[0] == '@' || inner[0] == '#' || inner[0] == '!' || inner.find("://") != inner.npos)) {
      const std::size_t bar = inner.find('|');
      const Text id = inner.substr(1, bar == inner.npos ? inner.npos : bar - 1);
      if (bar != inner.npos) {
        plain += inner.substr(bar + 1);
      } else if (const auto known = names.find(id); inner[0] == '@' && known != names.end()) {
        plain += known->second;
      } else {
        plain += inner[0] == '!' ? id : inner;
      }
      at = close;
      continue;
    }
    plain += text[at];
  }
  for (const auto& [entity, character] : {std::pair<Text, Text>{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}})
    for (std::size_t at = 0; (at = plain.find(entity, at)) != plain.npos; at += character.size())
      plain.replace(at, entity.size(), character);
  return plain;
}

/// Joins, topics and the like, which nobody said.
bool is_event(element message) {
  const std::string type = member(message, {"type"}), subtype = member(message, {"subtype"});
  return subtype.starts_with("channel_") || subtype.starts_with("group_") || type == "service" ||
         type.starts_with("m.room.member") || type == "GuildMemberJoin" || type == "ChannelPinnedMessage";
}

class ExportReader : public Reader {
 public:
  ExportReader(std::size_t limit_bytes, TurnSink sink) : limit_(limit_bytes), sink_(std::move(sink)) {}

  void line(Text line, std::uint64_t number) override {
    // A message a line needs no more than the line.
    if (content_.empty() && (number == 1 || lines_) && is_message_json(line)) {
      lines_ = true;
      take(parse_json(parser_, line, where(number)), number);
      return;
    }
    if (lines_) {
      if (line.find_first_not_of(" \t\r") != line.npos)
        throw Error(Status::kInput, where(number) + " is not a message as those before");
      return;
    }
    if (content_.size() + line.size() > limit_)
      throw Error(Status::kInput, "a chat export must fit into --max-input as a whole");
    content_.append(line).append("\n");
  }

  void end() override {
    if (lines_ || content_.empty()) return;
    const element root = parse_json(parser_, content_, "chat export");
    simdjson::dom::array messages;
    if (root.get(messages) != simdjson::SUCCESS && root["messages"].get(messages) != simdjson::SUCCESS)
      throw Error(Status::kInput, "chat export: neither a list of messages nor an object with one; see --from");
    // Who stands behind an id is said by any message of theirs.
    for (const element message : messages) {
      const std::string id = member(message, {"user"});
      const std::string name = first_of(message, {{"user_profile", "display_name"}, {"user_profile", "real_name"}});
      if (!id.empty() && !name.empty()) names_.emplace(id, clean_line(name));
    }
    std::uint64_t number = 0;
    for (const element message : messages) take(message, ++number);
  }

 private:
  std::size_t limit_;
  TurnSink sink_;
  simdjson::dom::parser parser_;
  std::string content_;
  std::map<std::string, std::string, std::less<>> names_;
  bool lines_ = false;
  std::uint64_t count_ = 0;

  static std::string where(std::uint64_t number) { return "line " + std::to_string(number); }

  void take(element message, std::uint64_t number) {
    if (is_event(message)) return;
    Turn turn;
    turn.text = clean_line(without_markup(text_of(message), names_));
    if (turn.text.empty()) return;
    std::string author = author_of(message);
    if (const auto known = names_.find(author); known != names_.end()) author = known->second;
    // "@bob:example.org" is bob.
    if (author.starts_with('@')) author = author.substr(1, author.find(':') - 1);
    turn.speaker = clean_line(author);
    turn.number = ++count_;
    turn.line = number;
    sink_(std::move(turn));
  }
};

}  // namespace

bool is_message_json(Text line) {
  if (!line.starts_with('{') || line.size() > (1 << 20)) return false;
  simdjson::dom::parser parser;
  element message;
  if (parser.parse(line.data(), line.size()).get(message) != simdjson::SUCCESS || !message.is_object()) return false;
  return !text_of(message).empty() && !author_of(message).empty() &&
         first_of(message, {{"level"}, {"severity"}, {"lvl"}}).empty();
}

std::unique_ptr<Reader> make_export_reader(std::size_t limit_bytes, TurnSink sink) {
  return std::make_unique<ExportReader>(limit_bytes, std::move(sink));
}

}  // namespace eve::summarize
