// SPDX-License-Identifier: Apache-2.0
// HCL and its JSON form, as policies and configuration files bring them: no input may crash the
// reader, nest deeper than promised, or name a line that the text does not have.
#include "base/hcl.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

constexpr int deepest = 40;  // the reader's own limit is 32; labels add a few

void check(const std::vector<signet::hcl::Item>& items, int lines, int depth);

void check(const signet::hcl::Value& value, int lines, int depth) {
  if (depth > deepest) std::abort();
  for (const auto& element : value.list) check(element, lines, depth + 1);
  check(value.object, lines, depth + 1);
}

void check(const std::vector<signet::hcl::Item>& items, int lines, int depth) {
  for (const auto& item : items) {
    if (item.line < 0 || item.line > lines) std::abort();
    check(item.value, lines, depth);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto items = signet::hcl::parse(text);
  if (!items) {
    if (items.error().message.empty()) std::abort();
    return 0;
  }
  const auto ends =
      std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  check(*items, static_cast<int>(ends) + 1, 0);
  return 0;
}
