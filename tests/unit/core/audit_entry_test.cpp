// SPDX-License-Identifier: Apache-2.0
#include "core/audit/entry.hpp"
#include "core/audit/hasher.hpp"
#include "crypto/digest.hpp"
#include "tests/support/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace signet::core {
namespace {

const std::string salt = "5f0c8a6e-1b2c-4d3e-8f90-a1b2c3d4e5f6";
const UnixTime start{1'767'225'600};  // 2026-01-01T00:00:00Z

std::string hmac(std::string_view value) {
  return "hmac-sha256:" + hex(crypto::hmac_sha256(as_bytes(salt), as_bytes(value)));
}

class AuditEntry : public testing::Test {
 protected:
  AuditEntry() {
    auto mount = std::make_shared<Mount>();
    mount->path = "pki/";
    mount->type = "pki";
    mount->accessor = "pki_12345678";
    mount_ = mount;
    auto token = std::make_shared<TokenEntry>();
    token->accessor = "acc";
    token->display_name = "token-x";
    token->policies = {"default", "web"};
    token->meta = {{"team", "a"}};
    token->entity_id = "ent";
    token->uses_left = 4;
    token->creation_ttl = Seconds(3600);
    token->created_at = start;
    request_.id = *Uuid::parse("01234567-89ab-4def-8123-456789abcdef");
    request_.operation = Operation::update;
    request_.path = "pki/issue/web";
    request_.remote_address = "127.0.0.1";
    request_.remote_port = 4711;
    request_.client_token = SecretBytes(std::string_view("hvs.abc"));
    request_.mount = mount_;
    request_.token = token;
  }

  std::string line(std::string_view type, const AuditRecord& record,
                   const AuditHeaders& headers = {}) {
    std::string text;
    append_audit_entry(text, type, record, clock_.wall(), format_, hasher_, headers);
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    return text.substr(0, text.size() - 1);
  }
  nlohmann::json entry(std::string_view type, const AuditRecord& record,
                       const AuditHeaders& headers = {}) {
    return nlohmann::json::parse(line(type, record, headers));
  }
  nlohmann::json response_of(const Response& response) {
    return entry("response", {request_, &response}).at("response");
  }

  test::FakeClock clock_{start};
  AuditFormat format_;
  AuditHasher hasher_{salt};
  std::shared_ptr<Mount> mount_;
  Request request_;
};

TEST_F(AuditEntry, RequestsHaveTheirMembersInOrder) {
  request_.data = {{"common_name", "a.example"}, {"ttl", 3600}, {"list", {"x", true, nullptr}}};
  request_.headers = {{"x-one", "1"}, {"x-two", "2"}, {"x-one", "3"}, {"cookie", "no"}};
  request_.wrap_ttl = "2m";
  const std::vector<GrantingPolicy> granting{{"web", "acl"}};
  AuditRecord record{request_};
  record.has_policy_results = record.is_allowed = true;
  record.granting_policies = &granting;
  const std::string token = hmac("hvs.abc");
  const std::string accessor = hmac("acc");
  EXPECT_EQ(
      line("request", record, {{"x-one", true}, {"x-two", false}, {"x-none", true}}),
      R"({"time":"2026-01-01T00:00:00Z","type":"request","auth":{"client_token":")" + token +
          R"(","accessor":")" + accessor +
          R"(","display_name":"token-x","policies":["default","web"],)"
          R"("token_policies":["default","web"],"policy_results":{"allowed":true,)"
          R"("granting_policies":[{"name":"web","namespace_id":"root","type":"acl"}]},)"
          R"("metadata":{"team":"a"},"remaining_uses":4,"entity_id":"ent","token_type":"service",)"
          R"("token_ttl":3600,"token_issue_time":"2026-01-01T00:00:00Z"},)"
          R"("request":{"id":"01234567-89ab-4def-8123-456789abcdef","operation":"update",)"
          R"("mount_point":"pki/","mount_type":"pki","mount_accessor":"pki_12345678",)"
          R"("mount_class":"secret","client_token":")" +
          token + R"(","client_token_accessor":")" + accessor +
          R"(","namespace":{"id":"root"},"path":"pki/issue/web","data":{"common_name":")" +
          hmac("a.example") + R"(","list":[")" + hmac("x") +
          R"(",true,null],"ttl":3600},"remote_address":"127.0.0.1","remote_port":4711,)"
          R"("wrap_ttl":120,"headers":{"x-one":[")" +
          hmac("1") + R"(",")" + hmac("3") + R"("],"x-two":["2"]}}})");
}

