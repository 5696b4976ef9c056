// SPDX-License-Identifier: Apache-2.0
// A module is a route table plus plain functions. The table drives routing, coercion, policy, help,
// OpenAPI and the authorisation-matrix test.
#pragma once

#include "base/result.hpp"
#include "core/operation.hpp"
#include "core/request.hpp"
#include "core/response.hpp"
#include "core/schema.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::core {

class Engine;

/// One operation of a route: decodes the fields and calls the handler.
struct Endpoint {
  const SchemaBase* schema = nullptr;
  std::function<Result<Response>(Engine&, Request&, const Captures&)> run;
  std::string summary;
};

/// One path pattern with its operations. `{name}` is one segment that matches Vault's name form (or
/// any text but '/' with `{name:any}`), `{path...}` the non-empty rest, which may have one literal
/// end (`mounts/{path...}/tune`); a pattern for LIST is written without
/// its trailing slash.
class Route {
 public:
  /// `handler` is `Result<Response> SomeEngine::method(Request&, const Fields&)`.
  template <class Fields, class Module>
  Route(std::string pattern, Operation operation, const Schema<Fields>& schema,
        Result<Response> (Module::*handler)(Request&, const Fields&), std::string summary)
      : pattern_(std::move(pattern)) {
    also(operation, schema, handler, std::move(summary));
  }

  /// A further operation of the same path.
  template <class Fields, class Module>
  Route& also(Operation operation, const Schema<Fields>& schema,
              Result<Response> (Module::*handler)(Request&, const Fields&), std::string summary) {
    Endpoint endpoint;
    endpoint.schema = &schema;
    endpoint.summary = std::move(summary);
    endpoint.run = [&schema, handler](Engine& engine, Request& request,
                                      const Captures& captures) -> Result<Response> {
      const Fields fields = TRY(schema.decode_all(request.data, captures));
      return (static_cast<Module&>(engine).*handler)(request, fields);
    };
    endpoints_[operation] = std::move(endpoint);
    return *this;
  }

  /// Makes the difference between create and update for policies: true when the object is there.
  /// Write endpoints are registered as Operation::update.
  template <class Module>
  Route& exists(Result<bool> (Module::*check)(Request&, const Captures&)) {
    exists_ = [check](Engine& engine, Request& request, const Captures& captures) {
      return (static_cast<Module&>(engine).*check)(request, captures);
    };
    return *this;
  }
  Route& unauthenticated() {
    is_unauthenticated_ = true;
    return *this;
  }  ///< no token, no policy; audited
  Route& sudo() {
    needs_sudo_ = true;
    return *this;
  }
  /// What a token that is not alive (any more) is refused with, instead of 403.
  Route& unknown_token(Error refusal) {
    unknown_token_ = std::move(refusal);
    return *this;
  }
  Route& unsealed() {
    works_sealed_ = true;
    return *this;
  }  ///< exists before unsealing and while sealed; unauthenticated
  Route& unaudited() {
    is_unaudited_ = true;
    return *this;
  }  ///< public reads and the init/seal/health routes
  Route& inplace() {
    is_inplace_ = true;
    return *this;
  }  ///< answered on the I/O thread: no SQL, no waiting, < 50 us
  /// The handler reads raw_body (application/ocsp-request ...): the body is not parsed as JSON.
  Route& raw_body() {
    takes_raw_body_ = true;
    return *this;
  }
  /// The path's segments may be anything, slashes included (`ocsp/{request...}`): no path cleaning
  /// before it.
  Route& help(std::string text) {
    help_ = std::move(text);
    return *this;
  }

  [[nodiscard]] const std::string& pattern() const { return pattern_; }
  [[nodiscard]] const std::map<Operation, Endpoint>& endpoints() const { return endpoints_; }
  [[nodiscard]] const auto& existence_check() const { return exists_; }
  [[nodiscard]] bool is_unauthenticated() const { return is_unauthenticated_ || works_sealed_; }
  [[nodiscard]] bool needs_sudo() const { return needs_sudo_; }
  [[nodiscard]] const std::optional<Error>& unknown_token() const { return unknown_token_; }
  [[nodiscard]] bool works_sealed() const { return works_sealed_; }
  [[nodiscard]] bool is_unaudited() const { return is_unaudited_; }
  [[nodiscard]] bool is_inplace() const { return is_inplace_; }
  [[nodiscard]] bool takes_raw_body() const { return takes_raw_body_; }
  [[nodiscard]] const std::string& help_text() const { return help_; }

 private:
  std::string pattern_;
  std::map<Operation, Endpoint> endpoints_;
  std::function<Result<bool>(Engine&, Request&, const Captures&)> exists_;
  bool is_unauthenticated_ = false, needs_sudo_ = false, works_sealed_ = false,
       is_unaudited_ = false, is_inplace_ = false, takes_raw_body_ = false;
  std::optional<Error> unknown_token_;
  std::string help_;
};

/// Routes of one module, compiled for lookup. First match in table order wins among equally
/// specific patterns; literal segments win over captures.
class RouteTable {
 public:
  RouteTable(std::initializer_list<Route> routes);
  explicit RouteTable(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;
    Captures captures;
  };
  /// `path` is relative to the mount; one trailing slash is ignored for list and scan, else only a
  /// `{path...}` takes it. The first matching route that has the operation; if none has it, the
  /// first that matches. A create is looked up as an update.
  [[nodiscard]] Match match(std::string_view path, Operation operation) const;
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  /// `{path...}`, or `{path...}/tune`: the rest but for a literal end.
  struct Rest {
    std::string name;
    std::string suffix;  ///< "/tune"; empty: all that is left
    std::size_t route;
  };
  struct Node {
    std::map<std::string, std::size_t, std::less<>> literals;
    std::vector<std::pair<std::string, std::size_t>> captures;  ///< name (with ":any"), node
    std::vector<Rest> rests;
    std::vector<std::size_t> routes;
  };
  struct Search;
  void compile();
  void walk(Search& search, std::size_t node, std::string_view rest) const;
  void offer(Search& search, std::size_t route) const;
  std::vector<Route> routes_;
  std::vector<Node> nodes_;
};

}  // namespace signet::core
