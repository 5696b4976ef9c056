// SPDX-License-Identifier: Apache-2.0
// Coercion (core.md section 1.5): what each type takes, and the texts of what it refuses.
#include "core/schema.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace signet::core {
namespace {

struct Fields {
  std::string text;
  std::string lowered;
  std::string name;
  bool flag = false;
  std::int64_t number = 7;
  Seconds ttl{5};
  Seconds signed_ttl{0};
  std::vector<std::string> list;
  std::vector<std::string> whole;
  std::map<std::string, std::string> map;
  std::optional<std::string> maybe;
};

const Schema<Fields>& schema() {
  static const Schema<Fields> fields{
      {"text", &Fields::text, ""},
      {"lowered", &Fields::lowered, "", FieldFlag::lower_case},
      {"name", &Fields::name, "", FieldFlag::is_name},
      {"flag", &Fields::flag, ""},
      {"number", &Fields::number, ""},
      {"ttl", &Fields::ttl, ""},
      {"signed_ttl", &Fields::signed_ttl, "", FieldFlag::negative_allowed},
      {"list", &Fields::list, ""},
      {"whole", &Fields::whole, "", FieldFlag::whole},
      {"map", &Fields::map, ""},
      {"maybe", &Fields::maybe, ""},
  };
  return fields;
}

Fields decoded(const char* json) {
  const auto fields = schema().decode_all(Json::parse(json), {});
  EXPECT_TRUE(fields) << json << ": " << (fields ? "" : fields.error().message);
  return fields ? *fields : Fields{};
}

using Texts = std::vector<std::string>;

TEST(Schema, TextTakesScalars) {
  EXPECT_EQ(decoded(R"({"text":"a"})").text, "a");
  EXPECT_EQ(decoded(R"({"text":12})").text, "12");
  EXPECT_EQ(decoded(R"({"text":1.5})").text, "1.5");
  EXPECT_EQ(decoded(R"({"text":true})").text, "1");
  EXPECT_EQ(decoded(R"({"text":false})").text, "0");
  EXPECT_EQ(decoded(R"({"text":null})").text, "");
  EXPECT_EQ(decoded(R"({"lowered":"AbC"})").lowered, "abc");
  EXPECT_EQ(decoded(R"({"name":"a-b.c"})").name, "a-b.c");
}

TEST(Schema, BooleansTakeWhatGoTakes) {
  for (const char* yes : {"true", "\"true\"", "\"1\"", "\"t\"", "\"TRUE\"", "1", "-3", "0.5"})
    EXPECT_TRUE(decoded((std::string("{\"flag\":") + yes + "}").c_str()).flag) << yes;
  for (const char* no : {"false", "\"false\"", "\"0\"", "\"f\"", "\"\"", "0", "null"})
    EXPECT_FALSE(decoded((std::string("{\"flag\":") + no + "}").c_str()).flag) << no;
}

TEST(Schema, Integers) {
  EXPECT_EQ(decoded(R"({"number":3})").number, 3);
  EXPECT_EQ(decoded(R"({"number":"-42"})").number, -42);
  EXPECT_EQ(decoded(R"({"number":""})").number, 0);
  EXPECT_EQ(decoded(R"({"number":true})").number, 1);
  EXPECT_EQ(decoded(R"({"number":1e3})").number, 1000);
  EXPECT_EQ(decoded(R"({})").number, 7);
}

TEST(Schema, Durations) {
  EXPECT_EQ(decoded(R"({"ttl":90})").ttl, Seconds(90));
  EXPECT_EQ(decoded(R"({"ttl":"90"})").ttl, Seconds(90));
  EXPECT_EQ(decoded(R"({"ttl":"1h30m"})").ttl, Seconds(5400));
  EXPECT_EQ(decoded(R"({"ttl":"7d"})").ttl, Seconds(7 * 86400));
  EXPECT_EQ(decoded(R"({"ttl":""})").ttl, Seconds(0));
  EXPECT_EQ(decoded(R"({"ttl":null})").ttl, Seconds(5)) << "null is absent";
  EXPECT_EQ(decoded(R"({"signed_ttl":"-30s"})").signed_ttl, Seconds(-30));
}

TEST(Schema, Lists) {
  EXPECT_EQ(decoded(R"({"list":"a, b,,c"})").list, (Texts{"a", "b", "", "c"}));
  EXPECT_EQ(decoded(R"({"list":["a","b,c",3,true]})").list, (Texts{"a", "b,c", "3", "1"}));
  EXPECT_EQ(decoded(R"({"list":""})").list, Texts{});
  EXPECT_EQ(decoded(R"({"list":null})").list, Texts{});
  EXPECT_EQ(decoded(R"({"whole":"a, b"})").whole, Texts{"a, b"});
}

TEST(Schema, Maps) {
  using Map = std::map<std::string, std::string>;
  EXPECT_EQ(decoded(R"({"map":{"a":"1","b":2}})").map, (Map{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(decoded(R"({"map":["a=1","b=x=y"]})").map, (Map{{"a", "1"}, {"b", "x=y"}}));
  EXPECT_EQ(decoded(R"({"map":"a=1"})").map, (Map{{"a", "1"}}));
  EXPECT_EQ(decoded(R"({"map":""})").map, Map{});
}

TEST(Schema, OptionalMembersAreEmptyWhenAbsentOrNull) {
  EXPECT_FALSE(decoded("{}").maybe.has_value());
  EXPECT_FALSE(decoded(R"({"maybe":null})").maybe.has_value());
  EXPECT_EQ(decoded(R"({"maybe":""})").maybe, "");
}

TEST(Schema, RefusesWithTheTextsThatClientsKnow) {
  const struct {
    const char* json;
    const char* message;
  } cases[] = {
      {R"({"text":["a"]})",
       R"(error converting input for field "text": '' expected type 'string', got unconvertible type '[]interface {}')"},
      {R"({"text":{"a":1}})",
       R"(error converting input for field "text": '' expected type 'string', got unconvertible type 'map[string]interface {}')"},
      {R"({"flag":"maybe"})",
       R"(error converting input for field "flag": '' cannot parse value as 'bool': strconv.ParseBool: invalid syntax)"},
      {R"({"number":"three"})",
       R"(error converting input for field "number": '' cannot parse value as 'int': strconv.ParseInt: invalid syntax)"},
      {R"({"number":1.5})",
       R"(error converting input for field "number": '' cannot parse value as 'int': strconv.ParseInt: invalid syntax)"},
      {R"({"number":99999999999999999999})",
       R"(error converting input for field "number": '' cannot parse value as 'int': strconv.ParseInt: value out of range)"},
      {R"({"number":9223372036854775808})",
       R"(error converting input for field "number": '' cannot parse value as 'int': strconv.ParseInt: value out of range)"},
      {R"({"ttl":"soon"})",
       R"(error converting input for field "ttl": time: invalid duration "soon")"},
      {R"({"ttl":[1]})",
       R"(error converting input for field "ttl": could not parse duration from input)"},
      {R"({"ttl":-3600})",
       R"(error converting input for field "ttl": cannot provide negative value '-3600')"},
      {R"({"list":[{"a":1}]})",
       "error converting input for field \"list\": decoding failed due to the following "
       "error(s):\n\n'[0]' expected type 'string', got unconvertible type 'map[string]interface "
       "{}'"},
      {R"({"map":"x"})", R"(error converting input for field "map": invalid key pair "x")"},
      {R"({"map":["a"]})", R"(error converting input for field "map": invalid key pair "a")"},
      {R"({"name":"-a"})", R"(error converting input for field "name": field validation failed)"},
  };
  for (const auto& [json, message] : cases) {
    const auto fields = schema().decode_all(Json::parse(json), {});
    ASSERT_FALSE(fields) << json;
    EXPECT_EQ(fields.error().code, ErrorCode::invalid);
    EXPECT_EQ(fields.error().message, std::string("Field validation failed: ") + message);
  }
}

TEST(Schema, RequiredFieldsAreNamed) {
  static const Schema<Fields> needs{{"text", &Fields::text, "", required}};
  EXPECT_EQ(needs.decode_all(Json::object(), {}).error().message, "missing required field 'text'");
}

TEST(Schema, CapturesWinAndAreTold) {
  const Captures captures{{"name", "web"}};
  const Json data{{"name", "other"}, {"zebra", 1}, {"ape", 2}};
  EXPECT_EQ(schema().decode_all(data, captures)->name, "web");
  EXPECT_EQ(schema().warnings_for(data, captures),
            (Texts{"Endpoint ignored these unrecognized parameters: [ape zebra]",
                   "Endpoint replaced the value of these parameters with the values captured from "
                   "the endpoint's path: [name]"}));
  EXPECT_TRUE(schema().warnings_for({{"name", "web"}}, captures).empty());
}

TEST(Schema, ASchemaCarriesItsBase) {
  struct More : Fields {
    std::string extra;
  };
  const Schema<More> more = Schema<More>{{"extra", &More::extra, ""}}.with(schema());
  const auto fields = more.decode_all({{"extra", "x"}, {"number", 4}}, {});
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->extra, "x");
  EXPECT_EQ(fields->number, 4);
}

}  // namespace
}  // namespace signet::core
