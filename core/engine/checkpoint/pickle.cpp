// SPDX-License-Identifier: GPL-3.0-or-later
// The pickle machine: a stack, a memo and thirty instructions (CPython's Lib/pickletools.py describes them).
#include "core/engine/checkpoint/pickle.h"

#include <array>
#include <bit>
#include <map>
#include <optional>

#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"

namespace loom {
namespace {

constexpr std::size_t kMaxValues = 500'000;
constexpr std::size_t kMaxDimensions = 8;
constexpr const char* kBroken = "The file is damaged or no checkpoint; get it again";
constexpr const char* kNeverRun = "Nothing in a checkpoint is executed; save the weights as safetensors";

constexpr std::array<std::pair<std::string_view, DType>, 10> kStorages{{{"FloatStorage", DType::F32},
                                                                        {"DoubleStorage", DType::F64},
                                                                        {"HalfStorage", DType::F16},
                                                                        {"BFloat16Storage", DType::BF16},
                                                                        {"LongStorage", DType::I64},
                                                                        {"IntStorage", DType::I32},
                                                                        {"ShortStorage", DType::I16},
                                                                        {"CharStorage", DType::I8},
                                                                        {"ByteStorage", DType::U8},
                                                                        {"BoolStorage", DType::Bool}}};

/// Instructions that exist but are not obeyed.
constexpr std::array<std::pair<unsigned, const char*>, 18> kRefused{{{'i', "INST"},
                                                                     {'o', "OBJ"},
                                                                     {0x81, "NEWOBJ"},
                                                                     {0x92, "NEWOBJ_EX"},
                                                                     {0x93, "STACK_GLOBAL"},
                                                                     {'P', "PERSID"},
                                                                     {0x82, "EXT1"},
                                                                     {0x83, "EXT2"},
                                                                     {0x84, "EXT4"},
                                                                     {'I', "INT"},
                                                                     {'L', "LONG"},
                                                                     {'F', "FLOAT"},
                                                                     {'S', "STRING"},
                                                                     {'V', "UNICODE"},
                                                                     {0x95, "FRAME"},
                                                                     {'B', "BINBYTES"},
                                                                     {'C', "SHORT_BINBYTES"},
                                                                     {0x8B, "LONG4"}}};

struct Mark {};

class Machine {
public:
    Machine(std::span<const std::byte> bytes, const std::string& where,
            const std::function<std::span<const std::byte>(std::string_view)>& storage)
        : m_bytes(bytes), m_where(where), m_storage(storage) {}

    PickleDocument run() {
        while (step()) {
        }
        return std::move(m_document);
    }

private:
    using Slot = std::variant<PickleValue, Mark>;

    [[noreturn]] void fail(const std::string& what, const char* hint = kBroken) const {
        throw Error{what + " (byte " + std::to_string(m_start) + " of the pickle)", m_where, hint};
    }

    // Bytes of the pickle.
    std::span<const std::byte> take(std::uint64_t count) {
        if (count > m_bytes.size() - m_at) fail("The pickle is cut off");
        m_at += static_cast<std::size_t>(count);
        return m_bytes.subspan(m_at - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
    }
    template <class T>
    T number() {
        T value = 0;
        const auto bytes = take(sizeof(T));
        for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[i]));
        return value;
    }
    std::string_view textOf(std::uint64_t count) {
        const auto bytes = take(count);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    std::string_view line() {
        const std::string_view rest(reinterpret_cast<const char*>(m_bytes.data()) + m_at, m_bytes.size() - m_at);
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos || end > 1000) fail("A name in the pickle does not end");
        m_at += end + 1;
        return rest.substr(0, end);
    }

