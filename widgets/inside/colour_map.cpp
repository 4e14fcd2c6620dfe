// SPDX-License-Identifier: GPL-3.0-or-later
// ColourMap: cividis and viridis as 33 samples each, the diverging map as 9, mixed linearly in between.
#include "widgets/inside/colour_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "widgets/common/theme.h"

namespace loom::ui {

namespace {

constexpr std::size_t kSamples = 33;
using Samples = std::array<std::uint32_t, kSamples>;

// Nuñez, Anderton, Renslow: "Optimizing colormaps with consideration for color vision deficiency", PLOS ONE 2018.
constexpr Samples kCividis = {0x00224e, 0x00285b, 0x002e6a, 0x053371, 0x1a386f, 0x273e6e, 0x32436d, 0x3b496c, 0x434e6c, 0x4b546c, 0x535a6d,
                              0x5a5f6e, 0x61656f, 0x686a71, 0x6f7073, 0x767676, 0x7d7c78, 0x838179, 0x8b8778, 0x928d78, 0x9a9376, 0xa29975,
                              0xaaa073, 0xb3a670, 0xbbad6d, 0xc3b369, 0xccba64, 0xd4c15f, 0xddc858, 0xe6d051, 0xefd748, 0xf8df3c, 0xfee838};

// van der Walt and Smith, 2015.
constexpr Samples kViridis = {0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453781, 0x424086, 0x3e4989, 0x3b528b, 0x375b8d, 0x33638d,
                              0x2f6b8e, 0x2c728e, 0x297a8e, 0x26828e, 0x23898e, 0x21918c, 0x1f978b, 0x1f9f88, 0x21a685, 0x27ad81, 0x31b57b,
                              0x3dbc74, 0x4cc26c, 0x5cc863, 0x6ece58, 0x81d34d, 0x95d840, 0xaadc32, 0xc0df25, 0xd5e21a, 0xeae51a, 0xfde725};

// Equal steps of lightness to both sides (CIE L* 90 in the middle, 30 at the ends), hues of the Okabe–Ito blue and orange.
constexpr std::array<std::uint32_t, 9> kDiverging = {0x004a80, 0x1f6a9f, 0x5a8fbb, 0x9cb9d3, 0xe2e2e2,
                                                     0xe2bd8b, 0xcf9649, 0xa76f16, 0x7a4700};

int mixed(std::uint32_t a, std::uint32_t b, int shift, double t) {
    const auto from = static_cast<double>((a >> shift) & 0xFF);
    const auto to = static_cast<double>((b >> shift) & 0xFF);
    return static_cast<int>(std::lround(from + (to - from) * t));
}

QRgb sampled(std::span<const std::uint32_t> samples, double t) {
    const double place = (t > 0 ? std::min(t, 1.0) : 0.0) * static_cast<double>(samples.size() - 1);  // NaN becomes 0
    const auto index = std::min(static_cast<std::size_t>(place), samples.size() - 2);
    const double rest = place - static_cast<double>(index);
    const std::uint32_t a = samples[index];
    const std::uint32_t b = samples[index + 1];
    return qRgb(mixed(a, b, 16, rest), mixed(a, b, 8, rest), mixed(a, b, 0, rest));
}

}  // namespace

QRgb mapColour(ColourMapKind kind, double t) { return sampled(kind == ColourMapKind::Cividis ? kCividis : kViridis, t); }

QRgb weightColour(ColourMapKind kind, double weight) { return mapColour(kind, weight > 0 ? std::sqrt(weight) : 0.0); }

QList<QRgb> levelTable(ColourMapKind kind) {
    QList<QRgb> table(256);
    for (int i = 0; i < 255; ++i) table[i] = mapColour(kind, i / 254.0);
    table[255] = qRgba(0, 0, 0, 0);
    return table;
}

QRgb signedColour(double t) { return sampled(kDiverging, std::isnan(t) ? 0.5 : (t + 1) / 2); }

QList<QRgb> signedTable() {
    QList<QRgb> table(256);
    for (int i = 0; i < 255; ++i) table[i] = signedColour((i - 127) / 127.0);
    table[255] = qRgba(0, 0, 0, 0);
    return table;
}

QColor inkOn(QRgb colour) {
    const QColor ground(colour);
    return contrast(ground, Qt::white) >= contrast(ground, Qt::black) ? Qt::white : Qt::black;
}

}  // namespace loom::ui
