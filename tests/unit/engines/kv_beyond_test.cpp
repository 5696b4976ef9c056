// SPDX-License-Identifier: Apache-2.0
// What version 2 of kv has beyond its peers: consumers, transactions, search, leak-check.
#include "engines/kv/readers.hpp"
#include "engines/kv/v2.hpp"
#include "tests/support/full_house.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace signet::kv {
namespace {

using core::Json;
using core::Operation;
using core::Outcome;

class KvBeyond : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    house_.clock.set(UnixTime{1'900'000'000});
    house_.write("sys/mounts/s", {{"type", "kv-v2"}});
  }
  void put(const std::string& path, Json data = {{"v", 1}}) {
    house_.write("s/data/" + path, {{"data", std::move(data)}});
  }
  Json get(const std::string& path, std::string_view token = "root", Json query = Json::object()) {
    return test::House::data_of(
        house_.call(Operation::read, "s/data/" + path, std::move(query), token));
  }
  Json consumers(const std::string& path, Json query = Json::object()) {
    return test::House::data_of(
        house_.call(Operation::read, "sys/consumers/s/" + path, std::move(query)));
  }
  Json search(Json query, std::string_view token = "root") {
    return test::House::data_of(house_.call(Operation::read, "s/search", std::move(query), token));
  }
  std::int64_t rows(const std::string& table) {
    return house_.database.query("SELECT count(*) FROM " + table)[0].integer(0);
  }

  test::House house_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, KvBeyond, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(KvBeyond, FirstReadsAreStoredBeforeTheAnswer) {
  const std::string reader =
      house_.token_with("reader", "path \"s/data/*\" { capabilities = [\"read\"] }");
  put("db");
  put("db");
  EXPECT_EQ(rows("consumers"), 0);
  get("db", reader);
  const Json known = consumers("db");
  EXPECT_EQ(known["current_version"], 2);
  ASSERT_EQ(known["consumers"].size(), 1U);
  EXPECT_EQ(known["consumers"][0]["version"], 2);
  EXPECT_EQ(known["consumers"][0]["reads"], 1);
  EXPECT_EQ(known["consumers"][0]["first_read"], "2030-03-17T17:46:40Z");
  EXPECT_EQ(known["consumers"][0]["consumer"],
            house_.tokens.find(SecretBytes(std::string_view(reader)))->accessor);
  get("db", reader, {{"version", "1"}});
  EXPECT_EQ(rows("consumers"), 2);

  // A refused or vain read is none.
  EXPECT_TRUE(house_.call(Operation::read, "s/data/none", Json::object(), reader).error);
  house_.remove("s/data/db");
  house_.call(Operation::read, "s/data/db", Json::object(), reader);
  EXPECT_EQ(rows("consumers"), 2);
  house_.remove("s/metadata/db");
  EXPECT_EQ(rows("consumers"), 0) << "they go with the key";
}

TEST_P(KvBeyond, LaterReadsGather) {
  Readers readers(house_.database, house_.clock);
  const storage::Consumption read{house_.random.uuid(), "db", 1, "someone", house_.clock.now(),
                                  house_.clock.now(),   0};
  const auto note = [&](storage::Consumption one) {
    storage::CommitUnit unit;
    readers.note(unit, std::move(one));
    const bool is_first = !unit.is_empty();
    if (is_first) {
      EXPECT_TRUE(unit.is_mergeable());
      EXPECT_EQ(house_.database.commit(unit, test::House::deadline()).kind,
                storage::CommitOutcome::Kind::stored);
    }
    return is_first;
  };
  EXPECT_TRUE(note(read));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(note(read));
  storage::Consumption later = read;
  later.last_read = read.last_read + Seconds(60);
  EXPECT_FALSE(note(later));
  readers.flush();
  std::vector<storage::Consumption> known = readers.store().of_key(read.mount, "db");
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].reads, 7);
  EXPECT_EQ(known[0].first_read, read.first_read);
  EXPECT_EQ(known[0].last_read, later.last_read);

  // Another process knows of the row by asking.
  Readers second(house_.database, house_.clock);
  storage::CommitUnit unit;
  second.note(unit, later);
  EXPECT_TRUE(unit.is_empty());
  second.flush();
  EXPECT_EQ(second.store().of_key(read.mount, "db")[0].reads, 8);
  EXPECT_EQ(second.store().forget(later.last_read), 0);
  EXPECT_EQ(second.store().forget(later.last_read + Seconds(1)), 1);
}

