// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/download/url_text.h"

#include <algorithm>
#include <cctype>

#include "core/data/error.h"
#include "core/data/utf8.h"

namespace loom {
namespace {

constexpr std::size_t kLongestName = 100;

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// Where the host begins; 0 = it is no web address.
std::size_t hostOf(std::string_view url) {
    const std::string begin = lower(url.substr(0, 8));
    return begin.starts_with("https://") ? 8 : begin.starts_with("http://") ? 7 : 0;
}

std::size_t endOfHost(std::string_view url, std::size_t host) { return std::min(url.find_first_of("/?#", host), url.size()); }

}  // namespace

void requireWebAddress(const std::string& url) {
    const std::size_t host = hostOf(url);
    const bool plain = std::none_of(url.begin(), url.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F; });
    if (host == 0 || !plain || endOfHost(url, host) == host)
        throw Error{"This is no address of a file on the web", repairedUtf8(shownAddress(url)),
                    "It begins with https:// or http:// and has no spaces"};
}

std::string shownAddress(std::string_view url) {
    const std::size_t host = hostOf(url);
    const std::size_t at = url.substr(0, endOfHost(url, host)).rfind('@');
    if (host == 0 || at == url.npos || at < host) return std::string(url);
    return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

std::string originOf(std::string_view url) {
    const std::string shown = shownAddress(url);
    const std::size_t host = hostOf(shown);
    return host == 0 ? shown : shown.substr(0, endOfHost(shown, host));
}

std::string fileNameOf(std::string_view url) {
    const std::size_t host = hostOf(url);
    const std::size_t begin = endOfHost(url, host);
    std::string_view path = url.substr(begin, std::min(url.find_first_of("?#", begin), url.size()) - begin);
    while (path.ends_with('/')) path.remove_suffix(1);
    std::string name(path.substr(path.rfind('/') + 1));
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
    name.erase(0, name.find_first_not_of('.'));
    if (name.size() > kLongestName) name.erase(0, name.size() - kLongestName);  // the ending says what it is
    return name.empty() ? "stories.txt" : name;
}

std::string checksumFrom(std::string_view text) {
    std::string digits = lower(text);
    if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != digits.npos)
        throw Error{"This is no SHA-256 checksum", repairedUtf8(text),
                    "It has 64 digits, 0 to 9 and a to f; `sha256sum FILE` prints that of a file"};
    return digits;
}

}  // namespace loom
