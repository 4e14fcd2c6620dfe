// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/write/version_switch.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "widgets/common/icons.h"
#include "widgets/common/labels.h"

namespace loom::ui {

VersionSwitch::VersionSwitch(QWidget* parent)
    : QWidget(parent), m_text(mutedLabel({}, this)), m_older(new QToolButton(this)), m_newer(new QToolButton(this)) {
    m_text->setToolTip(tr("Versions of the story that part at the same place as this one"));
    m_older->setIcon(icon(QStringLiteral("chevron-left")));
    m_older->setToolTip(tr("The version before this one (Alt+Up)"));
    m_newer->setIcon(icon(QStringLiteral("chevron-right")));
    m_newer->setToolTip(tr("The version after this one (Alt+Down)"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_older);
    row->addWidget(m_text);
    row->addWidget(m_newer);
    for (QToolButton* button : {m_older, m_newer}) {
        button->setAutoRaise(true);
        button->setAccessibleName(button->toolTip());
    }
    connect(m_older, &QToolButton::clicked, this, [this] { emit sideways(-1); });
    connect(m_newer, &QToolButton::clicked, this, [this] { emit sideways(1); });
    setVersions(0, 1);
}

void VersionSwitch::setVersions(std::int64_t place, std::int64_t count) {
    setVisible(count > 1);
    m_text->setText(count > 1 ? tr("%1 of %2").arg(place + 1).arg(count) : QString());
    m_older->setEnabled(place > 0);
    m_newer->setEnabled(place + 1 < count);
}

QString VersionSwitch::text() const { return m_text->text(); }

}  // namespace loom::ui
