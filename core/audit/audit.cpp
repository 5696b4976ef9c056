// SPDX-License-Identifier: Apache-2.0
#include "core/audit/audit.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "core/audit/options.hpp"
#include "core/mount.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace signet::core {
namespace {

constexpr std::string_view headers_setting = "audit-request-headers";
constexpr std::size_t usual_line = 2048;

SealedAt row_at(const Uuid& id, std::string_view path) {
  return {"audit_devices", "record", root_namespace.view(), id.view(), as_bytes(path)};
}

SecretBytes device_text(const AuditDeviceInput& input, const SecretBytes& salt) {
  Json record{{"type", input.type},
              {"description", input.description},
              {"options", input.options},
              {"local", input.local},
              {"salt", salt.reveal_text()}};
  std::string text = record.dump();
  wipe(record["salt"].get_ref<std::string&>());
  SecretBytes secret{std::string_view(text)};
  wipe(text);
  return secret;
}

bool is_same(const AuditDeviceInput& a, const AuditDeviceInput& b) {
  return a.path == b.path && a.type == b.type && a.description == b.description &&
         a.options == b.options && a.local == b.local;
}

/// "audit/" and "audit/file/" cannot both be paths.
bool overlaps(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

Error changed_meanwhile() {
  return {
      ErrorCode::conflict, "the audit configuration was changed at the same time; try again", {}};
}

}  // namespace

struct Audit::Device {
  Device(Uuid device_id, AuditDeviceInput device_input, AuditFormat device_format,
         std::string_view salt, std::unique_ptr<AuditDevice> device_sink, bool declared)
      : id(device_id),
        input(std::move(device_input)),
        format(std::move(device_format)),
        hasher(salt),
        sink(std::move(device_sink)),
        is_declared(declared) {}

  Uuid id;
  AuditDeviceInput input;
  AuditFormat format;
  AuditHasher hasher;
  std::unique_ptr<AuditDevice> sink;  ///< null: the options cannot be used, every line is refused
  bool is_declared;                   ///< in the configuration file
  mutable std::atomic<bool> is_failing{false};
};

struct Audit::State {
  std::vector<DevicePointer> devices;
  AuditHeaders headers;
  std::optional<SealedBytes> headers_record;

