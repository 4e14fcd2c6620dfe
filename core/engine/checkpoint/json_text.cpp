// SPDX-License-Identifier: GPL-3.0-or-later
// Strict JSON: one pass that checks nesting and duplicate keys, one that builds the value.
#include "core/engine/checkpoint/json_text.h"

#include <cstddef>
#include <set>
#include <vector>

#include "core/data/error.h"
#include "core/data/utf8.h"

namespace loom {
namespace {

constexpr const char* kDishonest = "No honest file of this kind looks like that; download it again";

/// Looks at events only; never recurses, so nesting costs no stack.
class Checker : public nlohmann::json_sax<nlohmann::json> {
public:
    Checker(const std::string& where, const JsonLimits& limits) : m_where(where), m_limits(limits) {}

    bool null() override { return count(); }
    bool boolean(bool) override { return count(); }
    bool number_integer(number_integer_t) override { return count(); }
    bool number_unsigned(number_unsigned_t) override { return count(); }
    bool number_float(number_float_t, const string_t&) override { return count(); }
    bool string(string_t&) override { return count(); }
    bool binary(binary_t&) override { return count(); }
    bool start_object(std::size_t) override { return open(); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(); }
    bool end_array() override { return close(); }
    bool key(string_t& key) override {
        count();
        if (m_keys.back().insert(key).second) return true;
        throw Error{"The key " + inQuotes(key) + " stands twice in the same object", m_where, "Remove one of the two"};
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
        throw Error{"This is not valid JSON (byte " + std::to_string(position) + ")", m_where, "Download or write the file again"};
    }

private:
    bool count() {
        if (++m_values <= m_limits.values) return true;
        throw Error{"The JSON has more than " + std::to_string(m_limits.values) + " values", m_where, kDishonest};
    }
    bool open() {
        count();
        if (m_keys.size() >= m_limits.depth) {
            throw Error{"The JSON is nested more than " + std::to_string(m_limits.depth) + " levels deep", m_where, kDishonest};
        }
        m_keys.emplace_back();
        return true;
    }
    bool close() {
        m_keys.pop_back();
        return true;
    }

    const std::string& m_where;
    const JsonLimits& m_limits;
    std::size_t m_values = 0;
    std::vector<std::set<std::string>> m_keys;
};

}  // namespace

nlohmann::json parseJson(std::string_view text, const std::string& where, const JsonLimits& limits) {
    if (text.find('\0') != std::string_view::npos) {  // the parser would take it for the end
        throw Error{"This is not valid JSON: it contains a zero byte", where, "Download or write the file again"};
    }
    Checker checker(where, limits);
    nlohmann::json::sax_parse(text.begin(), text.end(), &checker);
    return nlohmann::json::parse(text.begin(), text.end());
}

std::string inQuotes(std::string_view text) {
    constexpr std::size_t kLongest = 120;
    const bool tooLong = text.size() > kLongest;
    std::string out = "\"";
    for (const char c : repairedUtf8(tooLong ? text.substr(0, kLongest) : text)) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte == 0x7F ? ' ' : c;
    }
    return out + (tooLong ? "…\"" : "\"");
}

}  // namespace loom
