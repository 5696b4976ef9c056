// SPDX-License-Identifier: Apache-2.0
// A parameter is written once: its type is the member's type, its default the member's initialiser.
// One Schema drives coercion, validation, help, OpenAPI and the fuzz dictionary. Coercion rules
// (core.md section 1.5) live only in the decode overloads of schema.cpp.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace signet::core {

using Json = nlohmann::json;

enum class FieldFlag : unsigned {
  none = 0,
  required = 1,          ///< absent: 400
  lower_case = 2,        ///< text is lower-cased
  whole = 4,             ///< a bare string is one element: no split at commas
  negative_allowed = 8,  ///< durations
  deprecated = 16,
  is_name = 32,  ///< must match Vault's name form
};
constexpr FieldFlag operator|(FieldFlag a, FieldFlag b) {
  return static_cast<FieldFlag>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(FieldFlag flags, FieldFlag one) {
  return (static_cast<unsigned>(flags) & static_cast<unsigned>(one)) != 0;
}
inline constexpr FieldFlag required = FieldFlag::required;

struct FieldInfo {
  std::string name;
  std::string description;
  FieldFlag flags = FieldFlag::none;
  std::string type;  ///< for help and OpenAPI: "string", "integer", "boolean", "duration", "list",
                     ///< "map", "any"
};

/// Coercions. Each returns the text that follows `error converting input for field "x": ` as
/// Error.message.
Result<void> decode(const Json& from, const FieldInfo& field, std::string& to);
Result<void> decode(const Json& from, const FieldInfo& field, SecretBytes& to);  ///< as string
Result<void> decode(const Json& from, const FieldInfo& field, bool& to);
Result<void> decode(const Json& from, const FieldInfo& field, std::int64_t& to);
Result<void> decode(const Json& from, const FieldInfo& field, Seconds& to);
Result<void> decode(const Json& from, const FieldInfo& field, std::vector<std::string>& to);
Result<void> decode(const Json& from, const FieldInfo& field,
                    std::map<std::string, std::string>& to);
Result<void> decode(const Json& from, const FieldInfo& field, Json& to);  ///< taken as it is

std::string type_name(const std::string*);
std::string type_name(const SecretBytes*);
std::string type_name(const bool*);
std::string type_name(const std::int64_t*);
std::string type_name(const Seconds*);
std::string type_name(const std::vector<std::string>*);
std::string type_name(const std::map<std::string, std::string>*);
std::string type_name(const Json*);

/// An optional member stays empty when the field is absent or null: for partial updates.
template <class T>
Result<void> decode(const Json& from, const FieldInfo& field, std::optional<T>& to) {
  if (from.is_null()) return {};
  T inner{};
  TRY(decode(from, field, inner));
  to = std::move(inner);
  return {};
}
template <class T>
std::string type_name(const std::optional<T>*) {
  return type_name(static_cast<const T*>(nullptr));
}

/// Path captures, in the pattern's order.
using Captures = std::vector<std::pair<std::string, std::string>>;

/// What does not depend on the struct: names, help, the warnings about unknown and replaced
/// parameters.
class SchemaBase {
 public:
  virtual ~SchemaBase() = default;
  [[nodiscard]] const std::vector<FieldInfo>& fields() const { return infos_; }
  /// The framework's warnings for a body: unknown names (sorted), names replaced by captures.
  [[nodiscard]] std::vector<std::string> warnings_for(const Json& data,
                                                      const Captures& captures) const;

 protected:
  bool takes_any_ = false;
  std::vector<FieldInfo> infos_;
};

template <class T>
class Schema : public SchemaBase {
 public:
  struct Field {
    FieldInfo info;
    std::function<Result<void>(const Json&, const FieldInfo&, T&)> set;

    template <class Member, class Owner>
    Field(std::string field_name, Member Owner::* member, std::string description,
          FieldFlag flags = FieldFlag::none)
        : info{std::move(field_name), std::move(description), flags,
               type_name(static_cast<const Member*>(nullptr))},
          set([member](const Json& from, const FieldInfo& field, T& to) {
            return decode(from, field, to.*member);
          }) {}
    Field(FieldInfo field, std::function<Result<void>(const Json&, const FieldInfo&, T&)> setter)
        : info(std::move(field)), set(std::move(setter)) {}
  };

  Schema(std::initializer_list<Field> fields) : fields_(fields) { collect(); }
  /// Adds the fields of a base struct's schema: `Schema<Sign>{...}.with(issue_fields)` where Sign
  /// derives from Issue.
  template <class Base>
  Schema with(const Schema<Base>& base) && {
    for (const auto& field : base.own_fields()) {
      Field copy{field.info, [set = field.set](const Json& from, const FieldInfo& info, T& to) {
                   return set(from, info, static_cast<Base&>(to));
                 }};
      fields_.push_back(std::move(copy));
    }
    collect();
    return std::move(*this);
  }

  /// Other members are no mistake of the caller's: free-form bodies.
  Schema taking_any() && {
    takes_any_ = true;
    return std::move(*this);
  }

  /// Captures win over members of `data`. A null member counts as absent for durations and
  /// optionals, else as the type's empty value. Errors: 400 `Field validation failed: ...` /
  /// `missing required field ...`.
  [[nodiscard]] Result<T> decode_all(const Json& data, const Captures& captures) const {
    T out{};
    for (const Field& field : fields_) {
      const std::string* captured = nullptr;
      for (const auto& [key, text] : captures)
        if (key == field.info.name) captured = &text;
      if (captured != nullptr) {
        TRY(field.set(Json(*captured), field.info, out));
        continue;
      }
      const auto found = data.find(field.info.name);
      if (found == data.end()) {
        if (has(field.info.flags, FieldFlag::required))
          return invalid("missing required field '" + field.info.name + "'");
        continue;
      }
      auto set = field.set(*found, field.info, out);
      if (!set)
        return invalid("Field validation failed: error converting input for field \"" +
                       field.info.name + "\": " + set.error().message);
    }
    return out;
  }
  [[nodiscard]] const std::vector<Field>& own_fields() const { return fields_; }

 private:
  template <class>
  friend class Schema;
  void collect() {
    infos_.clear();
    for (const Field& field : fields_) infos_.push_back(field.info);
  }
  std::vector<Field> fields_;
};

/// For routes without parameters of their own.
struct NoFields {};
const Schema<NoFields>& no_fields();

}  // namespace signet::core
