// SPDX-License-Identifier: GPL-3.0-or-later
// download(): parts, retries, checks. What goes over the network is in libloom_download.
#include "core/engine/download/download.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/data/error.h"
#include "core/engine/api/beside_engine.h"
#include "core/engine/checkpoint/mapped_file.h"
#include "core/engine/download/part_file.h"
#include "core/engine/download/progress_meter.h"
#include "core/engine/download/url_text.h"
#include "core/engine/download/web.h"

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 1 << 20;         // bytes that are read at once
constexpr std::int64_t kSpareSpace = 16 << 20;  // bytes that the disk must have besides
constexpr const char* kGoesOn = "Download it again: it goes on from where it is";

const Web& web() {
    static const Web* loaded =
        reinterpret_cast<GetWeb>(loadBesideEngine({LOOM_DOWNLOAD_FILE, kGetWeb, "The part of the program that downloads"}))();
    return *loaded;
}

/// Ends early when a stop is requested.
void pauseFor(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, time, [] { return false; });
}

class Download final : public WebReceiver {
public:
    Download(const DownloadOrder& order, const DownloadObserver& observer, std::stop_token stop)
        : m_order(order), m_stop(std::move(stop)), m_meter(observer), m_shown(shownAddress(order.url)), m_part(order.file) {
        if (!m_order.sha256.empty()) m_order.sha256 = checksumFrom(m_order.sha256);
    }

    Downloaded run() {
        m_total = m_order.bytes;
        requireSpace();
        m_sum = web().sha256();
        if (!mayGoOn()) m_part.clear();
        takePart();
        const std::int64_t resumedFrom = m_part.size();
        m_furthest = resumedFrom;
        while (m_total <= 0 || m_part.size() != m_total) {
            if (transfer()) break;
        }
        Downloaded result{m_order.file, m_part.size(), m_sum->hex(), ChecksumFrom::Nowhere, false, m_anew ? 0 : resumedFrom};
        check(result);
        m_part.finish();
        return result;
    }

    bool begin(const WebResponse& response) override {
        const bool asked = m_part.size() > 0;
        if ((response.status == 416 && asked) || (response.status == 206 && !fits(response))) {
            startOver();
            m_again = true;
            return false;
        }
        if (response.status == 200 && asked) startOver();
        if (response.status != 200 && response.status != 206) {
            m_status = response.status;
            return false;
        }
        const std::int64_t total = response.status == 206 ? response.rangeTotal : std::max(response.length, response.linkedSize);
        if (m_order.bytes > 0 && total > 0 && total != m_order.bytes) throw wrongLength(total);
        if (total > 0) m_total = total;
        if (!response.linkedSha256.empty()) m_server = response.linkedSha256;
        requireSpace();
        m_part.setOrigin({m_order.url, response.etag, response.lastModified, std::max<std::int64_t>(0, m_total), wantedSum()});
        m_meter.show(DownloadPhase::Loading, m_part.size(), m_total);
        return true;
    }

    void take(std::span<const std::byte> bytes) override {
        if (m_total > 0 && m_part.size() + std::ssize(bytes) > m_total) throw wrongLength(m_part.size() + std::ssize(bytes));
        m_part.append(bytes);
        m_sum->add(bytes);
        m_meter.show(DownloadPhase::Loading, m_part.size(), m_total);
    }

private:
    /// Whether what lies there can be the beginning of what is wanted.
    [[nodiscard]] bool mayGoOn() const {
        const PartOrigin& known = m_part.origin();
        if (m_part.size() == 0 || known.url.empty()) return false;
        if (m_order.bytes > 0 && m_part.size() > m_order.bytes) return false;
        if (!m_order.sha256.empty() && known.sha256 == m_order.sha256) return true;  // from wherever it came
        if (known.url != m_order.url || (!m_order.sha256.empty() && !known.sha256.empty())) return false;
        return known.bytes > 0 || !condition().empty();
    }
    /// For If-Range: a strong ETag, else the date.
    [[nodiscard]] std::string condition() const {
        const PartOrigin& known = m_part.origin();
        if (!known.etag.empty() && !known.etag.starts_with("W/")) return known.etag;
        return known.etag.empty() ? known.lastModified : std::string();
    }
    /// The checksum decides: whoever serves the bytes, the end shows whether they belong together.
    [[nodiscard]] bool checksumDecides() const { return !m_order.sha256.empty() && m_part.origin().sha256 == m_order.sha256; }

    [[nodiscard]] const std::string& wantedSum() const { return m_order.sha256.empty() ? m_server : m_order.sha256; }

