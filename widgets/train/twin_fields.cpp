// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/twin_fields.h"

#include <algorithm>

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QToolButton>

#include "core/data/attention_forms.h"
#include "widgets/common/icons.h"
#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/time_format.h"

namespace loom::ui {
namespace {

constexpr std::size_t kMostTwins = 6;  ///< all of them are in memory

}  // namespace

struct TwinFields::Row {
    QComboBox* form;
    QLineEdit* options;
    QToolButton* remove;
    QLabel* note;

    [[nodiscard]] std::string text() const {
        const QString chosen = form->currentText();
        QString written = options->text().simplified().remove(u' ');
        written.replace(u',', u':');
        return (written.isEmpty() ? chosen : chosen + u':' + written).toStdString();
    }
    void removeWidgets() {
        for (QWidget* widget : std::initializer_list<QWidget*>{form, options, remove, note}) widget->deleteLater();
    }
};

TwinFields::TwinFields(QWidget* parent)
    : QWidget(parent),
      m_wanted(new QCheckBox(tr("&Twins: the same network with several attention forms"), this)),
      m_body(new QWidget(this)),
      m_grid(new QGridLayout),
      m_add(new QPushButton(tr("&Add a twin"), m_body)),
      m_match(new QComboBox(m_body)) {
    m_wanted->setToolTip(
        tr("They are trained in turns on identical batches, so that only their attention can make the difference. Their curves and stories "
           "are laid over each other."));
    m_match->addItem(tr("equally many parameters"), QStringLiteral("parameters"));
    m_match->addItem(tr("equally many operations"), QStringLiteral("flops"));
    m_match->addItem(tr("nothing: each as its form makes it"), QStringLiteral("nothing"));
    m_match->setToolTip(
        tr("A smaller latent needs fewer weights. The width of the feed-forward network makes up for that, so that no twin is simply the "
           "larger network."));
    m_match->setAccessibleName(tr("Twins are matched by"));
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(3);
    m_grid->setColumnStretch(3, 1);
    auto* below = new QHBoxLayout;
    below->setSpacing(8);
    below->addWidget(m_add);
    below->addSpacing(8);
    auto* matchName = mutedLabel(tr("matched by"), m_body);
    matchName->setBuddy(m_match);
    below->addWidget(matchName);
    below->addWidget(m_match);
    below->addStretch(1);
    auto* body = new QVBoxLayout(m_body);
    body->setContentsMargins(22, 0, 0, 0);
    body->setSpacing(6);
    body->addLayout(m_grid);
    body->addLayout(below);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(m_wanted);
    column->addWidget(m_body);

    connect(m_wanted, &QCheckBox::toggled, this, [this](bool on) {
        if (on && m_rows.empty()) {
            addRow("mha");
            addRow("mla-deepseek");
        }
        report();
    });
    connect(m_add, &QPushButton::clicked, this, [this] {
        // The first form that no twin has yet.
        const std::vector<std::string> taken = forms();
        std::string next = attentionForms().front().name;
        for (const AttentionForm& form : attentionForms()) {
            next = form.name;
            if (std::find(taken.begin(), taken.end(), form.name) == taken.end()) break;
        }
        addRow(next);
        report();
    });
    connect(m_match, &QComboBox::currentIndexChanged, this, &TwinFields::report);
    refresh();
}

TwinFields::~TwinFields() = default;

void TwinFields::addRow(const std::string& form) {
    const QString whole = QString::fromStdString(form);
    const qsizetype colon = whole.indexOf(u':');
    auto row = std::make_unique<Row>();
    row->form = new QComboBox(m_body);
    for (const AttentionForm& each : attentionForms()) {
        row->form->addItem(QString::fromStdString(each.name));
        row->form->setItemData(row->form->count() - 1, QString::fromStdString(each.description), Qt::ToolTipRole);
    }
    row->form->setMaxVisibleItems(20);
    row->form->setCurrentIndex(std::max(0, row->form->findText(colon < 0 ? whole : whole.left(colon))));
    row->form->setAccessibleName(tr("Attention form of a twin"));
    row->options = new QLineEdit(colon < 0 ? QString() : whole.mid(colon + 1), m_body);
    row->options->setPlaceholderText(tr("as usual"));
    row->options->setToolTip(tr("Numbers of the form, as in r=64:dr=16. What is left out is as usual."));
    row->options->setAccessibleName(tr("Numbers of the twin's form"));
    row->options->setMaxLength(60);
    row->options->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("([a-z]{1,3}=[0-9]{1,6}([:, ]+[a-z]{1,3}=[0-9]{1,6})*)?[:, ]*")), row->options));
    row->options->setMaximumWidth(row->options->fontMetrics().horizontalAdvance(QStringLiteral("r=128:dr=32:xx")) + 16);
    row->remove = new QToolButton(m_body);
    row->remove->setIcon(icon(QStringLiteral("close")));
    row->remove->setAutoRaise(true);
    row->remove->setToolTip(tr("Leave this twin out"));
    row->remove->setAccessibleName(row->remove->toolTip());
    row->note = mutedLabel({}, m_body);
    row->note->setWordWrap(true);
    row->note->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    const int line = m_nextLine++;
    m_grid->addWidget(row->form, 2 * line, 0);
    m_grid->addWidget(row->options, 2 * line, 1);
    m_grid->addWidget(row->remove, 2 * line, 2);
    m_grid->addWidget(row->note, 2 * line + 1, 0, 1, -1);
    connect(row->form, &QComboBox::currentIndexChanged, this, &TwinFields::report);
    connect(row->options, &QLineEdit::editingFinished, this, [this, options = row->options] {
        if (options->isModified()) report();
        options->setModified(false);
    });
    connect(row->remove, &QToolButton::clicked, this, [this, key = row.get()] { removeRow(key); });
    m_rows.push_back(std::move(row));
}

