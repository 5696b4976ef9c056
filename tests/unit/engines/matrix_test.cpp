// SPDX-License-Identifier: Apache-2.0
// Who may call what, generated from the route tables of every module: a route that is open to
// callers without a token, works while sealed, needs sudo or escapes audit is named here, or the
// test fails.
#include "tests/support/full_house.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace signet {
namespace {

using core::Json;
using core::Operation;
using core::Route;
using Names = std::set<std::string>;

/// One operation of one route under the mount that has it.
struct Call {
  Operation operation = Operation::read;
  std::string path;  ///< with every capture filled in
  std::string name;  ///< "read pki/cert/{serial:any}"
  const Route* route = nullptr;
};

// What the captures of a pattern stand for, so that no literal of another route is met.
std::string filled(const std::string& pattern) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern[at] != '{') {
      out += pattern[at++];
      continue;
    }
    const std::size_t end = pattern.find('}', at);
    out += pattern.substr(at, end - at).ends_with("...") ? "some/thing" : "thing";
    at = end + 1;
  }
  return out;
}

const Names open_while_sealed{
    "header sys/health", "read sys/health", "read sys/init",
    "update sys/init",   "read sys/leader", "read sys/seal-status",
    "update sys/unseal", "delete sys/seal", "read sys/seal",
};

/// Beside those of open_while_sealed.
const Names open_without_token{
    "list pki/issuers",
    "read pki/ca",
    "read pki/ca/pem",
    "read pki/ca_chain",
    "read pki/cert/ca",
    "read pki/cert/ca/raw",
    "read pki/cert/ca/raw/pem",
    "read pki/cert/ca_chain",
    "read pki/cert/crl",
    "read pki/cert/{serial:any}",
    "read pki/cert/{serial:any}/raw",
    "read pki/cert/{serial:any}/raw/pem",
    "read pki/crl",
    "read pki/crl/delta",
    "read pki/crl/delta/pem",
    "read pki/crl/pem",
    "read pki/issuer/{issuer_ref}/crl",
    "read pki/issuer/{issuer_ref}/crl/delta",
    "read pki/issuer/{issuer_ref}/crl/delta/der",
    "read pki/issuer/{issuer_ref}/crl/delta/pem",
    "read pki/issuer/{issuer_ref}/crl/der",
    "read pki/issuer/{issuer_ref}/crl/pem",
    "read pki/issuer/{issuer_ref}/der",
    "read pki/issuer/{issuer_ref}/json",
    "read pki/issuer/{issuer_ref}/pem",
    "read pki/ocsp/{request...}",
    "read sys/internal/specs/openapi",
    "read sys/internal/ui/mounts",
    "read sys/internal/ui/mounts/{path...}",
    "read sys/replication/status",
    "read sys/wrapping/lookup",
    "read sys/wrapping/pubkey",
    "update pki/ocsp",
    "update sys/internal/specs/openapi",
    "update sys/wrapping/lookup",
};

/// Open routes whose handlers look at a token by themselves.
const Names asks_for_token_itself{
    "read sys/internal/ui/mounts",
    "read sys/internal/ui/mounts/{path...}",
};

/// Open, but each request leaves entries.
const Names open_and_audited{
    "list pki/issuers",
    "read sys/internal/specs/openapi",
    "read sys/internal/ui/mounts",
    "read sys/internal/ui/mounts/{path...}",
    "read sys/replication/status",
    "read sys/wrapping/lookup",
    "read sys/wrapping/pubkey",
    "update sys/internal/specs/openapi",
    "update sys/wrapping/lookup",
};

/// Says of a token that is not alive what clients of wrapping expect, not 403.
const Names refuses_token_in_its_own_words{"update sys/wrapping/unwrap"};

const Names needs_sudo{
    "delete pki/root",
    "delete sys/audit/{path...}",
    "delete sys/auth/{path...}",
    "delete sys/config/auditing/request-headers/{header:any}",
    "delete sys/plugins/catalog/{type}/{name:any}",
    "list auth/token/accessors",
    "list sys/leases/lookup",
    "list sys/leases/lookup/{prefix...}",
    "list sys/plugins/catalog/{type}",
    "read sys/audit",
    "read sys/auth/{path...}",
    "read sys/auth/{path...}/tune",
    "read sys/config/auditing/request-headers",
    "read sys/config/auditing/request-headers/{header:any}",
    "read sys/leases",
    "read sys/plugins/catalog/{type}/{name:any}",
    "update pki/root/sign-self-issued",
    "update sys/audit/{path...}",
    "update sys/auth/{path...}",
    "update sys/auth/{path...}/tune",
    "update sys/config/auditing/request-headers/{header:any}",
    "update sys/plugins/catalog/{type}/{name:any}",
    "update sys/leak-check",
    "update sys/leases/revoke-force/{prefix...}",
    "update sys/leases/revoke-prefix/{prefix...}",
    "update sys/remount",
    "update sys/revoke-force/{prefix...}",
    "update sys/revoke-prefix/{prefix...}",
    "update sys/rotate",
    "update sys/rotate/keyring",
    "update sys/seal",
    "update sys/step-down",
};

