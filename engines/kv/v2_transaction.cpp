// SPDX-License-Identifier: Apache-2.0
// Writes of several keys, all or none. Each is asked for under the caller's policy for its own
// `data/` path, as if it had been written alone.
#include "core/policy/acl.hpp"
#include "engines/kv/json_text.hpp"
#include "engines/kv/v2.hpp"
#include "engines/kv/v2_fields.hpp"

#include <algorithm>
#include <memory>
#include <set>
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

struct TransactionFields {};

// One of the writes, on its way.
struct KvV2::Step {
  std::string path;
  Json* body;             ///< in the request: path, data, options
  std::string_view text;  ///< the body as it was written; empty: `body` says it all
  std::optional<std::int64_t> cas;
  storage::KvState state;
};

namespace {

constexpr std::size_t most_writes = 128;

const Schema<TransactionFields>& transaction_fields() {
  static const Schema<TransactionFields> schema{
      {core::FieldInfo{"writes", "Objects of path, data and options (cas).",
                       core::FieldFlag::required, "list"},
       [](const Json&, const core::FieldInfo&, TransactionFields&) -> Result<void> { return {}; }},
  };
  return schema;
}

// The turns of all keys, kept until the commit is known.
struct Turned final : core::Kept {
  std::vector<std::unique_ptr<Turns::Turn>> turns;
};

// What the router takes from a URL: no empty segments, none that lead elsewhere.
Result<void> check_segments(const std::string& path) {
  std::string_view rest = path;
  for (;;) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    const bool is_control = std::any_of(segment.begin(), segment.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (segment.empty() || segment == "." || segment == ".." || is_control)
      return invalid(fmt::format("\"{}\" is no path of a secret", path));
    if (segment.size() == rest.size()) return {};
    rest.remove_prefix(segment.size() + 1);
  }
}

Result<std::string> path_of(const Json& body) {
  if (!body.is_object()) return invalid("each of writes must be an object");
  const auto path = body.find("path");
  if (path == body.end() || !path->is_string()) return invalid("each of writes must have a path");
  const auto& text = path->get_ref<const std::string&>();
  TRY(check_path(text));
  TRY(check_segments(text));
  return text;
}

Error named(const std::string& path, Error error) {
  error.message = fmt::format("\"{}\": {}", path, error.message);
  return error;
}

// The policy sees the body as the write alone would have had it: without its path.
bool is_allowed(const Request& request, const std::string& path, bool is_there, Json& body) {
  if (request.acl == nullptr) return false;
  Json name = std::move(body["path"]);
  body.erase("path");
  const std::string full_path = request.mount->full_path() + "data/" + path;
  core::AccessRequest asked;
  asked.path = full_path;
  asked.operation = is_there ? Operation::update : Operation::create;
  asked.data = &body;
  const bool allowed = request.acl->decide(asked).is_allowed;
  body["path"] = std::move(name);
  return allowed;
}

}  // namespace

std::vector<Route> transaction_routes() {
  return {Route("transaction", Operation::update, transaction_fields(), &KvV2::write_all,
                "Store the next version of several keys, all or none.")};
}

Result<std::vector<KvV2::Step>> KvV2::read_steps(Request& request) const {
  Json& writes = request.data["writes"];
  if (!writes.is_array() || writes.empty()) return invalid("writes must be a list of objects");
  if (writes.size() > most_writes)
    return invalid(fmt::format("a transaction has at most {} writes", most_writes));
  std::vector<std::string_view> texts;
  if (!request.raw_body.empty())
    if (const auto text = member_text(as_text(request.raw_body), "writes"))
      texts = elements_text(*text);
  std::vector<Step> steps;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    std::string path = TRY(path_of(writes[i]));
    if (const auto data = data_of(writes[i]); !data) return named(path, data.error());
    const auto cas = read_cas(writes[i]);
    if (!cas) return named(path, cas.error());
    const std::string_view text = i < texts.size() ? texts[i] : std::string_view();
    steps.push_back({std::move(path), &writes[i], text, *cas, {}});
  }
  std::set<std::string_view> paths;
  for (const Step& step : steps)
    if (!paths.insert(step.path).second)
      return invalid(fmt::format("\"{}\" is written twice", step.path));
  return steps;
}

Result<Response> KvV2::write_all(Request& request, const TransactionFields&) {
  std::vector<Step> steps = TRY(read_steps(request));
  // Turns in the order of paths, so that two transactions never wait for each other; rows are then
  // locked in the same order.
  std::vector<Step*> in_order;
  for (Step& step : steps) in_order.push_back(&step);
  std::sort(in_order.begin(), in_order.end(),
            [](const Step* a, const Step* b) { return a->path < b->path; });
  auto turned = std::make_unique<Turned>();
  for (Step* step : in_order) {
    turned->turns.push_back(std::make_unique<Turns::Turn>());
    if (!turned->turns.back()->begin(turns_, step->path, request.deadline))
      throw Unavailable("other writers of the keys had their turns until the deadline");
    step->state = store_.state(step->path);
    if (!is_allowed(request, step->path, step->state.key.has_value(), *step->body)) return denied();
    const auto checked = check_cas(step->state, step->cas);
    if (!checked) return named(step->path, checked.error());
  }
  request.kept = std::move(turned);

  std::map<std::string_view, Json> stored;
  for (const Step* step : in_order) {
    std::optional<std::string_view> text;
    if (!step->text.empty()) text = member_text(step->text, "data");
    std::string dumped;
    if (!text) dumped = (*step->body)["data"].dump();
    Result<Response> one = stage_version(request, step->path, step->state, step->cas,
                                         as_bytes(text.value_or(std::string_view(dumped))));
    wipe(dumped);
    if (!one) return named(step->path, std::move(one).error());
    stored[step->path] = std::move(*one->data);
  }
  Json answers = Json::array();
  for (const Step& step : steps) {
    Json answer = std::move(stored[step.path]);
    answer["path"] = step.path;
    answers.push_back(std::move(answer));
  }
  return Response::of({{"writes", std::move(answers)}});
}

}  // namespace signet::kv
