// SPDX-License-Identifier: GPL-3.0-or-later
// HeadValues: shared rows, blocks of cells, sums.
#include "widgets/itemmodels/head_values.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace loom::ui {

namespace {

QList<QRgb> greyTable() {
    QList<QRgb> table(256);
    for (int i = 0; i <= kTopLevel; ++i) table[i] = qRgb(i, i, i);
    table[kMaskedLevel] = qRgba(0, 0, 0, 0);
    return table;
}

}  // namespace

int weightLevel(float weight) {
    if (!(weight > 0)) return 0;  // NaN counts as 0
    return std::min(kTopLevel, static_cast<int>(std::lround(std::sqrt(weight) * static_cast<float>(kTopLevel))));
}

int signedLevel(float value, float limit) {
    constexpr int kMiddle = kTopLevel / 2;
    if (!(limit > 0) || std::isnan(value)) return kMiddle;
    return kMiddle + static_cast<int>(std::lround(std::clamp(value / limit, -1.0F, 1.0F) * kMiddle));
}

QImage maskedImage(int cells) {
    QImage image(cells, cells, QImage::Format_Indexed8);
    image.setColorTable(greyTable());
    image.fill(static_cast<uint>(kMaskedLevel));
    return image;
}

void HeadValues::clear() {
    m_heads = 0;
    m_rows.clear();
    m_owners.clear();
}

bool HeadValues::setSquare(std::shared_ptr<const std::vector<float>> numbers, std::int64_t heads, std::int64_t tokens) {
    clear();
    if (!numbers || heads <= 0 || tokens <= 0 || heads > 65536 || tokens > 65536 ||
        numbers->size() != static_cast<std::size_t>(heads * tokens * tokens)) {
        return false;
    }
    m_heads = static_cast<int>(heads);
    for (std::int64_t query = 0; query < tokens; ++query)
        m_rows.push_back({numbers->data() + query * tokens, static_cast<std::ptrdiff_t>(tokens * tokens)});
    m_owners.assign(m_rows.size(), std::move(numbers));
    return true;
}

void HeadValues::append(const std::shared_ptr<const AttentionRow>& row) {
    m_heads = static_cast<int>(row->heads);
    m_rows.push_back({row->weights.data(), static_cast<std::ptrdiff_t>(row->position + 1)});
    m_owners.push_back(row);
}

void HeadValues::truncate(int length) {
    if (length >= tokens()) return;
    m_rows.resize(static_cast<std::size_t>(length));
    m_owners.resize(static_cast<std::size_t>(length));
}

// Cell (x, y) of the image stands for queries [y·block, …) and keys [x·block, …).
void HeadValues::fillLevels(QImage& image, int head, int block, int first, ValueScale scale, float limit) const {
    const int cells = image.height();
    std::vector<float> far(static_cast<std::size_t>(cells));
    for (int y = first; y < cells; ++y) {
        std::fill(far.begin(), far.end(), 0.0F);
        const int last = std::min(tokens(), (y + 1) * block) - 1;
        for (int q = y * block; q <= last; ++q) {
            const float* numbers = row(head, q);
            for (int x = 0; x <= y; ++x) {
                float& cell = far[static_cast<std::size_t>(x)];
                const int end = std::min(q + 1, (x + 1) * block);
                for (int k = x * block; k < end; ++k) {
                    if (std::abs(numbers[k]) > std::abs(cell)) cell = numbers[k];
                }
            }
        }
        uchar* line = image.scanLine(y);
        for (int x = 0; x <= y; ++x) {
            const float value = far[static_cast<std::size_t>(x)];
            line[x] = static_cast<uchar>(scale == ValueScale::Weights ? weightLevel(value) : signedLevel(value, limit));
        }
    }
}

QImage HeadValues::levels(int head, int side, ValueScale scale, float limit) const {
    if (head < 0 || head >= m_heads || side <= 0 || tokens() == 0) return {};
    const int block = (tokens() + side - 1) / side;
    QImage image = maskedImage((tokens() + block - 1) / block);
    fillLevels(image, head, block, 0, scale, limit);
    return image;
}

float HeadValues::largest(int head) const {
    float most = 0;
    for (int q = 0; q < tokens(); ++q) {
        const float* numbers = row(head, q);
        for (int k = 0; k <= q; ++k) most = std::max(most, std::abs(numbers[k]));
    }
    return most;
}

std::shared_ptr<AttentionRow> meanRow(const HeadValues& values, LayerIndex layer, int query) {
    auto row = std::make_shared<AttentionRow>(AttentionRow{layer, query, 1, std::vector<float>(static_cast<std::size_t>(query) + 1)});
    const auto part = 1.0F / static_cast<float>(values.heads());
    for (int head = 0; head < values.heads(); ++head) {
        const float* numbers = values.row(head, query);
        for (std::size_t k = 0; k < row->weights.size(); ++k) row->weights[k] += numbers[k] * part;
    }
    return row;
}

std::shared_ptr<AttentionMap> meanOfHeads(const HeadValues& values, LayerIndex layer) {
    if (values.tokens() == 0) return nullptr;
    const auto side = static_cast<std::size_t>(values.tokens());
    auto map = std::make_shared<AttentionMap>(AttentionMap{layer, 1, values.tokens(), std::vector<float>(side * side)});
    for (std::size_t query = 0; query < side; ++query) {
        const auto row = meanRow(values, layer, static_cast<int>(query));
        std::copy(row->weights.begin(), row->weights.end(), map->weights.begin() + static_cast<std::ptrdiff_t>(query * side));
    }
    return map;
}

HeadValues::Sums HeadValues::sums(int head, int first) const {
    Sums sums;
    for (int q = first; q < tokens(); ++q) {
        const float* weights = row(head, q);
        for (int k = 0; k <= q; ++k) {
            const auto w = static_cast<double>(weights[k]);
            if (!(w > 0)) continue;
            sums.entropy -= w * std::log(w);
            sums.distance += w * (q - k);
        }
    }
    return sums;
}

}  // namespace loom::ui
