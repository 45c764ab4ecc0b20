// SPDX-License-Identifier: Apache-2.0
#include "decode/format.h"

#include <mutex>
#include <string>

#include "base/regex.h"

namespace eve {
namespace {

constexpr std::string_view kNames[] = {"date-time", "date", "time", "duration", "email",
                                       "hostname",  "ipv4", "ipv6", "uuid",     "uri"};

std::string any_of(std::initializer_list<std::string> parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "(?:" : "|") + part;
  return out + ")";
}

std::string date() {
  const std::string leap_year = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
  return any_of({"[0-9]{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
                 "[0-9]{4}-(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)", "[0-9]{4}-02-(?:0[1-9]|1[0-9]|2[0-8])",
                 leap_year + "-02-29"});
}

std::string time() {
  const std::string hour_minute = "(?:[01][0-9]|2[0-3]):[0-5][0-9]", fraction = "(?:\\.[0-9]+)?";
  return any_of(
      {hour_minute + ":[0-5][0-9]" + fraction + "(?:[Zz]|[+-]" + hour_minute + ")", "23:59:60" + fraction + "[Zz]"});
}

std::string duration() {
  const std::string day = "[0-9]+D", month = "[0-9]+M(?:" + day + ")?", year = "[0-9]+Y(?:" + month + ")?";
  const std::string second = "[0-9]+S", minute = "[0-9]+M(?:" + second + ")?", hour = "[0-9]+H(?:" + minute + ")?";
  const std::string time_part = "T" + any_of({hour, minute, second});
  return "P" + any_of({"[0-9]+W", any_of({year, month, day}) + "(?:" + time_part + ")?", time_part});
}

std::string hostname() {
  const std::string label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  return label + "(?:\\." + label + ")*";
}

std::string ipv4() {
  const std::string octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  return octet + "(?:\\." + octet + "){3}";
}

std::string ipv6() {
  const std::string group = "[0-9A-Fa-f]{1,4}", part = "(?:" + group + ":)";
  const std::string last = any_of({group + ":" + group, ipv4()});
  const auto before = [&](const std::string& most) { return "(?:" + part + "{0," + most + "}" + group + ")?::"; };
  return any_of({part + "{6}" + last, "::" + part + "{5}" + last, before("0") + part + "{4}" + last,
                 before("1") + part + "{3}" + last, before("2") + part + "{2}" + last, before("3") + part + last,
                 before("4") + last, before("5") + group, before("6")});
}

std::string email() {
  const std::string atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
  const std::string quoted = "\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\"";
  return any_of({atom + "(?:\\." + atom + ")*", quoted}) + "@" +
         any_of({hostname(), "\\[" + ipv4() + "\\]", "\\[[Ii][Pp][Vv]6:" + ipv6() + "\\]"});
}

std::string uri() {
  const std::string plain = "A-Za-z0-9._~!$&'()*+,;=-", escape = "%[0-9A-Fa-f]{2}";
  const std::string pchar = any_of({"[:@" + plain + "]", escape}), segments = "(?:/" + pchar + "*)*";
  const std::string host = any_of({"\\[" + any_of({ipv6(), "[vV][0-9A-Fa-f]+\\.[:" + plain + "]+"}) + "\\]",
                                   any_of({"[" + plain + "]", escape}) + "*"});
  const std::string authority = "(?:" + any_of({"[:" + plain + "]", escape}) + "*@)?" + host + "(?::[0-9]*)?";
  const std::string path =
      any_of({"//" + authority + segments, "/(?:" + pchar + "+" + segments + ")?", pchar + "+" + segments, ""});
  const std::string rest = any_of({"[:@/?" + plain + "]", escape}) + "*";
  return "[A-Za-z][A-Za-z0-9+.-]*:" + path + "(?:\\?" + rest + ")?(?:#" + rest + ")?";
}

std::string pattern(Format format) {
  switch (format) {
    case Format::kDateTime:
      return date() + "[Tt]" + time();
    case Format::kDate:
      return date();
    case Format::kTime:
      return time();
    case Format::kDuration:
      return duration();
    case Format::kEmail:
      return email();
    case Format::kHostname:
      return hostname();
    case Format::kIpv4:
      return ipv4();
    case Format::kIpv6:
      return ipv6();
    case Format::kUuid:
      return "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
    case Format::kUri:
      return uri();
  }
  return {};
}

/// RFC 3339, appendix D: the leap second is the last of a day of UTC. `text` is a time but for its seconds.
bool is_leap_second(std::string_view text) {
  const auto two = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  int minutes = two(0) * 60 + two(3);
  if (const std::size_t offset = text.find_first_of("+-"); offset != std::string_view::npos)
    minutes -= (text[offset] == '-' ? -1 : 1) * (two(offset + 1) * 60 + two(offset + 4));
  constexpr int kDay = 24 * 60;
  return (minutes % kDay + kDay) % kDay == kDay - 1;
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (name == kNames[i]) return static_cast<Format>(i);
  return std::nullopt;
}

std::string_view format_name(Format format) { return kNames[static_cast<std::size_t>(format)]; }

const std::shared_ptr<const Dfa>& format_dfa(Format format) {
  static std::once_flag made[std::size(kNames)];
  static std::shared_ptr<const Dfa> dfas[std::size(kNames)];
  const auto at = static_cast<std::size_t>(format);
  std::call_once(made[at], [&] { dfas[at] = std::make_shared<const Dfa>(regex(pattern(format))); });
  return dfas[at];
}

bool matches_format(Format format, std::string_view text) {
  const Dfa& dfa = *format_dfa(format);
  if (format == Format::kHostname && text.size() > 253) return false;
  if (dfa.matches(text)) return true;
  if (format != Format::kTime && format != Format::kDateTime) return false;
  const std::size_t start = format == Format::kTime ? 0 : 11;
  if (text.size() < start + 8 || text.substr(start + 5, 3) != ":60") return false;
  std::string usual(text);
  usual.replace(start + 6, 2, "59");
  return dfa.matches(usual) && is_leap_second(text.substr(start));
}

}  // namespace eve
