// SPDX-License-Identifier: GPL-3.0-or-later
// Reading the safetensors format: the header is believed only when it accounts for every byte of the file.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/data/checked_math.h"
#include "core/data/error.h"
#include "core/engine/checkpoint/json_text.h"
#include "core/engine/checkpoint/safetensors.h"
#include "core/engine/checkpoint/safetensors_header.h"

namespace loom {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;
constexpr const char* kBroken = "The file is damaged or incomplete; get it again";

std::string_view headerText(std::span<const std::byte> bytes, const std::string& file) {
    if (bytes.size() < kLengthBytes) {
        throw Error{"The file ends after " + std::to_string(bytes.size()) + " bytes, inside the length of its header", file, kBroken};
    }
    std::uint64_t length = 0;
    for (std::size_t i = kLengthBytes; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    if (length > kMaxHeader) {
        throw Error{"The header claims " + std::to_string(length) + " bytes; at most " + std::to_string(kMaxHeader) + " are allowed", file,
                    "The file is damaged or no safetensors file; get it again"};
    }
    if (length > bytes.size() - kLengthBytes) {
        throw Error{"The header claims " + std::to_string(length) + " bytes but the file has only " + std::to_string(bytes.size()), file,
                    kBroken};
    }
    return {reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<std::size_t>(length)};
}

void checkSize(const HeaderTensor& tensor, std::int64_t available, const std::string& where) {
    if (tensor.begin > tensor.end) throw Error{"data_offsets end before they begin", where, kBroken};
    if (tensor.end > available) {
        throw Error{"The data ends at byte " + std::to_string(tensor.end) + " but the file holds only " + std::to_string(available) +
                        " bytes of data",
                    where, kBroken};
    }
    const std::optional<std::int64_t> elements = checkedProduct(tensor.shape);
    const std::optional<std::int64_t> bytes = elements ? checkedProduct({*elements, bytesPerElement(tensor.dtype)}) : std::nullopt;
    if (!bytes) throw Error{"The shape is too large", where, kBroken};
    if (*bytes != tensor.end - tensor.begin) {
        throw Error{
            "The shape needs " + std::to_string(*bytes) + " bytes but data_offsets span " + std::to_string(tensor.end - tensor.begin),
            where, kBroken};
    }
}

/// Sorted by place, every tensor must begin where the one before it ended, and the last must end with the file.
void checkLayout(const std::vector<HeaderTensor>& tensors, std::int64_t available, const std::string& file) {
    std::vector<const HeaderTensor*> order;
    order.reserve(tensors.size());
    for (const HeaderTensor& tensor : tensors) order.push_back(&tensor);
    std::sort(order.begin(), order.end(),
              [](const HeaderTensor* a, const HeaderTensor* b) { return a->begin != b->begin ? a->begin < b->begin : a->end < b->end; });
    std::int64_t position = 0;
    for (const HeaderTensor* tensor : order) {
        const std::string where = file + ": " + inQuotes(tensor->name);
        if (tensor->begin < position) throw Error{"The data overlaps that of another tensor", where, kBroken};
        if (tensor->begin > position) {
            throw Error{"There is a gap of " + std::to_string(tensor->begin - position) + " bytes before the data", where, kBroken};
        }
        position = tensor->end;
    }
    if (position != available) {
        throw Error{std::to_string(available - position) + " bytes at the end of the file belong to no tensor", file, kBroken};
    }
}

}  // namespace

SafetensorsFile readSafetensors(const std::filesystem::path& path) {
    SafetensorsFile result;
    result.file = std::make_shared<const MappedFile>(path);
    const std::string file = pathText(path);
    const std::span<const std::byte> bytes = result.file->bytes();
    const std::string_view text = headerText(bytes, file);
    SafetensorsHeader header = parseSafetensorsHeader(text, file);
    const std::span<const std::byte> data = bytes.subspan(kLengthBytes + text.size());
    const auto available = static_cast<std::int64_t>(data.size());
    for (const HeaderTensor& tensor : header.tensors) checkSize(tensor, available, file + ": " + inQuotes(tensor.name));
    checkLayout(header.tensors, available, file);
    for (HeaderTensor& tensor : header.tensors) {
        const auto begin = static_cast<std::size_t>(tensor.begin);
        const auto size = static_cast<std::size_t>(tensor.end - tensor.begin);
        result.tensors.emplace(std::move(tensor.name), TensorView{tensor.dtype, std::move(tensor.shape), data.subspan(begin, size)});
    }
    result.metadata = std::move(header.metadata);
    return result;
}

}  // namespace loom
