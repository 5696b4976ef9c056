// SPDX-License-Identifier: Apache-2.0
#include "api/envelope.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace signet::api {
namespace {

using core::Json;
using core::Outcome;
using core::Response;

AnswerContext at_noon() {
  AnswerContext context;
  context.now = UnixTime{1'700'000'000};
  return context;
}

std::string text_of(const Reply& reply) { return std::string(reply.text); }

std::string body_of(Outcome outcome, const AnswerContext& context = at_noon()) {
  const std::string text = text_of(render(std::move(outcome), context));
  return text.substr(text.find("\r\n\r\n") + 4);
}

std::string head_of(Outcome outcome, const AnswerContext& context = at_noon()) {
  const std::string text = text_of(render(std::move(outcome), context));
  return text.substr(0, text.find("\r\n\r\n") + 2);
}

Outcome with(Response response, std::string mount_type = "kv") {
  Outcome outcome;
  outcome.response = std::move(response);
  outcome.mount_type = std::move(mount_type);
  return outcome;
}

Outcome failed(ErrorCode code, std::string message) {
  Outcome outcome;
  outcome.error = Error{code, std::move(message), {}};
  return outcome;
}

constexpr std::string_view begin =
    R"({"request_id":"00000000-0000-0000-0000-000000000000","lease_id":"","renewable":false,"lease_duration":0,"data":)";

TEST(Envelope, HasAllKeysInOrderAndDataSorted) {
  EXPECT_EQ(
      body_of(with(Response::of({{"b", 1}, {"a", {{"x", nullptr}}}}))),
      std::string(begin) +
          R"({"a":{"x":null},"b":1},"wrap_info":null,"warnings":null,"auth":null,"mount_type":"kv"})" +
          "\n");
}

TEST(Envelope, RevealsSecretsAmongTheirNeighbours) {
  Response response = Response::of({{"certificate", "c"}, {"serial_number", "s"}});
  response.secrets.emplace_back("private_key", SecretBytes(std::string_view("line\n\"q\"")));
  EXPECT_EQ(
      body_of(with(std::move(response), "pki")),
      std::string(begin) +
          R"({"certificate":"c","private_key":"line\n\"q\"","serial_number":"s"},"wrap_info":null,"warnings":null,"auth":null,"mount_type":"pki"})" +
          "\n");
}

TEST(Envelope, SplicesReadyData) {
  Response response;
  response.data_json = SecretBytes(std::string_view(R"({"f":1.50,"big":12345678901234567890123})"));
  const std::string body = body_of(with(std::move(response)));
  EXPECT_NE(body.find(R"("data":{"f":1.50,"big":12345678901234567890123},)"), std::string::npos);
}

TEST(Envelope, CopiesDataToTheTopButNotOverItsOwnKeys) {
  Response response = Response::of({{"auth", 1}, {"kv/", Json::object()}});
  response.copies_data_to_top = true;
  const std::string body = body_of(with(std::move(response), "system"));
  EXPECT_TRUE(body.ends_with(R"("auth":null,"mount_type":"system","kv/":{}})"
                             "\n"))
      << body;
}

TEST(Envelope, ShowsAuth) {
  Response response;
  core::Auth auth;
  auth.client_token = SecretBytes(std::string_view("hvs.x"));
  auth.accessor = "acc";
  auth.policies = {"default"};
  auth.token_policies = {"default"};
  auth.lease_duration = Seconds(60);
  auth.renewable = true;
  response.auth = std::move(auth);
  const Json body = Json::parse(body_of(with(std::move(response))));
  EXPECT_EQ(body["data"], nullptr);
  EXPECT_EQ(body["auth"].dump(),
            R"({"accessor":"acc","client_token":"hvs.x","entity_id":"","lease_duration":60,)"
            R"("metadata":null,"mfa_requirement":null,"num_uses":0,"orphan":false,)"
            R"("policies":["default"],"renewable":true,"token_policies":["default"],)"
            R"("token_type":"service"})");
}

