// SPDX-License-Identifier: Apache-2.0
// Is this text ours? The answer names where it is and shows nothing of it. Because it could be
// asked to guess, it needs sudo, is slow on purpose, and knows only mounts that opted in and texts
// that are long enough.
#include "core/mounts.hpp"
#include "engines/sys/sys.hpp"
#include "storage/value_hashes.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct LeakFields {
  SecretBytes value;
};

namespace {

constexpr double most_at_once = 20;
constexpr double questions_a_second = 1;
constexpr std::int64_t most_places = 100;

const Schema<LeakFields>& leak_fields() {
  static const Schema<LeakFields> schema{
      {"value", &LeakFields::value, "The text that turned up somewhere.", core::required},
  };
  return schema;
}

}  // namespace

std::vector<Route> leak_routes() {
  return {Route("leak-check", Operation::update, leak_fields(), &SysEngine::leak_check,
                "Where a text is kept as a secret.")
              .sudo()
              .help("Looks among secrets of mounts whose setting leak_check is on.")};
}

bool QuestionBudget::take(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!is_begun_) left_ = most_at_once;
  if (is_begun_)
    left_ = std::min(most_at_once, left_ + questions_a_second *
                                               std::chrono::duration<double>(now - asked_).count());
  is_begun_ = true;
  asked_ = now;
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

Result<core::Response> SysEngine::leak_check(Request&, const LeakFields& fields) {
  if (fields.value.size() < storage::ValueHashes::shortest)
    return invalid(
        fmt::format("value must have at least {} bytes: shorter texts are not looked for",
                    storage::ValueHashes::shortest));
  if (!leak_budget_.take(services_.clock.steady()))
    return Error{ErrorCode::too_many, "too many questions: one a second is answered", {}};
  std::map<Uuid, std::string> mounts;
  const auto known = table();
  for (const auto& [path, mounted] : known->all()) mounts[mounted.mount->id] = path;
  const storage::ValueHashes hashes(services_.database, services_.barrier);
  Json places = Json::array();
  for (const storage::ValueHashes::Place& place :
       hashes.find(fields.value.reveal_text(), most_places)) {
    const auto mount = mounts.find(place.mount);
    if (mount == mounts.end()) continue;
    places.push_back({{"mount", mount->second}, {"path", place.path}, {"version", place.version}});
  }
  const bool is_ours = !places.empty();
  return Response::of({{"found", is_ours}, {"places", std::move(places)}});
}

}  // namespace signet::sys
