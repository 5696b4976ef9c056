// SPDX-License-Identifier: Apache-2.0
#include "engines/pki/status.hpp"

#include "base/log.hpp"
#include "crypto/signature_algorithms.hpp"
#include "engines/pki/http_cache.hpp"
#include "engines/pki/pki.hpp"
#include "storage/certificates.hpp"

#include <algorithm>
#include <set>

namespace signet::pki {
namespace {

/// What an issuer signs status with: its setting, else its own certificate's algorithm where the
/// key can make it.
crypto::SignatureScheme status_scheme(const IssuerEntry& issuer, const crypto::KeySpec& key) {
  if (!issuer.revocation_signature_algorithm.empty())
    if (const auto named = crl::scheme_named(issuer.revocation_signature_algorithm, key.type))
      return *named;
  const auto own = crypto::parse_signature_algorithm(issuer.certificate.signature_algorithm);
  if (own && own->key == key.type && key.type == crypto::KeyType::rsa) return own->scheme;
  return crypto::default_scheme(key);
}

/// A CRL leaves its file piece by piece: memory does not grow with it.
class CrlChunks : public core::Chunks {
 public:
  explicit CrlChunks(std::shared_ptr<const crl::StoredObject> der) : der_(std::move(der)) {}
  bool next(Bytes& out) override {
    out = der_->read(at_, piece);
    at_ += out.size();
    return !out.empty();
  }
  [[nodiscard]] std::int64_t size() const override {
    return static_cast<std::int64_t>(der_->size());
  }

 private:
  static constexpr std::size_t piece = 64 * 1024;
  std::shared_ptr<const crl::StoredObject>
      der_;  // shared with the publisher, which may replace it meanwhile
  std::uint64_t at_ = 0;
};

/// The same as PEM (RFC 7468), 48 octets a line.
class PemChunks : public core::Chunks {
 public:
  PemChunks(std::shared_ptr<const crl::StoredObject> der, bool ends_in_newline)
      : der_(std::move(der)),
        footer_(ends_in_newline ? footer : footer.substr(0, footer.size() - 1)) {}
  bool next(Bytes& out) override {
    out.clear();
    if (is_done_) return false;
    std::string text;
    if (at_ == 0) text = header;
    const Bytes piece = der_->read(at_, line * 1024);
    for (std::size_t i = 0; i < piece.size(); i += line)
      text += base64(BytesView(piece).subspan(i, std::min(line, piece.size() - i))) + "\n";
    at_ += piece.size();
    if (at_ >= der_->size()) {
      text += footer_;
      is_done_ = true;
    }
    out = to_bytes(text);
    return true;
  }
  [[nodiscard]] std::int64_t size() const override {
    const auto octets = der_->size();
    const auto lines = (octets + line - 1) / line;
    return static_cast<std::int64_t>(header.size() + footer_.size() + (octets + 2) / 3 * 4 + lines);
  }

