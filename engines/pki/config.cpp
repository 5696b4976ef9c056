// SPDX-License-Identifier: Apache-2.0
// config/urls, config/cluster, config/crl (pki.md 10, 13.1). Writes are partial; answers show all.
#include "engines/pki/config.hpp"

#include "base/duration.hpp"
#include "engines/pki/pki.hpp"

#include <nlohmann/json.hpp>

namespace signet::pki {

using core::Json;
using core::NoFields;
using core::Operation;
using core::Request;
using core::Response;
using core::Route;

struct UrlsFields {
  std::optional<std::vector<std::string>> issuing_certificates, crl_distribution_points,
      delta_crl_distribution_points, ocsp_servers;
  std::optional<bool> enable_templating;
};

struct ClusterFields {
  std::optional<std::string> path, aia_path;
};

struct CrlConfigFields {
  std::optional<std::string> expiry, ocsp_expiry, auto_rebuild_grace_period, delta_rebuild_interval;
  std::optional<bool> disable, ocsp_disable, auto_rebuild, enable_delta,
      allow_expired_cert_revocation;
};

namespace {

const core::Schema<UrlsFields>& urls_fields() {
  using F = UrlsFields;
  static const core::Schema<UrlsFields> schema{
      {"issuing_certificates", &F::issuing_certificates, "Where issuers can be fetched."},
      {"crl_distribution_points", &F::crl_distribution_points, "Where CRLs can be fetched."},
      {"delta_crl_distribution_points", &F::delta_crl_distribution_points,
       "Where delta CRLs can be fetched."},
      {"ocsp_servers", &F::ocsp_servers, "Where OCSP answers."},
      {"enable_templating", &F::enable_templating,
       "URLs may hold {{issuer_id}}, {{cluster_path}} and {{cluster_aia_path}}."},
  };
  return schema;
}

const core::Schema<ClusterFields>& cluster_fields() {
  using F = ClusterFields;
  static const core::Schema<ClusterFields> schema{
      {"path", &F::path, "URL of this mount on this cluster, with /v1."},
      {"aia_path", &F::aia_path, "URL that certificates point to, usually without TLS."},
  };
  return schema;
}

const core::Schema<CrlConfigFields>& crl_fields() {
  using F = CrlConfigFields;
  static const core::Schema<CrlConfigFields> schema{
      {"expiry", &F::expiry, "From a CRL's thisUpdate to its nextUpdate."},
      {"disable", &F::disable, "CRLs are signed but empty."},
      {"ocsp_disable", &F::ocsp_disable, "OCSP refuses every request."},
      {"ocsp_expiry", &F::ocsp_expiry,
       "From an OCSP answer's thisUpdate to its nextUpdate; 0 leaves that out."},
      {"auto_rebuild", &F::auto_rebuild,
       "CRLs are rebuilt by time, not when something is revoked."},
      {"auto_rebuild_grace_period", &F::auto_rebuild_grace_period,
       "How long before its nextUpdate a CRL is rebuilt."},
      {"enable_delta", &F::enable_delta, "Delta CRLs are wanted."},
      {"delta_rebuild_interval", &F::delta_rebuild_interval, "How often delta CRLs are rebuilt."},
      {"allow_expired_cert_revocation", &F::allow_expired_cert_revocation,
       "Expired certificates may be revoked."},
  };
  return schema;
}

template <class T>
void take(const std::optional<T>& given, T& to) {
  if (given) to = *given;
}

Result<void> check_duration(const char* field, const std::string& text) {
  if (!parse_duration(text, true))
    return invalid("given " + std::string(field) +
                   " could not be decoded: time: invalid duration \"" + text + "\"");
  return {};
}

Result<void> check(const CrlConfig& crl) {
  TRY(check_duration("expiry", crl.expiry));
  TRY(check_duration("ocsp_expiry", crl.ocsp_expiry));
  TRY(check_duration("auto_rebuild_grace_period", crl.auto_rebuild_grace_period));
  TRY(check_duration("delta_rebuild_interval", crl.delta_rebuild_interval));
  const Seconds expiry = CrlConfig::seconds(crl.expiry);
  const Seconds ocsp_expiry = CrlConfig::seconds(crl.ocsp_expiry);
  if (expiry.count() <= 0)
    return invalid("expiry must be greater than 0 got: " + go_duration(expiry));
  if (ocsp_expiry.count() < 0)
    return invalid("ocsp_expiry must be greater than or equal to 0 got: " +
                   go_duration(ocsp_expiry));
  if (crl.auto_rebuild && CrlConfig::seconds(crl.auto_rebuild_grace_period) >= expiry)
    return invalid("CRL auto-rebuilding grace period (" + crl.auto_rebuild_grace_period +
                   ") must be strictly shorter than CRL expiry (" + crl.expiry +
                   ") value when auto-rebuilding of CRLs is enabled");
  if (crl.enable_delta && CrlConfig::seconds(crl.delta_rebuild_interval) >= expiry)
    return invalid("CRL delta rebuild window (" + crl.delta_rebuild_interval +
                   ") must be strictly shorter than CRL expiry (" + crl.expiry +
                   ") value when delta CRLs are enabled");
  if (crl.enable_delta && !crl.auto_rebuild)
    return invalid(
        "Delta CRLs cannot be enabled when auto rebuilding is disabled as the complete CRL is "
        "always regenerated!");
  return {};
}

}  // namespace

Result<void> check_urls(const Urls& urls) {
  if (urls.enable_templating) return {};
  const auto check = [](const char* field, const std::vector<std::string>& list) -> Result<void> {
    for (const std::string& url : list)
      if (!is_url(url))
        return invalid("invalid URL found in Authority Information Access (AIA) parameter " +
                       std::string(field) + ": " + url);
    return {};
  };
  TRY(check("issuing_certificates", urls.issuing_certificates));
  TRY(check("crl_distribution_points", urls.crl_distribution_points));
  TRY(check("delta_crl_distribution_points", urls.delta_crl_distribution_points));
  TRY(check("ocsp_servers", urls.ocsp_servers));
  return {};
}

std::optional<std::string> template_warning(const Urls& urls, const ClusterConfig& cluster) {
  if (!urls.enable_templating) return std::nullopt;
  const auto filled = rendered(urls, cluster, Uuid{}.text());
  if (filled) return std::nullopt;
  return "issuance may fail: " + filled.error().message +
         "\n\nConsider setting the cluster-local address if it is not already set.";
}

std::vector<Route> config_routes() {
  const auto& nothing = core::no_fields();
  std::vector<Route> routes;
  Route urls("config/urls", Operation::read, nothing, &PkiEngine::read_urls,
             "Where certificates point to.");
  urls.also(Operation::update, urls_fields(), &PkiEngine::write_urls,
            "Change where certificates point to.");
  routes.push_back(std::move(urls));
  Route cluster("config/cluster", Operation::read, nothing, &PkiEngine::read_cluster,
                "Where this cluster is reached.");
  cluster.also(Operation::update, cluster_fields(), &PkiEngine::write_cluster,
               "Change where this cluster is reached.");
  routes.push_back(std::move(cluster));
  Route crl("config/crl", Operation::read, nothing, &PkiEngine::read_crl_config,
            "How CRLs and OCSP answers are made.");
  crl.also(Operation::update, crl_fields(), &PkiEngine::write_crl_config,
           "Change how CRLs and OCSP answers are made.");
  routes.push_back(std::move(crl));
  return routes;
}

Result<Response> PkiEngine::read_urls(Request&, const NoFields&) {
  return Response::of(to_record(issuers()->config().urls));
}

Result<Response> PkiEngine::write_urls(Request& request, const UrlsFields& fields) {
  const auto snapshot = issuers_for(request);
  Urls urls = snapshot->config().urls;
  take(fields.issuing_certificates, urls.issuing_certificates);
  take(fields.crl_distribution_points, urls.crl_distribution_points);
  take(fields.delta_crl_distribution_points, urls.delta_crl_distribution_points);
  take(fields.ocsp_servers, urls.ocsp_servers);
  take(fields.enable_templating, urls.enable_templating);
  TRY(check_urls(urls));
  records_.write(request.unit(), urls);
  Response response = Response::of(to_record(urls));
  if (auto warning = template_warning(urls, snapshot->config().cluster))
    response.warnings.push_back(std::move(*warning));
  return response;
}

Result<Response> PkiEngine::read_cluster(Request&, const NoFields&) {
  return Response::of(to_record(issuers()->config().cluster));
}

Result<Response> PkiEngine::write_cluster(Request& request, const ClusterFields& fields) {
  ClusterConfig cluster = issuers_for(request)->config().cluster;
  take(fields.path, cluster.path);
  take(fields.aia_path, cluster.aia_path);
  if (fields.path && !is_url(cluster.path))
    return invalid("invalid, non-URL path given to cluster: " + cluster.path);
  if (fields.aia_path && !is_url(cluster.aia_path))
    return invalid("invalid, non-URL aia_path given to cluster: " + cluster.aia_path);
  records_.write(request.unit(), cluster);
  return Response::of(to_record(cluster));
}

Result<Response> PkiEngine::read_crl_config(Request&, const NoFields&) {
  return Response::of(to_record(issuers()->config().crl));
}

Result<Response> PkiEngine::write_crl_config(Request& request, const CrlConfigFields& fields) {
  CrlConfig crl = issuers_for(request)->config().crl;
  take(fields.expiry, crl.expiry);
  take(fields.disable, crl.disable);
  take(fields.ocsp_disable, crl.ocsp_disable);
  take(fields.ocsp_expiry, crl.ocsp_expiry);
  take(fields.auto_rebuild, crl.auto_rebuild);
  take(fields.auto_rebuild_grace_period, crl.auto_rebuild_grace_period);
  take(fields.enable_delta, crl.enable_delta);
  take(fields.delta_rebuild_interval, crl.delta_rebuild_interval);
  take(fields.allow_expired_cert_revocation, crl.allow_expired_cert_revocation);
  TRY(check(crl));
  records_.write(request.unit(), crl);
  return Response::of(to_record(crl));
}

}  // namespace signet::pki
