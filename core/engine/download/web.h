// SPDX-License-Identifier: GPL-3.0-or-later
// The boundary to libloom_download, the only part that sees libcurl and OpenSSL. It is loaded on first use: a program that downloads
// nothing has no network library in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "core/engine/download/download.h"

namespace loom {

struct WebRequest {
    std::string url;
    std::int64_t from = 0;  ///< first byte that is wanted
    std::string ifRange;    ///< ETag or date that the part must still have; empty = is not asked
    DownloadLimits limits;
};

/// Head of the last answer, after all redirects. −1 and empty = was not said.
struct WebResponse {
    long status = 0;
    std::int64_t length = -1;      ///< bytes that follow
    std::int64_t rangeFrom = -1;   ///< first byte that follows, where only a part does
    std::int64_t rangeTotal = -1;  ///< of the whole file
    std::string etag, lastModified;
    // What Hugging Face says of large files, in its redirect. Its other ETags are no checksums.
    std::string linkedSha256;
    std::int64_t linkedSize = -1;
};

class WebReceiver {
public:
    virtual ~WebReceiver() = default;
    /// Once, before the first byte. False = nothing of it is wanted. May throw.
    virtual bool begin(const WebResponse& response) = 0;
    virtual void take(std::span<const std::byte> bytes) = 0;  ///< may throw
};

enum class WebEnd : std::uint8_t {
    Complete,  ///< everything that the server promised
    Unwanted,  ///< begin() said so
    Stopped,
    NoHost,
    NoConnection,
    Certificate,
    Redirects,  ///< too many
    Forbidden,  ///< a redirect to a protocol that is not allowed
    Stalled,
    Broken  ///< the connection, before its end
};
struct WebOutcome {
    WebEnd end = WebEnd::Complete;
    std::string reason;  ///< in the library's words
};

class Checksum {
public:
    virtual ~Checksum() = default;
    virtual void add(std::span<const std::byte> bytes) = 0;
    /// 64 lower-case hexadecimal digits. Nothing can be added afterwards.
    [[nodiscard]] virtual std::string hex() = 0;
};

/// Without state: for any thread.
class Web {
public:
    virtual ~Web() = default;
    /// GET. Rethrows what the receiver throws.
    [[nodiscard]] virtual WebOutcome get(const WebRequest& request, WebReceiver& receiver, const std::stop_token& stop) const = 0;
    [[nodiscard]] virtual std::unique_ptr<Checksum> sha256() const = 0;
};

using GetWeb = const Web* (*)();
inline constexpr const char* kGetWeb = "loomGetWeb";

}  // namespace loom
