// SPDX-License-Identifier: GPL-3.0-or-later
// A small state machine over JSON events: {"__metadata__": {text: text}, tensor: {"dtype", "shape", "data_offsets"}}.
#include "core/engine/checkpoint/safetensors_header.h"

#include <array>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

constexpr std::size_t kMaxTensors = 200'000;
constexpr std::size_t kMaxNotes = 100'000;
constexpr std::size_t kMaxDimensions = 64;
constexpr const char* kBroken = "The file is damaged or no safetensors file; get it again";

std::optional<DType> dtypeNamed(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, DType>, 10> kNames{{{"F64", DType::F64},
                                                                         {"F32", DType::F32},
                                                                         {"BF16", DType::BF16},
                                                                         {"F16", DType::F16},
                                                                         {"I64", DType::I64},
                                                                         {"I32", DType::I32},
                                                                         {"I16", DType::I16},
                                                                         {"I8", DType::I8},
                                                                         {"U8", DType::U8},
                                                                         {"BOOL", DType::Bool}}};
    for (const auto& [name, type] : kNames) {
        if (name == text) return type;
    }
    return std::nullopt;
}

class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit HeaderReader(const std::string& file) : m_file(file) {}
    SafetensorsHeader take() { return std::move(m_header); }

    bool null() override { unexpected("null"); }
    bool boolean(bool) override { unexpected("a truth value"); }
    bool number_float(number_float_t, const string_t&) override {
        if (m_state == State::InShape || m_state == State::InOffsets) fail("A number in the header is no whole number of 63 bits");
        unexpected("a number");
    }
    bool binary(binary_t&) override { unexpected("binary data"); }
    bool number_integer(number_integer_t) override {
        if (m_state == State::InShape) fail("The shape has a negative number");
        if (m_state == State::InOffsets) fail("data_offsets has a negative number");
        unexpected("a number");
    }
    bool number_unsigned(number_unsigned_t value) override;
    bool string(string_t& value) override;
    bool start_object(std::size_t) override;
    bool key(string_t& key) override;
    bool end_object() override;
    bool start_array(std::size_t) override;
    bool end_array() override;
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
        fail("The header is not valid JSON (byte " + std::to_string(position + 7) + " of the file)");
    }

private:
    enum class State : std::uint8_t {
        Start,
        Top,
        Entry,
        InEntry,
        Dtype,
        Shape,
        InShape,
        Offsets,
        InOffsets,
        Metadata,
        InMetadata,
        Note,
        End
    };

    [[noreturn]] void fail(const std::string& what) const {
        throw Error{what, m_place.empty() ? m_file : m_file + ": " + inQuotes(m_place), kBroken};
    }
    [[noreturn]] void unexpected(const char* found) const {
        switch (m_state) {
            case State::Start: fail("The header must be a JSON object");
            case State::Entry: fail(std::string("A tensor's entry must be an object but is ") + found);
            case State::Dtype: fail(std::string("dtype must be text but is ") + found);
            case State::Shape: fail(std::string("shape must be a list but is ") + found);
            case State::InShape: fail(std::string("shape must hold whole numbers but holds ") + found);
            case State::Offsets: fail(std::string("data_offsets must be a list but is ") + found);
            case State::InOffsets: fail(std::string("data_offsets must hold whole numbers but holds ") + found);
            case State::Metadata: fail(std::string("__metadata__ must be an object but is ") + found);
            case State::Note: fail("__metadata__ must map text to text; " + inQuotes(m_noteKey) + " is " + found);
            default: fail(std::string("The header has ") + found + " where none belongs");
        }
    }
    void finishEntry();

    const std::string& m_file;
    SafetensorsHeader m_header;
    State m_state = State::Start;
    std::string m_place;  // the key at the top level that is being read
    std::set<std::string, std::less<>> m_names;
    HeaderTensor m_tensor;
    bool m_hasDtype = false;
    bool m_hasShape = false;
    bool m_hasOffsets = false;
    std::vector<std::int64_t> m_offsets;
    std::string m_noteKey;
};

bool HeaderReader::number_unsigned(number_unsigned_t value) {
    if (m_state != State::InShape && m_state != State::InOffsets) unexpected("a number");
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
        fail("A number in the header is no whole number of 63 bits");
    }
    std::vector<std::int64_t>& list = m_state == State::InShape ? m_tensor.shape : m_offsets;
    if (list.size() >= (m_state == State::InShape ? kMaxDimensions : 2)) {
        fail(m_state == State::InShape ? "The shape has more than 64 dimensions" : "data_offsets must be two numbers");
    }
    list.push_back(static_cast<std::int64_t>(value));
    return true;
}