TEST_P(KvBeyond, ForgettingOnlyCostsAQuestion) {
  Readers readers(house_.database, house_.clock, 4);
  const Uuid mount = house_.random.uuid();
  for (int round = 0; round < 3; ++round) {
    for (std::int64_t version = 1; version <= 20; ++version) {
      storage::CommitUnit unit;
      readers.note(unit, {mount, "k", version, "c", house_.clock.now(), house_.clock.now(), 0});
      EXPECT_EQ(unit.is_empty(), round > 0) << "the row tells what was forgotten";
      if (unit.is_empty()) continue;
      ASSERT_EQ(house_.database.commit(unit, test::House::deadline()).kind,
                storage::CommitOutcome::Kind::stored);
    }
  }
  readers.flush();
  for (const storage::Consumption& one : readers.store().of_key(mount, "k"))
    EXPECT_EQ(one.reads, 3) << one.version;
}

TEST_P(KvBeyond, KeepsTheLatestConsumersOfAVersion) {
  Readers readers(house_.database, house_.clock);
  put("db");
  const Uuid mount = house_.mounts.table()->find("s/").mounted->mount->id;
  const auto note = [&](const std::string& path, std::int64_t version, const std::string& who) {
    storage::CommitUnit unit;
    readers.note(unit, {mount, path, version, who, house_.clock.now(), house_.clock.now(), 0});
    if (unit.is_empty()) return;
    ASSERT_EQ(house_.database.commit(unit, test::House::deadline()).kind,
              storage::CommitOutcome::Kind::stored);
  };
  for (const char* who : {"a", "b", "c", "d", "e"}) {
    note("db", 1, who);
    house_.clock.advance(Seconds(1));
  }
  for (const char* who : {"x", "y"}) note("db", 2, who);
  note("other", 1, "z");
  note("db", 1, "a");  // read again: no longer the one that is longest ago
  readers.flush();
  const auto known = [&](const std::string& path) {
    std::string names;
    for (const storage::Consumption& one : readers.store().of_key(mount, path))
      names += std::to_string(one.version) + one.consumer + ' ';
    return names;
  };
  EXPECT_EQ(readers.store().keep_latest(5), 0);
  EXPECT_EQ(readers.store().keep_latest(2), 3);
  EXPECT_EQ(known("db"), "1a 1e 2x 2y ");
  EXPECT_EQ(known("other"), "1z ");
  EXPECT_EQ(readers.store().keep_latest(2), 0);
  note("db", 1, "c");
  readers.flush();
  EXPECT_EQ(known("db"), "1a 1c 1e 2x 2y ") << "who is dropped comes back with the next read";
  EXPECT_EQ(readers.store().keep_latest(1), 3) << "of one second, one stays";
}

TEST_P(KvBeyond, TellsWhoIsBehind) {
  const std::string a = house_.token_with("a", "path \"s/data/*\" { capabilities = [\"read\"] }");
  const std::string b = house_.token_with("b", "path \"s/data/*\" { capabilities = [\"read\"] }");
  for (const char* path : {"team/db", "team/idle", "other"}) put(path);
  get("team/db", a);
  get("team/db", b);
  put("team/db");
  house_.clock.advance(Seconds(10));
  get("team/db", a);

  const Json behind = consumers("team", {{"show", "outdated"}})["consumers"];
  ASSERT_EQ(behind.size(), 1U);
  EXPECT_EQ(behind[0]["path"], "db");
  EXPECT_EQ(behind[0]["version"], 1);
  EXPECT_EQ(behind[0]["current_version"], 2);
  EXPECT_EQ(behind[0]["consumer"], house_.tokens.find(SecretBytes(std::string_view(b)))->accessor);

  const Json idle = consumers("", {{"show", "unread"}})["keys"];
  ASSERT_EQ(idle.size(), 2U);
  EXPECT_EQ(idle[0]["path"], "other");
  EXPECT_EQ(idle[1]["path"], "team/idle");
  EXPECT_EQ(idle[1]["last_read"], nullptr);
  EXPECT_EQ(consumers("", {{"show", "unread"}, {"after", "other"}, {"limit", 5}})["keys"].size(),
            1U);

  const Json last = consumers("team/", {{"show", "last_read"}})["keys"];
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0]["last_read"], "2030-03-17T17:46:50Z");
  EXPECT_EQ(last[0]["consumers"], 2);
  EXPECT_EQ(last[0]["reads"], 3);
  EXPECT_EQ(last[1]["last_read"], nullptr);

  EXPECT_EQ(house_.refusal(Operation::read, "sys/consumers/s/team", {{"show", "all"}}),
            "show must be last_read, unread or outdated");
  EXPECT_EQ(house_.refusal(Operation::read, "sys/consumers/none/x"),
            "\"none/x\" is not on a mount of versioned key/value secrets");
  EXPECT_TRUE(house_.call(Operation::read, "sys/consumers/s/nokey").error);
}

