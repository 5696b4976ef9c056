// SPDX-License-Identifier: Apache-2.0
// Response wrapping (core.md section 6), through the whole pipeline.
#include "core/envelope.hpp"
#include "crypto/hmac_once.hpp"
#include "tests/support/full_house.hpp"

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace signet {
namespace {

using core::Json;
using core::Operation;
using core::Outcome;

constexpr std::string_view gone = "wrapping token is not valid or does not exist";

class Wrapping : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    house_.write("sys/mounts/kv", {{"type", "kv"}});
    house_.write("kv/a", {{"password", "s3cr3t"}});
  }

  Outcome call(Operation operation, const std::string& path, const Json& data,
               const std::string& with, const std::string& ttl) {
    core::Request request = house_.request(operation, path, data, with);
    request.wrap_ttl = ttl;
    return house_.pipeline().run(request);
  }
  Outcome wrapped(Operation operation, const std::string& path, const Json& data = Json::object(),
                  const std::string& with = "root", const std::string& ttl = "5m") {
    Outcome outcome = call(operation, path, data, with, ttl);
    EXPECT_FALSE(outcome.error) << outcome.error->message;
    EXPECT_TRUE(outcome.response.wrap_info);
    return outcome;
  }
  static std::string token_of(const Outcome& outcome) {
    return std::string(outcome.response.wrap_info->token.reveal_text());
  }
  std::string wrapping_token(const std::string& path = "kv/a") {
    return token_of(wrapped(Operation::read, path));
  }
  Outcome unwrap(const std::string& token, const std::string& with = "root") {
    return house_.call(Operation::update, "sys/wrapping/unwrap", {{"token", token}}, with);
  }
  /// As the caller sees it.
  static std::string shown(const Outcome& outcome) {
    const core::WrapInfo& info = *outcome.response.wrap_info;
    WipedText sent;
    core::write_envelope(sent, outcome.response, "", "");
    const std::string seen = Json::parse(sent)["wrap_info"]["token"];
    EXPECT_EQ(seen, (info.jwt.empty() ? info.token : info.jwt).reveal_text());
    return seen;
  }
  Outcome call_jwt(Operation operation, const std::string& path, const Json& data,
                   const std::string& ttl) {
    core::Request request = house_.request(operation, path, data);
    request.wrap_ttl = ttl;
    request.headers = {{"x-vault-wrap-format", "jwt"}};
    return house_.pipeline().run(request);
  }
  std::string jwt() { return shown(call_jwt(Operation::read, "kv/a", Json::object(), "5m")); }
  static std::string decoded(const std::string& part) {
    const auto octets = from_base64url(part);
    return octets ? std::string(as_text(*octets)) : "not base64url";
  }
  static Json envelope_of(const Outcome& outcome) {
    if (outcome.error) return outcome.error->message;
    return Json::parse(outcome.response.envelope_json->reveal_text());
  }
  static std::string text(const Outcome& outcome) {
    return outcome.error ? outcome.error->message : "fine";
  }
  std::size_t rows(const std::string& table) {
    return house_.database.query("SELECT 1 FROM " + table).size();
  }

  test::House house_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, Wrapping, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(Wrapping, LeavesOnlyTheTokenOfAnAnswer) {
  const Outcome outcome = wrapped(Operation::read, "kv/a");
  const core::WrapInfo& info = *outcome.response.wrap_info;
  EXPECT_EQ(info.ttl.count(), 300);
  EXPECT_EQ(info.creation_path, "kv/a");
  EXPECT_EQ(info.created_at, house_.clock.now());
  EXPECT_TRUE(info.wrapped_accessor.empty());
  WipedText sent;
  core::write_envelope(sent, outcome.response, outcome.request_id.text(), outcome.mount_type);
  EXPECT_EQ(std::string_view(sent).find("s3cr3t"), std::string_view::npos);
  const Json envelope = Json::parse(sent);
  EXPECT_EQ(envelope["request_id"], "");
  EXPECT_EQ(envelope["data"], Json());
  EXPECT_EQ(envelope["wrap_info"]["ttl"], 300);

  const core::TokenPointer token = house_.tokens.find(info.token);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->policies, std::vector<std::string>{"response-wrapping"});
  EXPECT_EQ(token->uses_left, 1);
  EXPECT_TRUE(token->is_orphan);
  EXPECT_EQ(token->explicit_max_ttl.count(), 300);
  EXPECT_EQ(token->path, "kv/a");
  EXPECT_FALSE(token->is_renewable);
}

