// SPDX-License-Identifier: Apache-2.0
// The words of HCL 1; only hcl.cpp and hcl_json.cpp need this header.
#pragma once

#include "base/hcl.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace signet::hcl {

inline constexpr int depth_limit = 32;
inline constexpr std::size_t size_limit = std::size_t{1} << 20;
/// Bounds the tree's memory: a value costs about 200 bytes, its shortest text two.
inline constexpr std::size_t value_limit = 65'536;

/// Turns offsets into the lines and columns of messages; both count from 1, columns in characters.
class Positions {
 public:
  explicit Positions(std::string_view text);
  [[nodiscard]] int line(std::size_t offset) const;
  /// `invalid` with "line L, column C: " before the message
  [[nodiscard]] Error error(std::size_t offset, std::string_view message) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;  // of lines
};

struct Token {
  enum class Kind {
    end,
    word,
    text,
    number,
    assign,
    comma,
    open_brace,
    close_brace,
    open_list,
    close_list
  };
  Kind kind = Kind::end;
  std::string text;  ///< unescaped for `text`, as written for `word` and `number`
  std::size_t at = 0;
};

/// Reads token after token; the text must outlive it.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), positions_(text) {}
  Result<Token> next();
  [[nodiscard]] const Positions& positions() const { return positions_; }

 private:
  Result<std::size_t> skip_blanks();
  Result<Token> quoted();
  Result<Token> heredoc();
  Result<Token> number();
  Result<std::string> escape();
  Result<std::string> interpolation();
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  std::string_view text_;
  std::size_t at_ = 0;
  Positions positions_;
};

/// The JSON form; `text` is within the limits.
Result<std::vector<Item>> parse_json(std::string_view text);

}  // namespace signet::hcl