class Matrix : public testing::Test {
 protected:
  void SetUp() override {
    house_.write("sys/mounts/pki", {{"type", "pki"}});
    house_.write("sys/mounts/totp", {{"type", "totp"}});
    house_.write("sys/mounts/kv", {{"type", "kv"}});
    house_.write("sys/mounts/kv2", {{"type", "kv-v2"}});
    table_ = house_.mounts.table();
    for (const auto& [path, mounted] : table_->all())
      for (const Route& route : mounted.engine->routes().routes())
        for (const auto& [operation, endpoint] : route.endpoints()) {
          Call call{operation, path + filled(route.pattern()),
                    std::string(core::name(operation)) + " " + path + route.pattern(), &route};
          if (operation == Operation::list || operation == Operation::scan)
            if (!call.path.ends_with('/')) call.path += '/';
          calls_.push_back(std::move(call));
        }
    ASSERT_GT(calls_.size(), 150U);
  }

  Names named(const std::function<bool(const Route&)>& is_wanted) const {
    Names names;
    for (const Call& call : calls_)
      if (is_wanted(*call.route)) names.insert(call.name);
    return names;
  }

  static bool is_open(const Call& call) {
    return open_while_sealed.contains(call.name) || open_without_token.contains(call.name);
  }

  /// The error's code; nullopt: an answer.
  std::optional<ErrorCode> code_of(const Call& call, std::string_view token,
                                   Json data = Json::object()) {
    core::Outcome outcome = house_.call(call.operation, call.path, std::move(data), token);
    if (!outcome.error) return std::nullopt;
    return outcome.error->code;
  }
  bool is_denied(const Call& call, std::string_view token) {
    return code_of(call, token) == ErrorCode::denied;
  }

  std::string token(std::vector<std::string> policies) {
    storage::CommitUnit unit;
    core::NewToken fresh;
    fresh.entry.policies = std::move(policies);
    fresh.entry.path = "auth/token/create";
    fresh.entry.display_name = "token";
    fresh.entry.is_orphan = true;
    const core::Auth auth = house_.tokens.stage_create(unit, std::move(fresh));
    EXPECT_EQ(house_.database.commit(unit, house_.deadline()).kind,
              storage::CommitOutcome::Kind::stored);
    return std::string(auth.client_token.reveal_text());
  }
  void policy(const std::string& name, const std::string& path, const Json& capabilities) {
    const Json text{{"path", {{path, {{"capabilities", capabilities}}}}}};
    house_.write("sys/policies/acl/" + name, {{"policy", text.dump()}});
  }
  void unseal() {
    if (!house_.seal.is_sealed()) return;
    ASSERT_TRUE(house_.seal.unseal(house_.unseal_key, false));
  }

  test::House house_;
  std::shared_ptr<const core::MountTable> table_;
  std::vector<Call> calls_;
};

const Json all_capabilities{"create", "read", "update", "patch", "delete", "list", "scan", "sudo"};

TEST_F(Matrix, OpenRoutesAreThoseNamedHere) {
  Names open = open_without_token;
  open.insert(open_while_sealed.begin(), open_while_sealed.end());
  EXPECT_EQ(named([](const Route& route) { return route.is_unauthenticated(); }), open);
  EXPECT_EQ(named([](const Route& route) { return route.works_sealed(); }), open_while_sealed);
}

TEST_F(Matrix, SudoRoutesAreThoseNamedHere) {
  EXPECT_EQ(named([](const Route& route) { return route.needs_sudo(); }), needs_sudo);
}

TEST_F(Matrix, OnlyOpenRoutesEscapeAudit) {
  Names unaudited = open_without_token;
  unaudited.insert(open_while_sealed.begin(), open_while_sealed.end());
  for (const std::string& name : open_and_audited) unaudited.erase(name);
  EXPECT_EQ(named([](const Route& route) { return route.is_unaudited(); }), unaudited);
  // What is answered in place passes neither the token check nor audit.
  for (const Call& call : calls_)
    EXPECT_TRUE(!call.route->is_inplace() ||
                (call.route->is_unauthenticated() && call.route->is_unaudited()))
        << call.name;
}