TEST_P(Wrapping, GivesTheAnswerBackOnceInBothStyles) {
  const std::string named = wrapping_token();
  EXPECT_EQ(envelope_of(unwrap(named))["data"], (Json{{"password", "s3cr3t"}}));
  EXPECT_EQ(text(unwrap(named)), gone);
  const std::string presented = wrapping_token();
  const auto present = [&] {
    return house_.call(Operation::update, "sys/wrapping/unwrap", Json::object(), presented);
  };
  const Outcome first = present();
  EXPECT_EQ(envelope_of(first)["lease_duration"], 2764800);
  const Outcome second = present();
  EXPECT_EQ(text(second), gone);
  EXPECT_EQ(second.error->code, ErrorCode::invalid);
  EXPECT_EQ(rows("tokens_cubbyholes"), 0U);
}

TEST_P(Wrapping, OneOfManyAtOnceWins) {
  for (const bool is_presented : {true, false}) {
    const std::string token = wrapping_token();
    std::atomic<int> winners = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        // Also both ways against each other.
        const bool presents = is_presented || i % 2 == 0;
        core::Request request = house_.request(Operation::update, "sys/wrapping/unwrap",
                                               presents ? Json::object() : Json{{"token", token}},
                                               presents ? token : "root");
        const Outcome outcome = house_.pipeline().run(request);
        if (!outcome.error) ++winners;
        if (outcome.error && outcome.error->message == gone) ++refused;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1) << is_presented;
    EXPECT_EQ(refused, 7) << is_presented;
  }
}

TEST_P(Wrapping, LookupUsesNothingUp) {
  const std::string token = wrapping_token();
  for (int i = 0; i < 2; ++i) {
    const Json found = house_.write("sys/wrapping/lookup", {{"token", token}}, "");
    EXPECT_EQ(found, (Json{{"creation_path", "kv/a"},
                           {"creation_time", rfc3339(house_.clock.now())},
                           {"creation_ttl", 300}}));
    EXPECT_EQ(house_.read("sys/wrapping/lookup", token), found);
  }
  EXPECT_EQ(text(unwrap(token)), "fine");
  EXPECT_EQ(house_.refusal(Operation::update, "sys/wrapping/lookup", {{"token", token}}), gone);
  EXPECT_EQ(house_.refusal(Operation::read, "sys/wrapping/lookup"), gone) << "root wraps nothing";
  EXPECT_EQ(house_.refusal(Operation::update, "sys/wrapping/lookup", {}, ""),
            "missing \"token\" value in input");
}

TEST_P(Wrapping, RewrapMovesTheAnswer) {
  const std::string old = wrapping_token();
  house_.clock.advance(Seconds(100));
  const Outcome outcome = house_.call(Operation::update, "sys/wrapping/rewrap", {{"token", old}});
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.response.wrap_info->creation_path, "kv/a");
  EXPECT_EQ(outcome.response.wrap_info->ttl.count(), 300);
  EXPECT_EQ(text(unwrap(old)), gone);
  house_.clock.advance(Seconds(250));  // the old one would be over
  EXPECT_EQ(envelope_of(unwrap(token_of(outcome)))["data"], (Json{{"password", "s3cr3t"}}));
  EXPECT_EQ(house_.refusal(Operation::update, "sys/wrapping/rewrap", {{"token", old}}), gone);
}

TEST_P(Wrapping, WrapsWhatIsSent) {
  EXPECT_EQ(house_.refusal(Operation::update, "sys/wrapping/wrap", {{"a", 1}}),
            "endpoint requires response wrapping to be used");
  core::Request request = house_.request(Operation::update, "sys/wrapping/wrap", Json{{"n", 1.0}});
  request.raw_body = to_bytes(std::string_view(R"({"n":123456789012345678901})"));
  request.wrap_ttl = "60";
  const Outcome outcome = house_.pipeline().run(request);
  ASSERT_FALSE(outcome.error);
  const Outcome answer = unwrap(token_of(outcome));
  EXPECT_NE(
      answer.response.envelope_json->reveal_text().find(R"("data":{"n":123456789012345678901})"),
      std::string_view::npos);
}

