// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/error.h"

namespace loom {

std::string Error::message() const {
    std::string text = what;
    if (!where.empty()) text += " (" + where + ")";
    if (!hint.empty()) text += ". " + hint;
    return text;
}

}  // namespace loom
