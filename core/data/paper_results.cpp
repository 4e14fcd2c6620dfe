// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/paper_results.h"

namespace loom {

const std::vector<PaperResult>& paperResults() {
    static const std::vector<PaperResult> list{
        {"MHA", "paper-9l-mha", 2.147, std::nullopt},
        {"MLA with RoPE, r = d", "paper-9l-mla-r1", std::nullopt, -0.02},
        {"MLA with RoPE, r = d/2", "paper-9l-mla-r2", 2.154, 0.003},
        {"MLA with RoPE, r = d/4", "paper-9l-mla-r4", 2.241, 0.044},
        {"MLA with RoPE, r = d/8", "paper-9l-mla-r8", std::nullopt, 0.103},
        {"MLA without RoPE, r = d", "paper-9l-mla-r1-norope", 2.216, 0.032},
    };
    return list;
}

}  // namespace loom
