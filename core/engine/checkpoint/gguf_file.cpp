// SPDX-License-Identifier: GPL-3.0-or-later
// Reading GGUF's container: nothing that it says about sizes is believed before the file has room for it.
#include "core/engine/checkpoint/gguf_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF files are little-endian");

constexpr const char* kBroken = "The file is damaged or incomplete; get it again";
constexpr const char* kReadTypes = "F32, F16, BF16 and Q8_0 are read; get the file in one of these";
constexpr std::uint32_t kMostAxes = 4;
constexpr std::int64_t kLargestAlignment = 1 << 20;

/// Bytes of one number; 0 for texts and lists.
std::uint64_t sizeOf(GgufType type) {
    switch (type) {
        case GgufType::U8:
        case GgufType::I8:
        case GgufType::Bool: return 1;
        case GgufType::U16:
        case GgufType::I16: return 2;
        case GgufType::U32:
        case GgufType::I32:
        case GgufType::F32: return 4;
        case GgufType::U64:
        case GgufType::I64:
        case GgufType::F64: return 8;
        case GgufType::Text:
        case GgufType::List: break;
    }
    return 0;
}

template <class T>
T as(std::string_view bytes, std::uint64_t place = 0) {
    T value{};
    std::memcpy(&value, bytes.data() + place * sizeof(T), sizeof(T));
    return value;
}

std::optional<std::int64_t> integerOf(GgufType type, std::string_view bytes, std::uint64_t place) {
    switch (type) {
        case GgufType::U8: return as<std::uint8_t>(bytes, place);
        case GgufType::I8: return as<std::int8_t>(bytes, place);
        case GgufType::U16: return as<std::uint16_t>(bytes, place);
        case GgufType::I16: return as<std::int16_t>(bytes, place);
        case GgufType::U32: return as<std::uint32_t>(bytes, place);
        case GgufType::I32: return as<std::int32_t>(bytes, place);
        case GgufType::I64: return as<std::int64_t>(bytes, place);
        case GgufType::U64: {
            const auto value = as<std::uint64_t>(bytes, place);
            if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return static_cast<std::int64_t>(value);
            break;
        }
        default: break;
    }
    return std::nullopt;
}

std::optional<double> numberOf(GgufType type, std::string_view bytes, std::uint64_t place) {
    if (type == GgufType::F32) return static_cast<double>(as<float>(bytes, place));
    if (type == GgufType::F64) return as<double>(bytes, place);
    const std::optional<std::int64_t> whole = integerOf(type, bytes, place);
    return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
}

/// Takes values off the front of the file.
class Cursor {
public:
    Cursor(std::string_view bytes, const std::string& where) : m_all(bytes), m_rest(bytes), m_where(where) {}

    template <class T>
    T number(const char* what) {
        return as<T>(bytes(sizeof(T), what));
    }
    std::string_view bytes(std::uint64_t count, const char* what) {
        if (count > m_rest.size()) {
            fail("The file ends inside " + std::string(what) + ": " + std::to_string(count) + " bytes are wanted and " +
                 std::to_string(m_rest.size()) + " are left");
        }
        const std::string_view taken = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return taken;
    }
    std::string_view text(const char* what) { return bytes(number<std::uint64_t>(what), what); }
    std::string name(const char* what) {
        const std::string_view found = text(what);
        if (found.empty() || firstInvalidUtf8(found)) fail(std::string(what) + " is empty or no valid UTF-8");
        return std::string(found);
    }
    GgufType type(const char* what) {
        const auto number = this->number<std::uint32_t>(what);
        if (number > static_cast<std::uint32_t>(GgufType::F64)) fail(std::string(what) + " has the unknown type " + std::to_string(number));
        return static_cast<GgufType>(number);
    }
    [[nodiscard]] std::uint64_t left() const { return m_rest.size(); }
    [[nodiscard]] std::uint64_t position() const { return m_all.size() - m_rest.size(); }
    /// What was taken since `position`.
    [[nodiscard]] std::string_view since(std::uint64_t position) const { return m_all.substr(position, this->position() - position); }
    [[noreturn]] void fail(const std::string& what) const { throw Error{what, m_where, kBroken}; }

private:
    std::string_view m_all;
    std::string_view m_rest;
    const std::string& m_where;
};

GgufValue readValue(Cursor& cursor) {
    GgufValue value;
    value.type = cursor.type("a value");
    if (value.type == GgufType::Text) {
        value.bytes = cursor.text("a value");
    } else if (value.type == GgufType::List) {
        value.element = cursor.type("a list");
        value.count = cursor.number<std::uint64_t>("a list");
        const std::uint64_t size = sizeOf(value.element);
        if (value.element == GgufType::List) cursor.fail("A list of lists is not read");
        if (value.count > cursor.left() / std::max<std::uint64_t>(size, sizeof(std::uint64_t) * (size == 0 ? 1 : 0)))
            cursor.fail("A list claims " + std::to_string(value.count) + " elements, more than the file holds");
        const std::uint64_t begin = cursor.position();
        if (size > 0) {
            (void)cursor.bytes(value.count * size, "a list");
        } else {
            for (std::uint64_t i = 0; i < value.count; ++i) (void)cursor.text("a list");
        }
        value.bytes = cursor.since(begin);
    } else {
        value.bytes = cursor.bytes(sizeOf(value.type), "a value");
    }
    return value;
}

