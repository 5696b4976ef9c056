// SPDX-License-Identifier: Apache-2.0
#include "storage/database.hpp"

#include <fmt/format.h>

namespace signet::storage {
namespace {

template <class T>
const T& get(const Values& values, std::size_t column, std::string_view type) {
  if (column >= values.size()) {
    throw Fault(fmt::format("a row of {} columns has no column {}", values.size(), column));
  }
  const T* held = std::get_if<T>(&values[column]);
  if (held == nullptr) throw Fault(fmt::format("column {} of a row is not {}", column, type));
  return *held;
}

}  // namespace

bool Row::is_null(std::size_t column) const {
  if (column >= values_.size()) throw Fault(fmt::format("a row has no column {}", column));
  return std::holds_alternative<std::monostate>(values_[column]);
}

std::int64_t Row::integer(std::size_t column) const {
  return get<std::int64_t>(values_, column, "an integer");
}

const std::string& Row::text(std::size_t column) const {
  return get<std::string>(values_, column, "text");
}

const Bytes& Row::bytes(std::size_t column) const { return get<Bytes>(values_, column, "bytes"); }

Uuid Row::uuid(std::size_t column) const {
  const std::optional<Uuid> id = Uuid::from_bytes(bytes(column));
  if (!id) throw Fault(fmt::format("column {} of a row is not an id of 16 bytes", column));
  return *id;
}

}  // namespace signet::storage