TEST_F(Matrix, EveryRouteIsReached) {
  for (const Call& call : calls_) {
    const auto found = table_->find(call.path);
    ASSERT_NE(found.mounted, nullptr) << call.path;
    const auto match = found.mounted->engine->routes().match(found.rest, call.operation);
    EXPECT_EQ(match.route, call.route) << call.name << " by " << call.path;
  }
}

TEST_F(Matrix, NothingElseIsOpenWithoutAToken) {
  for (const Call& call : calls_) {
    if (call.name == "update sys/unseal" || call.name == "update sys/init") continue;
    const bool is_expected = is_open(call) && call.name != "read sys/internal/ui/mounts/{path...}";
    EXPECT_EQ(!is_denied(call, ""), is_expected) << call.name;
  }
}

TEST_F(Matrix, AnUnknownTokenIsNone) {
  for (const Call& call : calls_) {
    if (refuses_token_in_its_own_words.contains(call.name)) {
      EXPECT_EQ(code_of(call, "hvs.unknown"), ErrorCode::invalid) << call.name;
      continue;
    }
    const bool is_expected = is_open(call) && !asks_for_token_itself.contains(call.name);
    EXPECT_EQ(!is_denied(call, "hvs.unknown"), is_expected) << call.name;
  }
}

TEST_F(Matrix, ATokenWithoutAPolicyMayNothing) {
  const std::string bare = token({"nothing-of-that-name"});
  for (const Call& call : calls_) {
    const bool is_expected = is_open(call) && call.name != "read sys/internal/ui/mounts/{path...}";
    EXPECT_EQ(!is_denied(call, bare), is_expected) << call.name;
  }
}

TEST_F(Matrix, DenyWinsOverAllThatIsGranted) {
  policy("all", "*", all_capabilities);
  for (const Call& call : calls_) {
    if (is_open(call)) continue;
    policy("deny", call.path, {"deny"});
    EXPECT_TRUE(is_denied(call, token({"all", "deny"}))) << call.name;
  }
}

TEST_F(Matrix, EveryCapabilityButTheRightOneIsNotEnough) {
  const std::map<Operation, Names> needed{
      {Operation::read, {"read"}},    {Operation::header, {"read"}},
      {Operation::list, {"list"}},    {Operation::scan, {"scan"}},
      {Operation::patch, {"patch"}},  {Operation::update, {"update", "create"}},
      {Operation::remove, {"delete"}}};
  for (const Call& call : calls_) {
    if (is_open(call)) continue;
    Json others = Json::array();
    for (const Json& capability : all_capabilities)
      if (!needed.at(call.operation).contains(capability.get<std::string>()))
        others.push_back(capability);
    policy("others", call.path, others);
    EXPECT_TRUE(is_denied(call, token({"others"}))) << call.name;
  }
}

TEST_F(Matrix, SudoRoutesNeedSudo) {
  Json but_sudo = all_capabilities;
  but_sudo.erase(but_sudo.size() - 1);
  policy("without", "*", but_sudo);
  const std::string without = token({"without"});
  for (const Call& call : calls_)
    EXPECT_TRUE(!call.route->needs_sudo() || is_denied(call, without)) << call.name;
}

TEST_F(Matrix, RootIsNeverDenied) {
  for (const Call& call : calls_) {
    const std::string root = token({"root"});  // some calls revoke it
    const bool asks_visibility = call.name == "read sys/internal/ui/mounts/{path...}";
    EXPECT_EQ(is_denied(call, root), asks_visibility) << call.name;
    unseal();
  }
}

TEST_F(Matrix, HelpNeedsATokenEverywhere) {
  for (const Call& call : calls_) {
    const Call help{Operation::help, call.path, call.name, call.route};
    EXPECT_TRUE(is_denied(help, "")) << call.name;
    EXPECT_TRUE(is_denied(help, "hvs.unknown")) << call.name;
  }
}

TEST_F(Matrix, SealedNothingElseAnswers) {
  house_.seal.seal();
  for (const Call& call : calls_) {
    if (call.name == "read sys/leader") continue;  // says by itself that it is sealed
    const bool is_expected = open_while_sealed.contains(call.name);
    for (const std::string_view token : {"", "root"})
      EXPECT_EQ(code_of(call, token) != ErrorCode::sealed, is_expected) << call.name;
    core::Request request = house_.request(call.operation, call.path, Json::object(), "");
    const auto inplace = house_.pipeline().try_inplace(request);
    EXPECT_TRUE(!inplace || is_expected) << call.name;
  }
}

}  // namespace
}  // namespace signet
