// SPDX-License-Identifier: GPL-3.0-or-later
// Tour: small pop-overs that point at one part of the window after another.
#pragma once

#include <vector>

#include <QFrame>
#include <QPointer>
#include <QString>

class QLabel;
class QPushButton;

namespace loom::ui {

struct TourStep {
    QPointer<QWidget> target;
    QString title;
    QString text;  ///< two plain sentences
};

/// Where a pop-over of this size goes: below the target, else above, right, left, always inside `bounds`.
[[nodiscard]] QRect tourPlace(const QSize& size, const QRect& target, const QRect& bounds);

/// A child of the window, so it stops nothing: the window can be used meanwhile. Next, Back and Skip are buttons; Enter or Right goes
/// on, Left goes back, Esc leaves. Deletes itself when it ends.
class Tour final : public QFrame {
    Q_OBJECT
public:
    /// Steps whose target is not visible are left out. `window` is the top-level widget of all targets.
    Tour(std::vector<TourStep> steps, QWidget* window);
    ~Tour() override;

    void start();
    [[nodiscard]] int step() const { return m_step; }
    [[nodiscard]] int steps() const { return static_cast<int>(m_steps.size()); }
    [[nodiscard]] QString title() const;
    [[nodiscard]] QPushButton* nextButton() const { return m_next; }
    [[nodiscard]] QPushButton* backButton() const { return m_back; }
    [[nodiscard]] QPushButton* skipButton() const { return m_skip; }

public slots:
    void next();
    void back();
    void leave();

signals:
    /// Finished or skipped.
    void ended();

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void showStep(int step);
    void place();
    [[nodiscard]] QRect targetRect() const;

    std::vector<TourStep> m_steps;
    int m_step = 0;
    QPointer<QWidget> m_ring;  ///< frames the target
    QLabel* m_title;
    QLabel* m_text;
    QLabel* m_count;
    QPushButton* m_skip;
    QPushButton* m_back;
    QPushButton* m_next;
};

}  // namespace loom::ui
