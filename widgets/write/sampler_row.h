// SPDX-License-Identifier: GPL-3.0-or-later
// SamplerRow: one stage of the sampler chain: a handle to move it, name, slider, number, what it removed at the step that is shown, and,
// opened, what it does and its other numbers.
#pragma once

#include <optional>
#include <vector>

#include <QWidget>

#include "core/data/samplers.h"
#include "widgets/write/sampler_words.h"

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSlider;
class QToolButton;

namespace loom::ui {

/// One bar: how much of the probability a stage kept (solid) and removed (grey), or moved to other words (hatched).
class StageBar final : public QWidget {
    Q_OBJECT
public:
    explicit StageBar(QWidget* parent = nullptr);
    void show(const std::optional<StageTrace>& trace);
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::optional<StageTrace> m_trace;
};

/// Three lines that are dragged.
class MoveHandle final : public QWidget {
    Q_OBJECT
public:
    explicit MoveHandle(QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;

signals:
    void dragged(int globalY);
    void moveWanted(int rows);  ///< -1 up, 1 down

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
};

class SamplerRow final : public QWidget {
    Q_OBJECT
public:
    explicit SamplerRow(SamplerStage stage, QWidget* parent = nullptr);

    [[nodiscard]] SamplerStage stage() const { return m_stage; }
    /// Shows these numbers and says nothing about it.
    void setSettings(const SamplerSettings& settings);
    /// What the stage did; nothing clears.
    void showTrace(const std::optional<StageTrace>& trace);
    [[nodiscard]] QString shownTrace() const;
    [[nodiscard]] bool isOpen() const;
    void setOpen(bool open);

signals:
    void edited(const loom::SamplerParameter& parameter, double value);
    void breakersEdited(const QString& characters);
    void moveWanted(int rows);
    void dragged(int globalY);

private:
    struct Number {
        const SamplerParameter* parameter;
        QDoubleSpinBox* box;
        QSlider* slider;  ///< null for numbers beside the main one
    };
    [[nodiscard]] QDoubleSpinBox* makeNumber(const SamplerParameter& parameter, QSlider* slider);
    [[nodiscard]] QWidget* makeDetails();
    void refreshTrace();

    SamplerStage m_stage;
    std::vector<Number> m_numbers;
    QLineEdit* m_breakers = nullptr;
    QToolButton* m_name;
    StageBar* m_bar;
    QLabel* m_trace;
    QWidget* m_details;
    bool m_on = false;
    std::optional<StageTrace> m_shown;
};

}  // namespace loom::ui
