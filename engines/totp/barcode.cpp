// SPDX-License-Identifier: Apache-2.0
#include "engines/totp/barcode.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <qrencode.h>

namespace signet::totp {
namespace {

constexpr std::int64_t largest_size = 4096;
/// Modules of white around the code (ISO/IEC 18004 asks for four).
constexpr std::int64_t quiet_zone = 4;

struct FreeCode {
  void operator()(QRcode* code) const noexcept {
    wipe(code->data, static_cast<std::size_t>(code->width) * static_cast<std::size_t>(code->width));
    QRcode_free(code);
  }
};
using Code = std::unique_ptr<QRcode, FreeCode>;

void put_32(Bytes& to, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    to.push_back(static_cast<std::uint8_t>(number >> shift));
}

/// CRC-32 as PNG uses it (RFC 2083, section 15).
std::uint32_t crc(BytesView bytes) {
  std::uint32_t sum = 0xffffffffU;
  for (const std::uint8_t byte : bytes) {
    sum ^= byte;
    for (int i = 0; i < 8; ++i) sum = (sum & 1U) != 0 ? 0xedb88320U ^ sum >> 1U : sum >> 1U;
  }
  return ~sum;
}

/// Adler-32 (RFC 1950, section 8).
std::uint32_t adler(BytesView bytes) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const std::uint8_t byte : bytes) {
    a = (a + byte) % 65521U;
    b = (b + a) % 65521U;
  }
  return b << 16U | a;
}

void put_chunk(Bytes& to, std::string_view type, BytesView content) {
  put_32(to, static_cast<std::uint32_t>(content.size()));
  const std::size_t begin = to.size();
  append(to, as_bytes(type));
  append(to, content);
  put_32(to, crc(BytesView(to).subspan(begin)));
}

/// Stored blocks (RFC 1951, 3.2.4): a few kilobytes are not worth a compressor.
Bytes zlib_stored(BytesView content) {
  constexpr std::size_t largest_block = 65535;
  Bytes out;
  out.reserve(content.size() + content.size() / largest_block * 5 + 16);
  out.push_back(0x78);
  out.push_back(0x01);
  for (std::size_t at = 0; at < content.size(); at += largest_block) {
    const std::size_t length = std::min(largest_block, content.size() - at);
    out.push_back(at + length == content.size() ? 1 : 0);
    for (const std::size_t part : {length, length >> 8U, ~length, ~length >> 8U})
      out.push_back(static_cast<std::uint8_t>(part & 0xffU));
    append(out, content.subspan(at, length));
  }
  put_32(out, adler(content));
  return out;
}

/// One bit a pixel, white is 1, each row behind a filter byte of 0.
Bytes rows_of(const QRcode& code, std::int64_t size) {
  const std::int64_t width = code.width;
  const std::int64_t scale = std::max<std::int64_t>(size / (width + 2 * quiet_zone), 1);
  const std::int64_t margin = (size - width * scale) / 2;
  const auto is_dark = [&](std::int64_t x, std::int64_t y) {
    const std::int64_t column = x < margin ? -1 : (x - margin) / scale;
    const std::int64_t row = y < margin ? -1 : (y - margin) / scale;
    if (column < 0 || row < 0 || column >= width || row >= width) return false;
    return (code.data[row * width + column] & 1U) != 0;
  };
  const auto row_bytes = static_cast<std::size_t>((size + 7) / 8);
  Bytes rows((row_bytes + 1) * static_cast<std::size_t>(size), 0);
  for (std::int64_t y = 0; y < size; ++y) {
    const std::size_t begin = static_cast<std::size_t>(y) * (row_bytes + 1) + 1;
    for (std::int64_t x = 0; x < size; ++x) {
      if (is_dark(x, y)) continue;
      std::uint8_t& byte = rows[begin + static_cast<std::size_t>(x / 8)];
      byte = static_cast<std::uint8_t>(byte | 0x80U >> (x % 8));
    }
  }
  return rows;
}

}  // namespace

Result<SecretBytes> barcode(std::string_view text, std::int64_t size) {
  if (size > largest_size)
    return invalid(fmt::format("the qr_size value must be {} at most", largest_size));
  std::string whole(text);  // the library wants its end marked
  const Code code(QRcode_encodeString8bit(whole.c_str(), 0, QR_ECLEVEL_M));
  wipe(whole);
  if (!code) return invalid("the names are too long for a barcode; qr_size 0 makes none");
  if (size < code->width)
    return invalid(fmt::format("the qr_size value must be {} at least for this key", code->width));

  Bytes header;
  put_32(header, static_cast<std::uint32_t>(size));
  put_32(header, static_cast<std::uint32_t>(size));
  for (const std::uint8_t part : std::array<std::uint8_t, 5>{1, 0, 0, 0, 0})  // 1 bit, greyscale
    header.push_back(part);
  Bytes rows = rows_of(*code, size);
  Bytes packed = zlib_stored(rows);
  Bytes png;
  png.reserve(packed.size() + 128);
  append(png, as_bytes("\x89PNG\r\n\x1a\n"));
  put_chunk(png, "IHDR", header);
  put_chunk(png, "IDAT", packed);
  put_chunk(png, "IEND", {});
  wipe(rows);
  wipe(packed);
  return SecretBytes(std::move(png));
}

}  // namespace signet::totp
