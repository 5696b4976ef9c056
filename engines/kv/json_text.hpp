// SPDX-License-Identifier: Apache-2.0
// JSON kept as the text that a client wrote: numbers of any size and precision come back as they
// were. All texts here were accepted by the request parser before.
#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace signet::kv {

/// The text of an object's member, white space around it cut; of several of one name the last.
/// nullopt: there is none.
std::optional<std::string_view> member_text(std::string_view object, std::string_view name);

/// The texts of a list's elements; nothing when the text is no list.
std::vector<std::string_view> elements_text(std::string_view list);

/// A merge patch (RFC 7396) of an object's text; what it does not touch keeps its text.
SecretBytes merge_patch(std::string_view target, std::string_view patch);

}  // namespace signet::kv
