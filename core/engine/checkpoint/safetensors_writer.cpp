// SPDX-License-Identifier: GPL-3.0-or-later
// Writing the safetensors format.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/data/utf8.h"
#include "core/engine/checkpoint/atomic_file.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/safetensors.h"

namespace loom {
namespace {

std::string formatName(DType type) {
    std::string text(name(type));
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

void checkTensors(const std::vector<TensorToWrite>& tensors, const std::string& file) {
    std::set<std::string_view> names;
    for (const TensorToWrite& tensor : tensors) {
        const std::string where = file + ": " + inQuotes(tensor.name);
        if (tensor.name.empty() || tensor.name == "__metadata__" || firstInvalidUtf8(tensor.name)) {
            throw Error{"A tensor cannot have this name", where, {}};
        }
        if (!names.insert(tensor.name).second) throw Error{"Two tensors have the same name", where, {}};
        const std::optional<std::int64_t> elements = checkedProduct(tensor.shape);
        const std::optional<std::int64_t> bytes = elements ? checkedProduct({*elements, bytesPerElement(tensor.dtype)}) : std::nullopt;
        if (!bytes || static_cast<std::size_t>(*bytes) != tensor.data.size()) {
            throw Error{"The data of a tensor does not fit its shape", where, {}};
        }
    }
}

}  // namespace

void writeSafetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                      const std::map<std::string, std::string, std::less<>>& metadata) {
    const std::string file = pathText(path);
    checkTensors(tensors, file);
    // Wide elements first keeps every tensor aligned to its element.
    std::vector<const TensorToWrite*> order;
    for (const TensorToWrite& tensor : tensors) order.push_back(&tensor);
    std::stable_sort(order.begin(), order.end(),
                     [](const TensorToWrite* a, const TensorToWrite* b) { return bytesPerElement(a->dtype) > bytesPerElement(b->dtype); });

    const auto jsonText = [](std::string_view value) { return nlohmann::json(value).dump(); };
    std::string text = R"({"__metadata__":{"format":"pt")";
    for (const auto& [key, value] : metadata) {
        if (firstInvalidUtf8(key) || firstInvalidUtf8(value)) throw Error{"Metadata is no valid UTF-8", file, {}};
        if (key != "format") text.append(",").append(jsonText(key)).append(":").append(jsonText(value));
    }
    text += "}";
    std::size_t offset = 0;
    for (const TensorToWrite* tensor : order) {
        const std::size_t end = offset + tensor->data.size();
        nlohmann::json entry;
        entry["dtype"] = formatName(tensor->dtype);
        entry["shape"] = tensor->shape;
        entry["data_offsets"] = {offset, end};
        text.append(",").append(jsonText(tensor->name)).append(":").append(entry.dump());
        offset = end;
    }
    text += "}";
    text.append((8 - text.size() % 8) % 8, ' ');

    std::array<std::byte, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i) length[i] = static_cast<std::byte>(text.size() >> (8 * i) & 0xFF);
    AtomicFile out(path);
    out.write(length);
    out.write(std::as_bytes(std::span(text)));
    for (const TensorToWrite* tensor : order) out.write(tensor->data);
    out.commit();
}

}  // namespace loom