    // The stack.
    void push(PickleValue value) {
        if (++m_values > kMaxValues) fail("The pickle holds more than " + std::to_string(kMaxValues) + " values");
        m_stack.emplace_back(std::move(value));
    }
    PickleValue pop() {
        if (m_stack.empty() || std::holds_alternative<Mark>(m_stack.back())) fail("The pickle takes more than it has");
        PickleValue value = std::get<PickleValue>(std::move(m_stack.back()));
        m_stack.pop_back();
        return value;
    }
    /// Everything above the last mark, and the mark.
    std::vector<PickleValue> popToMark() {
        std::size_t mark = m_stack.size();
        while (mark > 0 && !std::holds_alternative<Mark>(m_stack[mark - 1])) --mark;
        if (mark == 0) fail("The pickle has no mark where one is needed");
        std::vector<PickleValue> values;
        for (std::size_t i = mark; i < m_stack.size(); ++i) values.push_back(std::get<PickleValue>(std::move(m_stack[i])));
        m_stack.resize(mark - 1);
        return values;
    }
    PickleList& newList(std::vector<PickleValue> items, bool tuple) {
        return m_document.lists.emplace_back(PickleList{std::move(items), tuple});
    }
    void pushTuple(std::size_t count) {
        std::vector<PickleValue> items(count);
        for (std::size_t i = count; i-- > 0;) items[i] = pop();
        push(&newList(std::move(items), true));
    }
    void append(std::vector<PickleValue> values) {
        PickleValue target = pop();
        PickleList* const* list = std::get_if<PickleList*>(&target);
        if (list == nullptr || (*list)->tuple) fail("The pickle appends to something that is no list");
        (*list)->items.insert((*list)->items.end(), values.begin(), values.end());
        push(target);
    }
    void setItems(const std::vector<PickleValue>& values) {
        PickleValue target = pop();
        PickleDict* const* dict = std::get_if<PickleDict*>(&target);
        if (dict == nullptr || values.size() % 2 != 0) fail("The pickle sets items of something that is no dictionary");
        for (std::size_t i = 0; i < values.size(); i += 2) (*dict)->items.emplace_back(values[i], values[i + 1]);
        push(target);
    }

    void remember(std::uint64_t place) {
        if (m_stack.empty() || std::holds_alternative<Mark>(m_stack.back())) fail("The pickle remembers nothing");
        if (m_memo.size() >= kMaxValues) fail("The pickle remembers too much");
        m_memo[place] = std::get<PickleValue>(m_stack.back());
    }
    void recall(std::uint64_t place) {
        const auto found = m_memo.find(place);
        if (found == m_memo.end()) fail("The pickle recalls what it never remembered");
        push(found->second);
    }

    void global();
    void persistent();
    void reduce();
    void build();
    TensorView tensor(const PickleList& arguments) const;
    std::vector<std::int64_t> integers(const PickleValue& value) const;
    bool step();