TEST_P(Wrapping, AWrappedLoginMakesItsTokenAtOnce) {
  const Outcome outcome =
      wrapped(Operation::update, "auth/token/create", {{"policies", {"default"}}});
  const std::string& accessor = outcome.response.wrap_info->wrapped_accessor;
  ASSERT_TRUE(house_.tokens.find_accessor(accessor));
  const Json auth = envelope_of(unwrap(token_of(outcome)))["auth"];
  EXPECT_EQ(auth["accessor"], accessor);
  EXPECT_TRUE(house_.tokens.find(SecretBytes(auth["client_token"].get<std::string>())));
}

TEST_P(Wrapping, AWriteAndItsWrappedAnswerAreOneCommit) {
  house_.write("sys/mounts/v2", {{"type", "kv-v2"}});
  const Outcome outcome = wrapped(Operation::update, "v2/data/x", {{"data", {{"k", "v"}}}});
  EXPECT_EQ(envelope_of(unwrap(token_of(outcome)))["data"]["version"], 1);
  const std::size_t before = rows("tokens");
  const Outcome refused = call(Operation::update, "v2/data/x",
                               {{"data", {{"k", "w"}}}, {"options", {{"cas", 7}}}}, "root", "60");
  EXPECT_TRUE(refused.error);
  EXPECT_EQ(rows("tokens"), before) << "what is refused leaves no wrapping token";
  EXPECT_EQ(house_.read("v2/data/x")["data"], (Json{{"k", "v"}}));
}

TEST_P(Wrapping, LeavesAnswersWithoutContentAlone) {
  const Outcome removed = call(Operation::remove, "kv/none", Json::object(), "root", "60");
  EXPECT_FALSE(removed.error);
  EXPECT_FALSE(removed.response.has_body());
  for (const auto& [operation, path] :
       {std::pair{Operation::read, "kv/none"}, std::pair{Operation::list, "kv/none"},
        std::pair{Operation::read, "nosuch/x"}}) {
    const Outcome outcome = call(operation, path, Json::object(), "root", "60");
    ASSERT_TRUE(outcome.error) << path;
    EXPECT_EQ(outcome.error->code, ErrorCode::absent) << path;
  }
  EXPECT_EQ(rows("tokens"), 1U);
}

TEST_P(Wrapping, KeepsTheStatusOfAnAnswer) {
  house_.write("sys/mounts/v2", {{"type", "kv-v2"}});
  house_.write("v2/data/x", {{"data", {{"k", "v"}}}});
  house_.remove("v2/data/x");
  const Outcome outcome = wrapped(Operation::read, "v2/data/x");
  const Outcome answer = unwrap(token_of(outcome));
  EXPECT_EQ(answer.response.status, 404);
  EXPECT_EQ(envelope_of(answer)["data"]["data"], Json());
}

TEST_P(Wrapping, AnyOtherUseSpendsTheToken) {
  const std::string token = wrapping_token();
  EXPECT_EQ(house_.refusal(Operation::read, "auth/token/lookup-self", {}, token),
            "permission denied");
  EXPECT_EQ(text(unwrap(token, token)), gone);
}

TEST_P(Wrapping, UsedUpTokensDropNoCaches) {
  const auto number = [&] {
    return house_.database.changes().number(core::tokens_changed, core::root_namespace);
  };
  const std::int64_t before = number();
  for (const bool is_presented : {true, false}) {
    const std::string token = wrapping_token();
    EXPECT_EQ(text(unwrap(is_presented ? "" : token, is_presented ? token : "root")), "fine");
  }
  const std::string wasted = wrapping_token();
  EXPECT_TRUE(house_.call(Operation::read, "kv/a", {}, wasted).error);
  const std::string twice = std::string(house_
                                            .call(Operation::update, "auth/token/create",
                                                  {{"num_uses", 2}, {"policies", {"default"}}})
                                            .response.auth->client_token.reveal_text());
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(house_.read("auth/token/lookup-self", twice)["num_uses"], 1 - i);
  EXPECT_EQ(house_.refusal(Operation::read, "auth/token/lookup-self", {}, twice),
            "permission denied");
  EXPECT_EQ(rows("tokens"), 1U) << "their rows went";
  EXPECT_EQ(rows("tokens_cubbyholes"), 0U);
  EXPECT_EQ(number(), before);
}

