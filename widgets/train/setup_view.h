// SPDX-License-Identifier: GPL-3.0-or-later
// SetupView: a new run: which stories, which tokenizer, which network, where; and what it will take.
#pragma once

#include <optional>
#include <vector>

#include <QTimer>
#include <QWidget>

#include "core/data/train_setup.h"
#include "core/data/training_plan.h"

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QRadioButton;
class QSpinBox;

namespace loom::ui {

class DownloadBox;
class OwnFields;
class PlanBox;
class TwinFields;

/// Asks for a look at the stories and for a plan whenever what they depend on has changed, a moment after the last change.
class SetupView final : public QWidget {
    Q_OBJECT

public:
    explicit SetupView(QWidget* parent = nullptr);

    void setChoices(const std::vector<TrainChoice>& choices);
    /// Whether CUDA can be used; `why` not.
    void setCuda(bool usable, const QString& why);
    /// The open model, whose tokenizer can be taken; an empty path = none is open.
    void setOpenModel(const QString& name, const QString& tokenizer);
    void setSetup(const TrainSetup& setup);
    [[nodiscard]] TrainSetup setup() const;
    /// Empty = another run can begin.
    void setBusy(const QString& why);
    void setLook(const DataLook& look);
    void setLookProblem(const QString& problem);
    [[nodiscard]] PlanBox* planBox() const { return m_plan; }
    [[nodiscard]] DownloadBox* downloadBox() const { return m_downloads; }
    [[nodiscard]] TwinFields* twinFields() const { return m_twins; }
    /// What the setup takes; `final`: with the measurement.
    void setPlan(const TrainingPlan& plan, bool final);
    [[nodiscard]] QString lookText() const;
    /// Asks for look and plan now. The page does, when it is shown and nothing is known.
    void ask();
    [[nodiscard]] bool isKnown() const { return m_asked; }
    void setStories(const QString& path);

signals:
    void planWanted(const loom::TrainSetup& setup);
    void lookWanted(const loom::TrainSetup& setup);
    void startWanted(const loom::TrainSetup& setup);

private:
    QWidget* buildForm();
    void buildStories(QGridLayout* grid, int& row);
    void buildTokenizer(QGridLayout* grid, int& row);
    void buildNetwork(QGridLayout* grid, int& row);
    void chooseStories(bool folder);
    void chooseTokenizer();
    [[nodiscard]] QWidget* buildReading(QWidget* form);
    [[nodiscard]] QString noStories() const;
    void changed(bool stories);
    void refresh();

    QRadioButton *m_maker = nullptr, *m_file = nullptr, *m_download = nullptr;
    DownloadBox* m_downloads = nullptr;
    QLabel *m_path = nullptr, *m_look = nullptr, *m_tokenizerNote = nullptr, *m_description = nullptr;
    QSpinBox* m_made = nullptr;
    QDoubleSpinBox* m_held = nullptr;
    QWidget* m_reading = nullptr;  ///< how a file is cut into stories
    QComboBox *m_separator = nullptr, *m_tokenizer = nullptr, *m_network = nullptr, *m_device = nullptr;
    OwnFields* m_own = nullptr;
    TwinFields* m_twins = nullptr;
    QLineEdit *m_field = nullptr, *m_name = nullptr, *m_seed = nullptr;
    PlanBox* m_plan = nullptr;
    QTimer m_wait;
    std::vector<TrainChoice> m_choices;
    QString m_storiesPath, m_tokenizerPath;
    QString m_busy, m_lookProblem;
    bool m_storiesChanged = true;
    bool m_asked = false;
    bool m_quiet = false;
};

}  // namespace loom::ui
