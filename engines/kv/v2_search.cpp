// SPDX-License-Identifier: Apache-2.0
// Finding keys by name and custom metadata. The caller's policies become ranges of the question to
// the database; a key is shown where its folder may be listed, and what it says of itself where the
// caller may read that.
#include "base/result.hpp"
#include "core/policy/acl.hpp"
#include "engines/kv/v2.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::kv {

using core::Json;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;
using core::Schema;

struct SearchFields {
  std::string name;
  std::map<std::string, std::string> metadata;
  std::string after;
  std::int64_t limit = 100;
};

namespace {

constexpr std::int64_t most_found = 1000;
constexpr std::int64_t rows_a_question = 500;

const Schema<SearchFields>& search_fields() {
  using F = SearchFields;
  static const Schema<SearchFields> schema{
      {"name", &F::name, "Only keys whose path contains this."},
      {"metadata", &F::metadata, "Only keys with these custom metadata; at most 4 of them."},
      {"after", &F::after, "Only keys above this path."},
      {"limit", &F::limit, "At most so many, 1000 or fewer."},
  };
  return schema;
}

// What the caller may see. Keys come in order, so that a folder's answer is mostly the next one.
class Visible {
 public:
  Visible(const core::Acl& acl, std::string base) : acl_(acl), base_(std::move(base)) {}

  /// At most so many keys may stand in an answer beside this one, itself included; 0: the caller
  /// may not list its folder.
  std::int64_t most_beside(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const std::string_view folder = path.substr(0, slash == std::string_view::npos ? 0 : slash + 1);
    if (known_ && folder_ == folder) return most_;
    folder_ = folder;
    known_ = true;
    const core::Decision decision = decide(Operation::list, folder);
    most_ = decision.is_allowed ? decision.list_limit.value_or(most_found) : 0;
    return most_;
  }
  [[nodiscard]] bool may_read(std::string_view path) const {
    return decide(Operation::read, path).is_allowed;
  }

 private:
  [[nodiscard]] core::Decision decide(Operation operation, std::string_view path) const {
    const std::string full_path = base_ + std::string(path);
    core::AccessRequest asked;
    asked.path = full_path;
    asked.operation = operation;
    return acl_.decide(asked);
  }

  const core::Acl& acl_;
  std::string base_, folder_;
  bool known_ = false;
  std::int64_t most_ = 0;
};

// As for lists: the rule about the search itself bounds a page, and who asks for more is refused.
Result<std::int64_t> page_size(const Request& request, const SearchFields& fields) {
  const std::int64_t allowed = request.acl->page_limit(request.path);
  const bool is_asked_for = request.data.contains("limit");
  if (allowed > 0 && is_asked_for && fields.limit > allowed) return denied();
  const std::int64_t most = allowed > 0 ? std::min(allowed, most_found) : most_found;
  return fields.limit > 0 ? std::min(fields.limit, most) : most;
}

// The database finds texts, and one inside another name ("x\"owner" for "owner") as well.
bool has_metadata(const storage::KvKey& key, const std::map<std::string, std::string>& wanted) {
  if (wanted.empty()) return true;
  if (key.custom_metadata.empty()) return false;
  const Json texts = Json::parse(key.custom_metadata);
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
    const auto found = texts.find(one.first);
    return found != texts.end() && *found == one.second;
  });
}

Json found_key(const storage::KvKey& key) {
  return {
      {"current_version", key.current_version},
      {"updated_time", to_text(key.updated_at)},
      {"custom_metadata", key.custom_metadata.empty() ? Json() : Json::parse(key.custom_metadata)}};
}

}  // namespace

std::vector<Route> search_routes() {
  return {Route("search", Operation::read, search_fields(), &KvV2::search,
                "Find keys by name and custom metadata, among those that the caller may list.")};
}

Result<Response> KvV2::search(Request& request, const SearchFields& fields) {
  if (fields.metadata.size() > storage::KvStore::most_search_texts)
    return invalid(
        fmt::format("metadata names at most {} members", storage::KvStore::most_search_texts));
  std::int64_t limit = TRY(page_size(request, fields));
  storage::KvStore::Search asked;
  asked.name = fields.name;
  asked.limit = rows_a_question;
  for (const auto& [name, text] : fields.metadata)
    asked.texts.push_back(Json(name).dump() + ':' + Json(text).dump());

  const std::string base = request.mount->full_path() + "metadata/";
  Visible visible(*request.acl, base);
  Json keys = Json::array();
  Json info = Json::object();
  std::string next;
  for (const core::KeyRange& range : request.acl->listable(base)) {
    if (range.to <= fields.after || !next.empty()) continue;
    std::string from = std::max(range.from, fields.after);
    asked.to = range.to;
    asked.from_itself = from != fields.after;
    for (bool goes_on = true; goes_on && next.empty();) {
      asked.from = from;
      const std::vector<storage::KvStore::Match> page = store_.search(asked);
      goes_on = static_cast<std::int64_t>(page.size()) == rows_a_question;
      for (const storage::KvStore::Match& match : page) {
        from = match.path;
        // What is passed over stays unsaid: `next` is always a key that was shown.
        const std::int64_t most = visible.most_beside(match.path);
        if (most == 0) continue;
        const bool may_read = visible.may_read(match.path);
        if (!fields.metadata.empty() && !(may_read && has_metadata(match.key, fields.metadata)))
          continue;
        limit = std::min(limit, most);
        if (static_cast<std::int64_t>(keys.size()) >= limit) {
          next = keys.back().get<std::string>();  // what stands there is more than a list of this
                                                  // folder would show
          break;
        }
        keys.push_back(match.path);
        if (may_read) info[match.path] = found_key(match.key);
        if (static_cast<std::int64_t>(keys.size()) < limit) continue;
        next = match.path;
        break;
      }
      if (goes_on && next.empty() && context_.clock.steady() > request.deadline)
        throw Unavailable("the search was not done by the deadline");
      asked.from_itself = false;
    }
  }
  Json data{{"keys", std::move(keys)}, {"key_info", std::move(info)}};
  if (!next.empty()) data["next"] = std::move(next);
  return Response::of(std::move(data));
}

}  // namespace signet::kv
