// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/inspection.h"

#include <cmath>

namespace loom {

std::string label(const Spectrum& spectrum) {
    std::string text;
    switch (spectrum.of) {
        case Spectrum::Of::Lane: text = spectrum.lane ? name(*spectrum.lane) : "rows"; break;
        case Spectrum::Of::KeyUp: text = "key up-projection"; break;
        case Spectrum::Of::ValueUp: text = "value up-projection"; break;
    }
    return spectrum.head ? text + ", head " + std::to_string(spectrum.head->value()) : text;
}

double effectiveRank(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    if (!(sum > 0)) return 0;
    double entropy = 0;
    for (const double value : values) {
        if (value > 0) entropy -= value / sum * std::log(value / sum);
    }
    return std::exp(entropy);
}

}  // namespace loom