TEST_P(Wrapping, ExpiresAndIsSwept) {
  const std::string token = wrapping_token();
  house_.clock.advance(Seconds(301));
  EXPECT_EQ(text(unwrap(token)), gone);
  EXPECT_EQ(text(unwrap(token, token)), gone);
  house_.tokens.remove_expired();
  EXPECT_EQ(rows("tokens_cubbyholes"), 0U);
  EXPECT_EQ(rows("tokens"), 1U);
}

TEST_P(Wrapping, OldClientsReadTheCubbyhole) {
  const std::string token = wrapping_token();
  const Outcome outcome = house_.call(Operation::read, "cubbyhole/response", {}, token);
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.response.warnings.size(), 1U);
  const Json data = Json::parse(outcome.response.data_json->reveal_text());
  EXPECT_EQ(Json::parse(data["response"].get<std::string>())["data"],
            (Json{{"password", "s3cr3t"}}));
  EXPECT_EQ(house_.refusal(Operation::read, "cubbyhole/response", {}, token), "permission denied");
  // And nobody else does.
  EXPECT_EQ(house_.call(Operation::read, "cubbyhole/response").error->code, ErrorCode::absent);
}

TEST_P(Wrapping, UnwrapNeedsSomeToken) {
  const std::string token = wrapping_token();
  EXPECT_EQ(unwrap(token, "").error->code, ErrorCode::denied);
  EXPECT_EQ(text(unwrap(token, "hvs.unknown")), gone);
  EXPECT_EQ(text(unwrap("nosuch")), gone);
  EXPECT_EQ(text(unwrap("")), gone) << "root wraps nothing";
  const std::string ann = house_.token_with("ann", "path \"nothing\" { capabilities = [] }");
  EXPECT_EQ(text(unwrap(ann)), gone) << "not a wrapping token";
  EXPECT_EQ(envelope_of(unwrap(token, ann))["data"], (Json{{"password", "s3cr3t"}}))
      << "by the default policy";
}

TEST_P(Wrapping, PoliciesBoundTheTime) {
  const std::string token =
      house_.token_with("brief",
                        "path \"kv/a\" { capabilities = [\"read\"] min_wrapping_ttl = \"10s\" "
                        "max_wrapping_ttl = \"1m\" }");
  EXPECT_EQ(house_.refusal(Operation::read, "kv/a", {}, token), "permission denied");
  for (const char* ttl : {"5s", "61s", "0"})
    EXPECT_EQ(text(call(Operation::read, "kv/a", {}, token, ttl)), "permission denied") << ttl;
  EXPECT_EQ(wrapped(Operation::read, "kv/a", {}, token, "30s").response.wrap_info->ttl.count(), 30);
}

TEST_P(Wrapping, RefusesWhatItCannotWrap) {
  for (const auto& [ttl, message] : std::vector<std::pair<std::string, std::string>>{
           {"abc", "error parsing X-Vault-Wrap-TTL header: time: invalid duration \"abc\""},
           {"9223372036854775807",
            "error parsing X-Vault-Wrap-TTL header: time: invalid duration "
            "\"9223372036854775807\""},
           {"-5", "error parsing X-Vault-Wrap-TTL header: requested wrap ttl cannot be negative"}})
    EXPECT_EQ(text(call(Operation::read, "kv/a", {}, "root", ttl)), message);
  EXPECT_EQ(text(call(Operation::update, "sys/init", {}, "", "60")),
            "response wrapping is not available on this path");
  EXPECT_EQ(text(call(Operation::read, "sys/internal/specs/openapi", {}, "root", "60")),
            "an answer of this kind cannot be wrapped");
  // Public documents are no secrets: the header means nothing there.
  EXPECT_FALSE(call(Operation::read, "sys/health", {}, "", "60").response.wrap_info);
}

