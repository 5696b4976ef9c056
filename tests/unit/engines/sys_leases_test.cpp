// SPDX-License-Identifier: Apache-2.0
// Leases through their routes, with an engine made for the purpose: what it gives out is a row of
// its own, so that a test sees what was taken back.
#include "auth/registry.hpp"
#include "core/lease/expiry.hpp"
#include "core/lease/leases.hpp"
#include "engines/registry.hpp"
#include "storage/secrets.hpp"
#include "tests/support/house.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet {
namespace {

using core::Json;
using core::LeasedSecret;
using core::LeaseTerms;
using core::Operation;
using std::chrono::hours;
using std::chrono::seconds;

struct NameField {
  std::string name;
};

/// What all lenders of a test do.
struct Manners {
  LeaseTerms terms{Seconds(600), Seconds(1800), true, Json::object()};
  std::string refusal;       ///< why nothing is taken back; empty: it is
  bool throws = false;       ///< a fault instead
  std::string refused_name;  ///< only for this one; empty: for all
  std::function<void()> while_lending;
  int taken_back = 0;
};

class Lender final : public core::Engine {
 public:
  Lender(const core::EngineContext& context, Manners& manners)
      : secrets_(context.database, context.sealer, context.mount_id), manners_(manners) {}

  [[nodiscard]] const core::RouteTable& routes() const override {
    static const core::Schema<NameField> schema{{"name", &NameField::name, ""}};
    static const core::RouteTable table{
        core::Route("lend/{name}", Operation::read, schema, &Lender::lend, ""),
        core::Route("out", Operation::list, core::no_fields(), &Lender::list, "")};
    return table;
  }
  void unmounted(storage::CommitUnit& unit) override { secrets_.remove_all(unit, ""); }
  Result<core::Response> lend(core::Request& request, const NameField& fields) {
    secrets_.put(request.unit(), fields.name, as_bytes(std::string_view("lent")));
    if (manners_.while_lending) manners_.while_lending();
    core::Response response = core::Response::of({{"name", fields.name}});
    response.lease = manners_.terms;
    response.lease->data = {{"name", fields.name}};
    return response;
  }
  Result<core::Response> list(core::Request&, const core::NoFields&) {
    return core::Response::of({{"keys", secrets_.list("")}});
  }
  Result<void> revoke_secret(const LeasedSecret& secret, storage::CommitUnit& unit) override {
    const std::string name = secret.data.at("name").get<std::string>();
    if (manners_.refused_name.empty() || manners_.refused_name == name) {
      if (manners_.throws) throw Fault("the lender is broken");
      if (!manners_.refusal.empty()) return invalid(manners_.refusal);
    }
    ++manners_.taken_back;
    secrets_.remove(unit, name);
    return {};
  }
  Result<LeaseTerms> renew_secret(const LeasedSecret&, storage::CommitUnit&) override {
    return manners_.terms;
  }

 private:
  storage::Secrets secrets_;
  Manners& manners_;
};

class SysLeases : public testing::TestWithParam<std::string> {
 protected:
  SysLeases() { house.write("sys/mounts/lender", {{"type", "lender"}}); }

  core::Outcome lend(const std::string& name, std::string_view token = "root") {
    return house.call(Operation::read, "lender/lend/" + name, Json::object(), token);
  }
  std::string lease_of(const std::string& name, std::string_view token = "root") {
    const core::Outcome outcome = lend(name, token);
    EXPECT_FALSE(outcome.error) << outcome.error->message;
    EXPECT_TRUE(outcome.response.lease_id.starts_with("lender/lend/" + name + "/"));
    return outcome.response.lease_id;
  }
  /// Names that are lent out; none: an empty list.
  Json out() {
    const core::Outcome outcome = house.call(Operation::list, "lender/out");
    return outcome.error ? Json::array() : outcome.response.data->at("keys");
  }
  Json lookup(const std::string& id) {
    return house.write("sys/leases/lookup", {{"lease_id", id}});
  }
  bool exists(const std::string& id) { return house.leases.find(id).has_value(); }
  int status(const std::string& path, Json data = Json::object()) {
    return house.call(Operation::update, path, std::move(data)).response.status;
  }
  std::string token(Json fields) {
    const core::Outcome outcome =
        house.call(Operation::update, "auth/token/create", std::move(fields));
    EXPECT_FALSE(outcome.error) << outcome.error->message;
    return std::string(outcome.response.auth->client_token.reveal_text());
  }
  /// Everything that is due.
  std::int64_t run_due() {
    std::int64_t all = 0;
    while (const std::int64_t some = expiry.turn()) all += some;
    return all;
  }