 private:
  static constexpr std::size_t line = 48;
  static constexpr std::string_view header = "-----BEGIN X509 CRL-----\n",
                                    footer = "-----END X509 CRL-----\n";
  std::shared_ptr<const crl::StoredObject> der_;  // shared with the publisher
  std::string_view footer_;
  std::uint64_t at_ = 0;
  bool is_done_ = false;
};

core::Response raw_answer(std::string type, std::unique_ptr<core::Chunks> chunks) {
  core::Response response;
  response.status = 200;
  response.raw = core::RawBody{std::move(type), nullptr};
  response.stream = std::move(chunks);
  return response;
}

/// OCSP's own errors, with the status that clients of this API expect.
core::Response ocsp_failure(crl::OcspError error) {
  int status = 500;
  if (error == crl::OcspError::malformed_request) status = 400;
  if (error == crl::OcspError::unauthorized) status = 401;
  if (error == crl::OcspError::try_later) status = 503;
  auto response =
      core::Response::raw_bytes("application/ocsp-response", crl::ocsp_error(error), status);
  response.headers.emplace_back("Cache-Control", "max-age=0, no-cache");
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Status::Status(PkiEngine& engine, crl::RevocationFeed& feed, std::string folder)
    : engine_(engine),
      feed_(feed),
      publisher_(
          engine.context().database, engine.context().clock, engine.context().mount_id,
          [this](std::int64_t authority) { return recipe(authority); }, std::move(folder)) {
  // Not bound to this object's life: a listener cannot be taken back, the counter outlives us.
  engine.context().changes.on_change(
      Issuers::kind,
      [generation = generation_, mount = engine.context().mount_id](const Uuid& owner) {
        if (owner == mount) generation->fetch_add(1);
      });
  feed_.listen(engine.context().mount_id, [this](const storage::RevocationRow* row) {
    if (row != nullptr)
      revoked(row->issuer, row->serial);
    else
      configuration_changed();
  });
}

Status::~Status() { feed_.forget(engine_.context().mount_id); }

void Status::revoked(std::int64_t authority, BytesView serial) {
  cache_.invalidate(serial);
  publisher_.mark_dirty(authority);
}

bool Status::knows_configuration(bool may_wait) {
  const auto generation = generation_->load();
  if (seen_generation_.load() == generation) return true;
  if (!may_wait) return false;
  seen_generation_.store(generation);  // before dropping: what rises meanwhile is dropped once more
  configuration_changed();
  return true;
}

void Status::configuration_changed() {
  cache_.invalidate_all();
  publisher_.configuration_changed();
}

std::optional<crl::CrlRecipe> Status::recipe(std::int64_t authority) {
  const auto issuers = engine_.issuers();
  const IssuerEntry* chosen = nullptr;
  for (const IssuerEntry* entry : issuers->of_authority(authority)) {
    if (!entry->usage.crl_signing || !entry->key_id) continue;
    if (chosen == nullptr || entry == issuers->default_issuer()) chosen = entry;
  }
  if (chosen == nullptr) return std::nullopt;
  const KeyEntry* key = issuers->find_key(*chosen->key_id);
  if (key == nullptr) return std::nullopt;
  const CrlConfig& config = issuers->config().crl;
  crl::CrlRecipe recipe;
  recipe.issuer = to_bytes(chosen->certificate.subject.der());
  recipe.authority_key_id = chosen->certificate.key_id();
  recipe.key = issuers->private_key(*key);
  recipe.scheme = status_scheme(*chosen, key->spec);
  recipe.lifetime = CrlConfig::seconds(config.expiry);
  recipe.is_empty = config.disable;
  return recipe;
}

Result<std::optional<crl::PublishedCrl>> Status::list_for(core::Request& request,
                                                          const IssuerEntry& issuer) {
  if (!engine_.context().database.is_reachable()) {
    // What is signed is served until its nextUpdate: relying parties must not fail because we do
    // (architecture 6).
    auto list = publisher_.current(issuer.authority);
    if (list && list->next_update > request.now) return list;
  }
  if (!knows_configuration(request.may_wait)) return core::needs_worker();
  const bool is_stale_fine = engine_.issuers_for_status(request)->config().crl.auto_rebuild;
  core::Pause& pause = request.pause;
  auto passed = std::dynamic_pointer_cast<crl::Build>(pause.passed);
  if (passed && passed->authority != issuer.authority) passed = nullptr;  // the default has changed
  const std::uint64_t needed = passed ? pause.mark : 0;
  if (request.may_wait) {
    crl::Publisher::Turn turn{needed, std::move(passed)};
    auto list = publisher_.fetch(issuer.authority, is_stale_fine, request.deadline,
                                 pause.is_possible ? &turn : nullptr);
    if (list || !turn.build) return list;
    pause.gate = std::move(turn.build);
    pause.mark = turn.needed;
    return core::needs_worker();
  }
  auto list = publisher_.current(issuer.authority);
  if (!list || list->next_update <= request.now || publisher_.is_outdated(issuer.authority) ||
      (!is_stale_fine && publisher_.is_dirty(issuer.authority, needed)) || !feed_.is_fresh())
    return core::needs_worker();
  return list;
}

Result<core::Response> Status::crl(core::Request& request, const IssuerEntry& issuer,
                                   CrlForm form) {
  const auto list = TRY(list_for(request, issuer));
  if (!list) {
    return core::Response::raw_bytes(
        form == CrlForm::der ? "application/pkix-crl" : "application/x-pem-file", {}, 204);
  }
  core::Response answer =
      form == CrlForm::der
          ? raw_answer("application/pkix-crl", std::make_unique<CrlChunks>(list->der))
          : raw_answer("application/x-pem-file",
                       std::make_unique<PemChunks>(list->der, form == CrlForm::pem_line));
  // Fresh for a tenth of its life and five minutes at most, so that caches between notice a
  // revocation soon.
  const Seconds life = std::min((list->next_update - list->this_update) / 10, Seconds(300));
  return with_cache_headers(request, std::move(answer),
                            {form == CrlForm::der ? list->etag() : std::string(), list->this_update,
                             std::min(request.now + life, list->next_update)});
}

Result<std::string> Status::crl_pem(core::Request& request, const IssuerEntry& issuer,
                                    bool ends_in_newline) {
  const auto list = TRY(list_for(request, issuer));
  if (!list) return std::string();
  return pem("X509 CRL", list->der->map().view(), ends_in_newline);
}

Result<std::vector<std::string>> Status::rotate(core::Request& request) {
  knows_configuration(true);
  const auto issuers = engine_.issuers();
  std::map<std::int64_t, const IssuerEntry*> authorities;
  for (const IssuerEntry& issuer : issuers->all())
    if (issuer.key_id) authorities.emplace(issuer.authority, &issuer);
  std::vector<std::string> warnings;
  for (const auto& [authority, issuer] : authorities) {
    publisher_.rebuild(authority, request.deadline);
    if (recipe(authority)) continue;
    warnings.push_back("Warning " + std::to_string(warnings.size() + 1) +
                       " during CRL rebuild: warning from local CRL rebuild: Issuer equivalency "
                       "set with associated keys "
                       "lacked an issuer with CRL Signing KeyUsage; refusing to rebuild CRL for "
                       "this group of issuers: " +
                       issuer->id.text());
  }
  return warnings;
}

void Status::tick() {
  knows_configuration(true);
  const auto issuers = engine_.issuers();
  const CrlConfig& config = issuers->config().crl;
  const Seconds grace = config.auto_rebuild
                            ? CrlConfig::seconds(config.auto_rebuild_grace_period)
                            : std::min(CrlConfig::seconds(config.expiry) / 4, Seconds(12 * 3600));
  std::set<std::int64_t> authorities;
  for (const IssuerEntry& issuer : issuers->all())
    if (issuer.key_id && issuer.usage.crl_signing) authorities.insert(issuer.authority);
  for (const auto authority : authorities)
    publisher_.keep_fresh(authority, grace, config.auto_rebuild);
}

std::shared_ptr<const Status::Responders> Status::responders(const Issuers& issuers) {
  auto known = responders_.get();
  if (known && known->number == issuers.number()) return known;
  auto fresh = std::make_shared<Responders>();
  fresh->number = issuers.number();
  std::map<std::int64_t, bool> knows;
  for (const IssuerEntry& issuer : issuers.all()) {
    const auto [at, is_new] = knows.emplace(issuer.authority, issuer.knows_all_serials);
    if (!is_new) at->second = at->second && issuer.knows_all_serials;
  }
  for (const IssuerEntry& issuer : issuers.all()) {
    if (!knows.contains(issuer.authority)) continue;
    fresh->list.push_back(
        {issuer.authority, crl::IssuerHashes(issuer.certificate), knows[issuer.authority]});
    knows.erase(issuer.authority);
  }
  responders_.set(fresh);
  return fresh;
}

std::optional<Status::OcspSigner> Status::signer_of(const Issuers& issuers,
                                                    std::int64_t authority) const {
  for (const IssuerEntry* issuer : issuers.of_authority(authority)) {
    if (!issuer->usage.ocsp_signing || !issuer->key_id) continue;
    const KeyEntry* key = issuers.find_key(*issuer->key_id);
    if (key == nullptr) continue;
    OcspSigner signer{authority, issuers.private_key(*key), status_scheme(*issuer, key->spec)};
    signer.scheme.is_pss =
        false;  // relying parties written in Go know PKCS#1 v1.5 only (x509-status.md 5.6)
    return signer;
  }
  return std::nullopt;
}

crl::SingleStatus Status::look_up(const Responder& responder, const crl::CertId& id,
                                  UnixTime now) const {
  crl::SingleStatus status;
  status.this_update = now;
  status.status = responder.knows_all_serials ? crl::CertStatus::unknown : crl::CertStatus::good;
  if (id.magnitude().empty()) return status;
  storage::Database& database = engine_.context().database;
  if (const auto row =
          storage::RevocationStore(database).find(responder.authority, id.magnitude())) {
    status.status = crl::CertStatus::revoked;
    status.revoked_at = row->revoked_at;
    status.reason = row->reason;
    status.this_update = std::max(now, row->revoked_at);
  } else if (responder.knows_all_serials &&
             storage::CertificateStore(database).exists(responder.authority, id.magnitude())) {
    status.status = crl::CertStatus::good;
  }
  return status;
}

core::Response Status::cacheable(const core::Request& request,
                                 const crl::CachedOcsp& answer) const {
  core::Response response;
  response.status = 200;
  response.raw = core::RawBody{"application/ocsp-response", answer.der};
  return with_cache_headers(request, std::move(response),
                            {answer.etag, answer.this_update, answer.refresh_at,
                             "public, no-transform, must-revalidate"});
}

std::optional<crl::CachedOcsp> Status::servable(const core::Request& request,
                                                const crl::CertId& id) {
  auto kept = cache_.get(id);
  if (!kept || (kept->refresh_at > request.now && feed_.is_fresh())) return kept;
  const bool may_be_old = !engine_.context().database.is_reachable();
  if (may_be_old && kept->next_update > request.now) return kept;
  return std::nullopt;
}

std::optional<core::Response> Status::ocsp_again(const core::Request& request,
                                                 std::string_view text) {
  if (!knows_configuration(false)) return std::nullopt;
  const auto id = texts_.find(text);
  if (!id) return std::nullopt;
  const auto kept = servable(request, *id);
  if (!kept) return std::nullopt;
  return cacheable(request, *kept);
}

Result<core::Response> Status::ocsp(core::Request& request, BytesView der, std::string_view text) {
  if (!knows_configuration(request.may_wait)) return core::needs_worker();
  const auto asked = crl::parse_ocsp_request(der);
  if (!asked) return ocsp_failure(asked.error());
  const bool is_single = asked->certificates.size() == 1 && !asked->nonce;
  if (is_single) {
    if (const auto kept = servable(request, asked->certificates[0])) {
      if (!text.empty()) texts_.remember(text, asked->certificates[0]);
      return cacheable(request, *kept);
    }
  }
  if (!request.may_wait) return core::needs_worker();
  try {
    return sign_ocsp(request, *asked);
  } catch (const Unavailable& gone) {
    // It went while this waited: what is signed already is served on, as list_for() does.
    if (is_single)
      if (const auto kept = servable(request, asked->certificates[0]))
        return cacheable(request, *kept);
    log::warn("ocsp: the database does not answer", {{"why", gone.what()}});
    return ocsp_failure(crl::OcspError::try_later);
  }
}

core::Response Status::sign_ocsp(core::Request& request, const crl::OcspRequest& asked) {
  const auto issuers = engine_.issuers();
  const CrlConfig& config = issuers->config().crl;
  if (config.ocsp_disable) return ocsp_failure(crl::OcspError::unauthorized);
  const auto known = responders(*issuers);
  const auto responder_of = [&](const crl::CertId& id) -> const Responder* {
    for (const Responder& responder : known->list)
      if (responder.hashes.matches(id)) return &responder;
    return nullptr;
  };
  const Responder* first = responder_of(asked.certificates[0]);
  std::optional<OcspSigner> signer;
  if (first != nullptr) {
    signer = signer_of(*issuers, first->authority);
  } else if (const IssuerEntry* fallback = issuers->default_issuer(); fallback != nullptr) {
    signer = signer_of(*issuers, fallback->authority);  // not ours: a signed "unknown"
  }
  if (!signer) return ocsp_failure(crl::OcspError::unauthorized);

  const auto ticket =
      cache_.ticket(asked.certificates[0].magnitude());  // before the status is read
  const Seconds lifetime = CrlConfig::seconds(config.ocsp_expiry);
  std::vector<crl::SingleStatus> statuses;
  for (const crl::CertId& id : asked.certificates) {
    const Responder* responder = responder_of(id);
    crl::SingleStatus status;
    status.this_update = request.now;
    // Only the signer's own certificates: for others it has no authority, which "unknown" says.
    if (responder != nullptr && responder->authority == signer->authority)
      status = look_up(*responder, id, request.now);
    if (lifetime.count() > 0) status.next_update = status.this_update + lifetime;
    statuses.push_back(status);
  }
  crl::CachedOcsp answer;
  answer.der = std::make_shared<const Bytes>(crl::sign_ocsp_response(
      asked.certificates, statuses, request.now, asked.nonce, *signer->key, signer->scheme));
  answer.this_update = statuses[0].this_update;
  if (asked.nonce || asked.certificates.size() != 1 || lifetime.count() == 0) {
    auto response = core::Response::raw_bytes("application/ocsp-response", Bytes(*answer.der), 200);
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
  }
  answer.next_update = *statuses[0].next_update;
  answer.refresh_at = answer.this_update + lifetime / 2;
  answer.etag = '"' + hex(BytesView(crypto::sha256(*answer.der))) + '"';
  if (first != nullptr) cache_.put(asked.certificates[0], answer, ticket);
  return cacheable(request, answer);
}

}  // namespace signet::pki
