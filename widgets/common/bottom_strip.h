// SPDX-License-Identifier: GPL-3.0-or-later
// BottomStrip: always at the bottom of the window: device, model, speed, context, and the memory strip.
#pragma once

#include <cstdint>

#include <QWidget>

#include "core/data/cache_occupancy.h"
#include "core/data/model_summary.h"

class QLabel;

namespace loom::ui {

class ByteBar;
class TwinSwitch;

/// The memory strip: the cache as allocated and used now, and on the same scale what the twin would hold for as many tokens, or
/// without a twin what the other attention form would, by formula.
class BottomStrip final : public QWidget {
    Q_OBJECT
public:
    explicit BottomStrip(QWidget* parent = nullptr);

public slots:
    void setModel(const loom::ModelSummary& model);
    void clearModel();
    void setUse(const loom::CacheUse& use);
    void setContext(std::int64_t used, std::int64_t limit);
    void setTokensPerSecond(double tokensPerSecond);  ///< 0 = not known, shows nothing
    void setStatus(const QString& text);              ///< what goes on now ("Opening …"); empty = nothing

signals:
    void cardRequested();  ///< the model's name was pressed
    void twinRequested();

public:
    [[nodiscard]] TwinSwitch* twinSwitch() const { return m_twin; }
    [[nodiscard]] QWidget* memoryStrip() const { return m_memory; }
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void refresh();
    void fit();
    [[nodiscard]] QString otherName() const;  ///< of whom the second bar tells

    ModelSummary m_model;
    CacheUse m_use;
    bool m_hasModel = false;
    QLabel* m_device;
    QLabel* m_name;
    TwinSwitch* m_twin;
    QLabel* m_speed;
    QLabel* m_context;
    QLabel* m_status;
    QWidget* m_memory;
    QLabel* m_memoryTitle;
    ByteBar* m_now;
    ByteBar* m_other;
    QLabel* m_memoryText;
};

}  // namespace loom::ui
