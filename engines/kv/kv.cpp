// SPDX-License-Identifier: Apache-2.0
#include "engines/kv/kv.hpp"

#include "engines/kv/readers.hpp"
#include "engines/kv/v1.hpp"
#include "engines/kv/v2.hpp"

#include <memory>
#include <mutex>

namespace signet::kv {
namespace {

Result<void> prepare(core::Mount& mount) {
  if (mount.type == "kv-v2") mount.options.emplace()["version"] = "2";
  if (mount.type == "kv-v1" || mount.type == "generic") mount.options.emplace()["version"] = "1";
  if (!mount.options) return {};
  const auto version = mount.options->find("version");
  if (version == mount.options->end() || version->second.empty() || version->second == "1" ||
      version->second == "2")
    return {};
  return invalid("unknown kv version \"" + version->second + "\"");
}

}  // namespace

core::ModuleType module_type(core::Services& services) {
  // Made with the first mount that keeps versions.
  struct Late {
    std::mutex mutex;
    std::shared_ptr<Readers> readers;
  };
  const auto late = std::make_shared<Late>();  // shared with copies of the registry's line
  core::ModuleType type;
  type.type = "kv";
  type.default_description = "key/value secret storage";
  type.make = [late,
               &services](const core::EngineContext& context) -> std::unique_ptr<core::Engine> {
    if (!is_version_2(context.options)) return std::make_unique<KvV1>(context);
    const std::lock_guard lock(late->mutex);
    if (late->readers == nullptr)
      late->readers = std::make_shared<Readers>(services.database, services.clock);
    return std::make_unique<KvV2>(context, late->readers);
  };
  type.aliases = {"kv-v1", "kv-v2", "generic"};
  type.prepare = prepare;
  return type;
}

}  // namespace signet::kv
