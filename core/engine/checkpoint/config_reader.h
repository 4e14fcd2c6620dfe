// SPDX-License-Identifier: GPL-3.0-or-later
// Typed access to a JSON object from a file that nobody has checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace loom {

/// Every getter throws Error naming the key and the file: missing without a default, null without being optional, another type.
/// A whole number may be written as 4096 or 4096.0, nothing else; truth values are no numbers.
class ConfigReader {
public:
    /// Reads a JSON file of at most `limit` bytes and one value per 64 of them that must hold an object.
    ConfigReader(const std::filesystem::path& path, std::size_t limit);

    /// The same from text that has been read already, of at most `values` values.
    ConfigReader(const std::string& text, std::string where, std::size_t values = 65'536);

    [[nodiscard]] const std::string& where() const { return m_where; }
    /// Present and not null.
    [[nodiscard]] bool has(const std::string& key) const;
    /// Present, even if null.
    [[nodiscard]] bool contains(const std::string& key) const { return m_object.contains(key); }

    [[nodiscard]] std::int64_t integer(const std::string& key) const;
    [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t absent) const;
    [[nodiscard]] double number(const std::string& key, double absent) const;
    [[nodiscard]] bool truth(const std::string& key, bool absent) const;
    [[nodiscard]] std::string text(const std::string& key) const;
    [[nodiscard]] std::string text(const std::string& key, const std::string& absent) const;
    /// One whole number or a list of them.
    [[nodiscard]] std::vector<std::int64_t> integers(const std::string& key) const;
    /// An object inside this one; nothing if absent or null.
    [[nodiscard]] std::optional<ConfigReader> object(const std::string& key) const;
    /// Throws Error naming the first key that is not among `known`.
    void allowOnly(std::span<const std::string_view> known) const;
    /// A list of at most `most` objects; empty if absent or null.
    [[nodiscard]] std::vector<ConfigReader> objects(const std::string& key, std::size_t most) const;
    /// For the files of our own formats: format_version must be there and be `known`.
    void requireFormat(std::int64_t known) const;
    [[nodiscard]] const nlohmann::json& json() const { return m_object; }

    /// An error about one key of this object.
    [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;

private:
    ConfigReader(nlohmann::json object, std::string where, std::string prefix);
    [[nodiscard]] const nlohmann::json& required(const std::string& key) const;
    [[nodiscard]] std::int64_t asInteger(const nlohmann::json& value, const std::string& key) const;
    [[noreturn]] void wrongType(const nlohmann::json& value, const std::string& key, const char* wanted) const;

    nlohmann::json m_object;
    std::string m_where;
    std::string m_prefix;  // "rope_scaling." inside that object
};

}  // namespace loom
