// SPDX-License-Identifier: Apache-2.0
// Version 2 of kv (engines.md section 3).
#include "engines/kv/v2.hpp"
#include "storage/secrets.hpp"
#include "tests/support/full_house.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace signet::kv {
namespace {

using core::Json;
using core::Operation;
using core::Outcome;

constexpr const char* mismatch = "check-and-set parameter did not match the current version";
constexpr const char* required = "check-and-set parameter required for this call";

class KvV2Test : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    house_.clock.set(UnixTime{1'900'000'000});
    house_.write("sys/mounts/s", {{"type", "kv-v2"}});
  }
  Json put(const std::string& path, Json data, Json options = Json::object()) {
    return house_.write("s/data/" + path,
                        {{"data", std::move(data)}, {"options", std::move(options)}});
  }
  Json get(const std::string& path, std::int64_t version = 0) {
    const Outcome outcome =
        house_.call(Operation::read, "s/data/" + path, {{"version", std::to_string(version)}});
    EXPECT_FALSE(outcome.error) << path;
    if (outcome.response.data_json) return Json::parse(outcome.response.data_json->reveal_text());
    return outcome.response.data.value_or(Json());
  }
  int status(Operation operation, const std::string& path, Json data = Json::object()) {
    const Outcome outcome = house_.call(operation, path, std::move(data));
    if (outcome.error) return outcome.error->code == ErrorCode::absent ? 404 : 400;
    return outcome.response.status;
  }
  std::string refusal(const std::string& path, Json data) {
    return house_.refusal(Operation::update, "s/" + path, std::move(data));
  }
  Json metadata(const std::string& path) { return house_.read("s/metadata/" + path); }
  std::vector<std::string> versions(const std::string& path) {
    std::vector<std::string> numbers;
    const Json known = metadata(path)["versions"];
    for (const auto& [number, version] : known.items()) numbers.push_back(number);
    return numbers;
  }
  std::int64_t rows(const std::string& table) {
    return house_.database.query("SELECT count(*) FROM " + table)[0].integer(0);
  }

  test::House house_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, KvV2Test, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(KvV2Test, NumbersEveryWrite) {
  const Json first = put("app", {{"user", "ann"}});
  EXPECT_EQ(first, (Json{{"version", 1},
                         {"created_time", "2030-03-17T17:46:40Z"},
                         {"deletion_time", ""},
                         {"destroyed", false},
                         {"custom_metadata", nullptr}}));
  EXPECT_EQ(put("app", {{"user", "bob"}})["version"], 2);
  EXPECT_EQ(get("app")["data"], (Json{{"user", "bob"}}));
  EXPECT_EQ(get("app", 1)["data"], (Json{{"user", "ann"}}));
  EXPECT_EQ(get("app", -1)["metadata"]["version"], 2);
  EXPECT_EQ(status(Operation::read, "s/data/app", {{"version", "3"}}), 404);
  EXPECT_EQ(status(Operation::read, "s/data/app", {{"version", "9223372036854775807"}}), 404);
  EXPECT_EQ(status(Operation::read, "s/data/none"), 404);
  EXPECT_EQ(put("app", nullptr)["version"], 3);
  EXPECT_EQ(get("app")["data"], nullptr);
  EXPECT_EQ(put("app", Json::object())["version"], 4);
  EXPECT_EQ(get("app")["data"], Json::object());
}

TEST_P(KvV2Test, KeepsWhatWasWrittenAsItWasWritten) {
  const std::string value = R"({ "big":123456789012345678901234567890, "e":1e3, "f":1.50 })";
  core::Request request =
      house_.request(Operation::update, "s/data/n",
                     Json::parse("{\"data\":" + value + ",\"options\":{\"cas\":0}}"));
  request.raw_body =
      to_bytes("{\"data\": {\"x\":1}, \"data\" : " + value + ", \"options\":{\"cas\":0}}");
  ASSERT_FALSE(house_.pipeline().run(request).error);
  const Outcome read = house_.call(Operation::read, "s/data/n");
  EXPECT_NE(read.response.data_json->reveal_text().find("{\"data\":" + value + ",\"metadata\":"),
            std::string_view::npos);

  request = house_.request(Operation::patch, "s/data/n", {{"data", {{"g", 2.0}}}});
  request.raw_body = to_bytes(std::string_view(R"({"data":{"f":null,"g":2.00}})"));
  ASSERT_FALSE(house_.pipeline().run(request).error);
  const Outcome patched = house_.call(Operation::read, "s/data/n");
  EXPECT_NE(patched.response.data_json->reveal_text().find(
                R"({"big":123456789012345678901234567890,"e":1e3,"g":2.00})"),
            std::string_view::npos);
}

TEST_P(KvV2Test, ChecksAndSets) {
  EXPECT_EQ(refusal("data/k", {{"data", {{"v", 1}}}, {"options", {{"cas", 1}}}}), mismatch);
  EXPECT_EQ(put("k", {{"v", 1}}, {{"cas", 0}})["version"], 1);
  EXPECT_EQ(refusal("data/k", {{"data", {{"v", 2}}}, {"options", {{"cas", 0}}}}), mismatch);
  EXPECT_EQ(put("k", {{"v", 2}}, {{"cas", "1"}})["version"], 2);
  EXPECT_EQ(refusal("data/k", {{"data", {{"v", 2}}}, {"options", {{"cas", "x"}}}}),
            "error parsing check-and-set parameter");
  EXPECT_EQ(refusal("data/k", {{"data", {{"v", 2}}}, {"options", {{"cas", {1}}}}}),
            "error parsing check-and-set parameter");
  EXPECT_EQ(refusal("data/k", {{"v", 2}}), "no data provided");

  house_.write("s/metadata/strict", {{"cas_required", true}});
  EXPECT_EQ(refusal("data/strict", {{"data", {{"v", 1}}}}), required);
  EXPECT_EQ(put("strict", {{"v", 1}}, {{"cas", 0}})["version"], 1) << "metadata alone is version 0";
  house_.write("s/config", {{"cas_required", true}});
  EXPECT_EQ(refusal("data/k", {{"data", {{"v", 3}}}}), required);
  house_.remove("s/data/k");
  EXPECT_EQ(put("k", {{"v", 3}}, {{"cas", 2}})["version"], 3) << "deletion keeps the counter";
}

// 50 writers of one key: with check-and-set one wins each number; without, all do; never a gap.
TEST_P(KvV2Test, WritersRaceForNumbers) {
  constexpr int writers = 50;
  house_.write("s/config", {{"max_versions", 1000}});
  static_cast<void>(house_.pipeline());
  const auto race = [&](const std::string& path, const Json& options) {
    std::atomic<int> won{0};
    std::atomic<int> lost{0};
    std::vector<std::int64_t> numbers(writers);
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i)
      threads.emplace_back([&, i] {
        core::Request request;
        request.operation = Operation::update;
        request.path = "s/data/" + path;
        request.data = {{"data", {{"writer", i}}}, {"options", options}};
        request.client_token = SecretBytes(std::string_view("root"));
        request.remote_address = "127.0.0.1";
        request.deadline = test::House::deadline();
        const Outcome outcome = house_.pipeline().run(request);
        if (outcome.error) {
          EXPECT_EQ(outcome.error->message, mismatch) << outcome.error->detail;
          ++lost;
        } else {
          ++won;
          numbers[static_cast<std::size_t>(i)] = (*outcome.response.data)["version"];
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(won + lost, writers);
    std::erase(numbers, 0);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  };
  EXPECT_EQ(race("one", {{"cas", 0}}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(race("one", {{"cas", 1}}), (std::vector<std::int64_t>{2}));
  std::vector<std::int64_t> all(writers);
  for (int i = 0; i < writers; ++i) all[static_cast<std::size_t>(i)] = i + 1;
  EXPECT_EQ(race("free", Json::object()), all);
  EXPECT_EQ(metadata("free")["current_version"], writers);
  EXPECT_EQ(versions("free").size(), static_cast<std::size_t>(writers));
}

TEST_P(KvV2Test, KeepsSoManyVersions) {
  house_.write("s/config", {{"max_versions", 3}});
  for (int i = 1; i <= 3; ++i) put("a", {{"n", i}});
  EXPECT_EQ(metadata("a")["oldest_version"], 1);
  put("a", {{"n", 4}});
  EXPECT_EQ(metadata("a")["oldest_version"], 2);
  EXPECT_EQ(versions("a"), (std::vector<std::string>{"2", "3", "4"}));
  EXPECT_EQ(status(Operation::read, "s/data/a", {{"version", "1"}}), 404);
  house_.write("s/metadata/a", {{"max_versions", 5}});
  put("a", {{"n", 5}});
  put("a", {{"n", 6}});
  EXPECT_EQ(metadata("a")["oldest_version"], 2) << "the key's own limit counts";
  house_.write("s/metadata/a", {{"max_versions", 1}});
  EXPECT_EQ(versions("a").size(), 5U) << "lowering prunes with the next write";
  put("a", {{"n", 7}});
  EXPECT_EQ(versions("a"), (std::vector<std::string>{"7"}));
  EXPECT_EQ(metadata("a")["oldest_version"], 7);
  EXPECT_EQ(rows("kv_versions"), 1);

  house_.write("s/config", {{"max_versions", 0}});
  for (int i = 1; i <= 11; ++i) put("b", {{"n", i}});
  EXPECT_EQ(metadata("b")["oldest_version"], 2);
  EXPECT_EQ(refusal("config", {{"max_versions", -1}}),
            "max_versions must be between 0 and 4294967295");
  EXPECT_EQ(refusal("metadata/b", {{"max_versions", 4294967296}}),
            "max_versions must be between 0 and 4294967295");
}

TEST_P(KvV2Test, DeletesByItselfAfterATime) {
  EXPECT_EQ(house_.read("s/config")["delete_version_after"], "0s");
  house_.write("s/config", {{"delete_version_after", "60s"}});
  EXPECT_EQ(put("short", {{"n", 1}})["deletion_time"], "2030-03-17T17:47:40Z");
  EXPECT_EQ(get("short")["data"], (Json{{"n", 1}}));
  house_.clock.advance(Seconds(60));
  EXPECT_EQ(get("short")["data"], nullptr);
  house_.write("s/undelete/short", {{"versions", {1}}});
  EXPECT_EQ(get("short")["metadata"]["deletion_time"], "2030-03-17T17:48:40Z");

  house_.write("s/metadata/long", {{"delete_version_after", "24h"}});
  EXPECT_EQ(put("long", {{"n", 1}})["deletion_time"], "2030-03-17T17:48:40Z") << "the smaller";
  house_.write("s/config", {{"delete_version_after", "-5m"}});
  EXPECT_EQ(house_.read("s/config")["delete_version_after"], "-1s");
  EXPECT_EQ(put("long", {{"n", 2}})["deletion_time"], "") << "off for the whole mount";
  house_.write("s/config", {{"delete_version_after", 0}});
  EXPECT_EQ(put("long", {{"n", 3}})["deletion_time"], "2030-03-18T17:47:40Z");
  house_.write("s/metadata/long", {{"delete_version_after", "2000000h"}});
  house_.write("s/config", {{"delete_version_after", "2562047h"}});
  EXPECT_NE(put("far", {{"n", 1}})["deletion_time"], "");
}

TEST_P(KvV2Test, DeletesRevivesDestroys) {
  for (int i = 1; i <= 3; ++i) put("v", {{"n", i}});
  house_.remove("s/data/v");
  EXPECT_EQ(status(Operation::read, "s/data/v"), 404);
  EXPECT_EQ(get("v"), (Json{{"data", nullptr},
                            {"metadata",
                             {{"version", 3},
                              {"created_time", "2030-03-17T17:46:40Z"},
                              {"deletion_time", "2030-03-17T17:46:40Z"},
                              {"destroyed", false},
                              {"custom_metadata", nullptr}}}}));
  EXPECT_EQ(get("v", 2)["data"], (Json{{"n", 2}}));
  house_.write("s/undelete/v", {{"versions", "3"}});
  EXPECT_EQ(get("v")["data"], (Json{{"n", 3}}));
  house_.write("s/delete/v", {{"versions", {1, "2", 77}}});
  EXPECT_EQ(get("v", 1)["data"], nullptr);
  EXPECT_EQ(get("v")["data"], (Json{{"n", 3}}));

  house_.clock.advance(Seconds(5));
  house_.write("s/destroy/v", {{"versions", {2}}});
  EXPECT_EQ(metadata("v")["updated_time"], "2030-03-17T17:46:45Z");
  house_.write("s/undelete/v", {{"versions", {1, 2}}});
  EXPECT_TRUE(get("v", 2)["metadata"]["destroyed"]);
  EXPECT_EQ(get("v", 1)["data"], (Json{{"n", 1}}));
  EXPECT_EQ(
      house_.database.query("SELECT 1 FROM kv_versions WHERE version = 2 AND value IS NULL").size(),
      1U)
      << "destroyed is gone";

  EXPECT_EQ(refusal("delete/v", {}), "No version number provided");
  EXPECT_EQ(refusal("undelete/v", {{"versions", Json::array()}}), "No version number provided");
  EXPECT_EQ(refusal("destroy/v", {}), "no version number provided");
  EXPECT_NE(refusal("destroy/v", {{"versions", {"x"}}}).find("'[0]' cannot parse"),
            std::string::npos);
  for (const char* verb : {"delete", "undelete", "destroy"})
    house_.write("s/" + std::string(verb) + "/nokey", {{"versions", {1}}});
  EXPECT_EQ(status(Operation::read, "s/metadata/nokey"), 404);
  house_.remove("s/data/nokey");

  house_.remove("s/metadata/v");
  EXPECT_EQ(status(Operation::read, "s/metadata/v"), 404);
  EXPECT_EQ(rows("kv_versions"), 0);
  house_.remove("s/metadata/v");
}

TEST_P(KvV2Test, PatchesWhatIsThere) {
  put("p", {{"a", 1}, {"b", {{"c", 2}, {"d", 3}}}, {"list", {1, 2}}, {"s", "x"}});
  const auto patch = [&](Json data, Json options = Json::object()) {
    return house_.call(Operation::patch, "s/data/p",
                       {{"data", std::move(data)}, {"options", std::move(options)}});
  };
  const Outcome first = patch({{"b", {{"c", nullptr}, {"e", 5}}},
                               {"list", {"z"}},
                               {"s", nullptr},
                               {"new", {{"x", nullptr}}}});
  ASSERT_FALSE(first.error) << first.error->message;
  EXPECT_EQ((*first.response.data)["version"], 2);
  EXPECT_EQ(
      get("p")["data"],
      (Json{{"a", 1}, {"b", {{"d", 3}, {"e", 5}}}, {"list", {"z"}}, {"new", Json::object()}}));
  EXPECT_EQ(patch({{"b", "flat"}}, {{"cas", 2}}).error, std::nullopt);
  EXPECT_EQ(patch({{"b", "late"}}, {{"cas", 2}}).error->message, mismatch);
  EXPECT_EQ(house_.refusal(Operation::patch, "s/data/p", {{"x", 1}}), "no data provided");
  EXPECT_EQ(status(Operation::patch, "s/data/none", {{"data", {{"a", 1}}}}), 404);
  house_.remove("s/data/p");
  const Outcome deleted = patch({{"a", 2}});
  EXPECT_EQ(deleted.response.status, 404);
  EXPECT_EQ((*deleted.response.data)["version"], 3) << "flat";
}

TEST_P(KvV2Test, ShowsNamesWithoutValues) {
  put("s",
      {{"a", 1}, {"b", {{"c", {{"d", {{"e", "deep"}}}}}, {"f", {1, 2}}}}, {"h", Json::object()}});
  EXPECT_EQ(house_.read("s/subkeys/s")["subkeys"],
            (Json{{"a", nullptr},
                  {"b", {{"c", {{"d", {{"e", nullptr}}}}}, {"f", nullptr}}},
                  {"h", nullptr}}));
  const Outcome flat = house_.call(Operation::read, "s/subkeys/s", {{"depth", "1"}});
  EXPECT_EQ((*flat.response.data)["subkeys"],
            (Json{{"a", nullptr}, {"b", nullptr}, {"h", nullptr}}));
  EXPECT_EQ(status(Operation::read, "s/subkeys/none"), 404);
  house_.remove("s/data/s");
  const Outcome deleted = house_.call(Operation::read, "s/subkeys/s");
  EXPECT_EQ(deleted.response.status, 404);
  EXPECT_EQ((*deleted.response.data)["subkeys"], nullptr);
}

TEST_P(KvV2Test, KeepsMetadata) {
  house_.write("s/metadata/m", {{"max_versions", 4},
                                {"delete_version_after", "3h25m19s"},
                                {"custom_metadata", {{"owner", "ops"}, {"tier", 1}}}});
  Json m = metadata("m");
  EXPECT_EQ(m["custom_metadata"], (Json{{"owner", "ops"}, {"tier", "1"}}));
  EXPECT_EQ(m["delete_version_after"], "3h25m19s");
  EXPECT_EQ(m["current_metadata_version"], 1);
  EXPECT_EQ(m["current_version"], 0);
  EXPECT_EQ(m["versions"], Json::object());
  EXPECT_EQ(status(Operation::read, "s/data/m"), 404);
  EXPECT_EQ(put("m", {{"v", 1}})["custom_metadata"], m["custom_metadata"]);
  EXPECT_EQ(get("m")["metadata"]["custom_metadata"], m["custom_metadata"]);

  house_.write("s/metadata/m", {{"unknown", 1}});
  EXPECT_EQ(metadata("m")["current_metadata_version"], 1) << "nothing said, nothing changed";
  const auto patch = [&](Json body) {
    return house_.call(Operation::patch, "s/metadata/m", std::move(body));
  };
  EXPECT_FALSE(patch({{"custom_metadata", {{"owner", nullptr}, {"region", "eu"}}}}).error);
  EXPECT_EQ(metadata("m")["custom_metadata"], (Json{{"tier", "1"}, {"region", "eu"}}));
  EXPECT_FALSE(patch({{"max_versions", nullptr}, {"custom_metadata", nullptr}}).error);
  EXPECT_EQ(metadata("m")["max_versions"], 0);
  EXPECT_EQ(metadata("m")["custom_metadata"], nullptr);
  EXPECT_EQ(status(Operation::patch, "s/metadata/none", {{"max_versions", 1}}), 404);

  EXPECT_EQ(refusal("metadata/m", {{"metadata_cas", 1}, {"max_versions", 2}}),
            "metadata check-and-set parameter does not match the current version");
  house_.write("s/metadata/m", {{"metadata_cas", 3}, {"max_versions", 2}});
  EXPECT_EQ(refusal("metadata/new", {{"metadata_cas", 1}, {"max_versions", 2}}),
            "metadata_cas must be 0 when creating new metadata");
  house_.write("s/config", {{"metadata_cas_required", true}, {"cas_required", true}});
  EXPECT_EQ(refusal("metadata/m", {{"max_versions", 3}}),
            "metadata check-and-set parameter required for this call");
  const Outcome warned = house_.call(Operation::update, "s/metadata/m",
                                     {{"metadata_cas", 4}, {"cas_required", false}});
  ASSERT_EQ(warned.response.warnings.size(), 1U);
  EXPECT_EQ(warned.response.warnings[0],
            "\"cas_required\" set to false, but is mandated by backend config. This value will be "
            "ignored.");
}

TEST_P(KvV2Test, RefusesBadCustomMetadata) {
  const auto refused = [&](Json custom) {
    return refusal("metadata/bad", {{"custom_metadata", std::move(custom)}});
  };
  EXPECT_EQ(refused({{"", "v"}}),
            "1 error occurred:\n\t* custom_metadata validation failed: length of key \"\" is 0 but "
            "must be 0 < len(key) <= 128\n\n");
  EXPECT_EQ(refused({{"k", "line\nbreak"}, {"l", ""}}),
            "2 errors occurred:\n\t* custom_metadata validation failed: value for key \"k\" "
            "contains unprintable characters\n\t* custom_metadata validation failed: length of "
            "value for key \"l\" is 0 but must be 0 < len(value) <= 512\n\n");
  EXPECT_NE(refused({{"k", std::string(513, 'v')}}).find("is 513"), std::string::npos);
  EXPECT_NE(refused({{"k", "\xc2\x85"}}).find("unprintable"), std::string::npos);
  EXPECT_NE(refused({{"k", {{"nested", 1}}}}).find("validation failed"), std::string::npos);
  EXPECT_NE(refused("text").find("unconvertible type"), std::string::npos);
  Json many;
  for (int i = 0; i < 65; ++i) many["k" + std::to_string(i)] = "v";
  EXPECT_NE(refused(many).find("at most 64 keys, provided 65"), std::string::npos);
  EXPECT_EQ(status(Operation::read, "s/metadata/bad"), 404);
  house_.write("s/metadata/good", {{"custom_metadata", {{"größe", "東京 🗼"}}}});
}

TEST_P(KvV2Test, ListsScansDescribes) {
  for (const char* path : {"s/one", "s/sub/two", "s/sub/deep/three", "top", "s"})
    put(path, {{"v", 1}});
  const auto keys = [&](Operation operation, const std::string& path, Json data = Json::object()) {
    return house_.call(operation, path, std::move(data)).response.data.value_or(Json())["keys"];
  };
  EXPECT_EQ(keys(Operation::list, "s/metadata"), (Json{"s", "s/", "top"}));
  EXPECT_EQ(keys(Operation::list, "s/metadata/s/"), (Json{"one", "sub/"}));
  EXPECT_EQ(keys(Operation::list, "s/metadata", {{"after", "s"}, {"limit", "1"}}), (Json{"s/"}));
  EXPECT_EQ(keys(Operation::scan, "s/metadata"),
            (Json{"s", "s/one", "s/sub/deep/three", "s/sub/two", "top"}));
  EXPECT_EQ(keys(Operation::scan, "s/metadata/s", {{"after", "one"}, {"limit", 1}}),
            (Json{"sub/deep/three"}));
  EXPECT_EQ(status(Operation::list, "s/metadata/none"), 404);
  EXPECT_EQ(*house_.call(Operation::scan, "s/metadata/none").response.data, Json::object());
  house_.remove("s/data/top");
  EXPECT_EQ(keys(Operation::list, "s/metadata"), (Json{"s", "s/", "top"}))
      << "deleted, still a key";

  const Json detailed = *house_.call(Operation::list, "s/detailed-metadata/s").response.data;
  EXPECT_EQ(detailed["keys"], (Json{"one", "sub/"}));
  EXPECT_EQ(detailed["key_info"]["sub/"], Json::object());
  EXPECT_EQ(detailed["key_info"]["one"], metadata("s/one"));
  const Json all = *house_.call(Operation::scan, "s/detailed-metadata").response.data;
  EXPECT_EQ(all["key_info"].size(), 5U);
  for (int i = 0; i < 70; ++i) put("many/" + std::to_string(i), {{"v", i}});
  EXPECT_EQ(
      (*house_.call(Operation::list, "s/detailed-metadata/many").response.data)["key_info"].size(),
      70U);
}

TEST_P(KvV2Test, RefusesOtherPaths) {
  for (const char* path : {"s/one", "s", "s/foo/bar"}) {
    for (const Operation operation : {Operation::read, Operation::update, Operation::list}) {
      const Outcome outcome = house_.call(operation, path, Json::object());
      EXPECT_EQ(outcome.response.status, 404) << path;
      ASSERT_FALSE(outcome.response.warnings.empty()) << path;
      EXPECT_EQ(
          outcome.response.warnings[0].find("Invalid path for a versioned K/V secrets engine."),
          0U);
    }
  }
  for (const char* root : {"data", "metadata", "delete", "undelete", "destroy"}) {
    const Outcome outcome = house_.call(Operation::read, "s/" + std::string(root));
    EXPECT_EQ(outcome.response.status, 404);
    EXPECT_EQ(outcome.response.warnings.at(0),
              "Non-listing operations on the root of a K/V v2 mount are not supported.");
  }
  const std::pair<Operation, const char*> wrong[] = {{Operation::read, "s/delete/v"},
                                                     {Operation::list, "s/data/v"},
                                                     {Operation::remove, "s/subkeys/v"},
                                                     {Operation::read, "s/detailed-metadata/v"},
                                                     {Operation::remove, "s/config"}};
  for (const auto& [operation, path] : wrong)
    EXPECT_EQ(house_.call(operation, path).error->code, ErrorCode::unsupported_operation) << path;
  EXPECT_EQ(refusal("data/" + std::string(2001, 'p'), {{"data", {{"v", 1}}}}),
            "path is longer than 2000 bytes");
  put(std::string(2000, 'p'), {{"v", 1}});
}

TEST_P(KvV2Test, PoliciesTellCreateFromUpdate) {
  put("app/old", {{"a", 1}});
  const std::string token =
      house_.token_with("maker", "path \"s/data/app/*\" { capabilities = [\"create\", \"read\"] }");
  const Json body{{"data", {{"a", 2}}}};
  EXPECT_FALSE(house_.call(Operation::update, "s/data/app/new", body, token).error);
  EXPECT_EQ(house_.refusal(Operation::update, "s/data/app/new", body, token), "permission denied");
  house_.remove("s/data/app/old");
  EXPECT_EQ(house_.refusal(Operation::update, "s/data/app/old", body, token), "permission denied")
      << "a deleted version's key still exists";
  EXPECT_EQ(house_.refusal(Operation::patch, "s/data/app/old", body, token), "permission denied");
}

TEST_P(KvV2Test, ValuesAreBoundToTheirPlace) {
  put("a", {{"v", "first"}});
  put("a", {{"v", "second"}});
  put("b", {{"v", "other"}});
  house_.database.write([](storage::Transaction& transaction) {
    transaction.execute(
        "UPDATE kv_versions SET value = (SELECT value FROM kv_versions WHERE path = 'a' AND "
        "version = 1) WHERE path = 'a' AND version = 2");
    transaction.execute(
        "UPDATE kv_versions SET value = (SELECT value FROM kv_versions WHERE path = 'a' AND "
        "version = 1) WHERE path = 'b'");
    transaction.execute("UPDATE kv_versions SET origin = 1 WHERE path = 'a' AND version = 1");
  });
  for (const auto& [path, version] :
       {std::pair("a", "2"), std::pair("b", "1"), std::pair("a", "1")}) {
    const Outcome outcome =
        house_.call(Operation::read, "s/data/" + std::string(path), {{"version", version}});
    ASSERT_TRUE(outcome.error) << path << version;
    EXPECT_EQ(outcome.error->code, ErrorCode::internal);
  }
}

TEST_P(KvV2Test, TakesOverVersion1) {
  house_.write("sys/mounts/old", {{"type", "kv"}});
  house_.write("old/one", {{"v", "first"}});
  house_.write("old/dir/two", {{"v", "second"}});
  house_.write("sys/mounts/old/tune", {{"options", {{"version", "2"}}}});
  EXPECT_EQ(house_.read("old/data/one")["data"], (Json{{"v", "first"}}));
  EXPECT_EQ(house_.read("old/data/dir/two")["metadata"]["version"], 1);
  EXPECT_EQ(house_.list("old/metadata")["keys"], (Json{"dir/", "one"}));
  EXPECT_EQ(rows("secrets"), 0);
  EXPECT_EQ(status(Operation::read, "old/one"), 404);
  EXPECT_EQ(
      house_.refusal(Operation::update, "sys/mounts/old/tune", {{"options", {{"version", "1"}}}}),
      "cannot downgrade mount from version 2");
  house_.write("old/data/one", {{"data", {{"v", "next"}}}, {"options", {{"cas", 1}}}});
  EXPECT_EQ(house_.read("old/data/one")["data"], (Json{{"v", "next"}}));
  EXPECT_EQ(house_.read("sys/mounts/old")["options"], (Json{{"version", "2"}}));

  // What version 1 stored while the change was committed is found by the next tick.
  const auto table = house_.mounts.table();
  const core::MountedEngine& mounted = *table->at("old/");
  const storage::Secrets late(house_.database, house_.barrier, mounted.mount->id);
  storage::CommitUnit unit;
  late.put(unit, "late", as_bytes(std::string_view(R"({"v":"late"})")));
  late.put(unit, "dir/two", as_bytes(std::string_view(R"({"v":"later"})")));
  ASSERT_EQ(house_.database.commit(unit, test::House::deadline()).kind,
            storage::CommitOutcome::Kind::stored);
  mounted.engine->tick();
  EXPECT_EQ(house_.read("old/data/late")["data"], (Json{{"v", "late"}}));
  EXPECT_EQ(house_.read("old/data/dir/two")["data"], (Json{{"v", "later"}}));
  EXPECT_EQ(house_.read("old/data/dir/two")["metadata"]["version"], 2);
  EXPECT_EQ(rows("secrets"), 0);
}

TEST_P(KvV2Test, DisablingDeletesEverything) {
  put("app", {{"v", 1}});
  house_.write("s/config", {{"max_versions", 2}});
  house_.remove("sys/mounts/s");
  for (const char* table : {"kv_configs", "kv_paths", "kv_versions"}) EXPECT_EQ(rows(table), 0);
}

TEST_P(KvV2Test, MetadataEditedInTheDatabaseSayNothingOfTheValue) {
  house_.write("s/data/db", {{"data", {{"v", "true"}}}});
  const auto edit = [&](const char* text) {
    house_.database.write([&](storage::Transaction& transaction) {
      transaction.execute("UPDATE kv_paths SET custom_metadata = $1", {std::string(text)});
    });
  };
  edit("null},\"data\":{\"v\":\"forged\"},\"x\":{\"y\":1");
  const Outcome outcome = house_.call(Operation::read, "s/data/db");
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::internal);
  edit("{\"a\": \"b\"}");
  EXPECT_EQ(house_.read("s/data/db")["data"]["v"], "true");
  EXPECT_EQ(house_.read("s/data/db")["metadata"]["custom_metadata"], (core::Json{{"a", "b"}}));
}

}  // namespace
}  // namespace signet::kv
