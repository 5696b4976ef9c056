// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/leak_hashes.hpp"

#include <cstddef>
#include <set>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::kv {
namespace {

using Json = nlohmann::json;

/// Of a secret with more texts the first ones, in the order of names.
constexpr std::size_t most_texts = 256;

}  // namespace

void stage_hashes(storage::CommitUnit& unit, const core::EngineContext& context,
                  const storage::ValueHashes::Place& place, BytesView value) {
  const Json document = Json::parse(as_text(value));
  std::vector<const Json*> left{&document};
  std::set<std::string_view> texts;
  while (!left.empty() && texts.size() < most_texts) {
    const Json& one = *left.back();
    left.pop_back();
    if (one.is_string()) {
      const auto& text = one.get_ref<const std::string&>();
      if (text.size() >= storage::ValueHashes::shortest) texts.insert(text);
    } else if (one.is_structured()) {
      for (auto member = one.rbegin(); member != one.rend(); ++member) left.push_back(&*member);
    }
  }
  const storage::ValueHashes hashes(context.database, context.sealer);
  for (const std::string_view text : texts) hashes.stage(unit, place, text);
}

}  // namespace signet::kv
