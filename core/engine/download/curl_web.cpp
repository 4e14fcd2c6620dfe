// SPDX-License-Identifier: GPL-3.0-or-later
// libloom_download: Web over libcurl, and SHA-256 from OpenSSL.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stop_token>
#include <string>
#include <string_view>

#include <curl/curl.h>
#include <openssl/evp.h>

#include "core/data/error.h"
#include "core/engine/download/web.h"

namespace loom {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Closer {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct MultiCloser {  // a CURLM is a void too
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, Closer>;
using Multi = std::unique_ptr<CURLM, MultiCloser>;

constexpr long kMostWait = 1000;  // ms; curl's own timers are shorter where they matter

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return result;
}

/// −1 where it is no number.
std::int64_t numberIn(std::string_view text) {
    std::int64_t value = -1;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() && value >= 0 ? value : -1;
}

/// "bytes 100-199/1000"
void readRange(std::string_view text, WebResponse& response) {
    if (!lower(text).starts_with("bytes ")) return;
    text.remove_prefix(6);
    const auto dash = text.find('-'), slash = text.find('/');
    if (dash == text.npos || slash == text.npos || dash > slash) return;
    response.rangeFrom = numberIn(trimmed(text.substr(0, dash)));
    response.rangeTotal = numberIn(trimmed(text.substr(slash + 1)));
}

/// The 64 digits in "…" or W/"…"; empty if they are none.
std::string checksumIn(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() != 66 || etag.front() != '"' || etag.back() != '"') return {};
    const std::string digits = lower(etag.substr(1, 64));
    return digits.find_first_not_of("0123456789abcdef") == digits.npos ? digits : std::string();
}

class Transfer {
public:
    Transfer(const WebRequest& request, WebReceiver& receiver, const std::stop_token& stop)
        : m_request(request), m_receiver(receiver), m_stop(stop), m_easy(curl_easy_init()), m_multi(curl_multi_init()) {
        if (!m_easy || !m_multi) throw std::bad_alloc();
        setUp();
    }
    ~Transfer() {
        if (m_added) curl_multi_remove_handle(m_multi.get(), m_easy.get());
    }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    WebOutcome run() {
        if (curl_multi_add_handle(m_multi.get(), m_easy.get()) != CURLM_OK) throw std::bad_alloc();
        m_added = true;
        const std::stop_callback wake(m_stop, [this] { curl_multi_wakeup(m_multi.get()); });
        m_last = Clock::now();
        for (int running = 1;;) {
            curl_multi_perform(m_multi.get(), &running);
            if (m_problem) std::rethrow_exception(m_problem);
            if (running == 0) break;
            if (m_stop.stop_requested()) return {WebEnd::Stopped, {}};
            const milliseconds left = timeLeft();
            if (left.count() <= 0) return {WebEnd::Stalled, {}};
            curl_multi_poll(m_multi.get(), nullptr, 0, static_cast<int>(std::min<std::int64_t>(kMostWait, left.count())), nullptr);
        }
        return outcome();
    }

private:
    template <class Value>
    void set(CURLoption option, Value value) {
        if (const CURLcode code = curl_easy_setopt(m_easy.get(), option, value); code != CURLE_OK)
            throw Error{std::string("libcurl does not do what is needed: ") + curl_easy_strerror(code), {}, "Install a newer libcurl"};
    }

    void setUp() {
        const bool secure = lower(m_request.url).starts_with("https:");
        set(CURLOPT_URL, m_request.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, static_cast<long>(m_request.limits.redirects));
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(m_request.limits.connect.count()));
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_QUICK_EXIT, 1L);  // a name that is being looked up does not hold up a stop
        set(CURLOPT_USERAGENT, "LatentLoom");
        set(CURLOPT_ERRORBUFFER, m_reason.data());
        set(CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
        set(CURLOPT_HEADERDATA, static_cast<void*>(this));
        set(CURLOPT_WRITEFUNCTION, &Transfer::onBytes);
        set(CURLOPT_WRITEDATA, static_cast<void*>(this));
        if (m_request.from <= 0) return;
        m_range = std::to_string(m_request.from) + "-";
        set(CURLOPT_RANGE, m_range.c_str());
        if (m_request.ifRange.empty()) return;
        m_headers.reset(curl_slist_append(nullptr, ("If-Range: " + m_request.ifRange).c_str()));
        if (!m_headers) throw std::bad_alloc();
        set(CURLOPT_HTTPHEADER, m_headers.get());
    }

    /// Until it counts as stalled. Before the first line of an answer the time to connect comes on top: curl ends that part itself.
    [[nodiscard]] milliseconds timeLeft() const {
        const milliseconds limit = m_request.limits.stalled + (m_heard ? milliseconds(0) : m_request.limits.connect);
        return std::chrono::duration_cast<milliseconds>(m_last + limit - Clock::now());
    }

    static std::size_t onHeader(char* text, std::size_t, std::size_t size, void* self) {
        return static_cast<Transfer*>(self)->guardedCall(size, [&](Transfer& t) { return t.header({text, size}); });
    }
    static std::size_t onBytes(char* bytes, std::size_t, std::size_t size, void* self) {
        return static_cast<Transfer*>(self)->guardedCall(size, [&](Transfer& t) {
            return t.body({reinterpret_cast<std::byte*>(bytes), size});
        });
    }
    /// Nothing is thrown through C.
    template <class Body>
    std::size_t guardedCall(std::size_t size, Body&& body) noexcept {
        try {
            if (body(*this)) return size;
        } catch (...) {
            m_problem = std::current_exception();
        }
        return CURL_WRITEFUNC_ERROR;
    }

