// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/context.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

namespace signet::cli {
namespace {

using nlohmann::json;

const std::vector<FlagSpec>& common_flags() {
  static const std::vector<FlagSpec> specs{{"address"},
                                           {"agent-address"},
                                           {"ca-cert"},
                                           {"ca-path"},
                                           {"client-cert"},
                                           {"client-key"},
                                           {"tls-server-name"},
                                           {"tls-skip-verify", true},
                                           {"namespace"},
                                           {"ns"},
                                           {"wrap-ttl"},
                                           {"format"},
                                           {"field"},
                                           {"header", false, true},
                                           {"mfa", false, true},
                                           {"policy-override", true},
                                           {"non-interactive", true},
                                           {"output-curl-string", true},
                                           {"no-color", true},
                                           {"unlock-key"}};
  return specs;
}

bool is_true(const std::optional<std::string>& text) {
  return text && (*text == "1" || *text == "true" || *text == "t");
}

ClientOptions options_from(const Flags& flags) {
  ClientOptions options;
  const auto pick = [&](std::string_view flag, std::string_view variable) -> std::string {
    if (auto value = flags.get(flag)) return *value;
    return environment(variable).value_or("");
  };
  if (auto address = pick("agent-address", "AGENT_ADDR"); !address.empty())
    options.address = address;
  else if (auto plain = pick("address", "ADDR"); !plain.empty())
    options.address = plain;
  while (options.address.ends_with('/')) options.address.pop_back();
  options.ca_cert = pick("ca-cert", "CACERT");
  options.ca_path = pick("ca-path", "CAPATH");
  options.client_cert = pick("client-cert", "CLIENT_CERT");
  options.client_key = pick("client-key", "CLIENT_KEY");
  options.tls_server_name = pick("tls-server-name", "TLS_SERVER_NAME");
  options.is_verify_skipped =
      flags.is_set("tls-skip-verify") || is_true(environment("SKIP_VERIFY"));
  options.name_space = flags.get("ns").value_or(pick("namespace", "NAMESPACE"));
  options.wrap_ttl = pick("wrap-ttl", "WRAP_TTL");
  if (const auto timeout = environment("CLIENT_TIMEOUT"))
    if (const auto parsed = parse_duration(*timeout); parsed && parsed->count() > 0)
      options.timeout = *parsed;
  if (auto token = environment("TOKEN")) {
    options.token = SecretBytes(*token);
    wipe(*token);
  } else {
    options.token = stored_token();
  }
  return options;
}

}  // namespace

Context::Context(const Args& args, std::vector<FlagSpec> own) {
  own.insert(own.end(), common_flags().begin(), common_flags().end());
  auto parsed = Flags::parse(own, args);
  if (!parsed) {
    fmt::print(stderr, "{}\n", parsed.error().message);
    return;
  }
  flags_ = std::move(*parsed);
  for (const auto& late : flags_.late())
    fmt::print(stderr,
               "WARNING! Flags must be provided before arguments; this one is ignored: {}\n", late);
  format_ = flags_.get("format").value_or(environment("FORMAT").value_or("table"));
  if (format_ != "table" && format_ != "json" && format_ != "yaml" && format_ != "pretty" &&
      format_ != "raw") {
    fmt::print(stderr, "Invalid output format: {} (table, json, yaml or pretty)\n", format_);
    return;
  }
  client_ = options_from(flags_);
  for (const auto& header : flags_.all("header")) {
    const auto equals = header.find('=');
    const std::string name = header.substr(0, equals);
    if (equals == std::string::npos || lower(name).starts_with("x-vault-")) {
      fmt::print(stderr, "-header takes name=value, and X-Vault-* cannot be set by it: {}\n", name);
      return;
    }
    client_.headers.emplace_back(name, header.substr(equals + 1));
  }
  is_ready_ = true;
}

bool Context::takes(std::size_t least, std::size_t most) {
  const auto given = arguments().size();
  if (given >= least && given <= most) return true;
  fmt::print(stderr, "{} arguments (expected {}{}, got {}); -help shows an example\n",
             given < least ? "Not enough" : "Too many", least,
             most == least ? ""
             : most > 1000 ? " or more"
                           : fmt::format(" to {}", most),
             given);
  exit_code_ = exit_usage;
  return false;
}

std::optional<Answer> Context::call(std::string_view method, std::string_view path,
                                    const std::optional<json>& body,
                                    const std::vector<std::pair<std::string, std::string>>& query,
                                    bool is_absence_fine) {
  if (flags_.is_set("output-curl-string")) {
    fmt::print("{}\n", curl_string(client_, method, path, body));
    exit_code_ = exit_ok;
    return std::nullopt;
  }
  auto answer = cli::call(client_, method, path, body, query);
  if (!answer) {
    fmt::print(stderr, "{}\n", answer.error().message);
    exit_code_ = exit_server;
    return std::nullopt;
  }
  const bool is_absent = answer->status == 404 && is_absence_fine;
  if (!answer->is_ok() && !is_absent) {
    fmt::print(stderr, "{}", describe_failure(client_, method, path, *answer));
    exit_code_ = exit_server;
    return std::nullopt;
  }
  exit_code_ = exit_ok;
  return std::move(*answer);
}

int Context::done(std::string_view method, std::string_view path, const std::optional<json>& body,
                  const std::string& success) {
  const auto answer = call(method, path, body);
  if (!answer) return exit_code_;
  if (answer->body.is_object() && answer->body.contains("warnings") &&
      answer->body["warnings"].is_array())
    for (const auto& warning : answer->body["warnings"])
      fmt::print(stderr, "WARNING! {}\n", cell(warning));
  fmt::print("{}\n", success);
  return exit_ok;
}

int show_keys(const Context& context, const std::string& path, const Answer& answer) {
  if (answer.body.is_object() && answer.body.value("wrap_info", json()).is_object())
    return context.show(answer);
  const json keys =
      answer.body.is_object() && answer.body.contains("data") && answer.body["data"].is_object()
          ? answer.body["data"].value("keys", json::array())
          : json::array();
  if (answer.status == 404 || keys.empty()) {
    if (context.is_table())
      fmt::print(stderr, "No value found at {}\n", path);
    else
      fmt::print("{}\n", context.format() == "yaml" ? "[]" : "{}");
    return exit_server;
  }
  if (!context.is_table())
    return std::fputs(document(nlohmann::ordered_json(keys), context.format()).c_str(), stdout),
           exit_ok;
  std::vector<std::vector<std::string>> rows{{"Keys"}};
  for (const auto& key : keys) rows.push_back({cell(key)});
  std::fputs(columns(rows).c_str(), stdout);
  return exit_ok;
}

int Context::show(const Answer& answer) const {
  if (const auto field = flags_.get("field")) return print_field(answer.body, *field);
  if (format_ == "raw") {
    std::fputs(answer.text.c_str(), stdout);
    return exit_ok;
  }
  return print_secret(answer.body, format_);
}

namespace {

Result<std::string> read_all(std::istream& in, const std::string& what) {
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return invalid("cannot read " + what);
  return text;
}

Result<std::string> read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  if (!in) return invalid("cannot read the file '" + name + "'");
  return read_all(in, name);
}

Result<json> json_object(std::string_view text, const std::string& from) {
  json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return invalid(from + " must hold a JSON object");
  return parsed;
}

void put(json& data, const std::string& key, std::string value) {
  if (!data.contains(key)) {
    data[key] = std::move(value);
    return;
  }
  if (!data[key].is_array()) data[key] = json::array({data[key]});
  data[key].push_back(std::move(value));
}

}  // namespace