bool HeaderReader::string(string_t& value) {
    if (m_state == State::Note) {
        m_header.metadata.emplace(m_noteKey, std::move(value));
        m_state = State::InMetadata;
        return true;
    }
    if (m_state != State::Dtype) unexpected("text");
    const std::optional<DType> type = dtypeNamed(value);
    if (!type) {
        throw Error{"The element type " + inQuotes(value) + " is not supported", m_file + ": " + inQuotes(m_place),
                    "Supported are F64, F32, BF16, F16, I64, I32, I16, I8, U8 and BOOL; convert the checkpoint to BF16 or F32"};
    }
    m_tensor.dtype = *type;
    m_hasDtype = true;
    m_state = State::InEntry;
    return true;
}

bool HeaderReader::start_object(std::size_t) {
    switch (m_state) {
        case State::Start: m_state = State::Top; return true;
        case State::Entry:
            m_tensor = HeaderTensor{};
            m_hasDtype = m_hasShape = m_hasOffsets = false;
            m_offsets.clear();
            m_state = State::InEntry;
            return true;
        case State::Metadata: m_state = State::InMetadata; return true;
        default: unexpected("an object");
    }
}

bool HeaderReader::key(string_t& key) {
    if (m_state == State::Top) {
        m_place = key;
        if (!m_names.insert(key).second) fail("The header names this tensor twice");
        if (m_names.size() > kMaxTensors) fail("The header names more than " + std::to_string(kMaxTensors) + " tensors");
        m_state = key == "__metadata__" ? State::Metadata : State::Entry;
        return true;
    }
    if (m_state == State::InMetadata) {
        if (m_header.metadata.count(key) > 0) fail("The key " + inQuotes(key) + " stands twice in __metadata__");
        if (m_header.metadata.size() >= kMaxNotes) fail("__metadata__ has more than " + std::to_string(kMaxNotes) + " keys");
        m_noteKey = key;
        m_state = State::Note;
        return true;
    }
    const auto once = [&](bool seen, State next) {
        if (seen) fail("The key " + inQuotes(key) + " stands twice in a tensor's entry");
        m_state = next;
        return true;
    };
    if (key == "dtype") return once(m_hasDtype, State::Dtype);
    if (key == "shape") return once(m_hasShape, State::Shape);
    if (key == "data_offsets") return once(m_hasOffsets, State::Offsets);
    fail("A tensor's entry has the unknown key " + inQuotes(key));
}

void HeaderReader::finishEntry() {
    if (!m_hasDtype) fail("A tensor's entry has no dtype");
    if (!m_hasShape) fail("A tensor's entry has no shape");
    if (!m_hasOffsets) fail("A tensor's entry has no data_offsets");
    m_tensor.name = m_place;
    m_tensor.begin = m_offsets[0];
    m_tensor.end = m_offsets[1];
    m_header.tensors.push_back(std::move(m_tensor));
}

bool HeaderReader::end_object() {
    if (m_state == State::Top) {
        m_state = State::End;
        return true;
    }
    if (m_state == State::InEntry) finishEntry();
    m_place.clear();
    m_state = State::Top;
    return true;
}

bool HeaderReader::start_array(std::size_t) {
    if (m_state == State::Shape) {
        m_state = State::InShape;
    } else if (m_state == State::Offsets) {
        m_state = State::InOffsets;
    } else {
        unexpected("a list");
    }
    return true;
}

bool HeaderReader::end_array() {
    if (m_state == State::InShape) m_hasShape = true;
    if (m_state == State::InOffsets) {
        if (m_offsets.size() != 2) fail("data_offsets must be two numbers");
        m_hasOffsets = true;
    }
    m_state = State::InEntry;
    return true;
}

}  // namespace

SafetensorsHeader parseSafetensorsHeader(std::string_view text, const std::string& file) {
    if (text.empty() || text.front() != '{') throw Error{"The header does not begin with {", file, kBroken};
    if (text.find('\0') != std::string_view::npos)
        throw Error{"The header contains a zero byte", file, kBroken};  // the parser would stop there
    HeaderReader reader(file);
    nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
    return reader.take();
}

}  // namespace loom
