// SPDX-License-Identifier: Apache-2.0
// Reading one block of a configuration file: which keys it takes, which it knows and ignores.
#pragma once

#include "base/clock.hpp"
#include "base/hcl.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace signet::cli {

/// Values in the forms that people write them in: "true", "5m", 300, "a,b". Errors lack the place.
Result<std::string> as_text(const hcl::Value& value);
Result<bool> as_bool(const hcl::Value& value);
Result<std::int64_t> as_integer(const hcl::Value& value);
Result<Seconds> as_duration(const hcl::Value& value);
Result<std::vector<std::string>> as_texts(const hcl::Value& value);

/// A block with its labels, however it was written: `a "b" { }`, `{"a": {"b": {}}}`, lists of
/// either.
struct Block {
  std::vector<std::string> labels;
  const std::vector<hcl::Item>* items = nullptr;
  int line = 0;
};
/// @param labels  how many a block of this key has at most; of fewer, the error says so
Result<std::vector<Block>> blocks_of(const hcl::Item& item, std::size_t labels);

class BlockReader {
 public:
  using Handler = std::function<Result<void>(const hcl::Item&)>;

  /// @param scope  how messages name the block: `listener "tcp"`; empty: the file's top level
  BlockReader(std::string_view file, std::string scope) : file_(file), scope_(std::move(scope)) {}

  BlockReader& on(std::string_view key, Handler handler);
  BlockReader& text(std::string_view key, std::string& to);
  BlockReader& flag(std::string_view key, bool& to);
  BlockReader& duration(std::string_view key, Seconds& to);
  BlockReader& texts(std::string_view key, std::vector<std::string>& to);
  /// An integer from `least` up.
  template <class Number>
  BlockReader& number(std::string_view key, Number& to, std::int64_t least) {
    return on(key, [&to, least](const hcl::Item& item) -> Result<void> {
      const std::int64_t value = TRY(as_integer(item.value));
      if (value < least) return invalid("must be at least " + std::to_string(least));
      to = static_cast<Number>(value);
      return {};
    });
  }
  /// Keys that Vault or OpenBao know and that mean nothing here: a warning.
  BlockReader& ignore(std::initializer_list<std::string_view> keys);

  Result<void> read(const std::vector<hcl::Item>& items, std::vector<std::string>& warnings) const;
  /// "FILE:LINE: message"
  [[nodiscard]] Error error(int line, std::string_view message) const;

 private:
  [[nodiscard]] Error unknown(const hcl::Item& item) const;

  std::string file_, scope_;
  std::map<std::string, Handler, std::less<>> handlers_;
  std::set<std::string, std::less<>> ignored_;
};

}  // namespace signet::cli