TEST_P(Wrapping, AsAJwtStandsForItsTokenEverywhere) {
  const auto unwrap_presented = [&](const std::string& jwt) {
    return house_.call(Operation::update, "sys/wrapping/unwrap", Json::object(), jwt);
  };
  const Json secret{{"password", "s3cr3t"}};
  const std::string first = jwt();
  EXPECT_EQ(house_.read("sys/wrapping/lookup", first)["creation_path"], "kv/a");
  EXPECT_EQ(house_.write("sys/wrapping/lookup", {{"token", first}}, "")["creation_path"], "kv/a");
  EXPECT_EQ(envelope_of(unwrap_presented(first))["data"], secret);
  EXPECT_EQ(text(unwrap_presented(first)), gone);
  EXPECT_EQ(text(unwrap(first)), gone);
  EXPECT_EQ(envelope_of(unwrap(jwt()))["data"], secret);
  const std::string both = jwt();
  EXPECT_EQ(envelope_of(unwrap(both, both))["data"], secret) << "the very one presented";

  const std::string old = jwt();
  const Outcome moved = call_jwt(Operation::update, "sys/wrapping/rewrap", {{"token", old}}, "");
  ASSERT_TRUE(moved.response.wrap_info) << text(moved);
  EXPECT_FALSE(moved.response.wrap_info->jwt.empty());
  EXPECT_EQ(text(unwrap(old)), gone);
  EXPECT_EQ(envelope_of(unwrap(shown(moved)))["data"], secret);

  EXPECT_FALSE(house_.call(Operation::read, "cubbyhole/response", {}, jwt()).error);
  const std::string spent = jwt();
  EXPECT_EQ(house_.refusal(Operation::read, "kv/a", {}, spent), "permission denied");
  EXPECT_EQ(text(unwrap(spent)), gone) << "any other request uses it up";
}

TEST_P(Wrapping, AJwtSaysWhatItIs) {
  const Outcome outcome =
      call_jwt(Operation::update, "auth/token/create", {{"policies", {"default"}}}, "5m");
  const core::WrapInfo& info = *outcome.response.wrap_info;
  const std::string text = shown(outcome);
  const std::size_t dot = text.find('.');
  EXPECT_EQ(decoded(text.substr(0, dot)), R"({"alg":"ES512","typ":"JWT"})");
  const std::int64_t now = house_.clock.now().seconds;
  EXPECT_EQ(Json::parse(decoded(text.substr(dot + 1, text.rfind('.') - dot - 1))),
            (Json{{"accessor", info.wrapped_accessor},
                  {"addr", "http://127.0.0.1:8200"},
                  {"exp", now + 300},
                  {"iat", now},
                  {"jti", info.token.reveal_text()},
                  {"nbf", now - 5},
                  {"type", "wrapping"}}));
  EXPECT_FALSE(info.wrapped_accessor.empty());
  // Whoever may call sys/wrapping/wrap gets no signature of ours under what they sent.
  const Outcome sent = call_jwt(Operation::update, "sys/wrapping/wrap", {{"a", 1}}, "5m");
  EXPECT_TRUE(sent.response.wrap_info->jwt.empty());
  const Outcome moved =
      call_jwt(Operation::update, "sys/wrapping/rewrap", {{"token", token_of(sent)}}, "");
  EXPECT_TRUE(moved.response.wrap_info->jwt.empty());
  core::Request other = house_.request(Operation::read, "kv/a");
  other.wrap_ttl = "60";
  other.headers = {{"x-vault-wrap-format", "uuid"}};
  EXPECT_TRUE(house_.pipeline().run(other).response.wrap_info->jwt.empty());
}

