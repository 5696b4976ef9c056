// SPDX-License-Identifier: Apache-2.0
#include "core/route.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace signet::core {
namespace {

constexpr std::size_t root_node = 0;

// "{name}" or "{name:any}" without its braces; nullopt: a literal.
std::optional<std::string_view> capture_of(std::string_view segment) {
  if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return std::nullopt;
  return segment.substr(1, segment.size() - 2);
}

bool takes_any(std::string_view capture) { return capture.ends_with(":any"); }

std::string_view name_of(std::string_view capture) { return capture.substr(0, capture.find(':')); }

}  // namespace

RouteTable::RouteTable(std::initializer_list<Route> routes) : routes_(routes) { compile(); }
RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) { compile(); }

void RouteTable::compile() {
  nodes_.assign(1, Node{});
  for (std::size_t number = 0; number < routes_.size(); ++number) {
    std::size_t at = root_node;
    std::string_view pattern = routes_[number].pattern();
    bool is_rest = false;
    while (!pattern.empty() && !is_rest) {
      const std::string_view segment = pattern.substr(0, pattern.find('/'));
      const std::optional<std::string_view> capture = capture_of(segment);
      if (capture && capture->ends_with("...")) {
        nodes_[at].rests.push_back({std::string(capture->substr(0, capture->size() - 3)),
                                    std::string(pattern.substr(segment.size())), number});
        is_rest = true;
        break;
      }
      std::size_t next = nodes_.size();
      if (capture) {
        auto& captures = nodes_[at].captures;
        const auto known = std::find_if(captures.begin(), captures.end(),
                                        [&](const auto& pair) { return pair.first == *capture; });
        if (known != captures.end())
          next = known->second;
        else
          captures.emplace_back(*capture, next);
      } else {
        next = nodes_[at].literals.try_emplace(std::string(segment), next).first->second;
      }
      if (next == nodes_.size()) nodes_.emplace_back();
      at = next;
      pattern.remove_prefix(std::min(segment.size() + 1, pattern.size()));
    }
    if (!is_rest) nodes_[at].routes.push_back(number);
  }
  // A rest with a literal end says more than one without.
  for (Node& node : nodes_)
    std::stable_sort(node.rests.begin(), node.rests.end(), [](const Rest& a, const Rest& b) {
      return a.suffix.size() > b.suffix.size();
    });
}

struct RouteTable::Search {
  Operation operation;
  Captures captures;  // along the way taken so far
  Match best;
  bool is_done = false;
};

void RouteTable::offer(Search& search, std::size_t route) const {
  const bool has_operation = routes_[route].endpoints().contains(search.operation);
  if (search.best.route == nullptr || has_operation) {
    search.best.route = &routes_[route];
    search.best.captures = search.captures;
  }
  search.is_done = has_operation;
}

void RouteTable::walk(Search& search, std::size_t at, std::string_view rest) const {
  const Node& node = nodes_[at];
  if (rest.empty()) {
    for (const std::size_t route : node.routes) {
      offer(search, route);
      if (search.is_done) return;
    }
    return;
  }
  const std::size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  // "a/" is not "a": what is left after the last slash is an empty segment, which nothing matches.
  const bool ends_in_slash = slash != std::string_view::npos && slash + 1 == rest.size();
  if (!ends_in_slash) {
    const std::string_view below =
        slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
      walk(search, literal->second, below);
      if (search.is_done) return;
    }
    for (const auto& [capture, next] : node.captures) {
      if (segment.empty() || (!takes_any(capture) && !is_name(segment))) continue;
      search.captures.emplace_back(name_of(capture), segment);
      walk(search, next, below);
      search.captures.pop_back();
      if (search.is_done) return;
    }
  }
  for (const Rest& tail : node.rests) {
    if (rest.size() <= tail.suffix.size() || !rest.ends_with(tail.suffix)) continue;
    search.captures.emplace_back(tail.name, rest.substr(0, rest.size() - tail.suffix.size()));
    offer(search, tail.route);
    search.captures.pop_back();
    if (search.is_done) return;
  }
}

RouteTable::Match RouteTable::match(std::string_view path, Operation operation) const {
  Search search{operation == Operation::create ? Operation::update : operation, {}, {}, false};
  const bool lists = operation == Operation::list || operation == Operation::scan;
  if (lists && path.ends_with('/')) path.remove_suffix(1);
  walk(search, root_node, path);
  return std::move(search.best);
}

}  // namespace signet::core