TEST_P(KvBeyond, FoldersShowOnlyConsumersThatTheCallerMayAskFor) {
  for (const char* path : {"team", "team/a", "team/b", "team/private/x"}) put(path);
  const std::string rules[][3] = {
      {"path \"sys/consumers/s*\" { capabilities = [\"read\"] } "
       "path \"sys/consumers/s/team/private/*\" { capabilities = [\"deny\"] }",
       "", "team team/a team/b"},
      {"path \"sys/consumers/s/team\" { capabilities = [\"read\"] }", "/team", ""},
      {"path \"sys/consumers/s\" { capabilities = [\"read\"] } "
       "path \"sys/consumers/s/+/private/*\" { capabilities = [\"read\"] }",
       "", "team/private/x"},
      {"path \"sys/consumers/s/team*\" { capabilities = [\"read\"] }", "/team", "a b private/x"}};
  int number = 0;
  for (const auto& [rule, folder, wanted] : rules) {
    const std::string token = house_.token_with("p" + std::to_string(number++), rule);
    const std::string asked = "sys/consumers/s" + folder;
    for (const char* show : {"last_read", "unread"})
      for (const char* limit : {"0", "1000"}) {
        std::string shown;
        const Json answer = test::House::data_of(
            house_.call(Operation::read, asked, {{"show", show}, {"limit", limit}}, token));
        for (const Json& key : answer["keys"])
          shown += (shown.empty() ? "" : " ") + key["path"].get<std::string>();
        EXPECT_EQ(shown, wanted) << rule << " " << show << " " << limit;
      }
  }
  // A page is filled with what may be seen.
  const std::string token =
      house_.token_with("last",
                        "path \"sys/consumers/s*\" { capabilities = [\"read\"] } "
                        "path \"sys/consumers/s/team/a\" { capabilities = [\"deny\"] }");
  const Json page = test::House::data_of(
      house_.call(Operation::read, "sys/consumers/s",
                  {{"show", "unread"}, {"limit", 1}, {"after", "team"}}, token))["keys"];
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page[0]["path"], "team/b");
}

TEST_P(KvBeyond, PagesDoNotCutAKeyInTwo) {
  put("db");
  put("web");
  for (const char* name : {"a", "b", "c"}) {
    const std::string token =
        house_.token_with(name, "path \"s/data/*\" { capabilities = [\"read\"] }");
    get("db", token);
    get("web", token);
  }
  put("db");
  put("web");
  const Json first = consumers("", {{"show", "outdated"}, {"limit", 1}})["consumers"];
  ASSERT_EQ(first.size(), 3U);
  for (const Json& one : first) EXPECT_EQ(one["path"], "db");
  EXPECT_EQ(
      consumers("", {{"show", "outdated"}, {"limit", 1}, {"after", "db"}})["consumers"].size(), 3U);
}

