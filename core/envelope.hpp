// SPDX-License-Identifier: Apache-2.0
// The JSON that answers are clothed in (core.md section 1.7): what is sent, and what response
// wrapping keeps. Secrets are revealed here only, into buffers that are wiped.
#pragma once

#include "base/wiped_text.hpp"
#include "core/response.hpp"

#include <string_view>

namespace signet::core {

/// The envelope, with its final line feed. With `wrap_info` or `envelope_json` in the response,
/// `request_id` is not used: the one is empty by contract, the other has its own.
void write_envelope(WipedText& out, const Response& response, std::string_view request_id,
                    std::string_view mount_type);
/// The value of `data` alone: the whole body of a plain answer.
void write_data(WipedText& out, const Response& response);

}  // namespace signet::core
