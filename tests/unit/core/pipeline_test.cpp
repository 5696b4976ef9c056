// SPDX-License-Identifier: Apache-2.0
// A request's life with a module made for the purpose (architecture section 2).
#include "core/pipeline.hpp"

#include "base/log.hpp"
#include "storage/secrets.hpp"
#include "tests/support/house.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet::core {
namespace {

struct Fields {
  std::string path;
  std::string value;
};

// Does what the test says.
class Puppet final : public Engine {
 public:
  using Handler = std::function<Result<Response>(Request&)>;

  explicit Puppet(const EngineContext& context)
      : secrets_(context.database, context.sealer, context.mount_id) {
    last = this;
  }
  [[nodiscard]] const RouteTable& routes() const override {
    static const Schema<Fields> schema{{"path", &Fields::path, ""}, {"value", &Fields::value, ""}};
    static const RouteTable table{
        Route("public", Operation::read, schema, &Puppet::run, "").unauthenticated(),
        Route("quick", Operation::read, schema, &Puppet::run, "").unauthenticated().inplace(),
        Route("guarded", Operation::update, schema, &Puppet::run, "").sudo(),
        Route("raw", Operation::update, schema, &Puppet::run, "").raw_body(),
        Route("store/{path}", Operation::update, schema, &Puppet::store, "")
            .also(Operation::read, schema, &Puppet::run, "")
            .exists(&Puppet::exists),
        Route("list", Operation::list, schema, &Puppet::run, "").help("A list of things."),
    };
    return table;
  }
  Result<Response> run(Request& request, const Fields&) { return handler(request); }
  Result<Response> store(Request& request, const Fields& fields) {
    operation = request.operation;
    ++runs;
    if (handler) TRY(handler(request));
    secrets_.put(request.unit(), fields.path, as_bytes(fields.value));
    return Response::no_content();
  }
  Result<bool> exists(Request&, const Captures& captures) {
    return secrets_.exists(captures.front().second);
  }

  Handler handler;
  Operation operation = Operation::read;
  int runs = 0;
  static Puppet* last;

 private:
  storage::Secrets secrets_;
};
Puppet* Puppet::last = nullptr;

void add_modules(Registry& registry, Services&) {
  ModuleType puppet;
  puppet.type = "puppet";
  puppet.make = [](const EngineContext& context) { return std::make_unique<Puppet>(context); };
  registry.push_back(puppet);
}

class PipelineTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    Mount mount;
    mount.path = "it/";
    mount.type = "puppet";
    storage::CommitUnit unit;
    ASSERT_TRUE(house_.mounts.enable(*house_.mounts.table(), mount, unit));
    commit(unit);
    static_cast<void>(house_.mounts.table());
    puppet_ = Puppet::last;
  }
  void commit(storage::CommitUnit& unit) {
    ASSERT_EQ(house_.database.commit(unit, house_.deadline()).kind,
              storage::CommitOutcome::Kind::stored);
  }
  Puppet& puppet() { return *puppet_; }
  void answer(Response (*make)()) {
    puppet().handler = [make](Request&) -> Result<Response> { return make(); };
  }
  std::string token(const std::string& policy, std::int64_t uses = 0,
                    std::vector<std::string> cidrs = {}) {
    storage::CommitUnit unit;
    PolicyWrite write;
    write.text = policy;
    EXPECT_TRUE(house_.policies.stage_put(unit, "mine", write));
    NewToken fresh;
    fresh.entry.policies = {"default", "mine"};
    fresh.entry.is_orphan = true;
    fresh.entry.uses_left = uses;
    fresh.entry.bound_cidrs = std::move(cidrs);
    const Auth auth = house_.tokens.stage_create(unit, std::move(fresh));
    commit(unit);
    return std::string(auth.client_token.reveal_text());
  }
  Outcome call(Operation operation, const std::string& path, Json data = Json::object(),
               std::string_view with = "root") {
    return house_.call(operation, path, std::move(data), with);
  }
  static std::string text(const Outcome& outcome) {
    return outcome.error ? outcome.error->message : "fine";
  }

  test::CoreHouse house_{add_modules, GetParam()};
  Puppet* puppet_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Databases, PipelineTest, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(PipelineTest, AsksForATokenBeforeItTellsWhatExists) {
  for (const char* path : {"it/store/x", "it/nothing", "nosuch/path"}) {
    EXPECT_EQ(text(call(Operation::read, path, {}, "")), "permission denied") << path;
    EXPECT_EQ(text(call(Operation::read, path, {}, "hvs.wrong")), "permission denied") << path;
  }
  EXPECT_EQ(text(call(Operation::read, "nosuch/path")),
            "no handler for route \"nosuch/path\". route entry not found.");
  const Outcome unknown = call(Operation::read, "it/nothing");
  EXPECT_EQ(text(unknown), "unsupported path");
  EXPECT_EQ(unknown.error->code, ErrorCode::absent);
  const Outcome verb = call(Operation::remove, "it/store/x");
  EXPECT_EQ(text(verb), "unsupported operation");
  EXPECT_EQ(verb.error->code, ErrorCode::unsupported_operation);
  EXPECT_EQ(verb.mount_type, "puppet");
}

