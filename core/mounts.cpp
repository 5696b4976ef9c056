// SPDX-License-Identifier: Apache-2.0
#include "core/mounts.hpp"

#include "base/log.hpp"
#include "core/mount_record.hpp"
#include "storage/leases.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace signet::core {
namespace {

// A mount whose type this binary does not know (a newer one made it): it stays, nothing answers.
class NoModule final : public Engine {
 public:
  [[nodiscard]] const RouteTable& routes() const override {
    static const RouteTable none(std::vector<Route>{});
    return none;
  }
};

std::string hex_text(Random& random, std::size_t count) { return hex(random.bytes(count)); }

Error taken(std::string_view path) {
  return {ErrorCode::conflict, fmt::format("path is already in use at {}", path), {}};
}

bool is_protected(std::string_view path) {
  static constexpr std::array<std::string_view, 5> roots{"audit/", "auth/", "sys/", "cubbyhole/",
                                                         "identity/"};
  return std::any_of(roots.begin(), roots.end(),
                     [path](std::string_view root) { return path.starts_with(root); });
}

// Secrets engines that are there once and for all.
bool is_singleton(std::string_view type) {
  static constexpr std::array<std::string_view, 4> types{"system", "identity", "cubbyhole",
                                                         "token"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

std::string_view class_name(MountClass mount_class) {
  return mount_class == MountClass::auth ? "auth" : "secret";
}

}  // namespace

MountTable::MountTable(std::vector<MountedEngine> mounts, std::int64_t number) : number_(number) {
  for (MountedEngine& mounted : mounts) {
    std::string path = mounted.mount->full_path();
    by_path_.emplace(std::move(path), std::move(mounted));
  }
}

MountTable::Found MountTable::find(std::string_view path) const {
  // No mount lies below another, so the first prefix from the end that is one is the only one.
  for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end > 0;
       end = path.rfind('/', end - 1)) {
    if (const MountedEngine* mounted = at(path.substr(0, end + 1)))
      return {mounted, path.substr(end + 1)};
  }
  if (path.empty() || path.ends_with('/')) return {};
  const MountedEngine* mounted = at(std::string(path) + '/');
  return {mounted, {}};
}

const MountedEngine* MountTable::at(std::string_view full_path) const {
  const auto found = by_path_.find(full_path);
  return found == by_path_.end() ? nullptr : &found->second;
}

const MountedEngine* MountTable::by_accessor(std::string_view accessor) const {
  for (const auto& [path, mounted] : by_path_)
    if (mounted.mount->accessor == accessor) return &mounted;
  return nullptr;
}

const MountedEngine* MountTable::by_id(const Uuid& id) const {
  for (const auto& [path, mounted] : by_path_)
    if (mounted.mount->id == id) return &mounted;
  return nullptr;
}

Mounts::Mounts(storage::Database& database, storage::Changes& changes, Sealer& sealer, Clock& clock,
               Random& random, const Registry& registry)
    : database_(database),
      changes_(changes),
      sealer_(sealer),
      clock_(clock),
      random_(random),
      registry_(registry),
      store_(database) {}

std::shared_ptr<const MountTable> Mounts::table() {
  const std::int64_t wanted = changes_.number(change_kind, root_namespace);
  if (auto known = table_.get(); known && known->number() >= wanted) return known;
  const std::lock_guard lock(reload_);
  // The number is read before the rows: a change in between makes the table look older than it is.
  const std::int64_t number = changes_.number(change_kind, root_namespace);
  if (auto known = table_.get(); known && known->number() >= number) return known;
  auto fresh = read(number);
  table_.set(fresh);
  return fresh;
}

void Mounts::drop() {
  const std::lock_guard lock(reload_);
  table_.set(nullptr);
}

std::shared_ptr<const MountTable> Mounts::read(std::int64_t number) const {
  const auto previous = table_.get();
  std::vector<MountedEngine> mounts;
  for (const storage::MountRow& row : store_.all()) {
    Mount mount;
    mount.id = row.id;
    mount.namespace_id = row.name_space;
    mount.mount_class = row.mount_class == "auth" ? MountClass::auth : MountClass::secret;
    mount.path = row.path;
    const MountRecordPlace place(mount);
    read_record(sealer_.open(place.at(), row.record.view()), mount);
    mounts.push_back(make(std::move(mount), previous.get()));
  }
  return std::make_shared<const MountTable>(std::move(mounts), number);
}

MountedEngine Mounts::make(Mount mount, const MountTable* previous) const {
  // A module lives as long as its mount, whatever is tuned, unless its options change.
  std::shared_ptr<Engine> engine;
  if (previous != nullptr) {
    for (const auto& [path, mounted] : previous->all())
      if (mounted.mount->id == mount.id && mounted.mount->options == mount.options)
        engine = mounted.engine;
  }
  if (!engine) {
    const ModuleType* type = module_type(mount.mount_class, mount.type);
    if (type != nullptr && type->make) {
      engine = type->make(context_of(mount));
    } else {
      engine = std::make_shared<NoModule>();
      if (!is_builtin(mount)) log::warn("mount of an unknown type", {{"type", mount.type}});
    }
  }
  return {std::make_shared<const Mount>(std::move(mount)), std::move(engine)};
}

EngineContext Mounts::context_of(const Mount& mount) const {
  return {mount.id,
          database_,
          changes_,
          sealer_,
          clock_,
          random_,
          mount.options.value_or(std::map<std::string, std::string>())};
}

void Mounts::stage_builtin(storage::CommitUnit& unit) {
  for (Mount mount : builtin_mounts()) {
    mount.id = random_.uuid();
    mount.accessor = fmt::format("{}{}_{}", mount.mount_class == MountClass::auth ? "auth_" : "",
                                 mount.type, hex_text(random_, 4));
    storage::MountStore::stage_insert(
        unit,
        {mount.id, mount.namespace_id, std::string(class_name(mount.mount_class)), mount.path,
         seal_record(mount)},
        taken(mount.path));
  }
  unit.raise(change_kind, root_namespace);
}

SealedBytes Mounts::seal_record(const Mount& mount) const {
  const MountRecordPlace place(mount);
  return sealer_.seal(place.at(), as_bytes(write_record(mount)));
}

Result<void> Mounts::check_path(const MountTable& table, MountClass mount_class,
                                std::string_view path, const Uuid& itself) const {
  for (const auto& [full_path, mounted] : table.all()) {
    const Mount& other = *mounted.mount;
    if (other.mount_class != mount_class || other.id == itself) continue;
    if (path.starts_with(other.path) || std::string_view(other.path).starts_with(path))
      return taken(other.path);
  }
  return {};
}

Result<void> Mounts::enable(const MountTable& table, Mount mount, storage::CommitUnit& unit) {
  const bool is_auth = mount.mount_class == MountClass::auth;
  if (!is_auth && is_protected(mount.path))
    return invalid(fmt::format("cannot mount \"{}\"", mount.path));
  TRY(check_path(table, mount.mount_class, mount.path, Uuid{}));
  if (!is_auth && is_singleton(mount.type))
    return invalid(fmt::format("mount type of \"{}\" is not mountable", mount.type));
  const ModuleType* type = module_type(mount.mount_class, mount.type);
  if (type == nullptr) return invalid("plugin not found in the catalog: " + mount.type);
  if (!type->is_mountable)
    return invalid(fmt::format("{} credential backend cannot be instantiated", mount.type));
  if (type->prepare) TRY(type->prepare(mount));
  mount.type = type->type;
  if (!mount.options) mount.options.emplace();

  mount.id = random_.uuid();
  mount.accessor = fmt::format("{}{}_{}", is_auth ? "auth_" : "", mount.type, hex_text(random_, 4));
  storage::MountStore::stage_insert(
      unit,
      {mount.id, mount.namespace_id, std::string(class_name(mount.mount_class)), mount.path,
       seal_record(mount)},
      taken(mount.path));
  unit.raise(change_kind, root_namespace);
  if (type->make) type->make(context_of(mount))->mounted(unit);
  return {};
}

Result<void> Mounts::disable(const MountTable& table, std::string_view full_path,
                             storage::CommitUnit& unit) {
  const MountedEngine* mounted = table.at(full_path);
  if (mounted == nullptr) return {};
  const Mount& mount = *mounted->mount;
  if (is_builtin(mount)) {
    if (mount.mount_class == MountClass::auth)
      return invalid(fmt::format("{} credential backend cannot be disabled", mount.type));
    return invalid(fmt::format("cannot unmount \"{}\"", mount.path));
  }
  mounted->engine->unmounted(unit);
  // What they hung on goes with the mount's rows.
  storage::LeaseStore::stage_remove_mount(unit, mount.id);
  storage::MountStore::stage_delete(unit, mount.id);
  unit.raise(change_kind, root_namespace);
  return {};
}

Result<void> Mounts::update(const MountTable& table, const Mount& changed,
                            storage::CommitUnit& unit) {
  const MountedEngine* mounted = table.at(changed.full_path());
  if (mounted == nullptr || mounted->mount->id != changed.id)
    return invalid(fmt::format("tune of path \"{}\" failed: no mount entry found", changed.path));
  if (mounted->mount->options != changed.options) TRY(mounted->engine->retuned(changed, unit));
  storage::MountStore::stage_replace(
      unit, {changed.id, changed.namespace_id, {}, changed.path, seal_record(changed)},
      invalid(fmt::format("tune of path \"{}\" failed: no mount entry found", changed.path)));
  unit.raise(change_kind, root_namespace);
  return {};
}

Result<void> Mounts::remount(const MountTable& table, std::string_view from, std::string_view to,
                             storage::CommitUnit& unit) {
  static constexpr std::string_view auth = "auth/";
  const bool from_auth = from.starts_with(auth);
  const bool to_auth = to.starts_with(auth);
  if (from_auth && !to_auth)
    return invalid(fmt::format("cannot remount auth mount to non-auth mount \"{}\"", to));
  const MountedEngine* mounted = table.at(from);
  if (is_protected(from) && !from_auth) return invalid(fmt::format("cannot remount \"{}\"", from));
  if (!from_auth && is_protected(to))
    return invalid(fmt::format("cannot remount to destination {}", to));
  if (mounted == nullptr) return invalid(fmt::format("no matching mount at \"{}\"", from));
  Mount moved = *mounted->mount;
  if (is_builtin(moved)) return invalid(fmt::format("cannot remount \"{}\"", from));

  moved.path = from_auth ? to.substr(auth.size()) : to;
  if (const Result<void> free = check_path(table, moved.mount_class, moved.path, moved.id); !free)
    return invalid(fmt::format("path already in use at \"{}\"", to));
  storage::MountStore::stage_replace(
      unit, {moved.id, moved.namespace_id, {}, moved.path, seal_record(moved)},
      {ErrorCode::conflict, fmt::format("path already in use at \"{}\"", to), {}});
  unit.raise(change_kind, root_namespace);
  return {};
}

const ModuleType* Mounts::module_type(MountClass mount_class, std::string_view type) const {
  for (const ModuleType& module : registry_) {
    if (module.mount_class != mount_class) continue;
    if (module.type == type ||
        std::find(module.aliases.begin(), module.aliases.end(), type) != module.aliases.end())
      return &module;
  }
  return nullptr;
}

}  // namespace signet::core
