// SPDX-License-Identifier: Apache-2.0
// TLS contexts of the listeners; only api/ sources include this header.
#pragma once

#include "api/options.hpp"
#include "base/result.hpp"

#include <memory>

#include <boost/asio/ssl/context.hpp>

namespace signet::api {

/// A server context: TLS 1.2 and 1.3 with forward secrecy, ALPN answers http/1.1. Errors name the
/// setting, the file and what is wrong with it.
/// @return shared: sessions keep the context they began with across a reload
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsOptions& options);

}  // namespace signet::api
