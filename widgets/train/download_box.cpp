// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/download_box.h"

#include <algorithm>

#include <QBoxLayout>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QUrl>

#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/time_format.h"

namespace loom::ui {
namespace {

constexpr int kBarSteps = 1000;

QLabel* wrapped(QLabel* label) {
    label->setWordWrap(true);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QString hostOf(const QString& address) { return QUrl(address).host(); }

bool isWebAddress(const QString& text) {
    const QUrl url(text, QUrl::StrictMode);
    return url.isValid() && !url.host().isEmpty() && (url.scheme() == QLatin1String("https") || url.scheme() == QLatin1String("http"));
}

}  // namespace

DownloadBox::DownloadBox(QWidget* parent)
    : QWidget(parent),
      m_head(new QWidget(this)),
      m_stories(new QComboBox(m_head)),
      m_button(new QPushButton(m_head)),
      m_address(new QLineEdit(this)),
      m_mirror(new QLineEdit(this)),
      m_mirrorName(mutedLabel({}, this)),
      m_about(wrapped(mutedLabel({}, this))),
      m_now(mutedLabel({}, this)),
      m_note(wrapped(new QLabel(this))),
      m_bar(new QProgressBar(this)) {
    m_stories->setAccessibleName(tr("Stories to download"));
    m_stories->setToolTip(tr("Nothing is loaded before you press Download. Nothing about you or your work is sent."));
    m_stories->addItem(tr("Another address…"), QString());
    m_address->setPlaceholderText(QStringLiteral("https://…"));
    m_address->setAccessibleName(tr("Address of a file of stories"));
    m_address->setToolTip(tr("The address of a text file or of JSON lines. Its size is known once the server answers."));
    m_mirror->setAccessibleName(tr("Mirror"));
    m_mirror->setToolTip(
        tr("A server that has the same files under the same paths, where the usual one cannot be reached. The checksum is compared "
           "wherever the bytes come from."));
    m_mirrorName->setBuddy(m_mirror);
    m_bar->setTextVisible(false);
    m_bar->setMaximumHeight(6);
    m_bar->setAccessibleName(tr("Download"));
    m_note->setTextFormat(Qt::PlainText);

    auto* headRow = new QHBoxLayout(m_head);
    headRow->setContentsMargins(0, 0, 0, 0);
    headRow->setSpacing(8);
    headRow->addWidget(m_stories);
    headRow->addStretch(1);
    headRow->addWidget(m_button);
    auto* mirrorRow = new QHBoxLayout;
    mirrorRow->setSpacing(8);
    mirrorRow->addWidget(m_mirrorName);
    mirrorRow->addWidget(m_mirror, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(22, 0, 0, 0);  // below what stands behind the button
    column->setSpacing(4);
    column->addWidget(m_address);
    column->addWidget(m_about);
    column->addLayout(mirrorRow);
    column->addWidget(m_bar);
    column->addWidget(m_now);
    column->addWidget(m_note);

    connect(m_button, &QPushButton::clicked, this, &DownloadBox::press);
    connect(m_stories, &QComboBox::currentIndexChanged, this, [this] {
        m_failure.clear();
        refresh();
        emit changed();
    });
    for (QLineEdit* edit : {m_address, m_mirror}) {
        edit->setMaxLength(2000);
        connect(edit, &QLineEdit::textChanged, this, [this] {
            m_failure.clear();
            refresh();
        });
        connect(edit, &QLineEdit::returnPressed, m_button, &QPushButton::click);
    }
    refresh();
}

void DownloadBox::setChoices(const std::vector<StoryDownload>& choices) {
    const QSignalBlocker quiet(m_stories);
    const bool first = m_choices.empty();
    const int before = m_stories->currentIndex();
    const QString pathBefore = path();
    m_choices = choices;
    m_stories->clear();
    for (const StoryDownload& s : choices)
        m_stories->addItem(tr("%1 (%2)").arg(QString::fromStdString(s.title), formatBytes(s.bytes)), QString::fromStdString(s.name));
    m_stories->addItem(tr("Another address…"), QString());
    m_stories->setCurrentIndex(first ? 0 : std::min(before, m_stories->count() - 1));
    refresh();
    if (path() != pathBefore) emit changed();
}

void DownloadBox::setMissing(const QString& why) {
    m_missing = why;
    refresh();
}

void DownloadBox::setDefaultMirror(const QString& mirror) {
    m_defaultMirror = mirror;
    refresh();
}

void DownloadBox::setMirror(const QString& mirror) { m_mirror->setText(mirror); }
QString DownloadBox::mirror() const { return m_mirror->text().trimmed(); }

void DownloadBox::setStarted() {
    m_loading = true;
    m_stopping = false;
    m_failure.clear();
    m_bar->setRange(0, 0);
    m_now->setText(tr("Connecting…"));
    refresh();
}

void DownloadBox::setProgress(const DownloadProgress& p) {
    if (!m_loading) return;
    const bool known = p.total > 0;
    const QString amount = known ? tr("%1 of %2").arg(formatBytes(p.done), formatBytes(p.total)) : formatBytes(p.done);
    QStringList parts;
    switch (p.phase) {
        case DownloadPhase::Connecting:
            parts += p.done > 0 ? tr("Connecting, %1 are here").arg(formatBytes(p.done)) : tr("Connecting…");
            break;
        case DownloadPhase::ReadingPart: parts += tr("Checking what is here: %1").arg(amount); break;
        case DownloadPhase::Loading:
            parts += amount;
            if (p.bytesPerSecond > 0) parts += tr("%1/s").arg(formatBytes(static_cast<std::int64_t>(p.bytesPerSecond)));
            if (p.secondsLeft >= 0) parts += tr("%1 left").arg(formatDuration(p.secondsLeft));
            break;
    }
    m_now->setText(m_stopping ? tr("Stopping…") : parts.join(QStringLiteral("  ·  ")));
    m_bar->setRange(0, known ? kBarSteps : 0);
    if (known) m_bar->setValue(static_cast<int>(static_cast<double>(p.done) / static_cast<double>(p.total) * kBarSteps));
}

void DownloadBox::setEnded(const QString& file) {
    m_loading = false;
    const bool known = chosen() != nullptr;
    refresh();
    if (known) return emit changed();
    emit otherLoaded(file);
}

void DownloadBox::setStopped() {
    m_loading = false;
    m_failure = tr("Stopped. What was loaded is kept, and the next download goes on from there.");
    refresh();
}

void DownloadBox::setFailed(const QString& message) {
    m_loading = false;
    m_failure = message;
    refresh();
}

const StoryDownload* DownloadBox::chosen() const {
    const auto index = static_cast<std::size_t>(std::max(0, m_stories->currentIndex()));
    return index < m_choices.size() ? &m_choices[index] : nullptr;
}

QString DownloadBox::path() const {
    const StoryDownload* stories = chosen();
    return stories && stories->there && !m_loading ? QString::fromStdString(stories->file) : QString();
}

bool DownloadBox::select(const QString& path) {
    for (std::size_t i = 0; i < m_choices.size(); ++i) {
        if (!m_choices[i].there || QString::fromStdString(m_choices[i].file) != path) continue;
        if (!m_loading) m_stories->setCurrentIndex(static_cast<int>(i));
        return true;
    }
    return false;
}

QString DownloadBox::text() const {
    QStringList lines;
    for (const QLabel* label : {m_about, m_now, m_note})
        if (!label->isHidden() && !label->text().isEmpty()) lines += label->text();
    return lines.join(u'\n');
}

QString DownloadBox::problem() const {
    if (!m_missing.isEmpty()) return m_missing;
    if (!chosen()) {
        if (m_address->text().trimmed().isEmpty()) return tr("Enter the address of a file.");
        if (!isWebAddress(m_address->text().trimmed())) return tr("An address begins with https:// or http://.");
        return {};
    }
    if (!mirror().isEmpty() && !isWebAddress(mirror())) return tr("The address of a mirror begins with https:// or http://.");
    return {};
}

void DownloadBox::press() {
    if (m_loading) {
        m_stopping = true;
        m_now->setText(tr("Stopping…"));
        emit cancelWanted();
        return refresh();
    }
    const StoryDownload* stories = chosen();
    if (!problem().isEmpty() || (stories && stories->there)) return;
    DownloadWish wish;
    if (stories)
        wish = {stories->name, {}, mirror().toStdString()};
    else
        wish.url = m_address->text().trimmed().toStdString();
    emit wanted(wish);
}

void DownloadBox::refresh() {
    const StoryDownload* stories = chosen();
    const bool there = stories && stories->there;
    const QString usual = stories ? hostOf(QString::fromStdString(stories->url)) : QString();
    const QString mirrorHost = hostOf(mirror().isEmpty() ? m_defaultMirror : mirror());
    QStringList about;
    m_about->setToolTip(stories ? QString::fromStdString(stories->url + "\n" + stories->licenceUrl) : QString());
    if (stories) {
        about += QString::fromStdString(stories->description);
        about += tr("Licence %1.").arg(QString::fromStdString(stories->licence));
        if (there)
            about += tr("They are in %1.").arg(QDir::toNativeSeparators(QString::fromStdString(stories->file)));
        else if (!m_loading)
            about += stories->part > 0
                         ? tr("%1 of %2 are here already.").arg(formatBytes(stories->part), formatBytes(stories->bytes))
                         : tr("%1 are loaded from %2.").arg(formatBytes(stories->bytes), mirrorHost.isEmpty() ? usual : mirrorHost);
    }
    m_about->setText(about.join(u' '));
    m_about->setVisible(!about.isEmpty());
    m_address->setVisible(!stories);
    const bool mirrored = stories && !there;
    m_mirrorName->setVisible(mirrored);
    m_mirror->setVisible(mirrored);
    m_mirrorName->setText(tr("instead of %1").arg(usual));
    m_mirror->setPlaceholderText(m_defaultMirror.isEmpty() ? tr("no mirror") : m_defaultMirror);
    for (QWidget* field : std::initializer_list<QWidget*>{m_stories, m_address, m_mirror}) field->setEnabled(!m_loading);
    m_bar->setVisible(m_loading);
    m_now->setVisible(m_loading);

    const QString why = m_loading || there ? QString() : problem();
    const QString note = m_failure.isEmpty() ? why : m_failure;
    m_note->setText(note);
    m_note->setVisible(!m_loading && !note.isEmpty());
    m_button->setVisible(!there || m_loading);
    m_button->setEnabled(m_loading ? !m_stopping : why.isEmpty());
    m_button->setText(m_loading ? tr("Cancel") : stories && stories->part > 0 ? tr("Go on downloading") : tr("Download"));
    m_button->setToolTip(m_loading       ? tr("What has been loaded is kept; the next download goes on from there.")
                         : why.isEmpty() ? tr("The only thing in this program that uses the internet.")
                                         : why);
}

}  // namespace loom::ui
