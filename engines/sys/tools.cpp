// SPDX-License-Identifier: Apache-2.0
// Hashes and random bytes (core.md section 3.11).
#include "base/bytes.hpp"
#include "crypto/named_digest.hpp"
#include "engines/sys/sys.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::sys {

using core::Json;
using core::Operation;
using core::Route;
using core::Schema;

struct HashFields {
  std::string input;
  std::string algorithm = "sha2-256";
  std::string urlalgorithm;
  std::string format = "hex";
};
struct RandomFields {
  std::int64_t bytes = 32;
  std::string format = "base64";
  std::string source = "platform";
  std::string urlsource;
  std::string urlbytes;
};

namespace {

constexpr std::int64_t most_random_bytes = 131'072;

const Schema<HashFields>& hash_fields() {
  using F = HashFields;
  static const Schema<HashFields> schema{
      {"input", &F::input, "Base64 of what to hash."},
      {"algorithm", &F::algorithm, "sha2-224 ... sha2-512, sha3-224 ... sha3-512."},
      {"urlalgorithm", &F::urlalgorithm, "The algorithm, as part of the path."},
      {"format", &F::format, "hex or base64."},
  };
  return schema;
}
const Schema<RandomFields>& random_fields() {
  using F = RandomFields;
  static const Schema<RandomFields> schema{
      {"bytes", &F::bytes, "How many."},
      {"format", &F::format, "hex or base64."},
      {"source", &F::source, "platform, seal or all: the same generator."},
      {"urlsource", &F::urlsource, "The source, as part of the path."},
      {"urlbytes", &F::urlbytes, "The number, as part of the path."},
  };
  return schema;
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_source(const std::string& text) {
  return text == "platform" || text == "seal" || text == "all";
}

Result<std::string> encode(BytesView bytes, const std::string& format) {
  if (format == "hex") return hex(bytes);
  if (format == "base64") return base64(bytes);
  return invalid(
      fmt::format("unsupported encoding format {}; must be \"hex\" or \"base64\"", format));
}

}  // namespace

std::vector<Route> tool_routes() {
  using E = SysEngine;
  std::vector<Route> routes;
  for (const char* path : {"tools/hash", "tools/hash/{urlalgorithm}"})
    routes.emplace_back(path, Operation::update, hash_fields(), &E::hash, "Hash a value.");
  for (const char* path :
       {"tools/random", "tools/random/{urlbytes}", "tools/random/{urlsource}/{urlbytes}"})
    routes.emplace_back(path, Operation::update, random_fields(), &E::random, "Random bytes.");
  return routes;
}

Result<core::Response> SysEngine::hash(Request&, const HashFields& fields) {
  const std::optional<Bytes> input = from_base64(fields.input);
  if (!input) return invalid("unable to decode input as base64: illegal base64 data");
  const std::string& algorithm =
      fields.urlalgorithm.empty() ? fields.algorithm : fields.urlalgorithm;
  const std::optional<Bytes> sum = crypto::digest_named(algorithm, *input);
  if (!sum) return invalid("unsupported algorithm " + algorithm);
  std::string text = TRY(encode(*sum, fields.format));
  return Response::of(Json{{"sum", std::move(text)}});
}

Result<core::Response> SysEngine::random(Request&, const RandomFields& fields) {
  std::int64_t count = fields.bytes;
  std::string source = fields.urlsource.empty() ? fields.source : fields.urlsource;
  if (is_source(fields.urlbytes)) {
    source = fields.urlbytes;
  } else if (!fields.urlbytes.empty()) {
    if (!is_number(fields.urlbytes)) return invalid("error parsing url-set byte count");
    const std::string& text = fields.urlbytes;
    // Too large for the type: too large anyway.
    if (std::from_chars(text.data(), text.data() + text.size(), count).ec != std::errc())
      count = most_random_bytes + 1;
  }
  if (count < 1) return invalid("'bytes' cannot be less than 1");
  if (count > most_random_bytes) return invalid("'bytes' should be less than 131072");
  if (fields.format != "hex" && fields.format != "base64")
    return invalid(fmt::format("unsupported encoding format \"{}\"; must be \"hex\" or \"base64\"",
                               fields.format));
  if (!is_source(source)) return invalid(fmt::format("unsupported entropy source \"{}\"", source));

  Bytes bytes = services_.random.bytes(static_cast<std::size_t>(count));
  std::string text = TRY(encode(bytes, fields.format));
  wipe(bytes);
  Response response = Response::of(Json::object());
  response.secrets.emplace_back("random_bytes", SecretBytes(std::string_view(text)));
  wipe(text);
  if (source == "seal")
    response.warnings.emplace_back("no seal with a random generator: the platform's was used");
  return response;
}

}  // namespace signet::sys
