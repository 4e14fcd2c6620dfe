// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF's container, versions 2 and 3: a header, metadata by key, tensors by name (ggml's docs/gguf.md).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/checkpoint/mapped_file.h"

namespace loom {

/// As the format numbers them.
enum class GgufType : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, Text, List, U64, I64, F64 };

/// A value as it lies in the file.
struct GgufValue {
    GgufType type{};
    GgufType element{};       ///< of a list
    std::uint64_t count = 0;  ///< of a list
    std::string_view bytes;   ///< the number, the text itself, or all elements of the list
};

/// The metadata, with every access checked: each Error names file and key.
class GgufMetadata {
public:
    explicit GgufMetadata(std::string where) : m_where(std::move(where)) {}
    /// False where the key is there already.
    bool add(std::string key, const GgufValue& value) { return m_values.emplace(std::move(key), value).second; }

    [[nodiscard]] bool has(const std::string& key) const { return m_values.contains(key); }
    /// How many elements the list has; nothing if there is none.
    [[nodiscard]] std::uint64_t count(const std::string& key) const;
    [[nodiscard]] std::int64_t integer(const std::string& key) const;
    [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t absent) const;
    [[nodiscard]] double number(const std::string& key, double absent) const;
    [[nodiscard]] bool truth(const std::string& key, bool absent) const;
    [[nodiscard]] std::string_view text(const std::string& key, std::string_view absent) const;
    /// Lists.
    [[nodiscard]] std::vector<std::string_view> texts(const std::string& key) const;
    [[nodiscard]] std::vector<std::int64_t> integers(const std::string& key) const;
    [[nodiscard]] std::vector<double> numbers(const std::string& key) const;

    [[nodiscard]] const std::string& where() const { return m_where; }
    /// An error about one key.
    [[noreturn]] void fail(const std::string& what, const std::string& key, const std::string& hint = {}) const;

private:
    [[nodiscard]] const GgufValue& value(const std::string& key) const;
    [[nodiscard]] const GgufValue& list(const std::string& key) const;

    std::string m_where;
    std::map<std::string, GgufValue, std::less<>> m_values;
};

struct GgufFile {
    std::shared_ptr<const MappedFile> file;
    GgufMetadata metadata;
    std::map<std::string, TensorView, std::less<>>
        tensors;  ///< shapes outermost first, as everywhere here; GGUF writes them innermost first
};

[[nodiscard]] bool looksLikeGguf(std::span<const std::byte> bytes);
/// Reads header, metadata and the list of tensors, and checks that every tensor lies inside the file and over no other. Throws Error.
[[nodiscard]] GgufFile readGgufFile(std::shared_ptr<const MappedFile> file);

/// A whole checkpoint: architectures llama and deepseek2. Throws Error naming key or tensor.
[[nodiscard]] Checkpoint readGguf(std::shared_ptr<const MappedFile> file);
/// Its configuration, checked with checkConfig.
[[nodiscard]] ModelConfig readGgufConfig(const GgufFile& file);

}  // namespace loom
