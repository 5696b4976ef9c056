// SPDX-License-Identifier: Apache-2.0
// Textual encoding of RFC 7468, declared in base/bytes.hpp.
#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace signet {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::size_t columns = 64;
constexpr std::size_t label_limit = 64;

/// Takes the next line off the text, without its LF, CRLF or CR and without trailing blanks.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line;
}

/// The label between a mark and the closing dashes; printable ASCII as RFC 7468, 3 has it.
std::optional<std::string> label_of(std::string_view line, std::string_view mark) {
  if (!line.starts_with(mark) || !line.ends_with(dashes)) return std::nullopt;
  line.remove_prefix(mark.size());
  if (line.size() <= dashes.size()) return std::nullopt;
  line.remove_suffix(dashes.size());
  if (line.size() > label_limit || line.front() == ' ' || line.back() == ' ') return std::nullopt;
  for (const char c : line) {
    if (c < ' ' || c > '~' || c == '-') return std::nullopt;
  }
  return std::string(line);
}

/// Reads one block's body up to and including its END line.
std::optional<PemBlock> read_block(std::string_view& text, std::string label) {
  std::string body;
  body.reserve(std::min<std::size_t>(text.size(), 16'384));  // no key is moved while it grows
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (!line.starts_with(end_mark)) {
      // Headers (RFC 1421, such as DEK-Info) carry colons and fail in the decoder below.
      body += trim(line);
      continue;
    }
    auto closing = label_of(line, end_mark);
    auto der = from_base64(body);
    wipe(body);
    if (!closing || *closing != label || !der || der->empty()) return std::nullopt;
    return PemBlock{std::move(label), std::move(*der)};
  }
  wipe(body);
  return std::nullopt;
}

}  // namespace

std::string pem(std::string_view label, BytesView der, bool newline) {
  constexpr std::size_t octets = columns / 4 * 3;  // of one line
  const std::size_t lines = (der.size() + octets - 1) / octets;
  const std::size_t body = (der.size() + 2) / 3 * 4 + lines;
  std::string out;
  // No growing: a private key would stay behind in what is left.
  out.reserve(body + begin_mark.size() + end_mark.size() + 2 * (label.size() + dashes.size() + 1));
  out.append(begin_mark).append(label).append(dashes).append("\n");
  std::size_t at = out.size();
  out.resize(at + body);
  for (std::size_t i = 0; i < der.size(); i += octets) {
    char* const end =
        write_base64(out.data() + at, der.subspan(i, std::min(octets, der.size() - i)));
    *end = '\n';
    at = static_cast<std::size_t>(end - out.data()) + 1;
  }
  out.append(end_mark).append(label).append(dashes);
  if (newline) out += '\n';
  return out;
}

std::optional<std::vector<PemBlock>> parse_pem(std::string_view text) {
  std::vector<PemBlock> blocks;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.starts_with(end_mark)) return std::nullopt;
    if (!line.starts_with(begin_mark)) continue;
    auto label = label_of(line, begin_mark);
    if (!label) return std::nullopt;
    auto block = read_block(text, std::move(*label));
    if (!block) return std::nullopt;
    blocks.push_back(std::move(*block));
  }
  return blocks;
}

}  // namespace signet