/// Names of ggml's other types, so that a refusal can say what it refuses.
std::string typeName(std::uint32_t type) {
    constexpr std::array<std::pair<std::uint32_t, const char*>, 30> kNames{
        {{2, "Q4_0"},   {3, "Q4_1"},   {6, "Q5_0"},    {7, "Q5_1"},     {9, "Q8_1"},    {10, "Q2_K"},    {11, "Q3_K"},  {12, "Q4_K"},
         {13, "Q5_K"},  {14, "Q6_K"},  {15, "Q8_K"},   {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"},
         {21, "IQ3_S"}, {22, "IQ2_S"}, {23, "IQ4_XS"}, {24, "I8"},      {25, "I16"},    {26, "I32"},     {27, "I64"},   {28, "F64"},
         {29, "IQ1_M"}, {34, "TQ1_0"}, {35, "TQ2_0"},  {39, "MXFP4"},   {40, "NVFP4"},  {41, "Q1_0"}}};
    for (const auto& [number, name] : kNames) {
        if (number == type) return name;
    }
    return "type " + std::to_string(type);
}

DType dtypeOf(std::uint32_t type, const std::string& where) {
    switch (type) {
        case 0: return DType::F32;
        case 1: return DType::F16;
        case 8: return DType::Q8_0;
        case 30: return DType::BF16;
        default: throw Error{"The tensor is stored as " + typeName(type) + ", which is not read", where, kReadTypes};
    }
}

/// A tensor before it is known where the data begins.
struct Entry {
    std::string name;
    TensorView view;
    std::uint64_t begin = 0;
    std::uint64_t bytes = 0;
};

Entry readEntry(Cursor& cursor, const std::string& file, std::uint64_t alignment) {
    Entry entry;
    entry.name = cursor.name("a tensor's name");
    const std::string where = file + ": " + inQuotes(entry.name);
    const auto axes = cursor.number<std::uint32_t>("a tensor's shape");
    if (axes < 1 || axes > kMostAxes) throw Error{"The tensor has " + std::to_string(axes) + " dimensions", where, kBroken};
    for (std::uint32_t axis = 0; axis < axes; ++axis) {
        const auto extent = cursor.number<std::uint64_t>("a tensor's shape");
        if (extent < 1 || extent > std::uint64_t{1} << 40) throw Error{"A dimension is " + std::to_string(extent), where, kBroken};
        entry.view.shape.insert(entry.view.shape.begin(), static_cast<std::int64_t>(extent));
    }
    entry.view.dtype = dtypeOf(cursor.number<std::uint32_t>("a tensor's type"), where);
    entry.begin = cursor.number<std::uint64_t>("a tensor's place");
    if (entry.begin % alignment != 0)
        throw Error{"The data begins at " + std::to_string(entry.begin) + ", which is not aligned", where, kBroken};
    if (entry.view.dtype == DType::Q8_0 && entry.view.shape.back() % kQ8BlockElements != 0)
        throw Error{"Rows of " + std::to_string(entry.view.shape.back()) + " elements are no whole blocks of Q8_0", where, kBroken};
    const std::optional<std::int64_t> elements = checkedProduct(entry.view.shape);
    const std::optional<std::int64_t> bytes = elements ? storedBytes(entry.view.dtype, *elements) : std::nullopt;
    if (!bytes) throw Error{"The shape is too large", where, kBroken};
    entry.bytes = static_cast<std::uint64_t>(*bytes);
    return entry;
}

void placeTensors(GgufFile& result, std::vector<Entry> entries, std::span<const std::byte> data) {
    const std::string& file = result.metadata.where();
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
    std::uint64_t end = 0;
    for (Entry& entry : entries) {
        const std::string where = file + ": " + inQuotes(entry.name);
        if (entry.begin < end) throw Error{"The data overlaps that of another tensor", where, kBroken};
        if (entry.begin > data.size() || entry.bytes > data.size() - entry.begin) {
            throw Error{"The data ends at byte " + std::to_string(entry.begin) + " + " + std::to_string(entry.bytes) +
                            " but the file holds only " + std::to_string(data.size()) + " bytes of data",
                        where, kBroken};
        }
        end = entry.begin + entry.bytes;
        entry.view.data = data.subspan(entry.begin, entry.bytes);
        if (!result.tensors.emplace(std::move(entry.name), std::move(entry.view)).second)
            throw Error{"The tensor is there twice", where, kBroken};
    }
}

}  // namespace

const GgufValue& GgufMetadata::value(const std::string& key) const {
    const auto found = m_values.find(key);
    if (found == m_values.end()) fail("The metadata lack a key that is needed", key);
    return found->second;
}

const GgufValue& GgufMetadata::list(const std::string& key) const {
    const GgufValue& found = value(key);
    if (found.type != GgufType::List) fail("The value is no list", key);
    return found;
}

