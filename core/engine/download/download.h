// SPDX-License-Identifier: GPL-3.0-or-later
// download(): one file from a web server, whole or not at all. Nothing else in the program uses a network.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "core/data/story_download.h"

namespace loom {

struct DownloadLimits {
    std::chrono::milliseconds connect{30'000};  ///< until the server is reached
    std::chrono::milliseconds stalled{30'000};  ///< without a single byte
    int redirects = 5;
    int retries = 4;                         ///< of a connection that broke, since the last byte that was new
    std::chrono::milliseconds pause{1'000};  ///< before the first retry, twice as long before each further one
};

struct DownloadOrder {
    std::string url;             ///< http:// or https://
    std::filesystem::path file;  ///< in a folder that is there
    std::string sha256 = {};     ///< 64 hexadecimal digits; empty = what the server states, if it does
    std::int64_t bytes = 0;      ///< 0 = not known before
    DownloadLimits limits = {};
};

/// What the file was compared with.
enum class ChecksumFrom : std::uint8_t { Nowhere, Order, Server };

struct Downloaded {
    std::filesystem::path file;
    std::int64_t bytes = 0;
    std::string sha256;
    ChecksumFrom checked = ChecksumFrom::Nowhere;
    bool wasThere = false;         ///< and was only checked
    std::int64_t resumedFrom = 0;  ///< bytes that were here before
};

/// At most ten calls a second, and one for each new phase.
using DownloadObserver = std::function<void(const DownloadProgress&)>;

/// FILE.part beside a file that is being loaded.
[[nodiscard]] std::filesystem::path partOf(const std::filesystem::path& file);

/// Loads order.url into order.file. Bytes go into FILE.part, which stays when the connection breaks or `stop` is requested (at once, in any
/// phase); the next download goes on there if the server says that it still is the same file (If-Range with its ETag or date, its
/// size; with order.sha256 the size alone, since the checksum decides), and begins anew otherwise. A file that is there already is
/// checked against order.sha256 and left alone. Redirects go to http and https only, from https never to http.
/// Throws Error: no such host, no connection, certificate, status, length, checksum, disk, another program loading the same file,
/// cancelled.
[[nodiscard]] Downloaded download(const DownloadOrder& order, const DownloadObserver& observer, std::stop_token stop);

/// Why this build cannot download; empty = it can. Loads nothing.
[[nodiscard]] std::string downloadMissing();

}  // namespace loom