TEST_P(KvBeyond, CountsReadsOfASecretThatCameBack) {
  house_.write("s/data/db", {{"data", {{"v", 1}}}});
  Readers readers(house_.database, house_.clock);
  const Uuid mount = house_.database.query("SELECT mount FROM kv_paths")[0].uuid(0);
  const storage::Consumption read{mount, "db", 1, "someone", house_.clock.now(), house_.clock.now(),
                                  0};
  storage::CommitUnit unit;
  readers.note(unit, read);
  ASSERT_EQ(house_.database.commit(unit, test::House::deadline()).kind,
            storage::CommitOutcome::Kind::stored);
  house_.call(Operation::remove, "s/metadata/db");
  const auto note_again = [&] {
    storage::CommitUnit again;
    readers.note(again, read);
    EXPECT_TRUE(again.is_empty());
    readers.flush();
  };
  note_again();
  EXPECT_EQ(rows("consumers"), 0) << "nothing is there that could have been read";
  put("db");
  note_again();
  ASSERT_EQ(readers.store().of_key(mount, "db").size(), 1U);
  note_again();
  EXPECT_EQ(readers.store().of_key(mount, "db")[0].reads, 2);
}

TEST_P(KvBeyond, WritesAllOrNone) {
  put("a");
  const auto transaction = [&](Json writes, std::string_view token = "root") {
    return house_.call(Operation::update, "s/transaction", {{"writes", std::move(writes)}}, token);
  };
  const Outcome stored =
      transaction({{{"path", "b"}, {"data", {{"n", 1}}}},
                   {{"path", "a"}, {"data", {{"n", 2}}}, {"options", {{"cas", 1}}}}});
  ASSERT_FALSE(stored.error) << stored.error->message;
  const Json answers = (*stored.response.data)["writes"];
  EXPECT_EQ(answers[0]["path"], "b");
  EXPECT_EQ(answers[0]["version"], 1);
  EXPECT_EQ(answers[1]["version"], 2);
  EXPECT_EQ(get("a")["data"], (Json{{"n", 2}}));

  EXPECT_EQ(transaction({{{"path", "new"}, {"data", {{"n", 1}}}},
                         {{"path", "a"}, {"data", {{"n", 3}}}, {"options", {{"cas", 1}}}}})
                .error->message,
            "\"a\": check-and-set parameter did not match the current version");
  EXPECT_TRUE(house_.call(Operation::read, "s/data/new").error) << "nothing was stored";
  EXPECT_EQ(rows("kv_paths"), 2);

  for (const auto& [writes, text] : std::vector<std::pair<Json, std::string>>{
           {Json::array(), "writes must be a list of objects"},
           {{{{"data", {{"n", 1}}}}}, "each of writes must have a path"},
           {{{{"path", "x"}}}, "\"x\": no data provided"},
           {{{{"path", "x/../y"}, {"data", {{"n", 1}}}}}, "\"x/../y\" is no path of a secret"},
           {{{{"path", "x/"}, {"data", {{"n", 1}}}}}, "\"x/\" is no path of a secret"},
           {{{{"path", ""}, {"data", {{"n", 1}}}}}, "\"\" is no path of a secret"},
           {{{{"path", "x"}, {"data", {{"n", 1}}}}, {{"path", "x"}, {"data", {{"n", 1}}}}},
            "\"x\" is written twice"}})
    EXPECT_EQ(transaction(writes).error->message, text);
}

TEST_P(KvBeyond, TransactionsKeepToThePoliciesOfTheirPaths) {
  put("app/old");
  put("secret/x");
  const std::string token = house_.token_with(
      "maker",
      "path \"s/transaction\" { capabilities = [\"update\"] } "
      "path \"s/data/app/*\" { capabilities = [\"create\"] } "
      "path \"s/data/fixed\" { capabilities = [\"create\"] required_parameters = [\"options\"] }");
  const auto denied = [&](std::vector<std::string> paths, Json options = nullptr) {
    Json writes = Json::array();
    for (const std::string& path : paths) {
      writes.push_back({{"path", path}, {"data", {{"n", 1}}}});
      if (!options.is_null()) writes.back()["options"] = options;
    }
    const Outcome outcome =
        house_.call(Operation::update, "s/transaction", {{"writes", writes}}, token);
    return outcome.error && outcome.error->code == ErrorCode::denied;
  };
  EXPECT_TRUE(denied({"app/new", "secret/x"}));
  EXPECT_TRUE(house_.call(Operation::read, "s/data/app/new").error);
  EXPECT_TRUE(denied({"app/old"})) << "creating is not updating";
  EXPECT_TRUE(denied({"fixed"}));
  EXPECT_FALSE(denied({"fixed", "app/new"}, {{"cas", 0}}));
}

