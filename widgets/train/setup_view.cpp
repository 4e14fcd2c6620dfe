// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/train/setup_view.h"

#include <algorithm>
#include <chrono>

#include <QBoxLayout>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QRadioButton>
#include <QRegularExpressionValidator>
#include <QScrollArea>
#include <QSpinBox>
#include <QStandardItemModel>

#include "widgets/common/labels.h"
#include "widgets/common/number_format.h"
#include "widgets/common/theme.h"
#include "widgets/train/download_box.h"
#include "widgets/train/own_fields.h"
#include "widgets/train/plan_box.h"
#include "widgets/train/twin_fields.h"

namespace loom::ui {
namespace {

constexpr std::chrono::milliseconds kAfterLastChange{350};
constexpr qsizetype kOpening = 110;
enum Tokenizer { Learnt, OfOpenModel, OfFile };

QLabel* wrapped(QLabel* label) {
    label->setWordWrap(true);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    return label;
}

/// The first words of a story.
QString opening(const std::string& story) {
    const QString text = QString::fromStdString(story).simplified();
    if (text.size() <= kOpening) return text;
    return text.left(std::max<qsizetype>(1, text.lastIndexOf(u' ', kOpening))) + QStringLiteral("…");
}

void setItemEnabled(QComboBox* box, int index, bool enabled, const QString& why) {
    auto* items = qobject_cast<QStandardItemModel*>(box->model());
    if (!items || !items->item(index)) return;
    items->item(index)->setEnabled(enabled);
    items->item(index)->setToolTip(why);
}

}  // namespace

SetupView::SetupView(QWidget* parent) : QWidget(parent), m_plan(new PlanBox(this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    auto* area = new QScrollArea(this);
    area->setWidget(buildForm());
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    row->addWidget(area, 5);
    m_plan->setMinimumWidth(260);
    m_plan->setContentsMargins(16, 16, 16, 16);
    row->addWidget(m_plan, 2);
    m_wait.setSingleShot(true);
    m_wait.setInterval(kAfterLastChange);
    connect(&m_wait, &QTimer::timeout, this, &SetupView::ask);
    connect(m_plan, &PlanBox::startWanted, this, [this] { emit startWanted(setup()); });
    setSetup({});
}

QWidget* SetupView::buildForm() {
    auto* form = new QWidget;
    auto* grid = new QGridLayout(form);
    grid->setContentsMargins(20, 16, 20, 16);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(1, 1);
    int row = 0;
    grid->addWidget(pageTitle(tr("A network of your own"), form), row++, 0, 1, 2);
    auto* sentence = mutedLabel(tr("It reads stories, learns which word follows, and can then be opened on the other pages."), form);
    sentence->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    grid->addWidget(sentence, row++, 0, 1, 2);
    grid->setRowMinimumHeight(row++, 6);
    buildStories(grid, row);
    grid->setRowMinimumHeight(row++, 8);
    buildTokenizer(grid, row);
    grid->setRowMinimumHeight(row++, 8);
    buildNetwork(grid, row);
    grid->setRowMinimumHeight(row++, 8);
    grid->addWidget(sectionHeading(tr("Run"), form), row, 0, Qt::AlignTop);
    auto* fields = new QGridLayout;
    fields->setHorizontalSpacing(12);
    fields->setVerticalSpacing(2);
    m_name = new QLineEdit(form);
    m_name->setPlaceholderText(tr("named after its network"));
    m_name->setMaxLength(60);
    m_device = new QComboBox(form);
    m_device->addItem(tr("CPU"), static_cast<int>(DeviceKind::Cpu));
    m_device->addItem(tr("CUDA (GPU)"), static_cast<int>(DeviceKind::Cuda));
    m_seed = new QLineEdit(form);
    m_seed->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{1,15}")), m_seed));
    m_seed->setToolTip(tr("The same seed, stories and settings give the same network again."));
    m_held = new QDoubleSpinBox(form);
    m_held->setRange(0, 50);
    m_held->setDecimals(1);
    m_held->setSuffix(tr(" %"));
    m_held->setKeyboardTracking(false);
    m_held->setToolTip(tr("These stories are never trained on. How well the network does on them is the honest measure."));
    int column = 0;
    const auto field = [&](const QString& name, QWidget* widget, int stretch) {
        auto* label = mutedLabel(name, form);
        label->setBuddy(widget);
        widget->setAccessibleName(name);
        fields->addWidget(label, 0, column);
        fields->addWidget(widget, 1, column);
        fields->setColumnStretch(column++, stretch);
    };
    field(tr("Name"), m_name, 3);
    field(tr("Compute on"), m_device, 2);
    field(tr("Held out"), m_held, 1);
    field(tr("Seed"), m_seed, 1);
    grid->addLayout(fields, row++, 1);
    grid->setRowStretch(row, 1);
    connect(m_held, &QDoubleSpinBox::valueChanged, this, [this] { changed(false); });
    connect(m_device, &QComboBox::currentIndexChanged, this, [this] { changed(false); });
    return form;
}

void SetupView::buildStories(QGridLayout* grid, int& row) {
    QWidget* form = grid->parentWidget();
    grid->addWidget(sectionHeading(tr("Stories"), form), row, 0, Qt::AlignTop);
    auto* column = new QVBoxLayout;
    column->setSpacing(4);
    auto* makerRow = new QHBoxLayout;
    makerRow->setSpacing(8);
    m_maker = new QRadioButton(tr("Made by the story maker"), form);
    m_maker->setToolTip(tr("A grammar that puts simple children's stories together. No file is needed."));
    m_made = new QSpinBox(form);
    m_made->setRange(100, 1'000'000);
    m_made->setSingleStep(10'000);
    m_made->setGroupSeparatorShown(true);
    m_made->setSuffix(tr(" stories"));
    m_made->setKeyboardTracking(false);
    m_made->setAccessibleName(tr("How many stories are made"));
    makerRow->addWidget(m_maker);
    makerRow->addWidget(m_made);
    makerRow->addStretch(1);
    auto* fileRow = new QHBoxLayout;
    fileRow->setSpacing(8);
    m_file = new QRadioButton(tr("From"), form);
    m_path = new QLabel(form);
    m_path->setTextFormat(Qt::PlainText);
    m_path->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* choose = new QPushButton(tr("Choose…"), form);
    auto* menu = new QMenu(choose);
    menu->addAction(tr("A &text file or JSON lines…"), this, [this] { chooseStories(false); });
    menu->addAction(tr("A &folder of them…"), this, [this] { chooseStories(true); });
    choose->setMenu(menu);
    fileRow->addWidget(m_file);
    fileRow->addWidget(m_path, 1);
    fileRow->addWidget(choose);
    m_look = wrapped(mutedLabel({}, form));
    column->addLayout(makerRow);
    column->addLayout(fileRow);
    m_reading = buildReading(form);
    column->addWidget(m_reading);
    m_download = new QRadioButton(tr("Downloaded"), form);
    m_download->setToolTip(tr("Stories from the internet. Nothing is loaded before you press Download."));
    m_downloads = new DownloadBox(form);
    auto* downloadRow = new QHBoxLayout;
    downloadRow->setSpacing(8);
    downloadRow->addWidget(m_download);
    downloadRow->addWidget(m_downloads->head(), 1);
    column->addLayout(downloadRow);
    column->addWidget(m_downloads);
    column->addWidget(m_look);
    grid->addLayout(column, row++, 1);
    connect(m_file, &QRadioButton::toggled, this, [this](bool on) {
        if (on && m_storiesPath.isEmpty() && !m_quiet) chooseStories(false);
    });
    for (QRadioButton* source : {m_maker, m_file, m_download}) connect(source, &QRadioButton::toggled, this, [this] { changed(true); });
    connect(m_downloads, &DownloadBox::changed, this, [this] {
        if (m_download->isChecked()) changed(true);
    });
    connect(m_downloads, &DownloadBox::otherLoaded, this, [this](const QString& file) {
        if (m_download->isChecked()) setStories(file);
    });
    connect(m_made, &QSpinBox::valueChanged, this, [this] { changed(true); });
}

QWidget* SetupView::buildReading(QWidget* form) {
    auto* reading = new QWidget(form);
    m_separator = new QComboBox(reading);
    // The names that the engine knows.
    m_separator->addItem(tr("found out"), QStringLiteral("auto"));
    m_separator->addItem(tr("<|endoftext|>"), QStringLiteral("endoftext"));
    m_separator->addItem(tr("two empty lines"), QStringLiteral("blank-lines"));
    m_separator->addItem(tr("an empty line"), QStringLiteral("blank-line"));
    m_separator->addItem(tr("a line break"), QStringLiteral("line"));
    m_separator->addItem(tr("nothing: a file is one story"), QStringLiteral("none"));
    m_separator->setToolTip(tr("What stands between two stories of a text file."));
    m_separator->setAccessibleName(tr("Between two stories"));
    m_field = new QLineEdit(reading);
    m_field->setPlaceholderText(tr("found out"));
    m_field->setMaxLength(200);
    m_field->setToolTip(tr("JSON lines: the name of the field that holds the story. Left empty it is text, story or content."));
    m_field->setAccessibleName(tr("Field of JSON lines"));
    auto* row = new QHBoxLayout(reading);
    row->setContentsMargins(22, 0, 0, 0);  // below what stands behind the button
    row->setSpacing(8);
    row->addWidget(mutedLabel(tr("between stories"), reading));
    row->addWidget(m_separator);
    row->addSpacing(8);
    row->addWidget(mutedLabel(tr("field of JSON lines"), reading));
    row->addWidget(m_field, 1);
    connect(m_separator, &QComboBox::currentIndexChanged, this, [this] { changed(true); });
    connect(m_field, &QLineEdit::editingFinished, this, [this] {
        if (m_field->isModified()) changed(true);
        m_field->setModified(false);
    });
    return reading;
}

void SetupView::buildTokenizer(QGridLayout* grid, int& row) {
    QWidget* form = grid->parentWidget();
    grid->addWidget(sectionHeading(tr("Tokenizer"), form), row, 0, Qt::AlignTop);
    auto* column = new QVBoxLayout;
    column->setSpacing(4);
    m_tokenizer = new QComboBox(form);
    m_tokenizer->addItem(tr("Learn one from the stories"));
    m_tokenizer->addItem(tr("Take that of the open model"));
    m_tokenizer->addItem(tr("Take one from a file…"));
    m_tokenizer->setAccessibleName(tr("Tokenizer"));
    m_tokenizer->setToolTip(
        tr("A tokenizer cuts text into the pieces that the network reads and writes. Runs can be compared by their loss only "
           "where it is the same."));
    m_tokenizerNote = wrapped(mutedLabel({}, form));
    column->addWidget(m_tokenizer);
    column->addWidget(m_tokenizerNote);
    grid->addLayout(column, row++, 1);
    setItemEnabled(m_tokenizer, OfOpenModel, false, tr("No model is open."));
    connect(m_tokenizer, &QComboBox::activated, this, [this](int index) {
        if (index == OfFile) return chooseTokenizer();
        changed(false);
    });
}

void SetupView::buildNetwork(QGridLayout* grid, int& row) {
    QWidget* form = grid->parentWidget();
    grid->addWidget(sectionHeading(tr("Network"), form), row, 0, Qt::AlignTop);
    auto* column = new QVBoxLayout;
    column->setSpacing(4);
    m_network = new QComboBox(form);
    m_network->setAccessibleName(tr("Network"));
    m_network->setMaxVisibleItems(20);
    m_description = wrapped(mutedLabel({}, form));
    m_own = new OwnFields(form);
    column->addWidget(m_network);
    column->addWidget(m_description);
    column->addWidget(m_own);
    m_twins = new TwinFields(form);
    column->addWidget(m_twins);
    grid->addLayout(column, row++, 1);
    m_network->addItem(tr("A size of your own"), QString());
    connect(m_network, &QComboBox::currentIndexChanged, this, [this] { changed(false); });
    connect(m_own, &OwnFields::changed, this, [this] { changed(false); });
    connect(m_twins, &TwinFields::changed, this, [this] { changed(false); });
}

void SetupView::setChoices(const std::vector<TrainChoice>& choices) {
    const std::string before = m_choices.empty() ? TrainSetup{}.preset : m_network->currentData().toString().toStdString();
    m_quiet = true;
    m_choices = choices;
    m_network->clear();
    for (const TrainChoice& choice : choices) m_network->addItem(QString::fromStdString(choice.title), QString::fromStdString(choice.name));
    if (!choices.empty()) m_network->insertSeparator(m_network->count());
    m_network->addItem(tr("A size of your own"), QString());
    m_network->setCurrentIndex(std::max(0, m_network->findData(QString::fromStdString(before))));
    m_quiet = false;
    refresh();
}

void SetupView::setCuda(bool usable, const QString& why) {
    setItemEnabled(m_device, 1, usable, why);
    if (!usable && m_device->currentIndex() == 1) m_device->setCurrentIndex(0);
}

void SetupView::setOpenModel(const QString& name, const QString& tokenizer) {
    const bool was = m_tokenizer->currentIndex() == OfOpenModel;
    m_tokenizer->setItemText(OfOpenModel,
                             tokenizer.isEmpty() ? tr("Take that of the open model") : tr("Take that of %1, which is open").arg(name));
    m_tokenizer->setItemData(OfOpenModel, tokenizer);
    setItemEnabled(m_tokenizer, OfOpenModel, !tokenizer.isEmpty(), tokenizer.isEmpty() ? tr("No model is open.") : QString());
    if (was && tokenizer.isEmpty()) m_tokenizer->setCurrentIndex(Learnt);
    if (was) changed(false);
}

void SetupView::setSetup(const TrainSetup& setup) {
    m_quiet = true;
    m_storiesPath = QString::fromStdString(setup.stories);
    (setup.stories.empty() ? m_maker : m_downloads->select(m_storiesPath) ? m_download : m_file)->setChecked(true);
    m_separator->setCurrentIndex(std::max(0, m_separator->findData(QString::fromStdString(setup.separator))));
    m_field->setText(QString::fromStdString(setup.field));
    m_made->setValue(static_cast<int>(setup.made));
    m_held->setValue(setup.validShare * 100);
    m_tokenizerPath = QString::fromStdString(setup.tokenizer);
    m_tokenizer->setCurrentIndex(setup.tokenizer.empty() ? Learnt : OfFile);
    m_network->setCurrentIndex(std::max(0, m_network->findData(QString::fromStdString(setup.preset))));
    m_own->setValues(setup.shape, setup.training);
    m_twins->setTwins(setup.twins, setup.match);
    m_name->setText(QString::fromStdString(setup.name));
    m_seed->setText(QString::number(setup.seed));
    m_device->setCurrentIndex(setup.device == DeviceKind::Cuda ? 1 : 0);
    m_quiet = false;
    m_storiesChanged = true;
    m_asked = false;
    refresh();
}

TrainSetup SetupView::setup() const {
    TrainSetup s;
    s.name = m_name->text().trimmed().toStdString();
    if (m_file->isChecked()) s.stories = m_storiesPath.toStdString();
    if (m_download->isChecked()) s.stories = m_downloads->path().toStdString();
    if (m_file->isChecked()) s.separator = m_separator->currentData().toString().toStdString();
    if (m_file->isChecked()) s.field = m_field->text().trimmed().toStdString();
    s.made = m_made->value();
    s.validShare = m_held->value() / 100;
    if (m_tokenizer->currentIndex() == OfOpenModel) s.tokenizer = m_tokenizer->itemData(OfOpenModel).toString().toStdString();
    if (m_tokenizer->currentIndex() == OfFile) s.tokenizer = m_tokenizerPath.toStdString();
    s.preset = m_network->currentData().toString().toStdString();
    s.shape = m_own->shape();
    s.training = m_own->training();
    s.twins = m_twins->forms();
    s.match = m_twins->match();
    s.seed = m_seed->text().toULongLong();
    s.device = static_cast<DeviceKind>(m_device->currentData().toInt());
    return s;
}

void SetupView::setBusy(const QString& why) {
    m_busy = why;
    refresh();
}

void SetupView::setPlan(const TrainingPlan& plan, bool final) {
    m_plan->setPlan(plan, final);
    m_twins->setShapes(plan.twins);
}

void SetupView::setLook(const DataLook& look) {
    m_lookProblem.clear();
    QStringList lines;
    if (look.files == 0) {
        lines += tr("Like this one: “%1”").arg(opening(look.beginning));
    } else {
        lines += look.exact
                     ? tr("%1; %2 stories, %3").arg(QString::fromStdString(look.format), formatCount(look.stories), formatBytes(look.bytes))
                     : tr("%1; about %2 stories, %3")
                           .arg(QString::fromStdString(look.format), formatCount(look.stories), formatBytes(look.bytes));
        if (look.files > 1) lines.last() += tr(" in %1 files").arg(formatCount(look.files));
        lines += tr("The first begins: “%1”").arg(opening(look.beginning));
    }
    for (const std::string& note : look.notes) lines += QString::fromStdString(note);
    m_look->setText(lines.join(u'\n'));
    refresh();
}

void SetupView::setLookProblem(const QString& problem) {
    m_lookProblem = problem;
    m_look->setText(problem);
    refresh();
}

QString SetupView::lookText() const { return m_look->text(); }

void SetupView::setStories(const QString& path) {
    m_storiesPath = path;
    m_quiet = true;
    m_file->setChecked(true);
    m_quiet = false;
    changed(true);
}

void SetupView::chooseStories(bool folder) {
    const QString start = m_storiesPath.isEmpty() ? QDir::homePath() : m_storiesPath;
    auto* dialog = new QFileDialog(this, folder ? tr("Folder of stories") : tr("Stories"), start);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    dialog->setOption(QFileDialog::ShowDirsOnly, folder);
    if (!folder) dialog->setNameFilters({tr("Text and JSON lines (*.txt *.jsonl *.ndjson)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, &SetupView::setStories);
    connect(dialog, &QFileDialog::rejected, this, [this] {
        if (m_storiesPath.isEmpty()) m_maker->setChecked(true);
    });
    dialog->open();
}

void SetupView::chooseTokenizer() {
    auto* dialog = new QFileDialog(this, tr("Tokenizer"), m_tokenizerPath.isEmpty() ? QDir::homePath() : m_tokenizerPath);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Tokenizers (tokenizer.json vocab.json)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_tokenizerPath = path;
        changed(false);
    });
    connect(dialog, &QFileDialog::rejected, this, [this] {
        if (m_tokenizerPath.isEmpty()) m_tokenizer->setCurrentIndex(Learnt);
        changed(false);
    });
    dialog->open();
}

QString SetupView::noStories() const {
    if (m_file->isChecked() && m_storiesPath.isEmpty()) return tr("Choose a file or a folder with stories.");
    if (m_download->isChecked() && m_downloads->path().isEmpty()) return tr("Download these stories first, or choose others.");
    return {};
}

void SetupView::changed(bool stories) {
    if (m_quiet || !m_seed) return;  // not while the form is being built
    m_storiesChanged = m_storiesChanged || stories;
    if (stories) m_look->setText(tr("Looking at the stories…"));
    m_plan->forget();
    refresh();
    m_wait.start();
}

void SetupView::ask() {
    m_wait.stop();
    m_asked = true;
    const TrainSetup now = setup();
    if (!noStories().isEmpty()) {
        setLookProblem(m_file->isChecked() ? noStories() : QString());
        if (m_file->isChecked()) return;  // what a run takes is worth knowing before a download
    } else if (m_storiesChanged) {
        emit lookWanted(now);
    }
    m_storiesChanged = false;
    m_plan->forget();
    refresh();
    emit planWanted(now);
}

void SetupView::refresh() {
    const bool own = m_network->currentData().toString().isEmpty();
    m_own->setVisible(own);
    const bool twins = !m_twins->forms().empty();
    m_own->setFormFixed(twins);
    m_own->setVocabularyFixed(m_tokenizer->currentIndex() != Learnt);
    m_made->setEnabled(m_maker->isChecked());
    m_reading->setVisible(m_file->isChecked());
    m_downloads->setVisible(m_download->isChecked());
    m_downloads->head()->setEnabled(m_download->isChecked());
    m_path->setText(m_storiesPath.isEmpty() ? tr("a file or folder of yours") : QDir::toNativeSeparators(m_storiesPath));
    m_path->setToolTip(m_storiesPath);
    m_path->setForegroundRole(m_file->isChecked() ? QPalette::WindowText : QPalette::PlaceholderText);
    switch (m_tokenizer->currentIndex()) {
        case OfFile: m_tokenizerNote->setText(QDir::toNativeSeparators(m_tokenizerPath)); break;
        case OfOpenModel: m_tokenizerNote->setText(tr("Losses can then be compared with that model's.")); break;
        default: m_tokenizerNote->clear(); break;
    }
    m_tokenizerNote->setVisible(!m_tokenizerNote->text().isEmpty());
    const auto choice = std::find_if(m_choices.begin(), m_choices.end(), [&](const TrainChoice& c) {
        return QString::fromStdString(c.name) == m_network->currentData().toString();
    });
    m_description->setText(choice == m_choices.end() ? tr("RMSNorm, SwiGLU and rotary positions; the rest is yours.")
                                                     : QString::fromStdString(choice->description));
    QString problem = m_busy;
    if (problem.isEmpty()) problem = noStories();
    if (problem.isEmpty() && !m_maker->isChecked()) problem = m_lookProblem;
    if (own) {
        const QString shape = QString::fromStdString(problemWith(m_own->shape()));
        if (problem.isEmpty()) problem = shape;
        if (problem.isEmpty() && !(m_own->training().learningRate > 0)) problem = tr("The learning rate must be more than 0.");
        m_plan->setParameters(shape.isEmpty() && !twins ? countParameters(configOf(m_own->shape())).total : 0);
    }
    m_plan->setBlocked(problem);
}

}  // namespace loom::ui
