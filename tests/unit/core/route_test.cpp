// SPDX-License-Identifier: Apache-2.0
#include "core/route.hpp"

#include "core/engine.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet::core {
namespace {

class Nothing final : public Engine {
 public:
  [[nodiscard]] const RouteTable& routes() const override {
    static const RouteTable none(std::vector<Route>{});
    return none;
  }
  Result<Response> answer(Request&, const NoFields&) { return Response::no_content(); }
};

Route route(std::string pattern, Operation operation = Operation::read) {
  return {std::move(pattern), operation, no_fields(), &Nothing::answer, "test"};
}

const RouteTable& table() {
  static const RouteTable routes{
      route("roles", Operation::list),
      route("roles/{name}").also(Operation::update, no_fields(), &Nothing::answer, "write"),
      route("issuer/{ref}/{format:any}"),
      route("issuer/{ref}/json"),
      route("mounts"),
      route("mounts/{path...}").also(Operation::remove, no_fields(), &Nothing::answer, "delete"),
      route("mounts/{path...}/tune"),
      route("cert/ca"),
      route("cert/{serial}"),
      route("ocsp/{request...}"),
      route("same", Operation::read),
      route("same", Operation::update),
      route("deep/a/b"),
      route("deep/{any}/c"),
  };
  return routes;
}

std::string matched(std::string_view path, Operation operation = Operation::read) {
  const RouteTable::Match match = table().match(path, operation);
  if (match.route == nullptr) return "none";
  std::string text = match.route->pattern();
  for (const auto& [name, value] : match.captures) text += ' ' + name + '=' + value;
  return text;
}

TEST(RouteTable, Matches) {
  const struct {
    const char* path;
    Operation operation;
    const char* expected;
  } cases[] = {
      {"roles", Operation::list, "roles"},
      {"roles/", Operation::list, "roles"},
      {"roles", Operation::read, "roles"},  // the path is there, the operation is not
      {"roles/", Operation::read, "none"},
      {"roles/web", Operation::read, "roles/{name} name=web"},
      {"roles/web", Operation::create, "roles/{name} name=web"},
      {"roles/we b", Operation::read, "none"},
      {"roles/web/", Operation::read, "none"},
      {"roles/web/x", Operation::read, "none"},
      {"issuer/default/json", Operation::read, "issuer/{ref}/json ref=default"},
      {"issuer/default/crl.pem", Operation::read,
       "issuer/{ref}/{format:any} ref=default format=crl.pem"},
      {"issuer/default/we b", Operation::read, "issuer/{ref}/{format:any} ref=default format=we b"},
      {"mounts", Operation::read, "mounts"},
      {"mounts/a", Operation::read, "mounts/{path...} path=a"},
      {"mounts/a/", Operation::read, "mounts/{path...} path=a/"},
      {"mounts/a/b/tune", Operation::read, "mounts/{path...}/tune path=a/b"},
      {"mounts/tune", Operation::read, "mounts/{path...} path=tune"},
      {"mounts/a/tune", Operation::remove, "mounts/{path...} path=a/tune"},
      {"cert/ca", Operation::read, "cert/ca"},
      {"cert/0a1b", Operation::read, "cert/{serial} serial=0a1b"},
      {"ocsp/MEYw/+=/x", Operation::read, "ocsp/{request...} request=MEYw/+=/x"},
      {"ocsp/", Operation::read, "none"},
      {"same", Operation::update, "same"},
      {"deep/a/c", Operation::read, "deep/{any}/c any=a"},
      {"", Operation::read, "none"},
      {"nothing", Operation::read, "none"},
  };
  for (const auto& [path, operation, expected] : cases)
    EXPECT_EQ(matched(path, operation), expected) << path << ' ' << name(operation);
}

TEST(RouteTable, ARouteWithTheOperationWinsOverAnEarlierWithout) {
  const RouteTable::Match match = table().match("same", Operation::update);
  ASSERT_NE(match.route, nullptr);
  EXPECT_TRUE(match.route->endpoints().contains(Operation::update));
}

TEST(RouteTable, AnEmptyPatternIsTheMountItself) {
  const RouteTable kv{route("", Operation::list), route("{path...}", Operation::list)};
  EXPECT_EQ(kv.match("", Operation::list).route->pattern(), "");
  EXPECT_EQ(kv.match("/", Operation::list).route->pattern(), "");
  EXPECT_EQ(kv.match("a/", Operation::list).captures.front().second, "a");
}

}  // namespace
}  // namespace signet::core
