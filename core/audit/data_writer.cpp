// SPDX-License-Identifier: Apache-2.0
#include "core/audit/data_writer.hpp"

#include "base/secret.hpp"

#include <algorithm>
#include <optional>

namespace signet::core {
namespace {

constexpr int deepest = 128;

/// Walks JSON text and hands its tokens to a writer; nothing is kept.
class Walker {
 public:
  Walker(std::string_view text, JsonWriter& json) : text_(text), json_(json) {}

  /// False: not JSON (what was written until then must be dropped).
  template <class Exempt, class Write>
  bool run(const Exempt& is_exempt, const Write& write) {
    const bool is_whole = value(0, false, is_exempt, write);
    skip_space();
    wipe(decoded_);
    return is_whole && at_ == text_.size();
  }

 private:
  template <class Exempt, class Write>
  bool value(int depth, bool exempt, const Exempt& is_exempt, const Write& write) {
    skip_space();
    if (at_ >= text_.size() || depth > deepest) return false;
    const char c = text_[at_];
    if (c == '"') {
      if (!string()) return false;
      write(std::string_view(decoded_), exempt);
      return true;
    }
    if (c == '{') return object(depth, is_exempt, write);
    if (c == '[') return list(depth, exempt, is_exempt, write);
    return literal();
  }

  template <class Exempt, class Write>
  bool object(int depth, const Exempt& is_exempt, const Write& write) {
    json_.open_object();
    ++at_;
    if (!take('}')) {
      do {
        skip_space();
        if (!string()) return false;
        json_.key(decoded_);
        const bool exempt = is_exempt(std::string_view(decoded_));
        if (!take(':') || !value(depth + 1, exempt, is_exempt, write)) return false;
      } while (take(','));
      if (!take('}')) return false;
    }
    json_.close_object();
    return true;
  }

  template <class Exempt, class Write>
  bool list(int depth, bool exempt, const Exempt& is_exempt, const Write& write) {
    json_.open_list();
    ++at_;
    if (!take(']')) {
      do {
        if (!value(depth + 1, exempt, is_exempt, write)) return false;
      } while (take(','));
      if (!take(']')) return false;
    }
    json_.close_list();
    return true;
  }

  bool literal() {
    const std::size_t end = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    const std::string_view token = text_.substr(at_, end - at_);
    const bool is_word = token == "true" || token == "false" || token == "null";
    const bool is_number =
        !token.empty() && token.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    if (!is_word && !is_number) return false;
    json_.literal(token);
    at_ = end;
    return true;
  }

  /// Decodes the string that starts here into decoded_.
  bool string() {
    wipe(decoded_);
    decoded_.reserve(text_.size() - at_);  // once: growth would leave parts of a secret behind
    if (at_ >= text_.size() || text_[at_] != '"') return false;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c != '\\') {
        decoded_.push_back(c);
      } else if (!escape()) {
        return false;
      }
    }
    return false;
  }

  bool escape() {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (++at_ >= text_.size()) return false;
    if (text_[at_] != 'u') {
      const std::size_t found = names.find(text_[at_]);
      if (found == std::string_view::npos) return false;
      decoded_.push_back(meanings[found]);
      return true;
    }
    std::optional<std::uint32_t> point = four_digits();
    if (!point) return false;
    if (*point >= 0xd800 && *point < 0xdc00 && text_.substr(at_ + 1, 2) == "\\u") {
      at_ += 2;
      const std::optional<std::uint32_t> low = four_digits();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
      point = 0x10000 + ((*point - 0xd800) << 10U) + (*low - 0xdc00);
    }
    append_utf8(*point);
    return true;
  }

  std::optional<std::uint32_t> four_digits() {
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i) {
      if (++at_ >= text_.size()) return std::nullopt;
      const int digit = hex_value(text_[at_]);
      if (digit < 0) return std::nullopt;
      number = number << 4U | static_cast<std::uint32_t>(digit);
    }
    return number;
  }

  void append_utf8(std::uint32_t point) {
    const auto put = [&](std::uint32_t byte) { decoded_.push_back(static_cast<char>(byte)); };
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xc0U | point >> 6U);
      put(0x80U | (point & 0x3fU));
    } else if (point < 0x10000) {
      put(0xe0U | point >> 12U);
      put(0x80U | (point >> 6U & 0x3fU));
      put(0x80U | (point & 0x3fU));
    } else {
      put(0xf0U | point >> 18U);
      put(0x80U | (point >> 12U & 0x3fU));
      put(0x80U | (point >> 6U & 0x3fU));
      put(0x80U | (point & 0x3fU));
    }
  }

  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  JsonWriter& json_;
  std::size_t at_ = 0;
  std::string decoded_;
};

}  // namespace

bool DataWriter::is_exempt(std::string_view key) const {
  return exempt_ != nullptr && std::find(exempt_->begin(), exempt_->end(), key) != exempt_->end();
}

void DataWriter::text(std::string_view value, bool is_exempt) {
  if (is_exempt || format_.is_raw) {
    json_.text(value);
    return;
  }
  std::string& to = json_.raw_value();
  to.push_back('"');
  hasher_.append_hash(to, value);
  to.push_back('"');
}

void DataWriter::member(std::string_view key, std::string_view secret) {
  json_.key(key);
  text(secret, is_exempt(key));
}

void DataWriter::member(std::string_view key, const nlohmann::json& data) {
  json_.key(key);
  value(data, is_exempt(key));
}

void DataWriter::value(const nlohmann::json& data, bool is_exempt) {
  if (data.is_object()) {
    json_.open_object();
    for (auto entry = data.begin(); entry != data.end(); ++entry)
      member(entry.key(), entry.value());
    json_.close_object();
  } else if (data.is_array()) {
    json_.open_list();
    for (const nlohmann::json& element : data) value(element, is_exempt);
    json_.close_list();
  } else if (data.is_string()) {
    text(data.get_ref<const std::string&>(), is_exempt);
  } else if (data.is_boolean()) {
    json_.boolean(data.get<bool>());
  } else if (data.is_number_integer() && !data.is_number_unsigned()) {
    json_.number(data.get<std::int64_t>());
  } else {
    json_.literal(data.dump());
  }
}

void DataWriter::document(std::string_view whole) {
  std::string part;
  JsonWriter writer(part);
  DataWriter inner(writer, format_, hasher_, exempt_);
  Walker walker(whole, writer);
  const bool is_json =
      walker.run([&](std::string_view key) { return is_exempt(key); },
                 [&](std::string_view value, bool exempt) { inner.text(value, exempt); });
  if (is_json) {
    json_.literal(part);
  } else {
    text(whole);
  }
  wipe(part);
}

}  // namespace signet::core
