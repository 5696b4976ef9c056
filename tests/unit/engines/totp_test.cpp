// SPDX-License-Identifier: Apache-2.0
// One-time codes (engines.md section 7.1; RFC 6238).
#include "base/text.hpp"
#include "engines/totp/barcode.hpp"
#include "engines/totp/code.hpp"
#include "tests/support/full_house.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace signet::totp {
namespace {

using core::Json;
using core::Operation;
using core::Outcome;

/// The key of RFC 6238, appendix B, for SHA-1.
constexpr std::string_view rfc_key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

TEST(TotpCode, VectorsOfTheRfc) {
  const std::string seed = "1234567890";
  const auto of = [&](crypto::HmacHash hash, std::size_t length, std::int64_t at) {
    std::string key;
    while (key.size() < length) key += seed;
    return code_at(as_bytes(std::string_view(key).substr(0, length)), hash, 8, at / 30);
  };
  EXPECT_EQ(of(crypto::HmacHash::sha1, 20, 59), "94287082");
  EXPECT_EQ(of(crypto::HmacHash::sha256, 32, 59), "46119246");
  EXPECT_EQ(of(crypto::HmacHash::sha512, 64, 59), "90693936");
  EXPECT_EQ(of(crypto::HmacHash::sha1, 20, 1111111109), "07081804");
  EXPECT_EQ(of(crypto::HmacHash::sha512, 64, 20000000000), "47863826");
}

TEST(TotpCode, Base32) {
  for (const auto& [plain, text] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"f", "MY"},
                                                        {"fo", "MZXQ"},
                                                        {"foo", "MZXW6"},
                                                        {"foob", "MZXW6YQ"},
                                                        {"fooba", "MZXW6YTB"},
                                                        {"foobar", "MZXW6YTBOI"}}) {
    EXPECT_EQ(to_base32(as_bytes(plain)).reveal_text(), text);
    EXPECT_EQ(from_base32(text)->reveal_text(), plain);
    EXPECT_EQ(from_base32(lower(text) + "==")->reveal_text(), plain);
  }
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"not base32!", "illegal base32 data at input byte 3"},
           {"MZXW0", "illegal base32 data at input byte 4"},
           {"M", "illegal base32 data at input byte 1"},
           {"MZXW6Y", "illegal base32 data at input byte 6"},
           {"MY=A", "illegal base32 data at input byte 2"}})
    EXPECT_EQ(from_base32(text).error().message, message) << text;
}

TEST(TotpBarcode, IsAPngOfTheSizeAsked) {
  const std::string text = "otpauth://totp/S:a?secret=GEZDGNBV";
  for (const std::int64_t size : {29, 200, 1000}) {
    const Result<SecretBytes> png = barcode(text, size);
    ASSERT_TRUE(png) << png.error().message;
    const std::string_view bytes = png->reveal_text();
    EXPECT_EQ(bytes.substr(0, 8), std::string_view("\x89PNG\r\n\x1a\n"));
    const auto width = static_cast<std::int64_t>(static_cast<unsigned char>(bytes[18])) * 256 +
                       static_cast<unsigned char>(bytes[19]);
    EXPECT_EQ(width, size);
  }
  EXPECT_EQ(barcode(text, 20).error().message,
            "the qr_size value must be 29 at least for this key");
  EXPECT_EQ(barcode(text, 4097).error().message, "the qr_size value must be 4096 at most");
  EXPECT_FALSE(barcode(std::string(3000, 'x'), 200));
}

class Totp : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    house_.write("sys/mounts/totp", {{"type", "totp"}});
    house_.write("totp/keys/ann", {{"key", rfc_key}, {"account_name", "ann"}});
  }
  std::string code_of_now(std::int64_t offset = 0, int digits = 6) {
    return code_at(as_bytes("12345678901234567890"), crypto::HmacHash::sha1, digits,
                   house_.clock.now().seconds / 30 + offset);
  }
  Outcome check(const std::string& code, const std::string& key = "ann") {
    return house_.call(Operation::update, "totp/code/" + key, {{"code", code}});
  }
  static Json text(const Outcome& outcome) {
    if (outcome.error) return outcome.error->message;
    return (*outcome.response.data)["valid"];
  }
  std::size_t rows(const std::string& table) {
    return house_.database.query("SELECT step FROM " + table).size();
  }

  test::House house_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Databases, Totp, testing::ValuesIn(test::database_kinds()),
                         test::database_name);

TEST_P(Totp, MakesTheCodeOfNow) {
  const Json made = house_.read("totp/code/ann");
  const std::int64_t now = house_.clock.now().seconds;
  EXPECT_EQ(made, (Json{{"code", code_of_now()},
                        {"generated", now},
                        {"period", "30s"},
                        {"expire_time", (now / 30 + 1) * 30}}));
  EXPECT_EQ(house_.refusal(Operation::read, "totp/code/bob"), "unknown key: bob");
}

TEST_P(Totp, AcceptsACodeOnce) {
  EXPECT_EQ(text(check(code_of_now())), true);
  EXPECT_EQ(text(check(code_of_now())), "code already used; wait until the next time period");
  house_.clock.advance(Seconds(30));
  EXPECT_EQ(text(check(code_of_now(-1))), "code already used; wait until the next time period")
      << "also by its skew";
  EXPECT_EQ(text(check(code_of_now())), true);
}

TEST_P(Totp, OneOfManyAtOnceIsAccepted) {
  house_.write("totp/keys/eve", {{"key", rfc_key}});
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      if (!check(code_of_now(), "eve").error) ++accepted;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
}

