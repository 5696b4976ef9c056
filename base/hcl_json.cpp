// SPDX-License-Identifier: Apache-2.0
#include "base/hcl_scan.hpp"

#include <cstddef>
#include <iterator>
#include <string>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

namespace signet::hcl {
namespace {

/// Walks the text and tells how far the parser has come, which its events do not.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  std::size_t* count_;
};

/// Builds the tree from nlohmann's events, so that depth and size are checked as the text is read.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const Positions& positions, const std::size_t& offset)
      : positions_(positions), offset_(offset) {}

  bool null() override {
    // An object's null member counts as absent; a list has no place for it.
    if (!open_.empty() && open_.back().value.kind == Value::Kind::object) return true;
    return fail("null is not allowed here");
  }
  bool boolean(bool value) override {
    return scalar(Value::Kind::boolean, value ? "true" : "false");
  }
  bool number_integer(number_integer_t value) override {
    return scalar(Value::Kind::number, std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return scalar(Value::Kind::number, std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    return scalar(Value::Kind::number, text);
  }
  bool string(string_t& text) override { return scalar(Value::Kind::text, std::move(text)); }
  bool binary(binary_t&) override { return fail("binary is not allowed here"); }
  bool start_object(std::size_t) override { return open(Value::Kind::object); }
  bool start_array(std::size_t) override { return open(Value::Kind::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& text) override {
    Open& top = open_.back();
    if (!top.keys.insert(text).second) return fail("\"" + text + "\" is set twice");
    top.key = std::move(text);
    top.key_line = line();
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    // The library's message quotes the text, which may hold secrets.
    error_ = positions_.error(at == 0 ? 0 : at - 1, "not valid JSON");
    return false;
  }

  [[nodiscard]] const Error& error() const { return error_; }
  Value take_root() { return std::move(root_); }

 private:
  struct Open {
    Value value;
    std::string key;  // of the member being read
    int key_line = 0;
    std::unordered_set<std::string> keys;
  };

  [[nodiscard]] int line() const { return positions_.line(offset_ == 0 ? 0 : offset_ - 1); }
  bool fail(std::string_view message) {
    error_ = positions_.error(offset_ == 0 ? 0 : offset_ - 1, message);
    return false;
  }
  bool scalar(Value::Kind kind, std::string text) {
    Value value;
    value.kind = kind;
    value.text = std::move(text);
    value.line = line();
    return add(std::move(value));
  }
  bool open(Value::Kind kind) {
    if (open_.size() >= static_cast<std::size_t>(depth_limit)) return fail("nested too deep");
    Open next;
    next.value.kind = kind;
    next.value.line = line();
    open_.push_back(std::move(next));
    return true;
  }
  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }
  bool add(Value value) {
    if (++values_ > value_limit) return fail("too many values");
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Open& top = open_.back();
    if (top.value.kind == Value::Kind::list) {
      top.value.list.push_back(std::move(value));
    } else {
      top.value.object.push_back(
          Item{std::move(top.key), {}, std::move(value), top.key_line, top.key_line});
    }
    return true;
  }

  const Positions& positions_;
  const std::size_t& offset_;
  std::vector<Open> open_;
  Value root_;
  Error error_;
  std::size_t values_ = 0;
};

}  // namespace

Result<std::vector<Item>> parse_json(std::string_view text) {
  const Positions positions(text);
  std::size_t offset = 0;
  Builder builder(positions, offset);
  const char* const first = text.data();
  const CountingIterator begin(first, &offset);
  const CountingIterator end(first + text.size(), &offset);
  if (!nlohmann::json::sax_parse(begin, end, &builder)) return builder.error();
  return builder.take_root().object;
}

}  // namespace signet::hcl
