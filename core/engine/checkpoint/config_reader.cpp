// SPDX-License-Identifier: GPL-3.0-or-later
// Typed access to JSON objects.
#include "core/engine/checkpoint/config_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {
namespace {

constexpr const char* kHint = "Correct the file or get the checkpoint again";

std::string described(const nlohmann::json& value) {
    switch (value.type()) {
        case nlohmann::json::value_t::null: return "null";
        case nlohmann::json::value_t::object: return "an object";
        case nlohmann::json::value_t::array: return "a list";
        case nlohmann::json::value_t::string: return "the text " + inQuotes(value.get_ref<const std::string&>());
        default: return value.dump();
    }
}

}  // namespace

ConfigReader::ConfigReader(const std::filesystem::path& path, std::size_t limit)
    : ConfigReader(readTextFile(path, limit), pathText(path), limit / 64) {}

ConfigReader::ConfigReader(const std::string& text, std::string where, std::size_t values) : m_where(std::move(where)) {
    m_object = parseJson(text, m_where, {32, values});
    if (!m_object.is_object()) throw Error{"The file must hold a JSON object but holds " + described(m_object), m_where, kHint};
}

ConfigReader::ConfigReader(nlohmann::json object, std::string where, std::string prefix)
    : m_object(std::move(object)), m_where(std::move(where)), m_prefix(std::move(prefix)) {}

void ConfigReader::fail(const std::string& what, const std::string& hint) const { throw Error{what, m_where, hint.empty() ? kHint : hint}; }

void ConfigReader::wrongType(const nlohmann::json& value, const std::string& key, const char* wanted) const {
    fail(m_prefix + key + " must be " + wanted + " but is " + described(value));
}

bool ConfigReader::has(const std::string& key) const {
    const auto found = m_object.find(key);
    return found != m_object.end() && !found->is_null();
}

const nlohmann::json& ConfigReader::required(const std::string& key) const {
    const auto found = m_object.find(key);
    if (found == m_object.end()) fail("The key " + m_prefix + key + " is missing");
    return *found;
}

std::int64_t ConfigReader::asInteger(const nlohmann::json& value, const std::string& key) const {
    constexpr const char* kWanted = "a whole number";
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            fail(m_prefix + key + " is too large: " + value.dump());
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_number_float()) wrongType(value, key, kWanted);
    const double number = value.get<double>();
    if (std::trunc(number) != number) wrongType(value, key, kWanted);
    if (std::abs(number) > 9007199254740992.0) fail(m_prefix + key + " is too large: " + value.dump());  // 2^53
    return static_cast<std::int64_t>(number);
}

std::int64_t ConfigReader::integer(const std::string& key) const { return asInteger(required(key), key); }

std::int64_t ConfigReader::integer(const std::string& key, std::int64_t absent) const { return contains(key) ? integer(key) : absent; }

double ConfigReader::number(const std::string& key, double absent) const {
    if (!contains(key)) return absent;
    const nlohmann::json& value = required(key);
    if (!value.is_number()) wrongType(value, key, "a number");
    return value.get<double>();
}

bool ConfigReader::truth(const std::string& key, bool absent) const {
    if (!contains(key)) return absent;
    const nlohmann::json& value = required(key);
    if (!value.is_boolean()) wrongType(value, key, "true or false");
    return value.get<bool>();
}

std::string ConfigReader::text(const std::string& key) const {
    const nlohmann::json& value = required(key);
    if (!value.is_string()) wrongType(value, key, "text");
    return value.get<std::string>();
}

std::string ConfigReader::text(const std::string& key, const std::string& absent) const { return contains(key) ? text(key) : absent; }

std::vector<std::int64_t> ConfigReader::integers(const std::string& key) const {
    const nlohmann::json& value = required(key);
    if (!value.is_array()) return {asInteger(value, key)};
    std::vector<std::int64_t> list;
    for (const nlohmann::json& element : value) list.push_back(asInteger(element, key));
    return list;
}

void ConfigReader::allowOnly(std::span<const std::string_view> known) const {
    for (const auto& [key, value] : m_object.items()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        std::string list;
        for (const std::string_view name : known) list.append(list.empty() ? "" : ", ").append(name);
        fail("The key " + inQuotes(m_prefix + key) + " is not known here", "Known are: " + list);
    }
}

std::optional<ConfigReader> ConfigReader::object(const std::string& key) const {
    if (!has(key)) return std::nullopt;
    const nlohmann::json& value = required(key);
    if (!value.is_object()) wrongType(value, key, "an object");
    return ConfigReader(value, m_where, m_prefix + key + ".");
}

std::vector<ConfigReader> ConfigReader::objects(const std::string& key, std::size_t most) const {
    if (!has(key)) return {};
    const nlohmann::json& value = required(key);
    if (!value.is_array()) wrongType(value, key, "a list");
    if (value.size() > most) fail(m_prefix + key + " has more than " + std::to_string(most) + " entries");
    std::vector<ConfigReader> list;
    list.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string name = key + "[" + std::to_string(i) + "]";
        if (!value[i].is_object()) wrongType(value[i], name, "an object");
        list.push_back(ConfigReader(value[i], m_where, m_prefix + name + "."));
    }
    return list;
}

void ConfigReader::requireFormat(std::int64_t known) const {
    const std::int64_t version = integer("format_version");
    if (version == known) return;
    fail("format_version is " + std::to_string(version) + ", and this program reads " + std::to_string(known),
         "Use a newer LatentLoom, or get the checkpoint again");
}

}  // namespace loom
