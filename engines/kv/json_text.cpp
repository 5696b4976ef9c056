// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/json_text.hpp"

#include "base/result.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::kv {
namespace {

struct Member {
  std::string_view key;  ///< with its quotes
  std::string name;
  std::string_view value;
};

// A text that was not accepted before would be a fault of ours.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// The members of the object that the text is; nullopt: it is none.
  std::optional<std::vector<Member>> object() {
    if (peek() != '{') return std::nullopt;
    ++at_;
    std::vector<Member> members;
    if (peek() == '}') return members;
    for (;;) {
      skip_space();
      const std::string_view key = string();
      expect(':');
      const std::string_view value = this->value();
      members.push_back({key, nlohmann::json::parse(key).get<std::string>(), value});
      if (peek() == '}') return members;
      expect(',');
    }
  }

  /// The elements of the list that the text is.
  std::vector<std::string_view> list() {
    std::vector<std::string_view> elements;
    if (peek() != '[') return elements;
    ++at_;
    if (peek() == ']') return elements;
    for (;;) {
      elements.push_back(value());
      if (peek() == ']') return elements;
      expect(',');
    }
  }

 private:
  char peek() {
    skip_space();
    if (at_ >= text_.size()) throw Fault("a stored value is not JSON");
    return text_[at_];
  }
  void expect(char c) {
    if (peek() != c) throw Fault("a stored value is not JSON");
    ++at_;
  }
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  std::string_view string() {
    const std::size_t begin = at_;
    if (peek() != '"') throw Fault("a stored value is not JSON");
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
    if (at_ > text_.size()) throw Fault("a stored value is not JSON");
    return text_.substr(begin, at_ - begin);
  }
  /// Passes over one value, however deep, without recursion.
  std::string_view value() {
    peek();
    const std::size_t begin = at_;
    std::size_t depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        string();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        ++at_;
      } else {
        at_ = std::min(text_.find_first_of(",:]} \t\r\n", at_), text_.size());
      }
    } while (depth > 0);
    return text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<std::vector<Member>> object_of(std::string_view text) {
  return Scanner(text).object();
}

// Of members with one name the last counts, at the place of the first.
class Members {
 public:
  explicit Members(std::vector<Member> all) {
    for (Member& member : all) {
      const auto [known, is_new] = places_.try_emplace(member.name, members_.size());
      if (is_new)
        members_.push_back(std::move(member));
      else
        members_[known->second].value = member.value;
    }
  }
  [[nodiscard]] const std::vector<Member>& all() const { return members_; }
  [[nodiscard]] const Member* find(const std::string& name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? nullptr : &members_[found->second];
  }

 private:
  std::vector<Member> members_;
  std::map<std::string, std::size_t> places_;
};

// Appends; `target` is empty where there is nothing to merge into.
void merge(std::string& out, std::string_view target, std::string_view patch) {
  std::optional<std::vector<Member>> changes = object_of(patch);
  if (!changes) {
    out += patch;
    return;
  }
  std::optional<std::vector<Member>> there;
  if (!target.empty()) there = object_of(target);
  const Members from(std::move(there).value_or(std::vector<Member>()));
  const Members to(*std::move(changes));
  char separator = '{';
  const auto begin = [&](const Member& member) {
    out += separator;
    separator = ',';
    out += member.key;
    out += ':';
  };
  for (const Member& member : from.all()) {
    const Member* change = to.find(member.name);
    if (change != nullptr && change->value == "null") continue;
    begin(member);
    if (change == nullptr)
      out += member.value;
    else
      merge(out, member.value, change->value);
  }
  for (const Member& member : to.all()) {
    if (member.value == "null" || from.find(member.name) != nullptr) continue;
    begin(member);
    merge(out, {}, member.value);
  }
  out += separator == '{' ? "{}" : "}";
}

}  // namespace

std::optional<std::string_view> member_text(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  const std::optional<std::vector<Member>> members = object_of(object);
  if (!members) return found;
  for (const Member& member : *members)
    if (member.name == name) found = member.value;
  return found;
}

std::vector<std::string_view> elements_text(std::string_view list) { return Scanner(list).list(); }

SecretBytes merge_patch(std::string_view target, std::string_view patch) {
  std::string merged;
  merged.reserve(target.size() + patch.size() + 2);  // one buffer, so that no copy stays behind
  merge(merged, target, patch);
  SecretBytes secret{std::string_view(merged)};
  wipe(merged);
  return secret;
}

}  // namespace signet::kv