void TwinFields::removeRow(const Row* row) {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [row](const auto& each) { return each.get() == row; });
    if (found == m_rows.end() || m_rows.size() <= 2) return;
    (*found)->removeWidgets();
    m_rows.erase(found);
    report();
}

void TwinFields::setTwins(const std::vector<std::string>& wanted, const std::string& match) {
    m_quiet = true;
    if (!wanted.empty()) {
        for (const auto& row : m_rows) row->removeWidgets();
        m_rows.clear();
        for (const std::string& form : wanted) addRow(form);
    }
    m_match->setCurrentIndex(std::max(0, m_match->findData(QString::fromStdString(match))));
    m_wanted->setChecked(!wanted.empty());
    m_quiet = false;
    setShapes({});
}

std::vector<std::string> TwinFields::forms() const {
    std::vector<std::string> all;
    if (m_wanted->isChecked())
        for (const auto& row : m_rows) all.push_back(row->text());
    return all;
}

std::string TwinFields::match() const { return m_match->currentData().toString().toStdString(); }

void TwinFields::setShapes(const std::vector<TwinShape>& shapes) {
    m_shapes = shapes;
    refresh();
}

QStringList TwinFields::notes() const {
    QStringList lines;
    for (const auto& row : m_rows) lines += row->note->text();
    return lines;
}

void TwinFields::report() {
    if (m_quiet) return;
    setShapes({});  // of other twins
    emit changed();
}

void TwinFields::refresh() {
    m_body->setVisible(m_wanted->isChecked());
    m_add->setEnabled(m_rows.size() < kMostTwins);
    m_add->setToolTip(m_add->isEnabled() ? tr("One more attention form on the same batches")
                                         : tr("All twins are in memory at once: %1 are enough.").arg(kMostTwins));
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        Row& row = *m_rows[i];
        row.remove->setEnabled(m_rows.size() > 2);
        const QString description = row.form->currentData(Qt::ToolTipRole).toString();
        row.form->setToolTip(description);
        if (m_shapes.size() == m_rows.size()) {
            const TwinShape& shape = m_shapes[i];
            row.note->setText(tr("keeps %1 numbers per token and layer · %2 parameters, feed-forward %3")
                                  .arg(formatCount(shape.kept), formatShortCount(shape.parameters), formatCount(shape.feedForward)));
            row.note->setToolTip(description);
        } else {
            row.note->setText(description);
            row.note->setToolTip({});
        }
    }
}

}  // namespace loom::ui
