// SPDX-License-Identifier: Apache-2.0
#include "base/duration.hpp"
#include "ca/hostname.hpp"
#include "engines/pki/config.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {
namespace {

using Json = nlohmann::json;

constexpr std::string_view issuer_id_variable = "{{issuer_id}}";
constexpr std::string_view path_variable = "{{cluster_path}}";
constexpr std::string_view aia_path_variable = "{{cluster_aia_path}}";

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

struct Renderer {
  const Urls& urls;
  const ClusterConfig& cluster;
  std::string_view issuer_id;

  /// One variable of one URL; an unknown value is an error only where the variable stands.
  Result<void> fill(std::string& url, std::string_view variable, std::string_view by,
                    const char* missing) const {
    if (url.find(variable) == std::string::npos) return {};
    if (by.empty()) return invalid(missing);
    replace_all(url, variable, by);
    return {};
  }

  Result<std::vector<std::string>> list(const std::vector<std::string>& from,
                                        std::string_view field) const {
    if (!urls.enable_templating) return from;
    std::vector<std::string> rendered_list;
    for (std::string url : from) {
      TRY(fill(url, path_variable, cluster.path,
               "unable to template AIA URLs as we lack local cluster address information (path)"));
      TRY(fill(url, aia_path_variable, cluster.aia_path,
               "unable to template AIA URLs as we lack local cluster address information "
               "(aia_path)"));
      TRY(fill(url, issuer_id_variable, issuer_id,
               "unable to template AIA URLs as we lack an issuer_id for this operation"));
      if (!is_url(url))
        return invalid("error validating templated " + std::string(field) +
                       "; invalid URI: " + url);
      rendered_list.push_back(std::move(url));
    }
    return rendered_list;
  }
};

bool names_issuer_id(const std::vector<std::string>& urls) {
  for (const std::string& url : urls)
    if (url.find(issuer_id_variable) != std::string::npos) return true;
  return false;
}

template <class T>
void read(const Json& record, const char* name, T& to) {
  if (const auto found = record.find(name); found != record.end()) found->get_to(to);
}

void read_id(const Json& record, const char* name, std::optional<Uuid>& to) {
  const auto found = record.find(name);
  to = found == record.end() ? std::nullopt : Uuid::parse(found->get<std::string>());
}

}  // namespace

bool Urls::uses_issuer_id() const {
  return enable_templating &&
         (names_issuer_id(issuing_certificates) || names_issuer_id(crl_distribution_points) ||
          names_issuer_id(delta_crl_distribution_points) || names_issuer_id(ocsp_servers));
}

Seconds CrlConfig::seconds(const std::string& text) {
  return parse_duration(text, true).value_or(Seconds{0});
}

Json to_record(const Urls& urls) {
  return {{"issuing_certificates", urls.issuing_certificates},
          {"crl_distribution_points", urls.crl_distribution_points},
          {"delta_crl_distribution_points", urls.delta_crl_distribution_points},
          {"ocsp_servers", urls.ocsp_servers},
          {"enable_templating", urls.enable_templating}};
}

void from_record(const Json& record, Urls& urls) {
  read(record, "issuing_certificates", urls.issuing_certificates);
  read(record, "crl_distribution_points", urls.crl_distribution_points);
  read(record, "delta_crl_distribution_points", urls.delta_crl_distribution_points);
  read(record, "ocsp_servers", urls.ocsp_servers);
  read(record, "enable_templating", urls.enable_templating);
}

Json to_record(const ClusterConfig& cluster) {
  return {{"path", cluster.path}, {"aia_path", cluster.aia_path}};
}

void from_record(const Json& record, ClusterConfig& cluster) {
  read(record, "path", cluster.path);
  read(record, "aia_path", cluster.aia_path);
}

Json to_record(const CrlConfig& crl) {
  return {{"expiry", crl.expiry},
          {"disable", crl.disable},
          {"ocsp_disable", crl.ocsp_disable},
          {"ocsp_expiry", crl.ocsp_expiry},
          {"auto_rebuild", crl.auto_rebuild},
          {"auto_rebuild_grace_period", crl.auto_rebuild_grace_period},
          {"enable_delta", crl.enable_delta},
          {"delta_rebuild_interval", crl.delta_rebuild_interval},
          {"allow_expired_cert_revocation", crl.allow_expired_cert_revocation}};
}

void from_record(const Json& record, CrlConfig& crl) {
  read(record, "expiry", crl.expiry);
  read(record, "disable", crl.disable);
  read(record, "ocsp_disable", crl.ocsp_disable);
  read(record, "ocsp_expiry", crl.ocsp_expiry);
  read(record, "auto_rebuild", crl.auto_rebuild);
  read(record, "auto_rebuild_grace_period", crl.auto_rebuild_grace_period);
  read(record, "enable_delta", crl.enable_delta);
  read(record, "delta_rebuild_interval", crl.delta_rebuild_interval);
  read(record, "allow_expired_cert_revocation", crl.allow_expired_cert_revocation);
}

Json to_record(const DefaultsConfig& defaults) {
  Json record{{"follows_latest_issuer", defaults.follows_latest_issuer}};
  if (defaults.issuer) record["issuer"] = defaults.issuer->text();
  if (defaults.key) record["key"] = defaults.key->text();
  return record;
}

void from_record(const Json& record, DefaultsConfig& defaults) {
  read_id(record, "issuer", defaults.issuer);
  read_id(record, "key", defaults.key);
  read(record, "follows_latest_issuer", defaults.follows_latest_issuer);
}

Result<ca::IssuerUrls> rendered(const Urls& urls, const ClusterConfig& cluster,
                                std::string_view issuer_id) {
  const Renderer renderer{urls, cluster, issuer_id};
  ca::IssuerUrls out;
  out.authority_info.ca_issuers =
      TRY(renderer.list(urls.issuing_certificates, "issuing_certificates"));
  out.crl_distribution_points =
      TRY(renderer.list(urls.crl_distribution_points, "crl_distribution_points"));
  out.delta_crl_distribution_points =
      TRY(renderer.list(urls.delta_crl_distribution_points, "delta_crl_distribution_points"));
  out.authority_info.ocsp = TRY(renderer.list(urls.ocsp_servers, "ocsp_servers"));
  return out;
}

bool is_url(std::string_view text) {
  const auto parts = ca::parse_uri(text);
  return parts && parts->has_authority && !parts->host.empty();
}

}  // namespace signet::pki