// Transactions over the same keys in any order, beside single writers: no deadlock, no gap.
TEST_P(KvBeyond, TransactionsRace) {
  static_cast<void>(house_.pipeline());
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i)
    threads.emplace_back([&, i] {
      core::Request request;
      request.operation = Operation::update;
      request.client_token = SecretBytes(std::string_view("root"));
      request.remote_address = "127.0.0.1";
      request.deadline = test::House::deadline();
      if (i % 3 == 0) {
        request.path = "s/data/x";
        request.data = {{"data", {{"n", i}}}};
      } else {
        request.path = "s/transaction";
        const bool turned = i % 3 == 1;
        request.data = {{"writes",
                         {{{"path", turned ? "x" : "y"}, {"data", {{"n", i}}}},
                          {{"path", turned ? "y" : "x"}, {"data", {{"n", i}}}}}}};
      }
      const Outcome outcome = house_.pipeline().run(request);
      if (outcome.error) {
        ++failures;
        ADD_FAILURE() << outcome.error->message << " " << outcome.error->detail;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(house_.read("s/metadata/x")["current_version"], 12);
  EXPECT_EQ(house_.read("s/metadata/y")["current_version"], 8);
}

TEST_P(KvBeyond, FindsWhatTheCallerMayList) {
  for (const char* path : {"team/db/main", "team/db/replica", "team/web", "other/db", "db", "top"})
    put(path);
  house_.write("s/metadata/team/web", {{"custom_metadata", {{"owner", "ann"}, {"a\"b", "c\\d"}}}});
  house_.write("s/metadata/other/db", {{"custom_metadata", {{"owner", "anna"}}}});
  EXPECT_EQ(search({{"name", "db"}})["keys"],
            (Json{"db", "other/db", "team/db/main", "team/db/replica"}));
  EXPECT_EQ(search({{"metadata", "owner=ann"}})["keys"], (Json{"team/web"}));
  EXPECT_EQ(search({{"metadata", {{"owner", "ann"}, {"a\"b", "c\\d"}}}})["keys"],
            (Json{"team/web"}));
  EXPECT_EQ(search({{"metadata", "wner=ann"}})["keys"], Json::array());
  EXPECT_EQ(search({{"name", "DB"}})["keys"], Json::array());
  EXPECT_EQ(search({{"name", "%"}})["keys"], Json::array());
  const Json first = search({{"limit", "2"}});
  EXPECT_EQ(first["keys"], (Json{"db", "other/db"}));
  EXPECT_EQ(first["next"], "other/db");
  EXPECT_EQ(search({{"after", first["next"]}})["keys"],
            (Json{"team/db/main", "team/db/replica", "team/web", "top"}));
  EXPECT_EQ(search({{"name", "web"}})["key_info"]["team/web"]["custom_metadata"]["owner"], "ann");

  const std::string rules[][2] = {
      {"path \"s/metadata/team/*\" { capabilities = [\"list\"] }",
       "team/db/main team/db/replica team/web"},
      {"path \"s/metadata/team\" { capabilities = [\"list\"] }", "team/web"},
      {"path \"s/metadata/*\" { capabilities = [\"list\"] } "
       "path \"s/metadata/team/db/*\" { capabilities = [\"deny\"] }",
       "db other/db team/web top"},
      {"path \"s/metadata/+/db\" { capabilities = [\"list\"] }", "team/db/main team/db/replica"},
      {"path \"s/metadata/team/*\" { capabilities = [\"read\"] }", ""},
      {"path \"s/metadata/\" { capabilities = [\"list\"] }", "db top"},
      {"path \"s/metadata/te*\" { capabilities = [\"list\"] } "
       "path \"s/metadata/team/w*\" { capabilities = [\"deny\"] }",
       "team/db/main team/db/replica team/web"}};
  int number = 0;
  for (const auto& [rule, wanted] : rules) {
    const std::string token = house_.token_with(
        "p" + std::to_string(number++), rule + " path \"s/search\" { capabilities = [\"read\"] }");
    std::string found;
    const Json answer = search(Json::object(), token);
    for (const Json& key : answer["keys"])
      found += (found.empty() ? "" : " ") + key.get<std::string>();
    EXPECT_EQ(found, wanted) << rule;
  }
  EXPECT_EQ(
      house_.refusal(Operation::read, "s/search",
                     {{"metadata", {{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}, {"e", "1"}}}}),
      "metadata names at most 4 members");
}

TEST_P(KvBeyond, SearchPagesAsPoliciesSay) {
  for (const char* path : {"a/1", "a/2", "b/1", "b/2", "b/3", "c/1", "c/2", "c/3"}) put(path);
  const auto pages = [&](const std::string& token, Json query = Json::object()) {
    std::string found;
    for (int page = 0; page < 10; ++page) {
      const Json answer = search(query, token);
      for (const Json& key : answer["keys"]) found += key.get<std::string>() + ' ';
      if (!answer.contains("next")) return found;
      EXPECT_FALSE(answer["keys"].empty());
      EXPECT_EQ(answer["next"], answer["keys"].back());
      found += "| ";
      query["after"] = answer["next"];
    }
    return found + "...";
  };
  const std::string everything = "path \"s/metadata/*\" { capabilities = [\"list\"] } ";
  const std::string searcher = "path \"s/search\" { capabilities = [\"read\"] } ";
  const std::string narrow_folder = house_.token_with(
      "folder", everything + searcher +
                    "path \"s/metadata/b/*\" { capabilities = [\"list\"] pagination_limit = 2 }");
  EXPECT_EQ(pages(narrow_folder), "a/1 a/2 | b/1 b/2 | b/3 c/1 | c/2 c/3 ");
  EXPECT_EQ(pages(narrow_folder, {{"name", "c/"}}), "c/1 c/2 c/3 ")
      << "none of that folder is shown";
  EXPECT_EQ(pages(narrow_folder, {{"limit", 1}, {"name", "b/"}}), "b/1 | b/2 | b/3 | ");
  const std::string narrow_search = house_.token_with(
      "search",
      everything + "path \"s/search\" { capabilities = [\"read\"] pagination_limit = 3 }");
  EXPECT_EQ(pages(narrow_search), "a/1 a/2 b/1 | b/2 b/3 c/1 | c/2 c/3 ");
  EXPECT_EQ(pages(narrow_search, {{"limit", 0}}), "a/1 a/2 b/1 | b/2 b/3 c/1 | c/2 c/3 ");
  EXPECT_EQ(search({{"limit", "2"}}, narrow_search)["keys"], (Json{"a/1", "a/2"}));
  EXPECT_EQ(house_.refusal(Operation::read, "s/search", {{"limit", 4}}, narrow_search),
            "permission denied");
  EXPECT_EQ(search({{"limit", 4}})["keys"].size(), 4U) << "root is bounded by nothing";
  const std::string must_say = house_.token_with(
      "must", searcher +
                  "path \"s/metadata/a/*\" { capabilities = [\"list\"] pagination_limit = 2 "
                  "required_parameters = [\"limit\"] }");
  EXPECT_EQ(pages(must_say), "") << "a list without a limit is refused there";
}

TEST_P(KvBeyond, SearchTellsOfMetadataWhatTheCallerMayRead) {
  for (const char* path : {"a", "secret", "spoof"}) put(path);
  for (const char* path : {"a", "secret"})
    house_.write(std::string("s/metadata/") + path, {{"custom_metadata", {{"owner", "ann"}}}});
  house_.write("s/metadata/spoof", {{"custom_metadata", {{"x\"owner", "ann"}}}});
  EXPECT_EQ(search({{"metadata", "owner=ann"}})["keys"], (Json{"a", "secret"}));
  EXPECT_EQ(search({{"metadata", "x\"owner=ann"}})["keys"], (Json{"spoof"}));

  const std::string lists =
      "path \"s/search\" { capabilities = [\"read\"] } "
      "path \"s/metadata/\" { capabilities = [\"list\"] } ";
  const std::string lister = house_.token_with("lister", lists);
  EXPECT_EQ(search(Json::object(), lister)["keys"], (Json{"a", "secret", "spoof"}));
  EXPECT_EQ(search(Json::object(), lister)["key_info"], Json::object());
  EXPECT_EQ(search({{"metadata", "owner=ann"}}, lister)["keys"], Json::array());
  const std::string reader =
      house_.token_with("reader", lists +
                                      "path \"s/metadata/*\" { capabilities = [\"read\"] } "
                                      "path \"s/metadata/secret\" { capabilities = [\"deny\"] }");
  EXPECT_FALSE(search(Json::object(), reader)["key_info"].contains("secret"));
  EXPECT_TRUE(search(Json::object(), reader)["key_info"].contains("a"));
  EXPECT_EQ(search({{"metadata", "owner=ann"}}, reader)["keys"], (Json{"a"}));
}

TEST_P(KvBeyond, SearchNamesNothingThatItPassesOver) {
  put("team/public/z");
  house_.database.write([](storage::Transaction& transaction) {
    transaction.execute(
        "INSERT INTO kv_paths (mount, path, current_version, oldest_version, metadata_version, "
        "max_versions, cas_required, metadata_cas_required, delete_version_after, created_at, "
        "updated_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
        "6000) SELECT k.mount, 'team/private/' || n.i, 1, 0, 0, 0, 0, 0, 0, 0, 0 FROM kv_paths k "
        "CROSS JOIN n",
        {});
  });
  const std::string token =
      house_.token_with("p",
                        "path \"s/search\" { capabilities = [\"read\"] } "
                        "path \"s/metadata/+/public/\" { capabilities = [\"list\"] }");
  const Json found = search(Json::object(), token);
  EXPECT_EQ(found["keys"], (Json{"team/public/z"}));
  EXPECT_FALSE(found.contains("next"));
}

TEST_P(KvBeyond, KnowsItsOwnLeaks) {
  const std::string leaked = "correct-horse-battery";
  const auto asked = [&](const std::string& value) {
    return house_.write("sys/leak-check", {{"value", value}});
  };
  put("before", {{"p", leaked}});
  EXPECT_EQ(asked(leaked), (Json{{"found", false}, {"places", Json::array()}})) << "opt-in";
  house_.write("s/config", {{"leak_check", true}});
  EXPECT_EQ(house_.read("s/config")["leak_check"], true);
  put("a/db", {{"deep", {{"list", {1, leaked, leaked, "short"}}}}});
  put("b", {{"p", leaked}});
  house_.call(Operation::patch, "s/data/b", {{"data", {{"q", "another-long-text"}}}});
  EXPECT_EQ(asked(leaked)["places"], (Json{{{"mount", "s/"}, {"path", "a/db"}, {"version", 1}},
                                           {{"mount", "s/"}, {"path", "b"}, {"version", 1}},
                                           {{"mount", "s/"}, {"path", "b"}, {"version", 2}}}));
  EXPECT_EQ(house_.refusal(Operation::update, "sys/leak-check", {{"value", "short"}}),
            "value must have at least 12 bytes: shorter texts are not looked for");
  EXPECT_EQ(house_.database
                .query("SELECT 1 FROM kv_value_hashes WHERE hash = $1",
                       {storage::value(as_bytes(leaked))})
                .size(),
            0U);

  house_.write("s/destroy/b", {{"versions", {1}}});
  house_.remove("s/metadata/a/db");
  EXPECT_EQ(asked(leaked)["places"].size(), 1U);
  house_.write("s/metadata/b", {{"max_versions", 1}});
  put("b", {{"p", "something-else"}});
  EXPECT_EQ(asked(leaked)["found"], false) << "pruned";
  house_.write("s/config", {{"leak_check", false}});
  EXPECT_EQ(rows("kv_value_hashes"), 0);

  const std::string plain =
      house_.token_with("asker", "path \"sys/leak-check\" { capabilities = [\"update\"] }");
  EXPECT_EQ(house_.refusal(Operation::update, "sys/leak-check", {{"value", leaked}}, plain),
            "permission denied");
  for (int i = 0; i < 30; ++i)
    house_.call(Operation::update, "sys/leak-check", {{"value", leaked}});
  const Outcome often = house_.call(Operation::update, "sys/leak-check", {{"value", leaked}});
  ASSERT_TRUE(often.error);
  EXPECT_EQ(often.error->code, ErrorCode::too_many);
  house_.clock.advance(Seconds(2));
  EXPECT_EQ(asked(leaked)["found"], false);
}

}  // namespace
}  // namespace signet::kv
