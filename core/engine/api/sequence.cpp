// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/api/sequence.h"

#include <algorithm>

namespace loom {

bool readInBlocks(Sequence& sequence, std::span<const TokenId> tokens, ForwardOutput& out, const std::stop_token& stop) {
    constexpr std::size_t kBlock = 128;
    for (std::size_t first = 0; first < tokens.size(); first += kBlock) {
        if (stop.stop_requested()) return false;
        valueOrThrow(sequence.forward(tokens.subspan(first, std::min(kBlock, tokens.size() - first)), {}, out));
    }
    return true;
}

}  // namespace loom