  [[nodiscard]] const Device* find(std::string_view path) const {
    for (const DevicePointer& device : devices)
      if (device->input.path == path) return device.get();
    return nullptr;
  }
};

Audit::Audit(AuditOptions options, storage::Database& database, Sealer& sealer, Clock& clock,
             Random& random)
    : options_(std::move(options)),
      database_(database),
      sealer_(sealer),
      clock_(clock),
      random_(random),
      devices_(database_),
      settings_(database_) {}

Audit::~Audit() = default;

std::shared_ptr<const Audit::State> Audit::state() const {
  auto state = state_.get();
  if (!state) throw Fault("audit devices are not loaded");
  return state;
}

Result<Audit::DevicePointer> Audit::make(const AuditDeviceInput& input, const Uuid& id,
                                         const SecretBytes& salt, bool is_declared) const {
  AuditDeviceOptions options =
      TRY(parse_audit_options(input.options, options_.prefix_allowed || is_declared));
  std::unique_ptr<AuditDevice> sink = TRY(make_audit_device(input.type, input.options));
  return DevicePointer(std::make_shared<Device>(id, input, std::move(options.format),
                                                salt.reveal_text(), std::move(sink), is_declared));
}

/// A device that is configured but cannot work still counts: fail closed.
Audit::DevicePointer Audit::make_anyway(const AuditDeviceInput& input, const Uuid& id,
                                        const SecretBytes& salt, bool is_declared) const {
  Result<DevicePointer> device = make(input, id, salt, is_declared);
  Result<void> opened = device ? (*device)->sink->open() : Result<void>(device.error());
  if (!opened)
    log::error("audit device cannot be opened",
               {{"path", input.path}, {"error", opened.error().message}});
  if (device) return std::move(*device);
  return std::make_shared<Device>(id, input, AuditFormat{}, salt.reveal_text(), nullptr,
                                  is_declared);
}

void Audit::load() {
  const std::lock_guard lock(change_);
  load_locked();
}

void Audit::load_locked() {
  const auto before = state_.get();
  auto next = std::make_shared<State>();
  for (const AuditDeviceInput& input : options_.devices)
    next->devices.push_back(declared(input, before.get()));
  for (const storage::AuditDeviceRow& row : devices_.all()) {
    if (next->find(row.path) != nullptr) {
      log::warn("audit device of the configuration file replaces the stored one",
                {{"path", row.path}});
      continue;
    }
    next->devices.push_back(stored(row, before.get()));
  }
  next->headers_record = settings_.read(root_namespace, headers_setting);
  if (next->headers_record) {
    const SecretBytes text = sealer_.open(
        storage::SettingStore::at(root_namespace, headers_setting), next->headers_record->view());
    next->headers = Json::parse(text.reveal_text()).get<AuditHeaders>();
  }
  if (next->devices.empty()) log::warn("no audit device is enabled");
  state_.set(std::move(next));
  last_.set(nullptr);
}

Audit::DevicePointer Audit::declared(const AuditDeviceInput& input, const State* before) const {
  AuditDeviceInput normal = input;
  normal.path = audit_path(input.path);
  if (before != nullptr) {
    for (const DevicePointer& device : before->devices)
      if (device->is_declared && is_same(device->input, normal)) return device;
  }
  return make_anyway(normal, Uuid{}, salt_of(normal.path), true);
}

Audit::DevicePointer Audit::stored(const storage::AuditDeviceRow& row, const State* before) const {
  if (before != nullptr) {
    for (const DevicePointer& device : before->devices)
      if (!device->is_declared && device->id == row.id) return device;
  }
  const SecretBytes text = sealer_.open(row_at(row.id, row.path), row.record.view());
  Json record = Json::parse(text.reveal_text());
  const AuditDeviceInput input{row.path, record.at("type"), record.at("description"),
                               record.at("options").get<std::map<std::string, std::string>>(),
                               record.at("local")};
  auto& salt_text = record.at("salt").get_ref<std::string&>();
  const SecretBytes salt{std::string_view(salt_text)};
  wipe(salt_text);
  return make_anyway(input, row.id, salt, false);
}

/// Devices of the configuration file keep their salt in a setting, made when they first appear.
SecretBytes Audit::salt_of(std::string_view path) const {
  const std::string name = "audit-salt/" + std::string(path);
  const SealedAt at = storage::SettingStore::at(root_namespace, name);
  std::optional<SealedBytes> record = settings_.read(root_namespace, name);
  if (!record) {
    const SecretBytes salt{std::string_view(random_.uuid().text())};
    settings_.add(root_namespace, name, sealer_.seal(at, salt.reveal()));
    record = settings_.read(root_namespace, name);  // another node's may have been first
    if (!record) throw Fault("the salt of an audit device was not stored");
  }
  return sealer_.open(at, record->view());
}

void Audit::unload() {
  const std::lock_guard lock(change_);
  if (auto state = state_.get()) last_.set(std::move(state));
  state_.set(nullptr);
}

void Audit::reopen(std::optional<std::vector<AuditDeviceInput>> devices) {
  const std::lock_guard lock(change_);
  if (devices) options_.devices = std::move(*devices);
  if (!state_.get()) return;
  if (devices) load_locked();
  for (const DevicePointer& device : state()->devices) {
    if (!device->sink) continue;
    const Result<void> opened = device->sink->open();
    if (!opened)
      log::error("audit device cannot be opened again",
                 {{"path", device->input.path}, {"error", opened.error().message}});
  }
}

Result<void> Audit::check_allowed(const AuditDeviceInput& input) const {
  if (options_.api_enable_allowed && input.type == "file" &&
      is_audit_path_allowed(input.options, options_.directories))
    return {};
  if (options_.api_enable_allowed && !options_.directories.empty()) {
    TRY(make_audit_device(input.type, input.options));
    return invalid(
        "cannot enable audit device via API; its file is outside of the directories "
        "that the server's configuration allows");
  }
  return invalid(
      "cannot enable audit device via API; use declarative, config-based audit device management "
      "instead");
}

Result<void> Audit::enable(const AuditDeviceInput& input, storage::CommitUnit& unit) {
  AuditDeviceInput normal = input;
  normal.path = audit_path(input.path);
  if (normal.path.empty()) return invalid("backend path must be specified");
  TRY(check_allowed(normal));
  const auto before = state();
  for (const DevicePointer& other : before->devices)
    if (overlaps(other->input.path, normal.path)) return invalid("path already in use");

  const Uuid id = random_.uuid();
  const SecretBytes salt{std::string_view(random_.uuid().text())};
  const DevicePointer device = TRY(make(normal, id, salt, false));
  TRY(device->sink->open());
  const AuditDeviceOptions options =
      TRY(parse_audit_options(normal.options, options_.prefix_allowed));
  if (!options.skips_test) TRY(test(*device));

  const SecretBytes record = device_text(normal, salt);
  storage::AuditDeviceStore::stage(
      unit, {id, normal.path, sealer_.seal(row_at(id, normal.path), record.reveal())},
      invalid("path already in use"));
  unit.raise(change_kind, root_namespace);
  unit.after_commit([this, device] {
    edit([&](State& state) {
      const bool is_known =
          std::any_of(state.devices.begin(), state.devices.end(),
                      [&](const DevicePointer& other) { return other->id == device->id; });
      if (!is_known) state.devices.push_back(device);
    });
  });
  return {};
}

Result<void> Audit::test(const Device& device) const {
  Request request;
  request.id = random_.uuid();
  request.operation = Operation::update;
  request.path = "sys/audit/test";
  std::string line;
  append_audit_entry(line, "request", AuditRecord{request}, clock_.wall(), device.format,
                     device.hasher, {});
  if (!device.sink->write(line)) return invalid("audit backend failed test message");
  return {};
}

Result<void> Audit::disable(std::string_view path, storage::CommitUnit& unit) {
  const auto before = state();
  const Device* device = before->find(audit_path(path));
  if (device == nullptr) return {};
  if (device->is_declared)
    return invalid("cannot disable audit device via API; remove it from the configuration file");
  storage::AuditDeviceStore::stage_removal(unit, device->id);
  unit.raise(change_kind, root_namespace);
  unit.after_commit([this, id = device->id] {
    edit([&](State& state) {
      std::erase_if(state.devices, [&](const DevicePointer& other) { return other->id == id; });
    });
  });
  return {};
}

void Audit::edit(const std::function<void(State&)>& change) {
  const std::lock_guard lock(change_);
  const auto before = state_.get();
  if (!before) return;  // sealed meanwhile: the next load() reads the rows
  auto next = std::make_shared<State>(*before);
  change(*next);
  state_.set(std::move(next));
}

std::vector<AuditDeviceInput> Audit::list() const {
  std::vector<AuditDeviceInput> devices;
  for (const DevicePointer& device : state()->devices) devices.push_back(device->input);
  std::sort(devices.begin(), devices.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return devices;
}

Result<std::string> Audit::hash(std::string_view path, std::string_view input) const {
  if (input.empty()) return invalid("the \"input\" parameter is empty");
  const std::string normal = audit_path(path);
  const auto now = state();
  const Device* device = now->find(normal);
  if (device == nullptr) return invalid(fmt::format("unknown audit backend \"{}\"", normal));
  return device->hasher.hash(input);
}

bool Audit::log_request(const AuditRecord& record) const {
  const auto now = state_.get();
  return now && log(*now, "request", record);
}

bool Audit::log_response(const AuditRecord& record) const {
  auto now = state_.get();
  if (!now) now = last_.get();
  return now && log(*now, "response", record);
}

bool Audit::log(const State& state, std::string_view type, const AuditRecord& record) const {
  if (state.devices.empty()) return !options_.require_audit;
  const auto at = clock_.wall();
  bool is_accepted = false;
  std::string line;
  line.reserve(usual_line);
  for (const DevicePointer& device : state.devices) {
    bool is_written = false;
    if (device->sink) {
      append_audit_entry(line, type, record, at, device->format, device->hasher, state.headers);
      is_written = device->sink->write(line);
      wipe(line);  // raw devices show secrets
    }
    is_accepted = is_accepted || is_written;
    if (device->is_failing.exchange(!is_written) == !is_written) continue;
    log::event(is_written ? log::Level::info : log::Level::error,
               is_written ? "audit device accepts entries again" : "audit device refused an entry",
               {{"path", device->input.path}});
  }
  return is_accepted;
}

bool Audit::has_devices() const {
  const auto now = state_.get();
  return now && !now->devices.empty();
}

AuditHeaders Audit::headers() const { return state()->headers; }

void Audit::set_header(std::string_view name, bool is_hashed, storage::CommitUnit& unit) {
  const auto before = state();
  AuditHeaders headers = before->headers;
  headers[lower(name)] = is_hashed;
  stage_headers(std::move(headers), *before, unit);
}

void Audit::remove_header(std::string_view name, storage::CommitUnit& unit) {
  const auto before = state();
  AuditHeaders headers = before->headers;
  if (headers.erase(lower(name)) != 0) stage_headers(std::move(headers), *before, unit);
}

void Audit::stage_headers(AuditHeaders headers, const State& before, storage::CommitUnit& unit) {
  const std::string text = Json(headers).dump(-1, ' ', false, Json::error_handler_t::replace);
  SealedBytes record =
      sealer_.seal(storage::SettingStore::at(root_namespace, headers_setting), as_bytes(text));
  storage::SettingStore::stage(unit, root_namespace, headers_setting, record, before.headers_record,
                               changed_meanwhile());
  unit.raise(change_kind, root_namespace);
  unit.after_commit([this, headers = std::move(headers), record = std::move(record)] {
    edit([&](State& state) {
      state.headers = headers;
      state.headers_record = record;
    });
  });
}

}  // namespace signet::core
