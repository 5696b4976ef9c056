// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "cli/commands/kv.hpp"
#include "cli/output.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

namespace signet::cli::kv {

using nlohmann::json;

std::string Place::api(std::string_view part) const {
  std::string whole = mount;
  if (is_v2) whole += std::string(part) + "/";
  return clean_path(whole + path);
}

std::optional<Place> find(Context& context) {
  const auto mount = context.flags().get("mount");
  const std::string named = context.arguments().empty() ? "" : clean_path(context.arguments()[0]);
  const auto answer =
      context.call("GET", "sys/internal/ui/mounts/" + (mount ? clean_path(*mount) : named));
  if (!answer) return std::nullopt;
  const json data = answer->body.is_object() ? answer->body.value("data", json()) : json();
  if (!data.is_object()) {
    fmt::print(stderr, "The server does not say what is mounted at {}\n", named);
    context.ends_with(exit_server);
    return std::nullopt;
  }
  Place place;
  place.mount = data.value("path", "");
  const json options = data.value("options", json());
  place.is_v2 = options.is_object() && options.value("version", "") == "2";
  place.path = named;
  if (!mount) {
    const std::string_view bare = std::string_view(place.mount).substr(0, place.mount.size() - 1);
    place.path = named == bare ? "" : named.substr(std::min(place.mount.size(), named.size()));
  }
  return place;
}

std::optional<Place> find_versioned(Context& context) {
  auto place = find(context);
  if (!place || place->is_v2) return place;
  fmt::print(stderr,
             "{} is version 1 of the kv engine, which keeps no versions; to upgrade it:\n"
             "  $ signet kv enable-versioning {}\n",
             place->mount, place->mount);
  context.ends_with(exit_server);
  return std::nullopt;
}

std::string heading(std::string_view title, std::size_t width) {
  const std::size_t around = title.size() + 2;
  std::size_t signs = width > around ? width - around : 0;
  signs = std::max<std::size_t>((signs + 1) / 2, 2);
  const std::string side(signs, '=');
  return side + " " + std::string(title) + " " + side;
}

void print_path(const std::string& path, std::string_view title) {
  fmt::print("{}\n{}\n\n", heading(title, path.size()), path);
}

void print_table(const json& object, std::string_view title) {
  std::size_t longest = 3;
  for (const auto& [key, value] : object.items()) longest = std::max(longest, key.size());
  fmt::print("{}\n{}", heading(title, longest + 4 + 5),
             key_value_table(nlohmann::ordered_json(object)));
}

int show_written(const Context& context, const std::string& path, const Answer& answer) {
  const json data = answer.body.is_object() ? answer.body.value("data", json()) : json();
  const bool is_wrapped =
      answer.body.is_object() && answer.body.value("wrap_info", json()).is_object();
  if (is_wrapped) return context.show(answer);
  if (!data.is_object()) {
    fmt::print("Success! Data written to: {}\n", path);
    return exit_ok;
  }
  if (!context.is_table() || context.flags().get("field")) return context.show(answer);
  print_path(path, "Secret Path");
  print_table(data, "Metadata");
  return exit_ok;
}

std::optional<json> versions(const Flags& flags) {
  json list = json::array();
  for (const std::string& given : flags.all("versions")) {
    for (const std::string& part : split(given, ',')) {
      const std::string_view digits = trim(part);
      std::int64_t number = 0;
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (error != std::errc() || end != digits.data() + digits.size() || number < 1) {
        fmt::print(stderr, "-versions takes version numbers, as in -versions=1,3; not '{}'\n",
                   part);
        return std::nullopt;
      }
      list.push_back(number);
    }
  }
  return list;
}

}  // namespace signet::cli::kv
