// SPDX-License-Identifier: Apache-2.0
#include "ca/name.hpp"

#include "ca/der.hpp"
#include "fixture.hpp"

#include <memory>

#include <gtest/gtest.h>
#include <openssl/x509.h>

namespace signet::ca {
namespace {

using test::take;

TEST(Name, OrderTypesAndMultiValuedRdnsEqualOpenSsl) {
  Subject subject;
  subject.common_name = "a@b.test";
  subject.serial_number = "SN 1";
  subject.user_ids = {"x", "y_z"};
  subject.country = {"NO"};
  subject.organization = {"Acme, Inc"};
  subject.organizational_unit = {"Two", "One", "Two", ""};
  subject.locality = {"\xc3\x98lo"};
  subject.province = {"Viken"};
  subject.street_address = {"Road 1"};
  subject.postal_code = {"0150"};
  const DistinguishedName name = take(subject.name());

  const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> oracle(X509_NAME_new(),
                                                                     X509_NAME_free);
  const auto add = [&](const char* field, int type, const char* value, int set = 0) {
    ASSERT_EQ(
        X509_NAME_add_entry_by_txt(oracle.get(), field, type,
                                   reinterpret_cast<const unsigned char*>(value), -1, -1, set),
        1);
  };
  add("C", V_ASN1_PRINTABLESTRING, "NO");
  add("ST", V_ASN1_PRINTABLESTRING, "Viken");
  add("L", V_ASN1_UTF8STRING, "\xc3\x98lo");
  add("street", V_ASN1_PRINTABLESTRING, "Road 1");
  add("postalCode", V_ASN1_PRINTABLESTRING, "0150");
  add("O", V_ASN1_PRINTABLESTRING, "Acme, Inc");
  add("OU", V_ASN1_PRINTABLESTRING, "Two");
  add("OU", V_ASN1_PRINTABLESTRING, "One", -1);
  add("CN", V_ASN1_UTF8STRING, "a@b.test");
  add("serialNumber", V_ASN1_PRINTABLESTRING, "SN 1");
  add("UID", V_ASN1_PRINTABLESTRING, "x");
  add("UID", V_ASN1_UTF8STRING, "y_z");
  unsigned char* der = nullptr;
  const int size = i2d_X509_NAME(oracle.get(), &der);
  ASSERT_GT(size, 0);
  EXPECT_EQ(hex(name.der()), hex(BytesView(der, static_cast<std::size_t>(size))));
  OPENSSL_free(der);

  const DistinguishedName again = take(DistinguishedName::parse(name.der()));
  EXPECT_EQ(again, name);
  EXPECT_EQ(again.all(oid::user_id), (std::vector<std::string>{"x", "y_z"}));
  EXPECT_EQ(again.last(oid::common_name), "a@b.test");
  EXPECT_EQ(again.text(),
            "UID=y_z,UID=x,serialNumber=SN 1,CN=a@b.test,OU=One+OU=Two,O=Acme\\, Inc,"
            "postalCode=0150,STREET=Road 1,L=\xc3\x98lo,ST=Viken,C=NO");
}

TEST(Name, EmptyName) {
  EXPECT_EQ(hex(take(Subject().name()).der()), "3000");
  EXPECT_TRUE(take(DistinguishedName::parse(from_hex("3000").value())).empty());
}

TEST(Name, RefusesWhatCannotStand) {
  struct Case {
    const char* why;
    std::string common_name;
    bool is_good;
  };
  std::string wide;
  for (int i = 0; i < 64; ++i) wide += "\xc3\xbc";
  for (const Case& c : {Case{"64 characters", std::string(64, 'a'), true},
                        Case{"64 characters of two octets", wide, true},
                        Case{"65 characters", std::string(65, 'a'), false},
                        Case{"NUL", std::string("good.test\0.evil.test", 20), false},
                        Case{"line feed", "a\nb", false}, Case{"C1 control", "a\xc2\x85", false},
                        Case{"bad UTF-8", "\xff", false}}) {
    Subject subject;
    subject.common_name = c.common_name;
    EXPECT_EQ(subject.name().has_value(), c.is_good) << c.why;
  }
  for (const char* der : {"", "3001", "30023100", "3004310230ff", "31003000", "300000",
                          "300b310930070603550403130140", "300b3109300706035504030c01ff"}) {
    EXPECT_FALSE(DistinguishedName::parse(from_hex(der).value())) << der;
  }
}

TEST(Name, PrefixIgnoresCaseAndFoldsSpace) {
  const auto named = [](std::string organization, std::string name) {
    Subject subject;
    subject.common_name = std::move(name);
    if (!organization.empty()) subject.organization = {std::move(organization)};
    return take(subject.name());
  };
  EXPECT_TRUE(begins_with(named("Harbour  Works", "a"), named("harbour works ", "")));
  EXPECT_FALSE(begins_with(named("Other", "a"), named("Harbour Works", "")));
  EXPECT_FALSE(begins_with(named("", "a"), named("Harbour Works", "a")));
  EXPECT_TRUE(begins_with(named("X", "a"), DistinguishedName()));
}

}  // namespace
}  // namespace signet::ca