TEST(Envelope, NullDataIsABody) {
  Response response;
  response.data = Json();
  EXPECT_TRUE(head_of(with(std::move(response))).starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(Envelope, WarningsAloneAreABody) {
  Response response;
  response.warnings = {"w"};
  EXPECT_NE(
      body_of(with(std::move(response))).find(R"("data":null,"wrap_info":null,"warnings":["w"])"),
      std::string::npos);
}

TEST(Envelope, BytesThatAreNotTextAreReplaced) {
  const std::string body = body_of(with(Response::of({{"a", std::string("x\xff\xc3\xbc\x01")}})));
  EXPECT_NE(body.find("\"x\xef\xbf\xbd\xc3\xbc\\u0001\""), std::string::npos);
}

TEST(Head, OfJson) {
  EXPECT_EQ(head_of(with(Response::plain(Json::object()))),
            "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Type: application/json\r\n"
            "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Length: 3\r\n");
}

TEST(Head, OfNothing) {
  const std::string text = text_of(render(with(Response::no_content()), at_noon()));
  EXPECT_EQ(
      text,
      "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\nContent-Type: application/json\r\n"
      "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n");
}

TEST(Head, ANamespaceIsEchoedAndCannotEndItsLine) {
  AnswerContext context = at_noon();
  context.namespace_header = "a/\r\nX-Evil: 1";
  const std::string head = head_of(with(Response::no_content()), context);
  EXPECT_NE(head.find("X-Vault-Namespace: a/X-Evil: 1\r\n"), std::string::npos);
}

TEST(Head, OwnCachingRulesWin) {
  Response response = Response::raw_bytes("application/pkix-crl", Bytes{1, 2});
  response.headers.emplace_back("Cache-Control", "max-age=60");
  const std::string head = head_of(with(std::move(response)));
  EXPECT_EQ(head.find("no-store"), std::string::npos);
  EXPECT_NE(head.find("Content-Type: application/pkix-crl\r\n"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 2\r\n"), std::string::npos);
}

TEST(Head, OfHeadHasLengthButNoBody) {
  AnswerContext context = at_noon();
  context.is_head = true;
  const std::string text = text_of(render(with(Response::plain({{"a", 1}}, 429)), context));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_NE(text.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST(Raw, LargeBodiesAreSharedNotCopied) {
  Outcome outcome = with(Response::raw_bytes("application/pkix-crl", Bytes(100'000)));
  const auto bytes = outcome.response.raw->bytes;
  const Reply reply = render(std::move(outcome), at_noon());
  EXPECT_EQ(reply.body, bytes);
  EXPECT_TRUE(std::string_view(reply.text).ends_with("Content-Length: 100000\r\n\r\n"));
}

class Pieces : public core::Chunks {
 public:
  explicit Pieces(std::int64_t size) : size_(size) {}
  bool next(Bytes&) override { return false; }
  [[nodiscard]] std::int64_t size() const override { return size_; }

 private:
  std::int64_t size_;
};

Reply streamed(std::int64_t size, bool is_http_1_0) {
  Response response;
  response.raw = core::RawBody{"application/pkix-crl", nullptr};
  response.stream = std::make_unique<Pieces>(size);
  AnswerContext context = at_noon();
  context.is_http_1_0 = is_http_1_0;
  return render(with(std::move(response)), context);
}

TEST(Stream, OfUnknownSizeIsChunkedOrEndsTheConnection) {
  const Reply known = streamed(12, false);
  EXPECT_FALSE(known.is_chunked);
  EXPECT_NE(known.text.find("Content-Length: 12\r\n"), WipedText::npos);
  const Reply chunked = streamed(-1, false);
  EXPECT_TRUE(chunked.is_chunked);
  EXPECT_FALSE(chunked.closes);
  EXPECT_NE(chunked.text.find("Transfer-Encoding: chunked\r\n"), WipedText::npos);
  const Reply old = streamed(-1, true);
  EXPECT_FALSE(old.is_chunked);
  EXPECT_TRUE(old.closes);
  EXPECT_NE(old.text.find("Connection: close\r\n"), WipedText::npos);
}

TEST(Errors, HaveTheirStatusAndForm) {
  const std::pair<ErrorCode, int> codes[] = {{ErrorCode::invalid, 400},
                                             {ErrorCode::unauthenticated, 401},
                                             {ErrorCode::denied, 403},
                                             {ErrorCode::absent, 404},
                                             {ErrorCode::unsupported_operation, 405},
                                             {ErrorCode::conflict, 400},
                                             {ErrorCode::precondition_failed, 412},
                                             {ErrorCode::too_large, 413},
                                             {ErrorCode::unsupported_media, 415},
                                             {ErrorCode::too_many, 429},
                                             {ErrorCode::internal, 500},
                                             {ErrorCode::sealed, 503},
                                             {ErrorCode::unavailable, 503},
                                             {ErrorCode::outcome_unknown, 503}};
  for (const auto& [code, status] : codes) EXPECT_EQ(http_status(code), status);
  EXPECT_EQ(body_of(failed(ErrorCode::absent, "")), "{\"errors\":[]}\n");
  EXPECT_EQ(body_of(failed(ErrorCode::denied, "1 error occurred:\n\t* permission denied\n\n")),
            R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})"
            "\n");
}

TEST(Errors, SayWhenToComeBack) {
  Outcome outcome = failed(ErrorCode::unavailable, "busy");
  outcome.retry_after = Seconds(7);
  EXPECT_NE(head_of(std::move(outcome)).find("Retry-After: 7\r\n"), std::string::npos);
}

TEST(Refusals, CarryNoBodyWhenTheyHaveNone) {
  const Refusal refusal{400, {}, {}, false};
  const std::string text = text_of(render(refusal, at_noon()));
  EXPECT_EQ(text.find("Content-Type"), std::string::npos);
  EXPECT_TRUE(text.ends_with("Content-Length: 0\r\n\r\n"));
}

}  // namespace
}  // namespace signet::api