  static core::AuditOptions audit_options() {
    core::AuditOptions options;
    options.directories = {std::filesystem::temp_directory_path().string()};
    return options;
  }

  Manners manners;
  test::CoreHouse house{[this](core::Registry& registry, core::Services& services) {
                          engines::register_all(registry, services);
                          auth::register_all(registry, services);
                          core::ModuleType lender;
                          lender.type = "lender";
                          lender.make = [this](const core::EngineContext& context) {
                            return std::make_unique<Lender>(context, manners);
                          };
                          registry.push_back(std::move(lender));
                        },
                        GetParam(), audit_options()};
  core::LeaseExpiry expiry{house.leases, house.seal, house.database.changes()};
};

INSTANTIATE_TEST_SUITE_P(Databases, SysLeases, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(SysLeases, AnAnswerSaysWhatItsLeaseIs) {
  const core::Outcome outcome = lend("a");
  ASSERT_FALSE(outcome.error);
  EXPECT_TRUE(outcome.response.renewable);
  EXPECT_EQ(outcome.response.lease_duration, Seconds(600));
  const std::string id = outcome.response.lease_id;
  ASSERT_EQ(id.size(), std::string("lender/lend/a/").size() + 24);
  EXPECT_EQ(lookup(id), Json::parse(R"({"id":")" + id + R"(","path":"lender/lend/a",
      "issue_time":"2026-01-01T00:00:00Z","expire_time":"2026-01-01T00:10:00Z",
      "last_renewal":null,"renewable":true,"ttl":600})"));
  EXPECT_EQ(house.list("sys/leases/lookup")["keys"], Json({"auth/", "lender/"}));
  EXPECT_EQ(house.list("sys/leases/lookup/lender")["keys"], Json({"lend/"}));
  EXPECT_EQ(house.list("sys/leases/lookup/lender/lend/a")["keys"], Json({id.substr(14)}));
}

TEST_P(SysLeases, TimeIsCappedByEngineAndMount) {
  manners.terms.ttl = Seconds(3600);
  core::Outcome outcome = lend("a");
  EXPECT_EQ(outcome.response.lease_duration, Seconds(1800));
  EXPECT_EQ(outcome.response.warnings,
            std::vector<std::string>{"TTL of \"1h\" exceeded the effective max_ttl of \"30m\"; "
                                     "TTL value is capped accordingly"});
  manners.terms = {Seconds(0), Seconds(0), true, Json::object()};
  EXPECT_EQ(lend("b").response.lease_duration, Seconds(768 * 3600));
  house.write("sys/mounts/lender/tune", {{"default_lease_ttl", "5m"}, {"max_lease_ttl", "8m"}});
  EXPECT_EQ(lend("c").response.lease_duration, Seconds(300));
  manners.terms.ttl = Seconds(900);
  EXPECT_EQ(lend("d").response.lease_duration, Seconds(480));
}

TEST_P(SysLeases, RenewalCountsFromNowAndEndsAtTheMaximum) {
  const std::string id = lease_of("a");
  house.clock.advance(seconds(300));
  core::Outcome outcome =
      house.call(Operation::update, "sys/leases/renew", {{"lease_id", id}, {"increment", 900}});
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_EQ(outcome.response.lease_id, id);
  EXPECT_EQ(outcome.response.lease_duration, Seconds(900));
  EXPECT_TRUE(outcome.response.data->is_null());
  EXPECT_EQ(lookup(id)["last_renewal"], "2026-01-01T00:05:00Z");
  // Shorter than what is left; by the older path, with the id in it.
  outcome = house.call(Operation::update, "sys/renew/" + id, {{"increment", "60s"}});
  EXPECT_EQ(outcome.response.lease_duration, Seconds(60));
  EXPECT_EQ(lookup(id)["ttl"], 60);
  // Without increment as at first, but not beyond 1800 s from the issue on.
  for (int i = 0; i < 22; ++i) {
    house.clock.advance(seconds(59));
    outcome = house.call(Operation::update, "sys/leases/renew/" + id);
    ASSERT_FALSE(outcome.error) << outcome.error->message;
  }
  EXPECT_EQ(outcome.response.lease_duration, Seconds(1800 - 300 - 22 * 59));
  EXPECT_EQ(outcome.response.warnings.size(), 1U);
}

TEST_P(SysLeases, WhatCannotBeRenewed) {
  const auto refusal = [&](const std::string& id) {
    return house.refusal(Operation::update, "sys/leases/renew", {{"lease_id", id}});
  };
  EXPECT_EQ(refusal("no/such"), "lease not found");
  EXPECT_EQ(refusal(""), "lease_id must be specified");
  const std::string expired = lease_of("expired");
  house.clock.advance(seconds(600));
  EXPECT_EQ(refusal(expired), "lease expired");
  const std::string ended = lease_of("ended");
  EXPECT_EQ(status("sys/leases/revoke", {{"lease_id", ended}, {"sync", false}}), 202);
  EXPECT_EQ(refusal(ended), "lease expired");
  EXPECT_EQ(lookup(ended)["ttl"], 0);
  manners.terms.is_renewable = false;
  EXPECT_EQ(refusal(lease_of("fixed")), "lease is not renewable");
  const std::string made =
      "auth/token/create/h" +
      std::string(hex(house.tokens.hash(SecretBytes(std::string_view("root")))));
  EXPECT_EQ(refusal(made), "tokens cannot be renewed through this endpoint");
}

TEST_P(SysLeases, RevocationTakesTheSecretBack) {
  const std::string first = lease_of("a");
  const std::string second = lease_of("b");
  const std::string third = lease_of("c");
  EXPECT_EQ(out(), Json({"a", "b", "c"}));
  house.write("sys/leases/revoke", {{"lease_id", first}});
  EXPECT_EQ(out(), Json({"b", "c"}));
  EXPECT_EQ(house.refusal(Operation::update, "sys/leases/lookup", {{"lease_id", first}}),
            "invalid lease");
  house.write("sys/leases/revoke", {{"lease_id", first}});  // once more: nothing to do
  EXPECT_EQ(status("sys/leases/revoke/" + second, {{"sync", false}}), 202);
  EXPECT_EQ(out(), Json({"b", "c"}));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(out(), Json({"c"}));
  house.write("sys/revoke/" + third);
  EXPECT_EQ(out(), Json::array());
  EXPECT_EQ(manners.taken_back, 3);
}

TEST_P(SysLeases, PrefixesAreFolders) {
  const std::string one = lease_of("a");
  lease_of("a");
  lease_of("ab");
  const std::string last = lease_of("c");
  EXPECT_EQ(house.call(Operation::update, "sys/leases/revoke-prefix/" + one).error, std::nullopt);
  EXPECT_FALSE(exists(one));
  house.write("sys/leases/revoke-prefix/lender/lend/a");
  EXPECT_EQ(house.list("sys/leases/lookup/lender/lend")["keys"], Json({"ab/", "c/"}));
  house.write("sys/leases/revoke-prefix/" + last + "/");  // no such folder
  EXPECT_TRUE(exists(last));
  EXPECT_EQ(status("sys/leases/revoke-prefix/lender/", {{"sync", false}}), 202);
  EXPECT_EQ(run_due(), 2);
  EXPECT_EQ(out(), Json::array());
  house.write("sys/leases/revoke-prefix/nothing/here");
  house.write("sys/revoke-prefix/lender");
}

TEST_P(SysLeases, WhatExpiredIsTakenBackInBatches) {
  for (int i = 0; i < 130; ++i) lease_of("n" + std::to_string(i));
  manners.terms.ttl = Seconds(601);
  const std::string later = lease_of("later");
  EXPECT_EQ(expiry.turn(), 0);
  house.clock.advance(seconds(600));
  int left = 130;
  while (const std::int64_t some = expiry.turn()) {
    EXPECT_EQ(some, std::min<std::int64_t>(left, house.leases.store().batch()));
    left -= static_cast<int>(some);
  }
  EXPECT_EQ(left, 0);
  EXPECT_EQ(out(), Json({"later"}));
  house.clock.advance(seconds(1));
  house.seal.seal();
  EXPECT_EQ(expiry.turn(), 0) << "nothing while sealed";
}

TEST_P(SysLeases, ARefusalIsTriedAgainAndThenSeen) {
  manners.refusal = "the database at db.test does not answer";
  const std::string id = lease_of("a");
  const std::string fine = lease_of("b");
  EXPECT_EQ(house.refusal(Operation::update, "sys/leases/revoke", {{"lease_id", id}}),
            manners.refusal);
  manners.refused_name = "a";
  house.clock.advance(seconds(600));
  EXPECT_EQ(run_due(), 2);
  EXPECT_FALSE(exists(fine)) << "one that refuses holds up no other";
  EXPECT_EQ(lookup(id)["revoke_error"], manners.refusal);
  for (const int delay : {10, 20, 40, 80, 160}) {
    house.clock.advance(seconds(delay - 1));
    EXPECT_EQ(run_due(), 0) << "before " << delay << " s";
    house.clock.advance(seconds(1));
    EXPECT_EQ(run_due(), 1) << "after " << delay << " s";
  }
  house.clock.advance(hours(1000));
  EXPECT_EQ(run_due(), 0);
  const core::Outcome shown = house.call(Operation::read, "sys/leases", {{"type", "irrevocable"}});
  const std::string accessor = house.read("sys/mounts/lender")["accessor"];
  EXPECT_EQ(
      *shown.response.data,
      Json({{"lease_count", 1},
            {"leases", {{{"lease_id", id}, {"mount_id", accessor}, {"error", manners.refusal}}}}}));
  EXPECT_EQ(
      *house.call(Operation::read, "sys/leases/count", {{"type", "irrevocable"}}).response.data,
      Json({{"lease_count", 1}, {"counts", {{accessor, 1}}}}));
  EXPECT_EQ(house.refusal(Operation::update, "sys/leases/renew", {{"lease_id", id}}),
            "lease is expired and has failed previous revocation attempts");
  // Tried once more after a start; shown until that works.
  EXPECT_EQ(house.leases.store().retry_irrevocable(), 1);
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(lookup(id)["revoke_error"], manners.refusal);
  EXPECT_EQ(run_due(), 0);
  manners.refusal.clear();
  EXPECT_EQ(house.leases.store().retry_irrevocable(), 1);
  EXPECT_EQ(run_due(), 1);
  EXPECT_FALSE(exists(id));
}

TEST_P(SysLeases, ForceForgetsWhatCannotBeTakenBack) {
  manners.refusal = "gone for good";
  const std::string id = lease_of("a");
  lease_of("b");
  EXPECT_EQ(house.refusal(Operation::update, "sys/leases/revoke-prefix/lender"),
            "failed to revoke \"" + id + "\": gone for good");
  EXPECT_TRUE(exists(id));
  house.write("sys/leases/revoke-force/lender/lend/a");
  EXPECT_FALSE(exists(id));
  manners.throws = true;
  house.write("sys/revoke-force/lender");
  EXPECT_EQ(house.leases.store().below(core::root_namespace, "", "", 0).size(), 0U);
  EXPECT_EQ(out(), Json({"a", "b"})) << "nothing was taken back";
}

TEST_P(SysLeases, AFaultTellsNothing) {
  manners.throws = true;
  const std::string id = lease_of("a");
  house.clock.advance(seconds(600));
  run_due();
  EXPECT_EQ(lookup(id)["revoke_error"], "internal error");
}

TEST_P(SysLeases, LongReasonsAreCutBetweenCharacters) {
  manners.refusal = std::string(239, 'x') + "\xc3\xa4rger";
  const std::string id = lease_of("a");
  house.clock.advance(seconds(600));
  run_due();
  EXPECT_EQ(lookup(id)["revoke_error"], std::string(239, 'x'));
}

TEST_P(SysLeases, LeasesGoWithTheirToken) {
  const std::string parent = token({{"policies", {"root"}}, {"ttl", "1h"}});
  const core::Outcome made = house.call(Operation::update, "auth/token/create",
                                        {{"policies", {"root"}}, {"ttl", "1h"}}, parent);
  const std::string child(made.response.auth->client_token.reveal_text());
  lease_of("parent", parent);
  lease_of("child", child);
  lease_of("root");
  house.write("auth/token/revoke", {{"token", parent}});
  EXPECT_EQ(run_due(), 2);
  EXPECT_EQ(out(), Json({"root"}));

  const std::string alone = token({{"policies", {"root"}}, {"ttl", "5m"}});
  lease_of("expired", alone);
  house.clock.advance(seconds(300));
  EXPECT_EQ(run_due(), 0);
  EXPECT_EQ(house.tokens.remove_expired(), 1);
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(out(), Json({"root"}));

  const std::string orphaned = token({{"policies", {"root"}}});
  const core::Outcome kept =
      house.call(Operation::update, "auth/token/create", {{"policies", {"root"}}}, orphaned);
  lease_of("gone", orphaned);
  lease_of("kept", std::string(kept.response.auth->client_token.reveal_text()));
  house.write("auth/token/revoke-orphan", {{"token", orphaned}});
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(out(), Json({"kept", "root"}));
}

TEST_P(SysLeases, ManyTokensExpireTogether) {
  for (int i = 0; i < 40; ++i)
    lease_of("t" + std::to_string(i), token({{"policies", {"root"}}, {"ttl", "1m"}}));
  house.clock.advance(seconds(60));
  EXPECT_EQ(house.tokens.remove_expired(), 40);
  EXPECT_EQ(run_due(), 40);
  EXPECT_EQ(out(), Json::array());
}

TEST_P(SysLeases, TheLastUseOfATokenGetsNothing) {
  const std::string limited = token({{"policies", {"root"}}, {"num_uses", 2}});
  lease_of("first", limited);
  const core::Outcome second = lend("second", limited);
  ASSERT_TRUE(second.error);
  EXPECT_EQ(second.error->message,
            "Secret cannot be returned; token had one use left, so leased credentials were "
            "immediately revoked.");
  // The token is gone, and what it had with it.
  EXPECT_EQ(out(), Json({"first"}));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(out(), Json::array());
}

TEST_P(SysLeases, TokensAreLeasesByAnotherName) {
  const core::Outcome made = house.call(Operation::update, "auth/token/create",
                                        {{"policies", {"default"}}, {"ttl", "1h"}});
  const std::string text(made.response.auth->client_token.reveal_text());
  const std::string name = "h" + hex(house.tokens.hash(SecretBytes(std::string_view(text))));
  const std::string id = "auth/token/create/" + name;
  EXPECT_EQ(house.list("sys/leases/lookup/auth")["keys"], Json({"token/"}));
  EXPECT_EQ(house.list("sys/leases/lookup/auth/token")["keys"], Json({"create/"}));
  const Json names = house.list("sys/leases/lookup/auth/token/create")["keys"];
  EXPECT_EQ(names.size(), 2U);  // with the dev server's root token
  EXPECT_TRUE(names[0] == name || names[1] == name);
  EXPECT_EQ(house.list("sys/leases/lookup/auth/token/create",
                       {{"after", names[0]}, {"limit", 1}})["keys"],
            Json::array({names[1]}));
  EXPECT_EQ(lookup(id)["ttl"], 3600);
  EXPECT_EQ(lookup(id)["path"], "auth/token/create");
  house.write("sys/leases/revoke", {{"lease_id", id}});
  EXPECT_EQ(
      house.call(Operation::read, "auth/token/lookup-self", Json::object(), text).error->message,
      "permission denied");

  const std::string other = token({{"policies", {"root"}}});
  lease_of("a", other);
  const std::string spared = house.token_with("spared", "path \"*\" {capabilities = [\"sudo\"]}");
  house.write("sys/leases/revoke-prefix/auth/token/nothing");
  house.write("sys/leases/revoke-prefix/lender/none");
  EXPECT_FALSE(house.call(Operation::read, "auth/token/lookup-self", Json::object(), other).error);
  house.write("sys/leases/revoke-prefix/auth/token/create");
  EXPECT_TRUE(house.call(Operation::read, "auth/token/lookup-self", Json::object(), other).error);
  EXPECT_TRUE(house.call(Operation::read, "auth/token/lookup-self", Json::object(), spared).error);
  EXPECT_EQ(run_due(), 1);
}

TEST_P(SysLeases, AMountTakesItsLeasesAlong) {
  const std::string id = lease_of("a");
  house.remove("sys/mounts/lender");
  EXPECT_FALSE(exists(id));
  house.clock.advance(seconds(600));
  EXPECT_EQ(run_due(), 0);
}

TEST_P(SysLeases, AMovedMountStillTakesBack) {
  const std::string id = lease_of("a");
  house.write("sys/remount", {{"from", "lender"}, {"to", "elsewhere"}});
  house.clock.advance(seconds(600));
  EXPECT_EQ(run_due(), 1);
  EXPECT_FALSE(exists(id));
  EXPECT_EQ(manners.taken_back, 1);
}

// What a commit under way stored after its token or mount was taken away.
TEST_P(SysLeases, StraysAreFound) {
  const std::string id = lease_of("a");
  const std::string other = lease_of("b");
  const std::string fine = lease_of("c");
  house.database.query("UPDATE leases SET token = $2 WHERE id = $1", {id, Bytes{1, 2, 3}});
  house.database.query("UPDATE leases SET mount = $2 WHERE id = $1",
                       {other, storage::value(house.random.uuid())});
  EXPECT_EQ(expiry.walk(), 2);
  EXPECT_FALSE(exists(other));
  EXPECT_EQ(house.leases.store().find(core::root_namespace, id)->state,
            storage::LeaseState::ending);
  EXPECT_EQ(expiry.walk(), 0);
  EXPECT_TRUE(exists(fine));
  EXPECT_EQ(status("sys/leases/tidy"), 202);
}

// Every answer is audited or withheld; what is withheld is taken back.
TEST_P(SysLeases, WhatCannotBeAuditedIsTakenBack) {
  const test::TemporaryFolder folder;
  const std::filesystem::path logs = std::filesystem::path(folder.path()) / "logs";
  std::filesystem::create_directory(logs);
  house.write("sys/audit/file",
              {{"type", "file"}, {"options", {{"file_path", (logs / "a.log").string()}}}});
  manners.while_lending = [&] {
    std::filesystem::remove_all(logs);
    house.audit.reopen();
  };
  for (const char* wrap_ttl : {"", "60s"}) {
    SCOPED_TRACE(wrap_ttl);
    core::Request request = house.request(Operation::read, "lender/lend/a");
    request.wrap_ttl = wrap_ttl;
    const core::Outcome outcome = house.pipeline().run(request);
    std::filesystem::create_directory(logs);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->message, "internal error");
    EXPECT_EQ(out(), Json({"a"}));
    EXPECT_EQ(run_due(), 1);
    EXPECT_EQ(out(), Json::array());
  }
}

TEST_P(SysLeases, ARowThatWasEditedIsNotBelieved) {
  const std::string id = lease_of("a");
  for (const char* edit : {"UPDATE leases SET expires_at = expires_at + 1 WHERE id = $1",
                           "UPDATE leases SET issued_at = issued_at + 1 WHERE id = $1",
                           "UPDATE leases SET token = NULL WHERE id = $1"}) {
    SCOPED_TRACE(edit);
    const std::string fresh = lease_of("b");
    house.database.query(edit, {fresh});
    const core::Outcome outcome =
        house.call(Operation::update, "sys/leases/renew", {{"lease_id", fresh}});
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code, ErrorCode::internal);
  }
  EXPECT_FALSE(house.call(Operation::update, "sys/leases/renew", {{"lease_id", id}}).error);
}