    /// Adds what is there to the checksum.
    void takePart() {
        const PartOrigin& known = m_part.origin();
        if (m_part.size() > 0 && known.bytes > 0) m_total = known.bytes;
        if (m_part.size() > 0) m_server = known.sha256;
        std::vector<std::byte> buffer(kPiece);
        for (std::int64_t at = 0; at < m_part.size();) {
            stopIfAsked();
            m_meter.show(DownloadPhase::ReadingPart, at, m_part.size());
            const auto bytes = m_part.read(at, buffer);
            if (bytes.empty()) break;
            m_sum->add(bytes);
            at += std::ssize(bytes);
        }
    }

    /// The bytes that follow are those that follow on the part.
    [[nodiscard]] bool fits(const WebResponse& response) const {
        const PartOrigin& known = m_part.origin();
        if (response.rangeFrom != m_part.size()) return false;
        if (known.bytes > 0 && response.rangeTotal > 0 && response.rangeTotal != known.bytes) return false;
        if (checksumDecides()) return true;
        const auto differ = [](const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; };
        return !differ(response.etag, known.etag) && !differ(response.linkedSha256, known.sha256);
    }

    /// Forgets the part and what was known of it.
    void startOver() {
        m_part.clear();
        m_sum = web().sha256();
        m_total = m_order.bytes;
        m_server.clear();
        m_anew = true;
    }

    /// One request. True = the server has sent everything.
    bool transfer() {
        m_again = false;
        m_status = 0;
        m_meter.show(DownloadPhase::Connecting, m_part.size(), m_total);
        const WebRequest request{m_order.url, m_part.size(), checksumDecides() ? std::string() : condition(), m_order.limits};
        const WebOutcome outcome = web().get(request, *this, m_stop);
        stopIfAsked();
        if (m_again) return false;
        if (outcome.end == WebEnd::Complete) {
            if (m_total > 0 && m_part.size() != m_total) throw wrongLength(m_part.size());
            return true;
        }
        const bool busy = m_status == 429 || m_status >= 500;
        const Error problem = outcome.end == WebEnd::Unwanted ? statusError() : endError(outcome);
        const bool passing = outcome.end == WebEnd::Broken || outcome.end == WebEnd::Stalled ||
                             ((outcome.end == WebEnd::NoHost || outcome.end == WebEnd::NoConnection || busy) && m_loaded);
        if (m_part.size() > m_furthest) {
            m_furthest = m_part.size();
            m_retries = 0;
            m_loaded = true;
        }
        if (!passing || m_retries >= m_order.limits.retries) throw problem;
        pauseFor(m_order.limits.pause * (1 << std::min(m_retries, 6)), m_stop);
        ++m_retries;
        stopIfAsked();
        return false;
    }

    void check(Downloaded& result) {
        const std::string& wanted = wantedSum();
        if (wanted.empty()) return;
        result.checked = m_order.sha256.empty() ? ChecksumFrom::Server : ChecksumFrom::Order;
        if (result.sha256 == wanted) return;
        m_part.remove();
        throw Error{"What came from " + m_shown + " is not what was wanted: its SHA-256 is " + result.sha256 + " instead of " + wanted,
                    pathText(m_order.file), "It was removed. Download it again, or from somewhere else"};
    }

    void requireSpace() const {
        std::error_code unknown;
        const fs::path folder = m_order.file.has_parent_path() ? m_order.file.parent_path() : fs::path(".");
        const auto space = fs::space(folder, unknown);
        const std::int64_t wanted = m_total - m_part.size() + kSpareSpace;
        if (unknown || m_total <= 0 || std::cmp_greater_equal(space.available, wanted)) return;
        throw Error{"The disk has room for " + std::to_string(space.available >> 20U) + " MiB, and " + std::to_string(wanted >> 20) +
                        " MiB are still to come from " + m_shown,
                    pathText(m_order.file), "Free some space, or choose another folder"};
    }

    void stopIfAsked() const {
        if (!m_stop.stop_requested()) return;
        throw Error{"The download was stopped", pathText(m_order.file), m_part.size() > 0 ? kGoesOn : ""};
    }

    [[nodiscard]] Error wrongLength(std::int64_t bytes) const {
        return {m_shown + " has " + std::to_string(bytes) + " bytes instead of " + std::to_string(m_total > 0 ? m_total : m_order.bytes),
                pathText(m_order.file), "It is another file. Check the address and the mirror"};
    }