std::uint64_t GgufMetadata::count(const std::string& key) const { return has(key) ? list(key).count : 0; }

std::int64_t GgufMetadata::integer(const std::string& key) const {
    const GgufValue& found = value(key);
    if (found.type == GgufType::List) fail("The value differs from layer to layer, which is not supported", key);
    const std::optional<std::int64_t> whole = integerOf(found.type, found.bytes, 0);
    if (!whole) fail("The value is no whole number below 2^63", key);
    return *whole;
}

std::int64_t GgufMetadata::integer(const std::string& key, std::int64_t absent) const { return has(key) ? integer(key) : absent; }

double GgufMetadata::number(const std::string& key, double absent) const {
    if (!has(key)) return absent;
    const GgufValue& found = value(key);
    const std::optional<double> number = numberOf(found.type, found.bytes, 0);
    if (!number) fail("The value is no number", key);
    return *number;
}

bool GgufMetadata::truth(const std::string& key, bool absent) const {
    if (!has(key)) return absent;
    const GgufValue& found = value(key);
    if (found.type != GgufType::Bool) fail("The value is neither true nor false", key);
    return found.bytes[0] != 0;
}

std::string_view GgufMetadata::text(const std::string& key, std::string_view absent) const {
    if (!has(key)) return absent;
    const GgufValue& found = value(key);
    if (found.type != GgufType::Text || firstInvalidUtf8(found.bytes)) fail("The value is no text", key);
    return found.bytes;
}

std::vector<std::string_view> GgufMetadata::texts(const std::string& key) const {
    const GgufValue& found = list(key);
    if (found.element != GgufType::Text) fail("The value is no list of texts", key);
    std::vector<std::string_view> out;
    out.reserve(found.count);
    Cursor cursor(found.bytes, m_where);
    for (std::uint64_t i = 0; i < found.count; ++i) out.push_back(cursor.text("a list"));
    return out;
}

std::vector<std::int64_t> GgufMetadata::integers(const std::string& key) const {
    const GgufValue& found = list(key);
    std::vector<std::int64_t> out;
    for (std::uint64_t i = 0; i < found.count; ++i) {
        const std::optional<std::int64_t> whole = integerOf(found.element, found.bytes, i);
        if (!whole) fail("The value is no list of whole numbers", key);
        out.push_back(*whole);
    }
    return out;
}

std::vector<double> GgufMetadata::numbers(const std::string& key) const {
    const GgufValue& found = list(key);
    std::vector<double> out;
    for (std::uint64_t i = 0; i < found.count; ++i) {
        const std::optional<double> number = numberOf(found.element, found.bytes, i);
        if (!number) fail("The value is no list of numbers", key);
        out.push_back(*number);
    }
    return out;
}

void GgufMetadata::fail(const std::string& what, const std::string& key, const std::string& hint) const {
    throw Error{what, m_where + ": " + key, hint.empty() ? kBroken : hint};
}

bool looksLikeGguf(std::span<const std::byte> bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with("GGUF");
}

GgufFile readGgufFile(std::shared_ptr<const MappedFile> file) {
    const std::string where = pathText(file->path());
    GgufFile result{std::move(file), GgufMetadata(where), {}};
    Cursor cursor(result.file->text(), where);
    if (cursor.bytes(4, "the header") != "GGUF") throw Error{"This is no GGUF file", where, "Choose another checkpoint"};
    const auto version = cursor.number<std::uint32_t>("the header");
    if (version != 2 && version != 3) {
        const bool swapped = (version & 0xFFFF) == 0;
        throw Error{swapped ? "The file's numbers are big-endian" : "The file is of version " + std::to_string(version) + " of GGUF", where,
                    "Versions 2 and 3, little-endian, are read; convert the model again"};
    }
    const auto tensors = cursor.number<std::uint64_t>("the header");
    const auto values = cursor.number<std::uint64_t>("the header");
    if (tensors > cursor.left() || values > cursor.left()) cursor.fail("The header claims more tensors or keys than the file has bytes");
    for (std::uint64_t i = 0; i < values; ++i) {
        std::string key = cursor.name("a key");
        const GgufValue value = readValue(cursor);
        if (!result.metadata.add(key, value)) result.metadata.fail("The key is there twice", key);
    }
    const std::int64_t alignment = result.metadata.integer("general.alignment", 32);
    if (alignment < 1 || alignment > kLargestAlignment || !std::has_single_bit(static_cast<std::uint64_t>(alignment)))
        result.metadata.fail("An alignment of " + std::to_string(alignment) + " bytes is impossible", "general.alignment");
    std::vector<Entry> entries;
    for (std::uint64_t i = 0; i < tensors; ++i) entries.push_back(readEntry(cursor, where, static_cast<std::uint64_t>(alignment)));
    const auto unit = static_cast<std::uint64_t>(alignment);
    const std::uint64_t begin = (cursor.position() + unit - 1) / unit * unit;
    const std::span<const std::byte> all = result.file->bytes();
    placeTensors(result, std::move(entries), all.subspan(std::min<std::uint64_t>(begin, all.size())));
    return result;
}

}  // namespace loom
