// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"
#include "engines/kv/json_text.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace signet::kv {
namespace {

std::string merged(std::string_view target, std::string_view patch) {
  return std::string(merge_patch(target, patch).reveal_text());
}

TEST(JsonText, FindsMembers) {
  const std::string text =
      R"( { "a" : [1, {"data": 0}], "data" : {"x":1} , "b\u0061": "}\"", "data":  1e400 , "e":"" } )";
  EXPECT_EQ(member_text(text, "data"), "1e400") << "the last one counts";
  EXPECT_EQ(member_text(text, "a"), R"([1, {"data": 0}])");
  EXPECT_EQ(member_text(text, "ba"), R"("}\"")");
  EXPECT_EQ(member_text(text, "e"), "\"\"");
  EXPECT_EQ(member_text(text, "x"), std::nullopt);
  EXPECT_EQ(member_text("[1]", "x"), std::nullopt);
  EXPECT_EQ(member_text("{}", "x"), std::nullopt);
}

TEST(JsonText, FindsElements) {
  using List = std::vector<std::string_view>;
  EXPECT_EQ(elements_text(R"([ {"a":[1,2]} , "x,y", 3.0,[] ])"),
            (List{R"({"a":[1,2]})", R"("x,y")", "3.0", "[]"}));
  EXPECT_EQ(elements_text("[]"), List{});
  EXPECT_EQ(elements_text("{}"), List{});
}

// RFC 7396, appendix A, where target and patch are objects.
TEST(JsonText, MergesAsTheStandardSays) {
  const std::pair<std::pair<const char*, const char*>, const char*> cases[] = {
      {{R"({"a":"b"})", R"({"a":"c"})"}, R"({"a":"c"})"},
      {{R"({"a":"b"})", R"({"b":"c"})"}, R"({"a":"b","b":"c"})"},
      {{R"({"a":"b"})", R"({"a":null})"}, R"({})"},
      {{R"({"a":"b","b":"c"})", R"({"a":null})"}, R"({"b":"c"})"},
      {{R"({"a":["b"]})", R"({"a":"c"})"}, R"({"a":"c"})"},
      {{R"({"a":"c"})", R"({"a":["b"]})"}, R"({"a":["b"]})"},
      {{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"}, R"({"a":{"b":"d"}})"},
      {{R"({"a":[{"b":"c"}]})", R"({"a":[1]})"}, R"({"a":[1]})"},
      {{R"({"e":null})", R"({"a":1})"}, R"({"e":null,"a":1})"},
      {{R"([1,2])", R"({"a":"b","c":null})"}, R"({"a":"b"})"},
      {{R"({})", R"({"a":{"bb":{"ccc":null}}})"}, R"({"a":{"bb":{}}})"},
      {{R"({"a":"foo"})", "null"}, "null"},
      {{"null", R"({"a":1})"}, R"({"a":1})"},
  };
  for (const auto& [given, wanted] : cases)
    EXPECT_EQ(merged(given.first, given.second), wanted) << given.first << " " << given.second;
}

TEST(JsonText, LeavesTextAlone) {
  EXPECT_EQ(merged(R"({"big":12345678901234567890123, "f":1.50, "deep":{"x": 1e3}})",
                   R"({"deep":{"y":2.00}})"),
            R"({"big":12345678901234567890123,"f":1.50,"deep":{"x":1e3,"y":2.00}})");
  EXPECT_EQ(merged(R"({"a":1,"a":2})", R"({"b":0})"), R"({"a":2,"b":0})");
  EXPECT_EQ(merged(R"({"gr\u00fc\u00dfe":1})", R"({"grüße":2})"), R"({"gr\u00fc\u00dfe":2})");
}

TEST(JsonText, NamesWhatIsNoJson) {
  for (const char* text : {"{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":\"", "{a:1}", ""})
    EXPECT_THROW(static_cast<void>(member_text(text, "a")), Fault) << text;
}

}  // namespace
}  // namespace signet::kv