    [[nodiscard]] Error statusError() const {
        const std::string file = pathText(m_order.file);
        const std::string said = m_shown + " cannot be downloaded: the server answered with status " + std::to_string(m_status);
        switch (m_status) {
            case 401:
            case 403:
                return {said + " (not allowed)", file, "It may want a user's name or a licence that was agreed to. Load it with a browser"};
            case 404:
            case 410: return {said + " (not found)", file, "Check the address and the mirror"};
            case 429: return {said + " (too many requests)", file, "Try again later, or another mirror"};
            default: return {said, file, m_status >= 500 ? "Try again later, or another mirror" : "Check the address and the mirror"};
        }
    }

    [[nodiscard]] Error endError(const WebOutcome& outcome) const {
        const std::string file = pathText(m_order.file);
        const std::string because = outcome.reason.empty() ? std::string() : ": " + outcome.reason;
        switch (outcome.end) {
            case WebEnd::NoHost:
                return {"The server of " + m_shown + " was not found" + because, file,
                        "Check the address and the connection to the internet"};
            case WebEnd::NoConnection:
                return {"The server of " + m_shown + " does not answer" + because, file,
                        "Check the address and the connection to the internet"};
            case WebEnd::Certificate:
                return {"The server of " + m_shown + " cannot show that it is the one it claims to be" + because, file,
                        "Check the date of this computer and its certificates (package ca-certificates); nothing was loaded"};
            case WebEnd::Redirects:
                return {m_shown + " leads from one address to the next without an end", file, "Check the address and the mirror"};
            case WebEnd::Forbidden:
                return {m_shown + " leads to an address that is not loaded from" + because, file,
                        "Only https:// and http:// are, and http:// only where it began so"};
            case WebEnd::Stalled:
                return {"Nothing has come from " + m_shown + " for " + std::to_string((m_order.limits.stalled.count() + 500) / 1000) +
                            " seconds",
                        file, kGoesOn};
            default: return {"The connection to " + m_shown + " ended before all was here" + because, file, kGoesOn};
        }
    }

    DownloadOrder m_order;
    std::stop_token m_stop;
    ProgressMeter m_meter;
    std::string m_shown;
    PartFile m_part;
    std::unique_ptr<Checksum> m_sum;
    std::string m_server;         ///< checksum that the server states
    std::int64_t m_total = 0;     ///< bytes of the whole file; 0 = not known
    std::int64_t m_furthest = 0;  ///< most bytes that were there at once
    long m_status = 0;            ///< of an answer that is no file
    int m_retries = 0;
    bool m_again = false;   ///< the answer did not fit the part: the file is asked for from its first byte
    bool m_anew = false;    ///< the part of an earlier download was of no use
    bool m_loaded = false;  ///< something new has come: it is a connection that works
};

/// The file that lies at the target already, if it is the one that was asked for.
Downloaded checkThere(const DownloadOrder& order, const DownloadObserver& observer, const std::stop_token& stop) {
    const std::string where = pathText(order.file);
    if (order.sha256.empty())
        throw Error{"There is a file of this name already", where, "Use that one, choose another name, or remove it to load it again"};
    const MappedFile file(order.file);
    const auto sum = web().sha256();
    ProgressMeter meter(observer);
    const auto bytes = file.bytes();
    for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
        if (stop.stop_requested()) throw Error{"Checking the file was stopped", where, {}};
        meter.show(DownloadPhase::ReadingPart, static_cast<std::int64_t>(at), std::ssize(bytes));
        sum->add(bytes.subspan(at, std::min(kPiece, bytes.size() - at)));
    }
    Downloaded result{order.file, std::ssize(bytes), sum->hex(), ChecksumFrom::Order, true, 0};
    if (result.sha256 != checksumFrom(order.sha256))
        throw Error{
            "There is a file of this name already, and it is another one: its SHA-256 is " + result.sha256 + " instead of " + order.sha256,
            where, "Choose another name, or remove it to load it again"};
    return result;
}

}  // namespace

fs::path partOf(const fs::path& file) {
    fs::path part = file;
    return part += ".part";
}

Downloaded download(const DownloadOrder& order, const DownloadObserver& observer, std::stop_token stop) {
    requireWebAddress(order.url);
    if (fileExists(order.file)) return checkThere(order, observer, stop);
    return Download(order, observer, std::move(stop)).run();
}

std::string downloadMissing() {
    if (isBesideEngine(LOOM_DOWNLOAD_FILE)) return {};
    return "This LatentLoom was built without the part that downloads (" LOOM_DOWNLOAD_FILE
           ", which needs libcurl and OpenSSL). Load the file with a browser and choose it as a file.";
}

}  // namespace loom
