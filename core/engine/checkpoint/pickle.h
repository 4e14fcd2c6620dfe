// SPDX-License-Identifier: GPL-3.0-or-later
// A reader of the pickles that torch.save writes, restricted to tensors and plain values. Pickles are programs: this one builds
// dictionaries, lists, texts, numbers and tensors and refuses everything else by name. Nothing is imported, called or executed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/engine/checkpoint/checkpoint.h"

namespace loom {

struct PickleList;
struct PickleDict;

/// "collections OrderedDict": something that a pickle would import.
struct PickleGlobal {
    std::string_view module;
    std::string_view name;
};
/// The memory behind tensors: an entry of the archive.
struct PickleStorage {
    DType dtype = DType::F32;
    std::span<const std::byte> data;
};
using PickleValue = std::variant<std::monostate, bool, std::int64_t, double, std::string_view, PickleList*, PickleDict*, const TensorView*,
                                 PickleStorage, PickleGlobal>;
struct PickleList {
    std::vector<PickleValue> items;
    bool tuple = false;
};
struct PickleDict {
    std::vector<std::pair<PickleValue, PickleValue>> items;
    /// The value of a text key (the last one where it stands twice, as in Python), or null.
    [[nodiscard]] const PickleValue* find(std::string_view key) const;
};

/// What a pickle holds. Texts are views into the pickle; lists, dictionaries and tensors live here, so that nesting and cycles cost
/// nothing.
struct PickleDocument {
    PickleValue root;
    std::deque<PickleList> lists;
    std::deque<PickleDict> dicts;
    std::deque<TensorView> tensors;
};

/// Reads a pickle of protocol 2. `storage` gives the bytes of an archive's entry "data/KEY" or throws Error.
/// At most half a million values (150 MB), whatever the file claims. Throws Error naming `where`, the byte and what is refused.
[[nodiscard]] PickleDocument readPickle(std::span<const std::byte> bytes, const std::string& where,
                                        const std::function<std::span<const std::byte>(std::string_view key)>& storage);

}  // namespace loom
