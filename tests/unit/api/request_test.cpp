// SPDX-License-Identifier: Apache-2.0
#include "api/request.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace signet::api {
namespace {

using core::Operation;

struct Sent {
  std::string_view method, target;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

std::variant<core::Request, Refusal> translated(const Sent& sent) {
  Head head;
  head.method = sent.method;
  head.target = sent.target;
  head.headers = sent.headers;
  return translate(std::move(head));
}

struct Accepted {
  std::string_view name;
  Sent sent;
  Operation operation;
  std::string_view path;
  std::string_view data = "{}";
};

class Accepts : public testing::TestWithParam<Accepted> {};

TEST_P(Accepts, AsItsOperationPathAndData) {
  auto result = translated(GetParam().sent);
  ASSERT_TRUE(std::holds_alternative<core::Request>(result))
      << std::get<Refusal>(result).status << std::get<Refusal>(result).message;
  const auto& request = std::get<core::Request>(result);
  EXPECT_EQ(request.operation, GetParam().operation);
  EXPECT_EQ(request.path, GetParam().path);
  EXPECT_EQ(request.data.dump(), GetParam().data);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Accepts,
    testing::Values(
        Accepted{"read", {"GET", "/v1/secret/a"}, Operation::read, "secret/a"},
        Accepted{"empty_path", {"GET", "/v1/"}, Operation::read, ""},
        Accepted{"post", {"POST", "/v1/a/b"}, Operation::update, "a/b"},
        Accepted{"put", {"PUT", "/v1/a/b"}, Operation::update, "a/b"},
        Accepted{"query_of_a_write_is_dropped", {"PUT", "/v1/a?x=1"}, Operation::update, "a"},
        Accepted{"delete",
                 {"DELETE", "/v1/a?versions=1&versions=2"},
                 Operation::remove,
                 "a",
                 R"({"versions":["1","2"]})"},
        Accepted{"list_verb", {"LIST", "/v1/a"}, Operation::list, "a/"},
        Accepted{"list_verb_slash", {"LIST", "/v1/a/"}, Operation::list, "a/"},
        Accepted{"list_query",
                 {"GET", "/v1/a?list=true&after=b"},
                 Operation::list,
                 "a/",
                 R"({"after":"b"})"},
        Accepted{"list_query_t", {"GET", "/v1/a/?list=T"}, Operation::list, "a/"},
        Accepted{"list_false", {"GET", "/v1/a?list=0"}, Operation::read, "a"},
        Accepted{"scan_verb", {"SCAN", "/v1/a"}, Operation::scan, "a/"},
        Accepted{"scan_query", {"GET", "/v1/a?scan=1"}, Operation::scan, "a/"},
        Accepted{"help_query", {"GET", "/v1/a?help=1"}, Operation::help, "a"},
        Accepted{"help_verb", {"HELP", "/v1/a"}, Operation::help, "a"},
        Accepted{"head",
                 {"HEAD", "/v1/sys/health?standbyok=true"},
                 Operation::header,
                 "sys/health",
                 R"({"standbyok":"true"})"},
        Accepted{"patch",
                 {"PATCH", "/v1/a", {{"content-type", "application/merge-patch+json; x=y"}}},
                 Operation::patch,
                 "a"},
        Accepted{"dots_within_a_name", {"GET", "/v1/a..b"}, Operation::read, "a..b"},
        Accepted{"encoded_slash", {"GET", "/v1/a%2Fb"}, Operation::read, "a/b"},
        Accepted{"encoded_space", {"GET", "/v1/a%20b"}, Operation::read, "a b"},
        Accepted{"plus_is_a_plus", {"GET", "/v1/a+b"}, Operation::read, "a+b"},
        Accepted{"query_plus_is_a_space",
                 {"GET", "/v1/a?k=a+b%21"},
                 Operation::read,
                 "a",
                 R"({"k":"a b!"})"},
        Accepted{"umlaut", {"GET", "/v1/%C3%BC"}, Operation::read, "\xc3\xbc"},
        Accepted{"absolute_form", {"GET", "http://h:1/v1/a"}, Operation::read, "a"},
        // RFC 6960, A.1: the base64 text may contain //.
        Accepted{"ocsp_double_slash",
                 {"GET", "/v1/pki/ocsp/MEo//w%3D%3D"},
                 Operation::read,
                 "pki/ocsp/MEo//w=="},
        Accepted{"ocsp_encoded_slash",
                 {"GET", "/v1/pki/ocsp/a%2F%2Fb%2B"},
                 Operation::read,
                 "pki/ocsp/a//b+"}),
    [](const auto& each) { return std::string(each.param.name); });

struct Refused {
  std::string_view name;
  Sent sent;
  int status;
  std::string_view message = "";
  std::string_view location = "";
};

class Refuses : public testing::TestWithParam<Refused> {};

TEST_P(Refuses, WithStatusAndMessage) {
  auto result = translated(GetParam().sent);
  ASSERT_TRUE(std::holds_alternative<Refusal>(result));
  const auto& refusal = std::get<Refusal>(result);
  EXPECT_EQ(refusal.status, GetParam().status);
  EXPECT_EQ(refusal.message, GetParam().message);
  std::string location;
  for (const auto& [name, value] : refusal.headers)
    if (name == "Location") location = value;
  EXPECT_EQ(location, GetParam().location);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Refuses,
    testing::Values(
        Refused{"root", {"GET", "/"}, 404}, Refused{"other_version", {"GET", "/v2/a"}, 404},
        Refused{"no_slash", {"GET", "/v1"}, 404}, Refused{"not_a_path", {"GET", "v1/a"}, 400},
        Refused{"star", {"OPTIONS", "*"}, 404},
        Refused{"double_slash", {"GET", "/v1//a?x=1"}, 307, "", "/v1/a?x=1"},
        Refused{"double_slash_of_a_write", {"POST", "/v1/a//b"}, 307, "", "/v1/a/b"},
        Refused{"ocsp_write", {"POST", "/v1/pki/ocsp//b"}, 307, "", "/v1/pki/ocsp/b"},
        Refused{"dot", {"GET", "/v1/a/./b"}, 307, "", "/v1/a/b"},
        Refused{"dot_dot", {"GET", "/v1/a/../sys/mounts"}, 307, "", "/v1/sys/mounts"},
        Refused{"above_the_root", {"GET", "/../../v1/a/"}, 307, "", "/v1/a/"},
        Refused{"ocsp_dots", {"GET", "/v1/pki/ocsp/../x"}, 307, "", "/v1/pki/x"},
        Refused{"encoded_dots", {"GET", "/v1/a/%2e%2e/b"}, 400, "relative paths not supported"},
        Refused{"encoded_all", {"GET", "/v1/x%2f..%2fy"}, 400, "relative paths not supported"},
        Refused{"encoded_ocsp_dots",
                {"GET", "/v1/pki/ocsp/%2e%2e/x"},
                400,
                "relative paths not supported"},
        Refused{
            "encoded_double_slash", {"GET", "/v1/a%2F%2Fb"}, 400, "relative paths not supported"},
        Refused{"tab", {"GET", "/v1/a%09b"}, 400}, Refused{"nul", {"GET", "/v1/a%00b"}, 400},
        Refused{"delete_character", {"GET", "/v1/a%7f"}, 400},
        Refused{"right_to_left", {"GET", "/v1/a%E2%80%AEb"}, 400},
        Refused{"not_utf8", {"GET", "/v1/a%ff"}, 400}, Refused{"cut", {"GET", "/v1/a%2"}, 400},
        Refused{
            "write_to_a_folder", {"POST", "/v1/a/"}, 400, "cannot write to a path ending in '/'"},
        Refused{"list_word",
                {"GET", "/v1/a?list=yes"},
                400,
                "query parameter \"list\" must be \"true\" or \"false\""},
        Refused{"list_and_scan", {"GET", "/v1/a?list=1&scan=1"}, 400},
        Refused{"patch_without_type", {"PATCH", "/v1/a"}, 400, "mime: no media type"},
        Refused{"patch_of_another_type",
                {"PATCH", "/v1/a", {{"content-type", "text/plain; charset=utf-8"}}},
                415,
                "PATCH requires Content-Type of application/merge-patch+json, provided "
                "text/plain"},
        Refused{
            "options", {"OPTIONS", "/v1/a"}, 400, "cannot handle internal-only request operation"},
        Refused{"trace", {"TRACE", "/v1/a"}, 405}, Refused{"unknown", {"BREW", "/v1/a"}, 405}),
    [](const auto& each) { return std::string(each.param.name); });

core::Request with_token(std::string_view token, std::string_view authorization) {
  Head head;
  head.method = "GET";
  head.target = "/v1/a";
  head.token = token;
  head.authorization = authorization;
  return std::get<core::Request>(translate(std::move(head)));
}

TEST(Token, ComesFromEitherHeaderAndItsOwnWins) {
  EXPECT_EQ(with_token("t1", "").client_token.reveal_text(), "t1");
  EXPECT_EQ(with_token("", "Bearer t2").client_token.reveal_text(), "t2");
  EXPECT_EQ(with_token("t1", "Bearer t2").client_token.reveal_text(), "t1");
  EXPECT_TRUE(with_token("", "bearer t2").client_token.empty());
  EXPECT_TRUE(with_token("", "Basic t2").client_token.empty());
}

struct BodyCase {
  std::string_view name, type, body;
  int status;                // 0: accepted
  std::string_view outcome;  // data as JSON, or how the message begins
};

class Bodies : public testing::TestWithParam<BodyCase> {};

TEST_P(Bodies, BecomeData) {
  core::Request request;
  request.operation = Operation::update;
  request.content_type = GetParam().type;
  Limits limits;
  limits.json_strings = 6;
  const auto refusal = read_body(request, GetParam().body, limits, {});
  if (GetParam().status == 0) {
    ASSERT_FALSE(refusal) << refusal->message;
    EXPECT_EQ(request.data.dump(), GetParam().outcome);
  } else {
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, GetParam().status);
    EXPECT_TRUE(refusal->message.starts_with(GetParam().outcome)) << refusal->message;
  }
}

constexpr std::string_view form = "application/x-www-form-urlencoded";
const std::string nested = std::string(65, '[') + std::string(65, ']');
const std::string deep = R"({"a":)" + nested + "}";

INSTANTIATE_TEST_SUITE_P(
    Requests, Bodies,
    testing::Values(
        BodyCase{"object", "", R"({"a":1})", 0, R"({"a":1})"},
        BodyCase{"any_type", "text/plain", R"({"a":1})", 0, R"({"a":1})"},
        BodyCase{"last_wins", "", R"({"a":{"x":1},"a":{"y":2}})", 0, R"({"a":{"y":2}})"},
        BodyCase{"empty", "", "", 0, "{}"}, BodyCase{"blank", "", " \r\n", 0, "{}"},
        BodyCase{"null", "", "null", 0, "{}"},
        BodyCase{"cut", "", R"({"a":)", 400, "failed to decode JSON input: "},
        BodyCase{"trailing", "", R"({"a":1} x)", 400, "failed to decode JSON input: "},
        BodyCase{"list", "", "[1]", 400, "failed to decode JSON input: expected an object"},
        BodyCase{"text", "", R"("kv")", 400, "failed to decode JSON input: expected an object"},
        BodyCase{"bad_utf8", "", "{\"a\":\"\xff\"}", 400, "failed to decode JSON input: "},
        BodyCase{"huge_number", "", R"({"a":1e999})", 400,
                 "failed to decode JSON input: a number is out of range"},
        BodyCase{"deep", "", deep, 400, "refused JSON input due to high complexity: nested"},
        BodyCase{"strings", "", R"({"a":"1","b":"2","c":"3","d":"4"})", 400,
                 "refused JSON input due to high complexity: more than 6"},
        BodyCase{"form", form, "type=kv&description=from+a+form", 0,
                 R"({"description":"from a form","type":"kv"})"},
        BodyCase{"form_repeats", form, "p=a&p=b&p=c", 0, R"({"p":"a,b,c"})"},
        BodyCase{"json_declared_as_form", form, R"( {"type":"kv"})", 0, R"({"type":"kv"})"},
        BodyCase{"bad_form", form, "a=%zz", 400, "a query parameter"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(RawBodies, ReachTheHandlerUnparsed) {
  core::Request request;
  request.operation = Operation::update;
  request.content_type = "application/ocsp-request";
  EXPECT_FALSE(read_body(request, "0\x03\x0a\x01", Limits{}, {}));
  EXPECT_EQ(request.raw_body.size(), 4U);
  core::Request other;
  other.operation = Operation::update;
  const TakesRawBody takes = [](const std::string&, Operation) { return true; };
  EXPECT_FALSE(read_body(other, "{", Limits{}, takes));
  EXPECT_EQ(as_text(other.raw_body), "{");
}

TEST(Numbers, ThatDoNotFitKeepTheirText) {
  core::Request request;
  request.operation = Operation::update;
  const std::string body = R"({"big":123456789012345678901234567890})";
  EXPECT_FALSE(read_body(request, body, Limits{}, {}));
  EXPECT_EQ(as_text(request.raw_body), body);
  core::Request small;
  small.operation = Operation::update;
  EXPECT_FALSE(read_body(small, R"({"n":12})", Limits{}, {}));
  EXPECT_TRUE(small.raw_body.empty());
}

}  // namespace
}  // namespace signet::api
