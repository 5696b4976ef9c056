// SPDX-License-Identifier: Apache-2.0
#include "cli/config_block.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include <fmt/format.h>

namespace signet::cli {
namespace {

using Kind = hcl::Value::Kind;

bool is_scalar(const hcl::Value& value) {
  return value.kind == Kind::text || value.kind == Kind::number || value.kind == Kind::boolean;
}

// Levenshtein's distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

Result<void> collect(const hcl::Value& value, std::vector<std::string> labels, std::size_t wanted,
                     int line, std::vector<Block>& out) {
  if (value.kind == Kind::list) {
    for (const hcl::Value& element : value.list) TRY(collect(element, labels, wanted, line, out));
    return {};
  }
  if (value.kind != Kind::object) return invalid("must be a block: NAME \"TYPE\" { ... }");
  if (labels.size() >= wanted) {
    out.push_back({std::move(labels), &value.object, line});
    return {};
  }
  // JSON has no labels: the names of nested objects are read as such.
  const bool nests = !value.object.empty() &&
                     std::all_of(value.object.begin(), value.object.end(), [](const auto& member) {
                       return member.value.kind == Kind::object || member.value.kind == Kind::list;
                     });
  if (!nests)
    return invalid(fmt::format("needs {} label(s), as in NAME \"TYPE\" {{ ... }}", wanted));
  for (const hcl::Item& member : value.object) {
    std::vector<std::string> longer = labels;
    longer.push_back(member.key);
    longer.insert(longer.end(), member.labels.begin(), member.labels.end());
    TRY(collect(member.value, std::move(longer), wanted, member.line, out));
  }
  return {};
}

}  // namespace

Result<std::string> as_text(const hcl::Value& value) {
  if (!is_scalar(value)) return invalid("must be a text");
  return value.text;
}

Result<bool> as_bool(const hcl::Value& value) {
  const std::string text = is_scalar(value) ? lower(value.text) : std::string();
  if (text == "true" || text == "1" || text == "t") return true;
  if (text == "false" || text == "0" || text == "f") return false;
  return invalid("must be true or false");
}

Result<std::int64_t> as_integer(const hcl::Value& value) {
  std::int64_t number = 0;
  const std::string_view text = is_scalar(value) ? std::string_view(value.text) : "";
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || text.empty())
    return invalid("must be a whole number");
  return number;
}

Result<Seconds> as_duration(const hcl::Value& value) {
  const auto duration =
      is_scalar(value) && !value.text.empty() ? parse_duration(value.text) : std::nullopt;
  if (!duration) return invalid("must be a duration such as \"30s\", \"5m\" or \"72h\"");
  return *duration;
}

Result<std::vector<std::string>> as_texts(const hcl::Value& value) {
  std::vector<std::string> out;
  if (value.kind == Kind::list) {
    for (const hcl::Value& element : value.list) {
      std::string text = TRY(as_text(element));
      out.push_back(std::move(text));
    }
    return out;
  }
  const std::string joined = TRY(as_text(value));
  for (const std::string& part : split(joined, ','))
    if (!trim(part).empty()) out.emplace_back(trim(part));
  return out;
}

Result<std::vector<Block>> blocks_of(const hcl::Item& item, std::size_t labels) {
  std::vector<Block> out;
  TRY(collect(item.value, item.labels, labels, item.line, out));
  return out;
}

BlockReader& BlockReader::on(std::string_view key, Handler handler) {
  handlers_.insert_or_assign(std::string(key), std::move(handler));
  return *this;
}

BlockReader& BlockReader::text(std::string_view key, std::string& to) {
  return on(key, [&to](const hcl::Item& item) -> Result<void> {
    to = TRY(as_text(item.value));
    return {};
  });
}

BlockReader& BlockReader::flag(std::string_view key, bool& to) {
  return on(key, [&to](const hcl::Item& item) -> Result<void> {
    to = TRY(as_bool(item.value));
    return {};
  });
}

BlockReader& BlockReader::duration(std::string_view key, Seconds& to) {
  return on(key, [&to](const hcl::Item& item) -> Result<void> {
    to = TRY(as_duration(item.value));
    return {};
  });
}

BlockReader& BlockReader::texts(std::string_view key, std::vector<std::string>& to) {
  return on(key, [&to](const hcl::Item& item) -> Result<void> {
    to = TRY(as_texts(item.value));
    return {};
  });
}

BlockReader& BlockReader::ignore(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) ignored_.emplace(key);
  return *this;
}

Error BlockReader::error(int line, std::string_view message) const {
  return invalid(fmt::format("{}:{}: {}", file_, line, message));
}

Error BlockReader::unknown(const hcl::Item& item) const {
  std::string_view nearest;
  std::size_t least = 3;  // further away it would be a guess
  for (const auto& [key, handler] : handlers_) {
    const std::size_t steps = distance(item.key, key);
    if (steps < least) {
      least = steps;
      nearest = key;
    }
  }
  const std::string where = scope_.empty() ? std::string() : " in " + scope_;
  const std::string remedy =
      nearest.empty() ? std::string("remove it") : fmt::format("did you mean \"{}\"?", nearest);
  return error(item.line, fmt::format("unknown key \"{}\"{}; {}", item.key, where, remedy));
}

Result<void> BlockReader::read(const std::vector<hcl::Item>& items,
                               std::vector<std::string>& warnings) const {
  for (const hcl::Item& item : items) {
    if (ignored_.contains(item.key)) {
      const std::string where = scope_.empty() ? std::string() : " in " + scope_;
      warnings.push_back(
          error(item.line, fmt::format("\"{}\"{} has no effect here", item.key, where)).message);
      continue;
    }
    const auto handler = handlers_.find(item.key);
    if (handler == handlers_.end()) return unknown(item);
    Result<void> done = handler->second(item);
    if (done) continue;
    const bool has_place = done.error().message.starts_with(file_ + ":");
    if (has_place) return Error(std::move(done).error());
    return error(item.line, fmt::format("\"{}\" {}", item.key, done.error().message));
  }
  return {};
}

}  // namespace signet::cli