TEST_P(Totp, AcceptsOnlyTheNeighbouringSteps) {
  EXPECT_EQ(text(check(code_of_now(-2))), false);
  EXPECT_EQ(text(check(code_of_now(2))), false);
  EXPECT_EQ(text(check(code_of_now(-1))), true);
  EXPECT_EQ(text(check(code_of_now(1))), true);
  house_.write("totp/keys/narrow", {{"key", rfc_key}, {"skew", 0}});
  EXPECT_EQ(text(check(code_of_now(-1), "narrow")), false);
  EXPECT_EQ(text(check(code_of_now(), "narrow")), true);
}

TEST_P(Totp, LimitsGuesses) {
  std::string wrong = code_of_now() == "000000" || code_of_now(1) == "000000" ? "111111" : "000000";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(text(check(wrong)), false);
  const Outcome refused = check(code_of_now());
  ASSERT_TRUE(refused.error) << "nor is the right one looked at any more";
  EXPECT_EQ(refused.error->code, ErrorCode::too_many);
  EXPECT_EQ(refused.error->message, "too many attempts; wait until the next time period");
  EXPECT_EQ(rows("totp_used"), 0U);
  house_.clock.advance(Seconds(30));
  EXPECT_EQ(text(check(code_of_now())), true);
}

TEST_P(Totp, ForgetsWhatIsOver) {
  EXPECT_EQ(text(check(code_of_now())), true);
  const auto engine = house_.mounts.table()->find("totp/keys").mounted->engine;
  engine->tick();
  EXPECT_EQ(rows("totp_used") + rows("totp_attempts"), 2U);
  house_.clock.advance(Seconds(150));
  engine->tick();
  EXPECT_EQ(rows("totp_used") + rows("totp_attempts"), 0U);
}

TEST_P(Totp, ANewKeyOfTheNameStartsAnew) {
  EXPECT_EQ(text(check(code_of_now())), true);
  house_.write("totp/keys/ann", {{"key", rfc_key}, {"digits", 8}});
  EXPECT_EQ(text(check(code_of_now(0, 8))), true);
  house_.remove("totp/keys/ann");
  EXPECT_EQ(rows("totp_used") + rows("totp_attempts"), 0U);
  EXPECT_EQ(house_.call(Operation::read, "totp/keys/ann").error->code, ErrorCode::absent);
}

TEST_P(Totp, DrawsKeys) {
  const Json made = house_.write(
      "totp/keys/gen",
      {{"generate", true}, {"issuer", "My Firm"}, {"account_name", "ann@example.test"}});
  const std::string url = made["url"];
  const std::string lead =
      "otpauth://totp/My%20Firm:ann@example.test?algorithm=SHA1&digits=6&issuer=My%20Firm&period=30"
      "&secret=";
  ASSERT_EQ(url.substr(0, lead.size()), lead);
  EXPECT_EQ(url.size(), lead.size() + 32);
  EXPECT_EQ(made["barcode"].get<std::string>().substr(0, 11), "iVBORw0KGgo");
  EXPECT_EQ(house_.read("totp/keys/gen"), (Json{{"account_name", "ann@example.test"},
                                                {"algorithm", "SHA1"},
                                                {"digits", 6},
                                                {"issuer", "My Firm"},
                                                {"period", 30}}));
  // The URL makes the same key again.
  house_.write("totp/keys/same", {{"url", url}});
  EXPECT_EQ(house_.read("totp/keys/same"), house_.read("totp/keys/gen"));
  EXPECT_EQ(house_.read("totp/code/same"), house_.read("totp/code/gen"));
  EXPECT_EQ(house_.write(
                "totp/keys/quiet",
                {{"generate", true}, {"exported", false}, {"issuer", "S"}, {"account_name", "c"}}),
            Json());
  EXPECT_EQ(house_.list("totp/keys")["keys"], (Json{"ann", "gen", "quiet", "same"}));
}

TEST_P(Totp, RefusesBadKeys) {
  const Json drawn{{"generate", true}, {"issuer", "S"}, {"account_name", "a"}};
  const auto with = [&](Json more) {
    Json fields = drawn;
    fields.update(more);
    return fields;
  };
  for (const auto& [fields, message] : std::vector<std::pair<Json, std::string>>{
           {Json::object(), "the key value is required"},
           {{{"key", "GEZDGNBV"}, {"period", 0}}, "the period value must be greater than zero"},
           {{{"key", "GEZDGNBV"}, {"period", "9000h"}}, "the period value must be a year at most"},
           {{{"url", "otpauth"}}, "an error occurred while parsing url string"},
           {{{"url", "otpauth://totp/%zz?secret=GEZDGNBV"}},
            "an error occurred while parsing url string"},
           {{{"url", "otpauth://totp/a?secret=GEZDGNBV&digits=x"}},
            "the digits value can only be 6 or 8"},
           {with({{"key_size", 1025}}), "the key_size value must be 1024 at most"},
           {with({{"qr_size", 10}}), "the qr_size value must be 41 at least for this key"}})
    EXPECT_EQ(house_.refusal(Operation::update, "totp/keys/bad", fields), message) << fields;
  EXPECT_EQ(house_.call(Operation::read, "totp/keys/bad").error->code, ErrorCode::absent);
}

TEST_P(Totp, KeysAreSealedInTheirRows) {
  for (const storage::Row& row : house_.database.query("SELECT value FROM secrets"))
    EXPECT_EQ(std::string(as_text(row.bytes(0))).find(rfc_key), std::string::npos);
}

TEST_P(Totp, DisablingDeletesEverything) {
  EXPECT_EQ(text(check(code_of_now())), true);
  house_.remove("sys/mounts/totp");
  EXPECT_EQ(rows("totp_used") + rows("totp_attempts"), 0U);
  EXPECT_TRUE(house_.database.query("SELECT path FROM secrets").empty());
}

}  // namespace
}  // namespace signet::totp
