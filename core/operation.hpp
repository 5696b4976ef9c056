// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace signet::core {

/// What a request asks (core.md section 1.2). `create` and `update` arrive as one verb; routes with
/// an existence check tell them apart for policies.
enum class Operation { read, list, scan, create, update, patch, remove, help, header };

/// As audit entries and policies spell it: "read", "list", "scan", "create", "update", "patch",
/// "delete", "help", "header".
std::string_view name(Operation operation);

}  // namespace signet::core