TEST_P(PipelineTest, PublicRoutesDoNotLookAtTheToken) {
  answer([] { return Response::of({{"a", 1}}); });
  EXPECT_EQ(text(call(Operation::read, "it/public", {}, "")), "fine");
  EXPECT_EQ(text(call(Operation::read, "it/public", {}, "hvs.wrong")), "fine");
}

TEST_P(PipelineTest, PoliciesTellCreateFromUpdate) {
  const std::string creator = token("path \"it/store/*\" { capabilities = [\"create\"] }");
  EXPECT_EQ(text(call(Operation::update, "it/store/x", {{"value", "1"}}, creator)), "fine");
  EXPECT_EQ(puppet().operation, Operation::create);
  EXPECT_EQ(text(call(Operation::update, "it/store/x", {{"value", "2"}}, creator)),
            "permission denied");
  EXPECT_EQ(text(call(Operation::update, "it/store/x", {{"value", "2"}})), "fine");
  EXPECT_EQ(puppet().operation, Operation::update);
}

TEST_P(PipelineTest, RootProtectedRoutesNeedSudoToo) {
  answer([] { return Response::no_content(); });
  const std::string without = token("path \"it/guarded\" { capabilities = [\"update\"] }");
  EXPECT_EQ(text(call(Operation::update, "it/guarded", {}, without)), "permission denied");
  const std::string with = token("path \"it/guarded\" { capabilities = [\"update\", \"sudo\"] }");
  EXPECT_EQ(text(call(Operation::update, "it/guarded", {}, with)), "fine");
}

TEST_P(PipelineTest, AUseIsSpentAlsoByWhatIsRefused) {
  answer([] { return Response::of({{"a", 1}}); });
  const std::string limited = token("path \"it/store/ok\" { capabilities = [\"read\"] }", 3);
  EXPECT_EQ(text(call(Operation::read, "it/store/ok", {}, limited)), "fine");
  EXPECT_EQ(text(call(Operation::read, "it/store/no", {}, limited)), "permission denied");
  EXPECT_EQ(text(call(Operation::read, "it/store/ok", {}, limited)), "fine");
  EXPECT_EQ(text(call(Operation::read, "it/store/ok", {}, limited)), "permission denied");
  EXPECT_FALSE(house_.tokens.find(SecretBytes(std::string_view(limited))));
}

TEST_P(PipelineTest, TokensAreBoundToAddresses) {
  answer([] { return Response::of({{"a", 1}}); });
  const std::string policy = "path \"it/*\" { capabilities = [\"read\"] }";
  EXPECT_EQ(text(call(Operation::read, "it/store/a", {}, token(policy, 0, {"127.0.0.0/8"}))),
            "fine");
  EXPECT_EQ(text(call(Operation::read, "it/store/a", {}, token(policy, 0, {"10.0.0.0/8"}))),
            "permission denied");
}

TEST_P(PipelineTest, RefusesHeadersThatItCannotFollow) {
  const auto with_header = [&](const std::string& wrap, const std::string& name_space) {
    Request request = house_.request(Operation::read, "it/public");
    request.wrap_ttl = wrap;
    request.namespace_header = name_space;
    answer([] { return Response::of({{"a", 1}}); });
    return text(house_.pipeline().run(request));
  };
  EXPECT_EQ(with_header("abc", ""),
            "error parsing X-Vault-Wrap-TTL header: time: invalid duration \"abc\"");
  EXPECT_EQ(with_header("-5", ""),
            "error parsing X-Vault-Wrap-TTL header: requested wrap ttl cannot be negative");
  EXPECT_EQ(with_header("0", ""), "fine");
  EXPECT_EQ(with_header("60", ""), "fine");
  EXPECT_EQ(with_header("", "root"), "fine");
  EXPECT_EQ(with_header("", "/"), "fine");
  EXPECT_EQ(with_header("", "team/a"), "namespace not found");
}

TEST_P(PipelineTest, EmptyAnswersAreAbsent) {
  answer([] { return Response::of({{"keys", Json::array()}}); });
  const Outcome list = call(Operation::list, "it/list");
  ASSERT_TRUE(list.error);
  EXPECT_EQ(list.error->code, ErrorCode::absent);
  EXPECT_EQ(list.error->message, "");
  answer([] { return Response::no_content(); });
  EXPECT_EQ(call(Operation::read, "it/store/x").error->code, ErrorCode::absent);
  answer([] {
    Response response = Response::of({{"keys", Json::array()}});
    response.warnings.emplace_back("look");
    return response;
  });
  EXPECT_EQ(call(Operation::list, "it/list").response.status, 404);
}

