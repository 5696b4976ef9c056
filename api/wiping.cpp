// SPDX-License-Identifier: Apache-2.0
#include "api/wiping.hpp"

#include <nlohmann/json.hpp>

namespace signet::api {

void wipe_values(nlohmann::json& document) noexcept {
  if (document.is_string()) {
    auto& text = document.get_ref<std::string&>();
    wipe(text.data(), text.size());
  } else if (document.is_structured()) {
    for (auto& member : document) wipe_values(member);  // depth is bounded by the parser
  }
}

}  // namespace signet::api