TEST_P(Wrapping, ForgedJwtsAreTokensOfNobody) {
  const std::string good = jwt();
  const std::size_t first = good.find('.');
  const std::size_t second = good.rfind('.');
  const std::string head = good.substr(0, first);
  const std::string claims = good.substr(first + 1, second - first - 1);
  const std::string signature = good.substr(second + 1);
  const auto encoded = [](std::string_view octets) { return base64url(as_bytes(octets)); };
  const std::string public_key = house_.read("sys/wrapping/pubkey", "")["public_key"];
  const auto with_mac = [&](const std::string& alg) {
    const std::string text = encoded(R"({"alg":")" + alg + R"(","typ":"JWT"})") + '.' + claims;
    const Bytes mac = crypto::hmac(crypto::HmacHash::sha512, as_bytes(public_key), as_bytes(text));
    return text + '.' + base64url(mac);
  };
  const std::string other_type = encoded(
      std::string(decoded(claims)).replace(decoded(claims).find("wrapping"), 8, "unsealed"));
  const std::map<std::string, std::string> forged{
      {"no algorithm", encoded(R"({"alg":"none","typ":"JWT"})") + '.' + claims + '.'},
      {"no algorithm, signed",
       encoded(R"({"alg":"none","typ":"JWT"})") + '.' + claims + '.' + signature},
      {"no signature", head + '.' + claims + '.'},
      {"public key as secret", with_mac("HS512")},
      {"the same under our header", head + '.' + with_mac("ES512").substr(head.size() + 1)},
      {"other algorithm",
       encoded(R"({"alg":"ES256","typ":"JWT"})") + '.' + claims + '.' + signature},
      {"other claims", head + '.' + other_type + '.' + signature},
      {"cut short", good.substr(0, good.size() - 4)},
      {"longer", good + "AAAA"},
      {"padded", good + "="},
      {"zeros", head + '.' + claims + '.' + std::string(176, 'A')},
      {"four parts", good + ".AAAA"},
      {"two parts", head + '.' + claims},
      {"header only", head + '.'},
  };
  for (const auto& [name, token] : forged) {
    EXPECT_EQ(text(unwrap(token)), gone) << name;
    EXPECT_EQ(text(unwrap("x", token)), gone) << name;
    EXPECT_EQ(house_.refusal(Operation::read, "sys/wrapping/lookup", {}, token), gone) << name;
    EXPECT_EQ(house_.refusal(Operation::read, "kv/a", {}, token), "permission denied") << name;
  }
  for (const std::size_t at : {first + 3, second - 2, second + 1, second + 90}) {
    std::string tampered = good;
    tampered[at] = tampered[at] == 'B' ? 'C' : 'B';
    EXPECT_EQ(text(unwrap(tampered)), gone) << at;
  }
  // Another cluster's key signs nothing here.
  test::House other{GetParam()};
  core::WrapInfo info;
  info.token = SecretBytes(
      std::string_view(Json::parse(decoded(claims))["jti"].get_ref<const std::string&>()));
  info.created_at = house_.clock.now();
  const SecretBytes foreign = other.wrapping_key.jwt(info, "http://127.0.0.1:8200");
  EXPECT_EQ(text(unwrap(std::string(foreign.reveal_text()))), gone);
  EXPECT_EQ(envelope_of(unwrap(good))["data"], (Json{{"password", "s3cr3t"}}))
      << "nothing was spent";
}

TEST_P(Wrapping, TheKeyIsMadeOnceSealedAndShared) {
  const auto stored = [&] {
    return house_.database.query("SELECT record FROM settings WHERE name = 'wrapping-key'");
  };
  EXPECT_EQ(text(unwrap("eyJhbGciOiJFUzUxMiIsInR5cCI6IkpXVCJ9.e30." + std::string(176, 'A'))),
            gone);
  EXPECT_TRUE(stored().empty()) << "who presents something makes no key";
  const std::string token = jwt();
  const std::string pem = house_.read("sys/wrapping/pubkey", "")["public_key"];
  ASSERT_EQ(stored().size(), 1U);
  core::WrappingKey node(house_.database, house_.barrier);
  EXPECT_EQ(node.public_key_pem(), pem);
  EXPECT_TRUE(node.token_of(token));
  house_.seal.seal();
  EXPECT_THROW(static_cast<void>(house_.wrapping_key.token_of(token)), Fault) << "it was dropped";
  EXPECT_EQ(text(unwrap(token)), "Vault is sealed");
  ASSERT_TRUE(house_.seal.unseal(house_.unseal_key, false));
  EXPECT_EQ(house_.read("sys/wrapping/pubkey", "")["public_key"], pem);
  EXPECT_EQ(envelope_of(unwrap(token))["data"], (Json{{"password", "s3cr3t"}}));
}

TEST_P(Wrapping, IsSealedInItsRows) {
  const std::string token = wrapping_token();
  for (const storage::Row& row : house_.database.query("SELECT value FROM tokens_cubbyholes"))
    EXPECT_EQ(std::string(as_text(row.bytes(0))).find("s3cr3t"), std::string::npos);
  for (const storage::Row& row : house_.database.query("SELECT record FROM tokens"))
    EXPECT_EQ(std::string(as_text(row.bytes(0))).find("kv/a"), std::string::npos);
}

}  // namespace
}  // namespace signet
