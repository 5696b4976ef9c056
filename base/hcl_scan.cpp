// SPDX-License-Identifier: Apache-2.0
#include "base/hcl_scan.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace signet::hcl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  // Letters beyond ASCII are taken whole: the text is known to be UTF-8.
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<std::uint8_t>(c) >= 0x80;
}
bool is_word_part(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// UTF-8 of a code point; empty when it is none.
std::string utf8(std::uint32_t code) {
  const auto tail = [code](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code >= 0xd800 && code <= 0xdfff) return {};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  if (code > 0x10ffff) return {};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

/// What `<<-` does: when every line begins with the closing marker's indentation, it is cut off.
std::string without_indentation(std::string body, std::string_view indentation) {
  if (indentation.empty() || body.empty()) return body;
  std::string out;
  std::string_view left = body;
  while (!left.empty()) {
    if (!left.starts_with(indentation)) return body;
    const std::size_t end = left.find('\n');  // the body ends with one
    out += left.substr(indentation.size(), end + 1 - indentation.size());
    left.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

Positions::Positions(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

int Positions::line(std::size_t offset) const {
  return static_cast<int>(std::upper_bound(starts_.begin(), starts_.end(), offset) -
                          starts_.begin());
}

Error Positions::error(std::size_t offset, std::string_view message) const {
  offset = std::min(offset, text_.size());
  const int at_line = line(offset);
  const std::size_t start = starts_[static_cast<std::size_t>(at_line - 1)];
  const std::string_view before = text_.substr(start, offset - start);
  const auto column = 1 + std::count_if(before.begin(), before.end(), [](char c) {
                        return (static_cast<std::uint8_t>(c) & 0xc0) != 0x80;
                      });
  return invalid(fmt::format("line {}, column {}: {}", at_line, column, message));
}

/// Passes blanks and comments. @return where it stands then
Result<std::size_t> Scanner::skip_blanks() {
  while (at_ < text_.size()) {
    if (is_blank(peek())) {
      ++at_;
    } else if (peek() == '#' || (peek() == '/' && peek(1) == '/')) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (peek() == '/' && peek(1) == '*') {
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return positions_.error(at_, "comment is not closed");
      at_ = end + 2;
    } else {
      break;
    }
  }
  return at_;
}

Result<Token> Scanner::next() {
  const std::size_t start = TRY(skip_blanks());
  if (at_ == text_.size()) return Token{Token::Kind::end, {}, start};
  const auto symbol = [this, start](Token::Kind kind) {
    ++at_;
    return Token{kind, {}, start};
  };
  const char c = peek();
  switch (c) {
    case '=':
      return symbol(Token::Kind::assign);
    case ',':
      return symbol(Token::Kind::comma);
    case '{':
      return symbol(Token::Kind::open_brace);
    case '}':
      return symbol(Token::Kind::close_brace);
    case '[':
      return symbol(Token::Kind::open_list);
    case ']':
      return symbol(Token::Kind::close_list);
    case '"':
      return quoted();
    case '<':
      return heredoc();
    default:
      break;
  }
  if (is_digit(c) || c == '-') return number();
  if (!is_letter(c)) return positions_.error(start, "unexpected character");
  while (is_word_part(peek())) ++at_;
  return Token{Token::Kind::word, std::string(text_.substr(start, at_ - start)), start};
}

Result<Token> Scanner::quoted() {
  Token token{Token::Kind::text, {}, at_++};
  while (true) {
    if (at_ == text_.size()) return positions_.error(token.at, "string is not closed");
    const char c = peek();
    if (c == '"') break;
    if (c == '\n') return positions_.error(at_, "line break in a string");
    if (c == '\\') {
      const std::string escaped = TRY(escape());
      token.text += escaped;
    } else if (c == '$' && peek(1) == '{') {
      const std::string inner = TRY(interpolation());
      token.text += inner;
    } else {
      token.text += c;
      ++at_;
    }
  }
  ++at_;
  if (!is_utf8(token.text)) return positions_.error(token.at, "string is not UTF-8");
  return token;
}

/// One escape sequence, from its backslash.
Result<std::string> Scanner::escape() {
  const std::size_t start = at_;
  const char c = peek(1);
  at_ += 2;
  constexpr std::string_view letters = "abfnrtv\\\"";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\\"";
  if (const std::size_t i = letters.find(c); c != '\0' && i != std::string_view::npos) {
    return std::string(1, meanings[i]);
  }
  const auto code = [this](std::size_t digits, std::uint32_t base) -> std::int64_t {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i, ++at_) {
      const int digit = hex_value(peek());
      if (digit < 0 || static_cast<std::uint32_t>(digit) >= base) return -1;
      value = value * base + static_cast<std::uint32_t>(digit);
    }
    return value;
  };
  std::string out;
  if (c == 'x' || (c >= '0' && c <= '7')) {
    if (c != 'x') --at_;
    const std::int64_t value = c == 'x' ? code(2, 16) : code(3, 8);
    if (value >= 0 && value <= 0xff) out = std::string(1, static_cast<char>(value));
  } else if (c == 'u' || c == 'U') {
    const std::int64_t value = code(c == 'u' ? 4 : 8, 16);
    if (value >= 0) out = utf8(static_cast<std::uint32_t>(value));
  }
  if (out.empty()) return positions_.error(start, "unknown escape sequence");
  return out;
}

/// "${...}" stays as it is written, quotes and line breaks included, up to its closing brace.
Result<std::string> Scanner::interpolation() {
  const std::size_t start = at_;
  std::size_t open = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '{') ++open;
    if (c == '}' && --open == 0) return std::string(text_.substr(start, at_ - start));
  }
  return positions_.error(start, "\"${\" is not closed");
}

/// "<<MARK" or "<<-MARK", lines, and a line with the mark alone (which may be indented).
Result<Token> Scanner::heredoc() {
  Token token{Token::Kind::text, {}, at_};
  if (!rest().starts_with("<<")) return positions_.error(at_, "unexpected character");
  at_ += 2;
  const bool is_indented = peek() == '-';
  if (is_indented) ++at_;
  const std::size_t end_of_line = text_.find('\n', at_);
  if (end_of_line == std::string_view::npos) {
    return positions_.error(token.at, "heredoc is not closed");
  }
  const std::string_view mark = trim(text_.substr(at_, end_of_line - at_));
  const bool is_mark = !mark.empty() && std::all_of(mark.begin(), mark.end(), [](char c) {
    return is_letter(c) || is_digit(c);
  });
  if (!is_mark) return positions_.error(token.at, "heredoc needs a marker");
  at_ = end_of_line + 1;
  const std::size_t body = at_;
  while (at_ < text_.size()) {
    const std::size_t start = at_;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(start, end - start);
    at_ = end;
    if (trim(line) == mark) {
      token.text = std::string(text_.substr(body, start - body));
      if (is_indented) {
        token.text = without_indentation(std::move(token.text), line.substr(0, line.find(mark)));
      }
      return token;
    }
    if (at_ < text_.size()) ++at_;
  }
  return positions_.error(token.at, "heredoc is not closed");
}

/// Decimal with fraction and exponent, octal or hexadecimal; what it means is the reader's affair.
Result<Token> Scanner::number() {
  const std::size_t start = at_;
  const auto digits = [this] {
    const std::size_t before = at_;
    while (is_digit(peek())) ++at_;
    return at_ - before;
  };
  if (peek() == '-') ++at_;
  std::size_t count = 0;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
    at_ += 2;
    for (; hex_value(peek()) >= 0; ++at_) ++count;
  } else {
    count = digits();
    if (count > 0 && peek() == '.') {
      ++at_;
      count = digits();
    }
    if (count > 0 && (peek() == 'e' || peek() == 'E')) {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      count = digits();
    }
  }
  if (count == 0 || is_word_part(peek())) return positions_.error(start, "malformed number");
  return Token{Token::Kind::number, std::string(text_.substr(start, at_ - start)), start};
}

}  // namespace signet::hcl
