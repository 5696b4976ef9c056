// SPDX-License-Identifier: Apache-2.0
// sys/mounts, sys/auth, tune and remount as clients know them (core.md section 3.5).
#include "tests/support/full_house.hpp"

#include <string>

#include <gtest/gtest.h>

namespace signet::sys {
namespace {

using core::Json;
using core::Operation;

class SysMounts : public testing::Test {
 protected:
  std::string refused(const std::string& path, Json data) {
    return house_.refusal(Operation::update, path, std::move(data));
  }
  test::House house_;
};

TEST_F(SysMounts, ShowsWhatIsMounted) {
  house_.write("sys/mounts/one", {{"type", "kv"}, {"description", "first"}});
  const Json mounts = house_.read("sys/mounts");
  EXPECT_TRUE(mounts.contains("sys/") && mounts.contains("identity/") &&
              mounts.contains("cubbyhole/") && mounts.contains("one/"));
  EXPECT_TRUE(house_.call(Operation::read, "sys/mounts").response.copies_data_to_top);
  const Json one = house_.read("sys/mounts/one/");
  EXPECT_EQ(one["description"], "first");
  EXPECT_EQ(one["options"], Json::object());
  EXPECT_EQ(one["config"],
            (Json{{"default_lease_ttl", 0}, {"max_lease_ttl", 0}, {"force_no_cache", false}}));
  EXPECT_TRUE(mounts["sys/"]["options"].is_null());
  EXPECT_FALSE(mounts["sys/"].contains("deprecation_status"));
  EXPECT_EQ(house_.read("sys/auth")["token/"]["config"]["token_type"], "default-service");
  EXPECT_EQ(house_.refusal(Operation::read, "sys/mounts/none"), "No secret engine mount at none/");
  EXPECT_EQ(house_.refusal(Operation::read, "sys/auth/none"), "No auth engine at none/");
}

TEST_F(SysMounts, RefusesBadMounts) {
  const struct {
    Json data;
    const char* message;
  } cases[] = {
      {{{"description", "x"}}, "backend type must be specified as a string"},
      {{{"type", "nosuch"}}, "plugin not found in the catalog: nosuch"},
      {{{"type", "system"}}, "mount type of \"system\" is not mountable"},
      {{{"type", "kv"}, {"config", {{"default_lease_ttl", "48h"}, {"max_lease_ttl", "1h"}}}},
       "given default lease TTL greater than given max lease TTL"},
      {{{"type", "kv"}, {"config", {{"default_lease_ttl", "soon"}}}},
       "unable to parse default TTL of soon: time: invalid duration \"soon\""},
      {{{"type", "kv"}, {"config", {{"listing_visibility", "all"}}}},
       "invalid listing_visibility all"},
      {{{"type", "kv"}, {"config", "text"}},
       "Field validation failed: error converting input for field \"config\": '' expected type "
       "'map[string]interface {}', got unconvertible type 'string'"},
  };
  for (const auto& [data, message] : cases) EXPECT_EQ(refused("sys/mounts/bad", data), message);
}

TEST_F(SysMounts, Tunes) {
  house_.write("sys/mounts/t", {{"type", "kv"}, {"description", "d0"}});
  EXPECT_EQ(house_.read("sys/mounts/t/tune"), (Json{{"description", "d0"},
                                                    {"default_lease_ttl", 2764800},
                                                    {"max_lease_ttl", 2764800},
                                                    {"force_no_cache", false}}));
  house_.write("sys/mounts/t/tune", {{"default_lease_ttl", "2h"}, {"max_lease_ttl", "10h"}});
  EXPECT_EQ(house_.read("sys/mounts/t/tune")["default_lease_ttl"], 7200);
  EXPECT_EQ(refused("sys/mounts/t/tune", {{"default_lease_ttl", "20h"}}),
            "backend max lease TTL of 36000 would be less than backend default lease TTL of 72000");
  EXPECT_EQ(refused("sys/mounts/t/tune", {{"max_lease_ttl", "1h"}}),
            "backend max lease TTL of 3600 would be less than backend default lease TTL of 7200");
  house_.write("sys/mounts/t/tune", {{"default_lease_ttl", "system"}, {"max_lease_ttl", "system"}});
  EXPECT_EQ(house_.read("sys/mounts/t")["config"]["default_lease_ttl"], 0);
  house_.write("sys/mounts/t/tune", {{"audit_non_hmac_request_keys", "a,b"}});
  EXPECT_EQ(house_.read("sys/mounts/t/tune")["audit_non_hmac_request_keys"], (Json{"a", "b"}));
  house_.write("sys/mounts/t/tune", {{"audit_non_hmac_request_keys", ""}});
  EXPECT_FALSE(house_.read("sys/mounts/t/tune").contains("audit_non_hmac_request_keys"));
  EXPECT_EQ(refused("sys/mounts/t/tune", {{"token_type", "batch"}}),
            "'token_type' can only be modified on auth mounts");
  EXPECT_EQ(refused("sys/mounts/none/tune", {{"description", "x"}}),
            "tune of path \"none/\" failed: no mount entry found");
  EXPECT_EQ(refused("sys/mounts/sys/tune", {{"description", "x"}}),
            "cannot tune parameter description of sys/");
  house_.write("sys/mounts/auth/token/tune", {{"default_lease_ttl", "5h"}});
  EXPECT_EQ(house_.read("sys/auth/token/tune")["default_lease_ttl"], 18000);
}

TEST_F(SysMounts, Moves) {
  house_.write("sys/mounts/old", {{"type", "kv"}});
  house_.write("old/x", {{"v", "moved"}});
  const std::string id =
      house_.write("sys/remount", {{"from", "old"}, {"to", "new"}})["migration_id"];
  EXPECT_EQ(house_.read("sys/remount/status/" + id)["migration_info"],
            (Json{{"source_mount", "old/"}, {"target_mount", "new/"}, {"status", "success"}}));
  EXPECT_EQ(house_.read("new/x"), (Json{{"v", "moved"}}));
  EXPECT_EQ(house_.refusal(Operation::read, "old/x"),
            "no handler for route \"old/x\". route entry not found.");
  EXPECT_EQ(refused("sys/remount", {{"from", "new"}}),
            "both 'from' and 'to' path must be specified as a string");
}

TEST_F(SysMounts, TellsClientsWhichMountAPathBelongsTo) {
  house_.write("sys/mounts/kv", {{"type", "kv"}, {"config", {{"listing_visibility", "unauth"}}}});
  house_.write("sys/mounts/other", {{"type", "kv"}});
  const auto anonymous = [&] {
    return test::House::data_of(house_.call(Operation::read, "sys/internal/ui/mounts", {}, ""));
  };
  EXPECT_EQ(anonymous()["secret"].size(), 1U);
  EXPECT_EQ(anonymous()["secret"]["kv/"].size(), 3U);
  const std::string token =
      house_.token_with("deep", "path \"other/only/this\" { capabilities = [\"read\"] }");
  EXPECT_EQ(house_.read("sys/internal/ui/mounts/other/any", token)["path"], "other/");
  EXPECT_EQ(house_.refusal(Operation::read, "sys/internal/ui/mounts/none/x", {}, token),
            "preflight capability check returned 403, please ensure client's policies grant access "
            "to path \"none/x/\"");
  EXPECT_EQ(house_.refusal(Operation::read, "sys/internal/ui/mounts/other", {}, ""),
            "permission denied");
}

}  // namespace
}  // namespace signet::sys
