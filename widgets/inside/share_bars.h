// SPDX-License-Identifier: GPL-3.0-or-later
// ShareBars: a few words with a bar and a percentage each.
#pragma once

#include <vector>

#include <QWidget>

namespace loom::ui {

class ShareBars final : public QWidget {
    Q_OBJECT

public:
    struct Entry {
        QString name;
        double share = 0;  ///< 0 … 1
        bool marked = false;
    };

    explicit ShareBars(QWidget* parent = nullptr);
    void setEntries(std::vector<Entry> entries);
    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

    static constexpr int kRows = 5;  ///< room is kept for this many

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<Entry> m_entries;
};

}  // namespace loom::ui
