// SPDX-License-Identifier: Apache-2.0
#include "base/hcl.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace signet::hcl {
namespace {

std::string show(const Value& value);

std::string show(const std::vector<Item>& items) {
  std::string out;
  for (const Item& item : items) {
    if (!out.empty()) out += ' ';
    out += item.key;
    for (const std::string& label : item.labels) out += "'" + label + "'";
    out += "=" + show(item.value);
  }
  return out;
}

std::string show(const Value& value) {
  switch (value.kind) {
    case Value::Kind::text:
      return '"' + value.text + '"';
    case Value::Kind::number:
    case Value::Kind::boolean:
      return value.text;
    case Value::Kind::list: {
      std::string out;
      for (const Value& element : value.list) out += (out.empty() ? "" : ",") + show(element);
      return "[" + out + "]";
    }
    case Value::Kind::object:
      break;
  }
  return "{" + show(value.object) + "}";
}

struct Case {
  const char* name;
  std::string text;
  std::string expected;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Reads : public testing::TestWithParam<Case> {};
TEST_P(Reads, Tree) {
  const auto items = parse(GetParam().text);
  ASSERT_TRUE(items) << items.error().message;
  EXPECT_EQ(show(*items), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Hcl, Reads,
    testing::Values(
        Case{"empty", "", ""}, Case{"comment_only", "# nothing", ""},
        Case{"comments", "# a\n// b\n/* c\n d = 1 */ e = 2 # f", "e=2"},
        Case{"byte_order_mark",
             "\xef\xbb\xbf"
             "a = 1",
             "a=1"},
        Case{"scalars", "a = \"x\" b = -1.5e3 c = true\nd=0x1F e=0640",
             "a=\"x\" b=-1.5e3 c=true d=0x1F e=0640"},
        Case{"windows_lines", "a = 1\r\nb = 2\r\n", "a=1 b=2"},
        Case{"policy",
             "path \"secret/*\" {\n capabilities = [\"read\", \"list\",]\n}\npath \"a\" {}",
             "path'secret/*'={capabilities=[\"read\",\"list\"]} path'a'={}"},
        Case{"objects", "a = { \"*\" = [], b = {c = 1} \n d = [{e=1},{}] }",
             "a={*=[] b={c=1} d=[{e=1},{}]}"},
        Case{"two_labels", "a \"b\" c { }", "a'b''c'={}"},
        Case{"dashed_key", "min-chars = 1", "min-chars=1"},
        Case{"escapes", R"(a = "\n\t\"\\\u00e4\U0001F600\x41\101")",
             "a=\"\n\t\"\\\xc3\xa4\xf0\x9f\x98\x80"
             "AA\""},
        Case{"templates", "a = \"x/{{identity.entity.id}}/*\"", "a=\"x/{{identity.entity.id}}/*\""},
        Case{"interpolation", "a = \"x${f(\"y\")}z\"", "a=\"x${f(\"y\")}z\""},
        Case{"heredoc", "a = <<EOF\nx\n  \"y\"\nEOF\nb = 1", "a=\"x\n  \"y\"\n\" b=1"},
        Case{"indented_heredoc", "a = <<-EOF\n    x\n      y\n    EOF\n", "a=\"x\n  y\n\""},
        Case{"shallow_heredoc", "a = <<-EOF\n  x\n    EOF\n", "a=\"  x\n\""},
        Case{"empty_heredoc", "a = <<EOF\nEOF", "a=\"\""},
        Case{"repeated_blocks", "a { b = 1 }\na { b = 2 }", "a={b=1} a={b=2}"},
        Case{"json",
             R"( {"path":{"x":{"capabilities":["read"],"n":-2,"f":1.50,"t":true,"z":null}}})",
             "path={x={capabilities=[\"read\"] n=-2 f=1.50 t=true}}"},
        Case{"json_escapes", R"({"a":"\u00e4\ud83d\ude00\/"})", "a=\"\xc3\xa4\xf0\x9f\x98\x80/\""}),
    [](const auto& test) { return test.param.name; });

class Refuses : public testing::TestWithParam<Case> {};
TEST_P(Refuses, WithPlace) {
  const auto items = parse(GetParam().text);
  ASSERT_FALSE(items) << show(*items);
  EXPECT_EQ(items.error().code, ErrorCode::invalid);
  EXPECT_EQ(items.error().message, GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Hcl, Refuses,
    testing::Values(
        Case{"twice", "a = 1\n  a = 2", "line 2, column 3: \"a\" is set twice"},
        Case{"twice_as_block", "a = 1\na {}", "line 2, column 1: \"a\" is set twice"},
        Case{"columns_in_characters", "a = \"\xc3\xa4\" ?",
             "line 1, column 9: unexpected character"},
        Case{"bare_word", "a = b", "line 1, column 5: a value is expected (texts stand in quotes)"},
        Case{"missing_value", "a = ", "line 1, column 5: a value is expected"},
        Case{"open_block", "a {\n b = 1", "line 2, column 7: \"}\" is missing"},
        Case{"stray_brace", "}", "line 1, column 1: a key is expected"},
        Case{"key_alone", "a", "line 1, column 2: \"=\" or \"{\" is expected"},
        Case{"label_with_value", "a \"b\" = 1", "line 1, column 7: \"{\" is expected"},
        Case{"list_without_comma", "a = [1 2]", "line 1, column 8: \",\" or \"]\" is expected"},
        Case{"open_list", "a = [1,", "line 1, column 8: a value is expected"},
        Case{"open_string", "a = \"b", "line 1, column 5: string is not closed"},
        Case{"line_in_string", "a = \"b\nc\"", "line 1, column 7: line break in a string"},
        Case{"bad_escape", "a = \"\\q\"", "line 1, column 6: unknown escape sequence"},
        Case{"surrogate", "a = \"\\ud800\"", "line 1, column 6: unknown escape sequence"},
        Case{"cut_escape", "a = \"\\", "line 1, column 6: unknown escape sequence"},
        Case{"bytes_that_are_no_text", "a = \"\\xff\"", "line 1, column 5: string is not UTF-8"},
        Case{"open_interpolation", "a = \"${b\"", "line 1, column 6: \"${\" is not closed"},
        Case{"open_comment", "a = 1 /* b", "line 1, column 7: comment is not closed"},
        Case{"open_heredoc", "a = <<EOF\nb\n", "line 1, column 5: heredoc is not closed"},
        Case{"heredoc_without_marker", "a = <<\nb\n", "line 1, column 5: heredoc needs a marker"},
        Case{"number_with_unit", "a = 30s", "line 1, column 5: malformed number"},
        Case{"dash", "a = -", "line 1, column 5: malformed number"},
        Case{"half_exponent", "a = 1e", "line 1, column 5: malformed number"},
        Case{"not_utf8", "a = \"\xff\"", "the text is not UTF-8"},
        Case{"nul", std::string("a = 1\0", 6), "the text holds a NUL character"},
        Case{"too_long", std::string((1U << 20) + 1, ' '), "the text is longer than 1 MiB"},
        Case{"too_deep", "a = " + std::string(33, '['), "line 1, column 37: nested too deep"},
        Case{"json_twice", "{\"a\":1,\n\"a\":2}", "line 2, column 3: \"a\" is set twice"},
        Case{"json_cut", "{\"a\":", "line 1, column 6: not valid JSON"},
        Case{"json_tail", "{} {}", "line 1, column 4: not valid JSON"},
        Case{"json_null_in_list", "{\"a\":[null]}", "line 1, column 10: null is not allowed here"},
        Case{"json_huge_number", "{\"a\":1e999}", "line 1, column 10: not valid JSON"}),
    [](const auto& test) { return test.param.name; });

TEST(Hcl, KeepsLines) {
  const auto items = parse("a = 1\n\nb {\n  c = [\n    2]\n}");
  ASSERT_TRUE(items);
  EXPECT_EQ((*items)[0].line, 1);
  EXPECT_EQ((*items)[1].line, 3);
  EXPECT_EQ((*items)[1].value.object[0].line, 4);
  EXPECT_EQ((*items)[1].value.object[0].value.list[0].line, 5);
  const auto json = parse("{\n\"a\":\n  1,\n\"b\": {\n\"c\": 2}}");
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)[0].line, 2);
  EXPECT_EQ((*json)[0].value.line, 3);
  EXPECT_EQ((*json)[1].value.object[0].line, 5);
}

TEST(Hcl, HostileDepthAndWidth) {
  std::string deep = "{";
  for (int i = 0; i < 100'000; ++i) deep += "\"a\":{";
  EXPECT_FALSE(parse(deep));
  std::string blocks;
  for (int i = 0; i < 100'000; ++i) blocks += "a{";
  EXPECT_FALSE(parse(blocks));
  std::string wide = "a = [";
  for (int i = 0; i < 100'000; ++i) wide += "1,";
  const auto result = parse(wide + "]");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("too many values"), std::string::npos);
}

TEST(Hcl, EveryCutOfATextIsSurvived) {
  const std::string text =
      "a \"b\" { c = [1, \"x\\u00e4${y}\", true,], d = <<-E\n  x\n  E\n e = {f = 0x1} } # g";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (const char c : std::string("\"{}[]=,\\<#/*$\n")) {
      std::string mutant = text;
      if (i < mutant.size()) mutant[i] = c;
      static_cast<void>(parse(mutant));
    }
    static_cast<void>(parse(text.substr(0, i)));
  }
}

}  // namespace
}  // namespace signet::hcl
