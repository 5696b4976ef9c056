// SPDX-License-Identifier: Apache-2.0
#include "core/operation.hpp"

namespace signet::core {

std::string_view name(Operation operation) {
  switch (operation) {
    case Operation::read:
      return "read";
    case Operation::list:
      return "list";
    case Operation::scan:
      return "scan";
    case Operation::create:
      return "create";
    case Operation::update:
      return "update";
    case Operation::patch:
      return "patch";
    case Operation::remove:
      return "delete";
    case Operation::help:
      return "help";
    case Operation::header:
      return "header";
  }
  return "";
}

}  // namespace signet::core