    std::span<const std::byte> m_bytes;
    const std::string& m_where;
    const std::function<std::span<const std::byte>(std::string_view)>& m_storage;
    std::size_t m_at = 0;
    std::size_t m_start = 0;  // of the instruction
    std::size_t m_values = 0;
    std::vector<Slot> m_stack;
    std::map<std::uint64_t, PickleValue> m_memo;
    PickleDocument m_document;
};

bool isStorage(const PickleGlobal& global, DType& type) {
    if (global.module != "torch") return false;
    for (const auto& [name, dtype] : kStorages) {
        if (name != global.name) continue;
        type = dtype;
        return true;
    }
    return false;
}

bool isGlobal(const PickleGlobal& global, std::string_view module, std::string_view name) {
    return global.module == module && global.name == name;
}

void Machine::global() {
    PickleGlobal value;
    value.module = line();
    value.name = line();
    DType ignored{};
    const bool known = isStorage(value, ignored) || isGlobal(value, "collections", "OrderedDict") ||
                       isGlobal(value, "torch._utils", "_rebuild_tensor_v2") || isGlobal(value, "torch._utils", "_rebuild_parameter");
    if (!known) fail("The pickle asks for " + inQuotes(std::string(value.module) + "." + std::string(value.name)), kNeverRun);
    push(value);
}

/// ("storage", torch.FloatStorage, "12", "cpu", 768) → the bytes of the entry data/12
void Machine::persistent() {
    const PickleValue id = pop();
    PickleList* const* tuple = std::get_if<PickleList*>(&id);
    if (tuple == nullptr || (*tuple)->items.size() != 5) fail("The pickle asks for an object from outside");
    const std::vector<PickleValue>& items = (*tuple)->items;
    const auto* kind = std::get_if<std::string_view>(&items[0]);
    const auto* type = std::get_if<PickleGlobal>(&items[1]);
    const auto* key = std::get_if<std::string_view>(&items[2]);
    const auto* count = std::get_if<std::int64_t>(&items[4]);
    PickleStorage value;
    if (kind == nullptr || *kind != "storage" || type == nullptr || !isStorage(*type, value.dtype) || key == nullptr || count == nullptr) {
        fail("The pickle asks for an object from outside that is no storage");
    }
    value.data = m_storage(*key);
    const std::optional<std::int64_t> bytes = checkedProduct({*count, bytesPerElement(value.dtype)});
    if (!bytes || static_cast<std::size_t>(*bytes) != value.data.size()) {
        fail("The storage " + inQuotes(*key) + " should have " + std::to_string(*count) + " elements but its entry has " +
             std::to_string(value.data.size()) + " bytes");
    }
    push(value);
}

std::vector<std::int64_t> Machine::integers(const PickleValue& value) const {
    PickleList* const* list = std::get_if<PickleList*>(&value);
    if (list == nullptr || (*list)->items.size() > kMaxDimensions) fail("A tensor's size is no short list of numbers");
    std::vector<std::int64_t> numbers;
    for (const PickleValue& item : (*list)->items) {
        const auto* number = std::get_if<std::int64_t>(&item);
        if (number == nullptr || *number < 0) fail("A tensor's size is no list of numbers");
        numbers.push_back(*number);
    }
    return numbers;
}

/// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])
TensorView Machine::tensor(const PickleList& arguments) const {
    const std::vector<PickleValue>& items = arguments.items;
    if (items.size() < 6) fail("A tensor lacks arguments");
    const auto* storage = std::get_if<PickleStorage>(&items[0]);
    const auto* offset = std::get_if<std::int64_t>(&items[1]);
    if (storage == nullptr || offset == nullptr || *offset < 0) fail("A tensor has no storage");
    TensorView view;
    view.dtype = storage->dtype;
    view.shape = integers(items[2]);
    const std::vector<std::int64_t> strides = integers(items[3]);
    if (strides.size() != view.shape.size()) fail("A tensor's size and stride do not fit");
    const std::optional<std::int64_t> count = checkedProduct(view.shape);
    const std::int64_t size = bytesPerElement(view.dtype);
    const std::int64_t held = static_cast<std::int64_t>(storage->data.size()) / size;
    if (!count || *offset > held || *count > held - *offset) fail("A tensor reaches outside its storage");
    std::int64_t expected = 1;
    for (std::size_t i = view.shape.size(); i-- > 0 && *count > 0;) {
        if (view.shape[i] != 1 && strides[i] != expected) {
            fail("A tensor does not lie in one piece", "Call contiguous() on the tensors before saving them");
        }
        expected *= view.shape[i];
    }
    view.data = storage->data.subspan(static_cast<std::size_t>(*offset * size), static_cast<std::size_t>(*count * size));
    return view;
}

void Machine::reduce() {
    const PickleValue arguments = pop();
    const PickleValue callable = pop();
    PickleList* const* tuple = std::get_if<PickleList*>(&arguments);
    const auto* global = std::get_if<PickleGlobal>(&callable);
    if (tuple == nullptr || global == nullptr) fail("The pickle calls something that is no function", kNeverRun);
    if (global->name == "OrderedDict" && (*tuple)->items.empty()) {
        push(&m_document.dicts.emplace_back());
    } else if (global->name == "_rebuild_tensor_v2") {
        push(&m_document.tensors.emplace_back(tensor(**tuple)));
    } else if (global->name == "_rebuild_parameter" && !(*tuple)->items.empty() &&
               std::holds_alternative<const TensorView*>((*tuple)->items.front())) {
        push((*tuple)->items.front());
    } else {
        fail("The pickle calls " + inQuotes(std::string(global->module) + "." + std::string(global->name)) + " in a way that is not known",
             kNeverRun);
    }
}

/// The attributes of an OrderedDict (a module's versions) mean nothing to us.
void Machine::build() {
    (void)pop();
    if (m_stack.empty() || !std::holds_alternative<PickleValue>(m_stack.back()) ||
        !std::holds_alternative<PickleDict*>(std::get<PickleValue>(m_stack.back()))) {
        fail("The pickle sets the state of an object", kNeverRun);
    }
}

bool Machine::step() {
    m_start = m_at;
    const auto code = number<std::uint8_t>();
    switch (code) {
        case 0x80:
            if (const auto protocol = number<std::uint8_t>(); protocol != 2) {
                fail("The pickle has protocol " + std::to_string(protocol), "Save it again with torch.save's default protocol, 2");
            }
            return true;
        case '.':
            m_document.root = pop();
            if (!m_stack.empty() || m_at != m_bytes.size()) fail("Something follows the end of the pickle");
            return false;
        case '(': {
            if (++m_values > kMaxValues) fail("The pickle holds more than " + std::to_string(kMaxValues) + " values");
            m_stack.emplace_back(Mark{});
            return true;
        }
        case 'N': push(std::monostate{}); return true;
        case 0x88: push(true); return true;
        case 0x89: push(false); return true;
        case 'J': push(static_cast<std::int64_t>(static_cast<std::int32_t>(number<std::uint32_t>()))); return true;
        case 'K': push(static_cast<std::int64_t>(number<std::uint8_t>())); return true;
        case 'M': push(static_cast<std::int64_t>(number<std::uint16_t>())); return true;
        case 0x8A: {  // LONG1: little-endian, two's complement
            const auto bytes = take(number<std::uint8_t>());
            if (bytes.size() > 8) fail("The pickle has a number of more than 64 bits");
            std::uint64_t value = 0;
            for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
            const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes.size());
            push(bytes.empty() ? std::int64_t{0} : static_cast<std::int64_t>(value << unused) >> unused);
            return true;
        }
        case 'G': {
            std::uint64_t bits = 0;
            for (const std::byte byte : take(8)) bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
            push(std::bit_cast<double>(bits));
            return true;
        }
        case 'X': push(textOf(number<std::uint32_t>())); return true;
        case 'c': global(); return true;
        case 'q': remember(number<std::uint8_t>()); return true;
        case 'r': remember(number<std::uint32_t>()); return true;
        case 'h': recall(number<std::uint8_t>()); return true;
        case 'j': recall(number<std::uint32_t>()); return true;
        case '}': push(&m_document.dicts.emplace_back()); return true;
        case ']': push(&newList({}, false)); return true;
        case ')': pushTuple(0); return true;
        case 0x85: pushTuple(1); return true;
        case 0x86: pushTuple(2); return true;
        case 0x87: pushTuple(3); return true;
        case 't': push(&newList(popToMark(), true)); return true;
        case 'a': append({pop()}); return true;
        case 'e': append(popToMark()); return true;
        case 's': {
            PickleValue value = pop();
            PickleValue key = pop();
            setItems({std::move(key), std::move(value)});
            return true;
        }
        case 'u': setItems(popToMark()); return true;
        case 'Q': persistent(); return true;
        case 'R': reduce(); return true;
        case 'b': build(); return true;
        default: break;
    }
    for (const auto& [other, name] : kRefused) {
        if (other == code) fail(std::string("The pickle uses the instruction ") + name, kNeverRun);
    }
    fail("The pickle uses the instruction " + std::to_string(code), kNeverRun);
}

}  // namespace

const PickleValue* PickleDict::find(std::string_view key) const {
    for (auto item = items.rbegin(); item != items.rend(); ++item) {
        const auto* text = std::get_if<std::string_view>(&item->first);
        if (text != nullptr && *text == key) return &item->second;
    }
    return nullptr;
}

PickleDocument readPickle(std::span<const std::byte> bytes, const std::string& where,
                          const std::function<std::span<const std::byte>(std::string_view)>& storage) {
    return Machine(bytes, where, storage).run();
}

}  // namespace loom