Result<json> data_arguments(const std::vector<std::string>& arguments, std::size_t first) {
  json data = json::object();
  for (std::size_t i = first; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "-") {
      const std::string text = TRY(read_all(std::cin, "standard input"));
      const json object = TRY(json_object(text, "standard input"));
      data.update(object);
      continue;
    }
    if (argument[0] == '@') {
      const std::string text = TRY(read_file(argument.substr(1)));
      const json object = TRY(json_object(text, "the file '" + argument.substr(1) + "'"));
      data.update(object);
      continue;
    }
    const auto equals = argument.find('=');
    if (equals == std::string::npos || equals == 0)
      return invalid("'" + argument +
                     "' is not key=value (key=@file reads a file, key=- standard input)");
    const std::string key = argument.substr(0, equals);
    std::string value = argument.substr(equals + 1);
    if (value == "-") {
      value = TRY(read_all(std::cin, "standard input"));
    } else if (value.starts_with('@')) {
      value = TRY(read_file(value.substr(1)));
    } else if (value.starts_with("\\@")) {
      value.erase(0, 1);
    }
    put(data, key, std::move(value));
  }
  return data;
}

std::string clean_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  if (path.starts_with("v1/")) path.remove_prefix(3);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::string mount_path(std::string_view path) { return clean_path(path) + "/"; }

SecretBytes read_hidden(const char* prompt) {
  const bool is_terminal = isatty(STDIN_FILENO) != 0;
  termios before{};
  if (is_terminal) {
    std::fputs(prompt, stderr);
    tcgetattr(STDIN_FILENO, &before);
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  std::string line;
  std::getline(std::cin, line);
  if (is_terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fputc('\n', stderr);
  }
  SecretBytes secret{trim(line)};
  wipe(line);
  return secret;
}

std::string token_file() {
  if (auto path = environment("TOKEN_PATH")) return *path;
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): one thread
  return home == nullptr || *home == '\0' ? std::string() : std::string(home) + "/.vault-token";
}

SecretBytes stored_token() {
  const std::string path = token_file();
  std::ifstream in(path, std::ios::binary);
  if (path.empty() || !in) return {};
  std::string text{std::istreambuf_iterator<char>(in), {}};
  SecretBytes token{trim(text)};
  wipe(text);
  return token;
}

bool store_token(std::string_view token) {
  const std::string path = token_file();
  if (path.empty()) return false;
  const std::string fresh =
      path + ".new";  // a crash leaves the old token or the new one, never half of one
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool is_written =
      write(file, token.data(), token.size()) == static_cast<ssize_t>(token.size());
  return close(file) == 0 && is_written && rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace signet::cli