TEST_F(AuditEntry, LeavesOutWhatIsEmpty) {
  Request bare;
  bare.operation = Operation::read;
  bare.path = "sys/mounts";
  EXPECT_EQ(line("request", AuditRecord{bare}),
            R"({"time":"2026-01-01T00:00:00Z","type":"request","request":{)"
            R"("id":"00000000-0000-0000-0000-000000000000","operation":"read",)"
            R"("namespace":{"id":"root"},"path":"sys/mounts"}})");
}

TEST_F(AuditEntry, ErrorsStandPlainAtTheEnd) {
  AuditRecord record{request_};
  record.has_policy_results = true;
  record.error = "permission denied";
  const nlohmann::json denied = entry("request", record);
  EXPECT_EQ(denied.at("error"), "permission denied");
  EXPECT_EQ(denied.at("auth").at("policy_results"), (nlohmann::json{{"allowed", false}}));
  EXPECT_TRUE(line("request", record).ends_with(R"("error":"permission denied"})"));
}

TEST_F(AuditEntry, ResponsesHashWhatIsSecret) {
  Response response = Response::of({{"certificate", "PEM"}, {"count", 2}});
  response.secrets.emplace_back("private_key", SecretBytes(std::string_view("KEY")));
  response.lease_id = "pki/issue/web/1";
  response.warnings = {"careful"};
  response.headers = {{"Cache-Control", "no-store"}};
  Auth auth;
  auth.client_token = SecretBytes(std::string_view("hvs.new"));
  auth.accessor = "newacc";
  auth.policies = auth.token_policies = {"default"};
  auth.lease_duration = Seconds(60);
  response.auth = std::move(auth);
  EXPECT_EQ(
      response_of(response),
      (nlohmann::json{
          {"auth",
           {{"client_token", hmac("hvs.new")},
            {"accessor", hmac("newacc")},
            {"policies", {"default"}},
            {"token_policies", {"default"}},
            {"token_type", "service"},
            {"token_ttl", 60}}},
          {"mount_point", "pki/"},
          {"mount_type", "pki"},
          {"mount_accessor", "pki_12345678"},
          {"mount_class", "secret"},
          {"secret", {{"lease_id", "pki/issue/web/1"}}},
          {"data", {{"certificate", hmac("PEM")}, {"count", 2}, {"private_key", hmac("KEY")}}},
          {"warnings", {"careful"}},
          {"headers", {{"Cache-Control", {"no-store"}}}}}));
  EXPECT_EQ(line("response", {request_, &response}).find("KEY\""), std::string::npos);
}

TEST_F(AuditEntry, ExemptKeysShowTheirNearestStrings) {
  mount_->config.audit_non_hmac_request_keys = std::vector<std::string>{"name", "outer"};
  mount_->config.audit_non_hmac_response_keys = std::vector<std::string>{"shown"};
  request_.data = {{"name", {"a", "b"}}, {"outer", {{"inner", "c"}}}, {"shown", "d"}};
  EXPECT_EQ(entry("request", AuditRecord{request_}).at("request").at("data"),
            (nlohmann::json{
                {"name", {"a", "b"}}, {"outer", {{"inner", hmac("c")}}}, {"shown", hmac("d")}}));
  EXPECT_EQ(response_of(Response::of({{"name", "a"}, {"shown", "d"}})).at("data"),
            (nlohmann::json{{"name", hmac("a")}, {"shown", "d"}}));
}

