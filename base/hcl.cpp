// SPDX-License-Identifier: Apache-2.0
#include "base/hcl.hpp"

#include "base/hcl_scan.hpp"
#include "base/text.hpp"

#include <unordered_map>
#include <utility>

namespace signet::hcl {
namespace {

using Kind = Token::Kind;

/// Recursive descent; the recursion is bounded by depth_limit.
class Parser {
 public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  Result<std::vector<Item>> root() {
    TRY(advance());
    return items(Kind::end, 0);
  }

 private:
  [[nodiscard]] const Positions& positions() const { return scanner_.positions(); }
  [[nodiscard]] Error error(std::string_view message) const {
    return positions().error(token_.at, message);
  }

  Result<void> advance() {
    Token next = TRY(scanner_.next());
    token_ = std::move(next);
    return {};
  }

  Result<void> count_value() {
    if (++values_ > value_limit) return error("too many values");
    return {};
  }

  /// Members up to `closing`, which is left as the current token.
  Result<std::vector<Item>> items(Kind closing, int depth) {
    std::vector<Item> out;
    std::unordered_map<std::string, bool> is_attribute;
    while (token_.kind != closing) {
      const std::size_t at = token_.at;
      auto [item, is_assigned] = TRY(member(depth));
      const auto [earlier, is_new] = is_attribute.emplace(item.key, is_assigned);
      // Blocks may repeat. What is assigned twice would leave one reader with the first value and
      // another with the second.
      if (!is_new && (is_assigned || earlier->second)) {
        return positions().error(at, "\"" + item.key + "\" is set twice");
      }
      out.push_back(std::move(item));
      if (token_.kind == Kind::comma) TRY(advance());
    }
    return out;
  }

  /// One member; true when it is an assignment, false for a block.
  Result<std::pair<Item, bool>> member(int depth) {
    if (token_.kind == Kind::end) return error("\"}\" is missing");
    if (token_.kind != Kind::word && token_.kind != Kind::text) return error("a key is expected");
    Item item;
    item.line = positions().line(token_.at);
    item.key = std::move(token_.text);
    TRY(advance());
    if (token_.kind == Kind::assign) {
      item.assign_line = positions().line(token_.at);
      TRY(advance());
      Value assigned = TRY(value(depth));
      item.value = std::move(assigned);
      return std::pair(std::move(item), true);
    }
    while (token_.kind == Kind::word || token_.kind == Kind::text) {
      item.labels.push_back(std::move(token_.text));
      TRY(count_value());
      TRY(advance());
    }
    if (token_.kind != Kind::open_brace) {
      return error(item.labels.empty() ? "\"=\" or \"{\" is expected" : "\"{\" is expected");
    }
    Value block = TRY(value(depth));
    item.value = std::move(block);
    return std::pair(std::move(item), false);
  }

  Result<Value> value(int depth) {
    TRY(count_value());
    Value out;
    out.line = positions().line(token_.at);
    switch (token_.kind) {
      case Kind::text:
        out.kind = Value::Kind::text;
        break;
      case Kind::number:
        out.kind = Value::Kind::number;
        break;
      case Kind::word:
        if (token_.text != "true" && token_.text != "false") {
          return error("a value is expected (texts stand in quotes)");
        }
        out.kind = Value::Kind::boolean;
        break;
      case Kind::open_brace:
      case Kind::open_list:
        return nested(std::move(out), depth + 1);
      default:
        return error("a value is expected");
    }
    out.text = std::move(token_.text);
    TRY(advance());
    return out;
  }

  Result<Value> nested(Value out, int depth) {
    if (depth > depth_limit) return error("nested too deep");
    const bool is_list = token_.kind == Kind::open_list;
    TRY(advance());
    if (is_list) {
      out.kind = Value::Kind::list;
      std::vector<Value> list = TRY(elements(depth));
      out.list = std::move(list);
    } else {
      out.kind = Value::Kind::object;
      std::vector<Item> members = TRY(items(Kind::close_brace, depth));
      out.object = std::move(members);
    }
    TRY(advance());
    return out;
  }

  /// Elements up to "]", which is left as the current token.
  Result<std::vector<Value>> elements(int depth) {
    std::vector<Value> out;
    while (token_.kind != Kind::close_list) {
      Value element = TRY(value(depth));
      out.push_back(std::move(element));
      if (token_.kind == Kind::close_list) break;
      if (token_.kind != Kind::comma) return error("\",\" or \"]\" is expected");
      TRY(advance());
    }
    return out;
  }

  Scanner scanner_;
  Token token_;
  std::size_t values_ = 0;
};

}  // namespace

Result<std::vector<Item>> parse(std::string_view text) {
  if (text.size() > size_limit) return invalid("the text is longer than 1 MiB");
  if (!is_utf8(text)) return invalid("the text is not UTF-8");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  if (text.find('\0') != std::string_view::npos) return invalid("the text holds a NUL character");
  return trim(text).starts_with('{') ? parse_json(text) : Parser(text).root();
}

}  // namespace signet::hcl