TEST_P(SysLeases, DeathBetweenClaimAndCommitDelaysOnly) {
  lease_of("a");
  house.clock.advance(seconds(600));
  const UnixTime now = house.clock.now();
  EXPECT_EQ(house.leases.store().claim(now, 10, now + Seconds(120)).size(), 1U);
  EXPECT_EQ(run_due(), 0) << "another worker has it";
  house.clock.advance(seconds(120));
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(out(), Json::array());
}

TEST_P(SysLeases, WhatListsAndCountsRefuse) {
  const auto code = [&](Operation operation, const std::string& path, Json data) {
    const core::Outcome outcome = house.call(operation, path, std::move(data));
    return outcome.error ? outcome.error->code : ErrorCode::internal;
  };
  EXPECT_EQ(code(Operation::read, "sys/leases", Json::object()), ErrorCode::absent);
  EXPECT_EQ(code(Operation::read, "sys/leases", {{"type", "other"}}), ErrorCode::absent);
  EXPECT_EQ(code(Operation::read, "sys/leases/count", Json::object()), ErrorCode::absent);
  EXPECT_EQ(code(Operation::list, "sys/leases", {{"type", "irrevocable"}}), ErrorCode::absent);
  EXPECT_EQ(code(Operation::list, "sys/leases/lookup/none", Json::object()), ErrorCode::absent);
  EXPECT_EQ(code(Operation::read, "sys/leases", {{"type", "irrevocable"}, {"limit", "few"}}),
            ErrorCode::invalid);
  const std::string plain = house.token_with("plain",
                                             "path \"sys/leases/*\" {capabilities = "
                                             "[\"read\", \"update\", \"list\"]}");
  for (const char* path : {"sys/leases/revoke-prefix/lender", "sys/leases/revoke-force/lender"})
    EXPECT_EQ(house.call(Operation::update, path, Json::object(), plain).error->message,
              "permission denied");
  EXPECT_EQ(house.call(Operation::list, "sys/leases/lookup", Json::object(), plain).error->message,
            "permission denied");
}

}  // namespace
}  // namespace signet
