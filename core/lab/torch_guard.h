// SPDX-License-Identifier: GPL-3.0-or-later
// torchGuarded: runs one call of the Lab interface; torch's exceptions end here and become Error values.
#pragma once

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <string>
#include <string_view>

#include "core/data/error.h"

namespace loom::lab {

[[nodiscard]] inline Error errorFrom(const c10::Error& error) {
    const std::string_view text = error.what_without_backtrace();
    const bool memory = dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr || text.find("allocate memory") != text.npos;
    if (memory) return {"Not enough memory for this computation", {}, "Use a shorter text or a smaller batch, or close other programs"};
    return {"LibTorch refused a computation: " + std::string(text.substr(0, text.find('\n'))), {}, {}};
}

/// Runs `body` on at most `threads` threads, without gradients unless they are asked for.
template <class Body>
[[nodiscard]] auto torchGuarded(int threads, Body&& body, bool gradients = false) -> Result<decltype(body())> {
    return guarded([&] {
        try {
            if (at::get_num_threads() != threads) at::set_num_threads(threads);
            const c10::InferenceMode noGradients(!gradients);
            return body();
        } catch (const c10::Error& error) {
            throw errorFrom(error);
        }
    });
}

}  // namespace loom::lab