TEST_F(AuditEntry, DataAsTextIsHashedLikeDataAsATree) {
  mount_->config.audit_non_hmac_response_keys = std::vector<std::string>{"shown"};
  struct Case {
    std::string name, text;
  };
  const std::vector<Case> cases{
      {"object", R"({"a":"b","n":[1,-2.5e3,true,false,null,"c",{"d":"e"}],"o":{}, "l":[]})"},
      {"white space", "{ \"a\" :\n\t[ 1 , \"b\" ] }"},
      {"escapes", R"({"a\n\"":"\u00e4\ud83d\ude00\/\\\b\f\t\r"})"},
      {"exempt", R"({"shown":["x",{"deep":"y"}],"hidden":{"shown":"z"}})"},
      {"utf-8", "{\"ä\":\"ö€😀\"}"},
      {"list", R"(["a",["b"]])"},
      {"string", R"("a")"},
      {"number", "17"},
  };
  for (const Case& one : cases) {
    Response text;
    text.data_json = SecretBytes(std::string_view(one.text));
    const Response tree = Response::of(nlohmann::json::parse(one.text));
    EXPECT_EQ(response_of(text).at("data"), response_of(tree).at("data")) << one.name;
  }
}

TEST_F(AuditEntry, DataThatIsNotJsonIsOneString) {
  for (const std::string text : {"", "{", "{\"a\"}", "{\"a\":}", "[1,]", "\"a", "nul", "{} x",
                                 "\"\\ud800", "\"\\x\"", "{\"secret\":\"value\",}"}) {
    Response response;
    response.data_json = SecretBytes(std::string_view(text));
    EXPECT_EQ(response_of(response).at("data"), hmac(text)) << text;
  }
  Response deep;
  deep.data_json = SecretBytes(std::string_view(std::string(100000, '[')));
  EXPECT_EQ(response_of(deep).at("data"), hmac(std::string(100000, '[')));
}

TEST_F(AuditEntry, RawBodiesAreHashedWhole) {
  const Response response = Response::raw_bytes("application/pkix-crl", to_bytes("DER"));
  EXPECT_EQ(response_of(response).at("data"),
            (nlohmann::json{{"http_content_type", hmac("application/pkix-crl")},
                            {"http_raw_body", hmac("DER")},
                            {"http_status_code", 200}}));
}

TEST_F(AuditEntry, FormatOptions) {
  request_.data = {{"a", "b"}};
  format_.hashes_accessors = false;
  EXPECT_EQ(entry("request", AuditRecord{request_}).at("auth").at("accessor"), "acc");
  EXPECT_EQ(entry("request", AuditRecord{request_}).at("request").at("client_token_accessor"),
            "acc");

  request_.operation = Operation::list;
  const Response list =
      Response::of({{"keys", {"a", "b"}}, {"key_info", {{"a", {{"x", "y"}}}}}, {"other", {"c"}}});
  EXPECT_EQ(response_of(list).at("data").at("keys"), (nlohmann::json{hmac("a"), hmac("b")}));
  format_.elides_lists = true;
  EXPECT_EQ(response_of(list).at("data"),
            (nlohmann::json{{"keys", 2}, {"key_info", 1}, {"other", {hmac("c")}}}));

  format_.is_raw = true;
  EXPECT_EQ(entry("request", AuditRecord{request_}).at("request").at("data"),
            (nlohmann::json{{"a", "b"}}));
  EXPECT_EQ(entry("request", AuditRecord{request_}).at("auth").at("client_token"), "hvs.abc");
  format_.prefix = "@cee: ";
  EXPECT_TRUE(line("request", AuditRecord{request_}).starts_with("@cee: {\"time\""));
}

TEST_F(AuditEntry, AnyBytesMakeOneLineOfJson) {
  for (const std::string& path :
       {std::string("a\"b\\c\nd\r\x01\x7f"), std::string("\xff\xc0\xaf\xed\xa0\x80\xf5"),
        std::string("caf\xc3\xa9 \xf0\x9f\x98\x80"), std::string("nul\0here", 8)}) {
    request_.path = path;
    const std::string text = line("request", AuditRecord{request_});
    EXPECT_TRUE(nlohmann::json::accept(text)) << text;
  }
  request_.path = "caf\xc3\xa9\"";
  EXPECT_EQ(entry("request", AuditRecord{request_}).at("request").at("path"), "caf\xc3\xa9\"");
}

}  // namespace
}  // namespace signet::core