TEST_P(PipelineTest, WarnsOfWhatItIgnores) {
  answer([] { return Response::of({{"a", 1}}); });
  const Outcome outcome = call(Operation::read, "it/store/x", {{"zebra", "1"}, {"ape", "2"}});
  ASSERT_EQ(outcome.response.warnings.size(), 1U);
  EXPECT_EQ(outcome.response.warnings[0],
            "Endpoint ignored these unrecognized parameters: [ape zebra]");
}

TEST_P(PipelineTest, HelpIsForWhoHasAToken) {
  EXPECT_EQ(text(call(Operation::help, "it/list", {}, "")), "permission denied");
  const Outcome help = call(Operation::help, "it/list");
  ASSERT_FALSE(help.error);
  EXPECT_TRUE(help.response.is_plain_json);
  EXPECT_TRUE((*help.response.data)["help"].get<std::string>().starts_with("A list of things."));
}

TEST_P(PipelineTest, SealedAnswersNothing) {
  house_.seal.seal();
  const Outcome outcome = call(Operation::read, "it/public", {}, "");
  EXPECT_EQ(text(outcome), "Vault is sealed");
  EXPECT_EQ(outcome.error->code, ErrorCode::sealed);
  ASSERT_TRUE(house_.seal.unseal(house_.unseal_key, false));
  static_cast<void>(house_.mounts.table());
  Puppet::last->handler = [](Request&) -> Result<Response> { return Response::of({{"a", 1}}); };
  EXPECT_EQ(text(call(Operation::read, "it/public", {}, "")), "fine");
}

TEST_P(PipelineTest, DecidesAgainWhenWhatItDecidedOnChanged) {
  // The first run loses against a change of the mounts, made while it was under way.
  puppet().handler = [this](Request&) -> Result<Response> {
    if (puppet().runs > 1) return Response::no_content();
    storage::CommitUnit unit;
    unit.raise(Mounts::change_kind, root_namespace);
    commit(unit);
    return Response::no_content();
  };
  const std::string limited =
      token("path \"it/store/*\" { capabilities = [\"create\", \"update\"] }", 2);
  EXPECT_EQ(text(call(Operation::update, "it/store/x", {{"value", "1"}}, limited)), "fine");
  EXPECT_EQ(puppet().runs, 2);
  EXPECT_EQ(text(call(Operation::update, "it/store/x", {{"value", "1"}}, limited)), "fine")
      << "the second run spent no use of the token";
}

TEST_P(PipelineTest, ATokenRevokedUnderWayStoresNothing) {
  const std::string mine = token("path \"it/store/*\" { capabilities = [\"create\"] }");
  puppet().handler = [&](Request& request) -> Result<Response> {
    storage::CommitUnit unit;
    house_.tokens.stage_revoke(unit, request.token->id_hash);
    commit(unit);
    return Response::no_content();
  };
  EXPECT_EQ(text(call(Operation::update, "it/store/x", {{"value", "1"}}, mine)),
            "permission denied");
  puppet().handler = nullptr;
  EXPECT_EQ(text(call(Operation::update, "it/store/x", {{"value", "1"}}, "root")), "fine");
  EXPECT_EQ(puppet().operation, Operation::create) << "nothing was stored before";
}

TEST_P(PipelineTest, FaultsAreNotShown) {
  puppet().handler = [](Request&) -> Result<Response> { throw Fault("disk on fire"); };
  Outcome outcome = call(Operation::read, "it/store/x");
  EXPECT_EQ(text(outcome), "internal error");
  EXPECT_EQ(outcome.error->code, ErrorCode::internal);
  puppet().handler = [](Request&) -> Result<Response> { throw Unavailable("no connection"); };
  outcome = call(Operation::read, "it/store/x");
  EXPECT_EQ(outcome.error->code, ErrorCode::unavailable);
  EXPECT_EQ(text(outcome).find("no connection"), std::string::npos);
}

TEST_P(PipelineTest, AnswersInPlaceWhatNeedsNoWaiting) {
  puppet().handler = [](Request& request) -> Result<Response> {
    if (request.data.contains("slow") && !request.may_wait)
      return Error{ErrorCode::unavailable, {}, {}};
    return Response::of({{"may_wait", request.may_wait}});
  };
  const auto in_place = [&](const std::string& path, Json data = Json::object()) {
    Request request = house_.request(Operation::read, path, std::move(data), "");
    return house_.pipeline().try_inplace(request);
  };
  const auto quick = in_place("it/quick");
  ASSERT_TRUE(quick);
  EXPECT_EQ((*quick->response.data)["may_wait"], false);
  EXPECT_FALSE(in_place("it/quick", {{"slow", true}}));
  EXPECT_FALSE(in_place("it/public"));
  EXPECT_FALSE(in_place("nosuch/quick"));
  EXPECT_TRUE(house_.pipeline().takes_raw_body("it/raw", Operation::update));
  EXPECT_FALSE(house_.pipeline().takes_raw_body("it/store/x", Operation::update));
}

}  // namespace
}  // namespace signet::core