    bool header(std::string_view line) {
        m_heard = true;
        m_last = Clock::now();
        if (line.starts_with("HTTP/")) {  // the next answer; what the last one said of the file itself stays
            WebResponse next;
            next.linkedSha256 = std::move(m_response.linkedSha256);
            next.linkedSize = m_response.linkedSize;
            m_response = std::move(next);
            return true;
        }
        const auto colon = line.find(':');
        if (colon == line.npos) return true;
        const std::string name = lower(trimmed(line.substr(0, colon)));
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (name == "content-length") m_response.length = numberIn(value);
        if (name == "content-range") readRange(value, m_response);
        if (name == "etag") m_response.etag = value;
        if (name == "last-modified") m_response.lastModified = value;
        if (name == "x-linked-etag") m_response.linkedSha256 = checksumIn(value);
        if (name == "x-linked-size") m_response.linkedSize = numberIn(value);
        return true;
    }

    bool body(std::span<const std::byte> bytes) {
        m_last = Clock::now();
        if (!began()) return false;
        if (m_stop.stop_requested()) return false;
        m_receiver.take(bytes);
        return true;
    }

    /// Whether the answer is wanted; asks at its first byte.
    bool began() {
        if (m_begun) return m_wanted;
        m_begun = true;
        curl_easy_getinfo(m_easy.get(), CURLINFO_RESPONSE_CODE, &m_response.status);
        m_wanted = m_receiver.begin(m_response);
        return m_wanted;
    }

    WebOutcome outcome() {
        CURLcode code = CURLE_OK;
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(m_multi.get(), &left))
            if (message->msg == CURLMSG_DONE) code = message->data.result;
        if (m_stop.stop_requested()) return {WebEnd::Stopped, {}};
        if (m_begun && !m_wanted) return {WebEnd::Unwanted, {}};
        if (code == CURLE_OK) return {began() ? WebEnd::Complete : WebEnd::Unwanted, {}};
        const std::string reason = m_reason.front() != '\0' ? m_reason.data() : curl_easy_strerror(code);
        switch (code) {
            case CURLE_COULDNT_RESOLVE_HOST:
            case CURLE_COULDNT_RESOLVE_PROXY:
            case CURLE_URL_MALFORMAT: return {WebEnd::NoHost, reason};
            case CURLE_PEER_FAILED_VERIFICATION:
            case CURLE_SSL_CACERT_BADFILE:
            case CURLE_SSL_ISSUER_ERROR:
            case CURLE_SSL_CERTPROBLEM: return {WebEnd::Certificate, reason};
            case CURLE_TOO_MANY_REDIRECTS: return {WebEnd::Redirects, reason};
            case CURLE_UNSUPPORTED_PROTOCOL: return {WebEnd::Forbidden, reason};
            case CURLE_COULDNT_CONNECT:
            case CURLE_SSL_CONNECT_ERROR:
            case CURLE_OPERATION_TIMEDOUT: return {m_begun ? WebEnd::Broken : WebEnd::NoConnection, reason};
            default: return {WebEnd::Broken, reason};
        }
    }

    const WebRequest& m_request;
    WebReceiver& m_receiver;
    const std::stop_token& m_stop;
    std::array<char, CURL_ERROR_SIZE> m_reason{};
    std::string m_range;
    std::unique_ptr<curl_slist, Closer> m_headers;
    Easy m_easy;
    Multi m_multi;
    WebResponse m_response;
    std::exception_ptr m_problem;
    Clock::time_point m_last;
    bool m_added = false, m_heard = false, m_begun = false, m_wanted = false;
};

class Sha256 final : public Checksum {
public:
    Sha256() : m_context(EVP_MD_CTX_new()) {
        if (!m_context || EVP_DigestInit_ex(m_context.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
    }
    void add(std::span<const std::byte> bytes) override {
        if (EVP_DigestUpdate(m_context.get(), bytes.data(), bytes.size()) != 1) throw failed();
    }
    std::string hex() override {
        std::array<unsigned char, 32> digest{};
        unsigned int size = 0;
        if (EVP_DigestFinal_ex(m_context.get(), digest.data(), &size) != 1 || size != digest.size()) throw failed();
        std::string text;
        for (const unsigned char byte : digest) {
            text += "0123456789abcdef"[byte >> 4U];
            text += "0123456789abcdef"[byte & 15U];
        }
        return text;
    }

private:
    static Error failed() { return {"OpenSSL cannot compute a SHA-256 checksum", {}, "Install OpenSSL again"}; }
    std::unique_ptr<EVP_MD_CTX, Closer> m_context;
};

class CurlWeb final : public Web {
public:
    CurlWeb() {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw Error{"libcurl cannot be used", {}, "Install libcurl again"};
    }
    WebOutcome get(const WebRequest& request, WebReceiver& receiver, const std::stop_token& stop) const override {
        return Transfer(request, receiver, stop).run();
    }
    std::unique_ptr<Checksum> sha256() const override { return std::make_unique<Sha256>(); }
};

}  // namespace
}  // namespace loom

/// Throws Error where libcurl cannot be used.
extern "C" const loom::Web* loomGetWeb() {
    static const loom::CurlWeb web;
    return &web;
}
