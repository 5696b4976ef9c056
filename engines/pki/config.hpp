// SPDX-License-Identifier: Apache-2.0
// A mount's configuration as it is stored: sealed records "config/..." in `secrets`. All of it is
// part of the Issuers snapshot (issuers.hpp) and changes under its change number.
#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "ca/profile.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace signet::pki {

/// Where certificates point to (pki.md section 10): of a mount or of one issuer.
struct Urls {
  std::vector<std::string> issuing_certificates;
  std::vector<std::string> crl_distribution_points;
  std::vector<std::string> delta_crl_distribution_points;
  std::vector<std::string> ocsp_servers;
  bool enable_templating = false;

  [[nodiscard]] bool empty() const {
    return issuing_certificates.empty() && crl_distribution_points.empty() &&
           delta_crl_distribution_points.empty() && ocsp_servers.empty();
  }
  [[nodiscard]] bool uses_issuer_id() const;  ///< templating, and some URL names {{issuer_id}}
};

/// `config/cluster`.
struct ClusterConfig {
  std::string path, aia_path;
};

/// `config/crl`; durations keep the text they were given in, and were checked when written.
struct CrlConfig {
  std::string expiry = "72h";
  bool disable = false;
  bool ocsp_disable = false;
  std::string ocsp_expiry = "12h";
  bool auto_rebuild = false;
  std::string auto_rebuild_grace_period = "12h";
  bool enable_delta = false;
  std::string delta_rebuild_interval = "15m";
  bool allow_expired_cert_revocation = false;

  /// Of a duration text that was checked when written.
  static Seconds seconds(const std::string& text);
};

/// `config/issuers` and `config/keys`.
struct DefaultsConfig {
  std::optional<Uuid> issuer;
  std::optional<Uuid> key;
  bool follows_latest_issuer = false;
};

struct Config {
  Urls urls;
  ClusterConfig cluster;
  CrlConfig crl;
  DefaultsConfig defaults;
};

/// Paths of the records below the mount.
namespace record_path {
inline constexpr std::string_view urls = "config/urls";
inline constexpr std::string_view cluster = "config/cluster";
inline constexpr std::string_view crl = "config/crl";
inline constexpr std::string_view defaults = "config/defaults";
inline constexpr std::string_view role_prefix = "role/";
}  // namespace record_path

nlohmann::json to_record(const Urls& urls);
nlohmann::json to_record(const ClusterConfig& cluster);
nlohmann::json to_record(const CrlConfig& crl);
nlohmann::json to_record(const DefaultsConfig& defaults);
void from_record(const nlohmann::json& record, Urls& urls);
void from_record(const nlohmann::json& record, ClusterConfig& cluster);
void from_record(const nlohmann::json& record, CrlConfig& crl);
void from_record(const nlohmann::json& record, DefaultsConfig& defaults);

/// The URLs as they go into certificates: templates filled in (`issuer_id` empty: unknown, an
/// {{issuer_id}} then is an error). Errors say what is missing, without a prefix: "unable to
/// template AIA URLs as we lack local cluster address information (aia_path)", "error validating
/// templated issuing_certificates; invalid URI: ...".
Result<ca::IssuerUrls> rendered(const Urls& urls, const ClusterConfig& cluster,
                                std::string_view issuer_id);

/// Without templating each must be a URL: "invalid URL found in Authority Information Access (AIA)
/// parameter F: X".
Result<void> check_urls(const Urls& urls);
/// What a write of templates that cannot be filled in yet answers.
std::optional<std::string> template_warning(const Urls& urls, const ClusterConfig& cluster);

/// An absolute URL with scheme and host.
bool is_url(std::string_view text);

}  // namespace signet::pki
