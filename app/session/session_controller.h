// SPDX-License-Identifier: GPL-3.0-or-later
// SessionController: the window's side of the engine. Every call returns at once; what happens comes back as signals.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <QObject>
#include <QString>

#include "app/session/engine_factory.h"
#include "core/data/attention_map.h"
#include "core/data/cache_occupancy.h"
#include "core/data/device_kind.h"
#include "core/data/generate.h"
#include "core/data/ids.h"
#include "core/data/model_summary.h"
#include "core/data/overlay_data.h"
#include "core/data/precision.h"
#include "core/data/story_update.h"

namespace loom::session {

class InsideController;
struct OpenWish;
struct SessionPrivate;

/// Lives in the GUI thread and owns two lanes, Interactive and Background, each a thread that runs one job at a time.
///
/// The story is kept here: a further write goes on where the last one ended. Opening another model starts a new story, because token
/// ids mean something else to another tokenizer; no update is sent for that, so the old text stays on the page until the first write.
/// Results of jobs that are no longer current are dropped. The destructor asks all jobs to stop, waits for them (at most one token,
/// one prefill block or one tensor of a model being built) and destroys the engine last.
class SessionController : public QObject {
    Q_OBJECT
public:
    explicit SessionController(QObject* parent = nullptr);
    explicit SessionController(const EngineFactory& factory, QObject* parent = nullptr);
    ~SessionController() override;

    /// Opens a checkpoint file or folder. Writing is stopped first, an open that is under way is given up. Ends with opened() or
    /// failed(); the model loaded before stays until opened().
    /// `tokenizer` names a tokenizer file or folder; empty = the one that lies with the checkpoint.
    JobId open(const QString& path, const QString& tokenizer = {});
    /// Opens the loaded model's twin and goes on with the same story: opened() comes with storyTokens() still there, then updates as
    /// the twin reads them. A twin that cannot read the story begins a new one. Does nothing without a twin or while opening.
    void openTwin();
    /// Where networks are built from now on. The loaded one is built again there and keeps the story, as in openTwin(); if that fails,
    /// failed() says why and the loaded one stays. `orElseCpu`: where the device cannot be used, compute on the CPU and say so in the
    /// summary's `problem`.
    void setDevice(DeviceKind device, bool orElseCpu = false);
    /// Asks in the Background lane whether networks can be computed there (loads LibTorch); ends with deviceChecked().
    void checkDevice(DeviceKind device);
    /// Gives up the open that is under way, without a failed(). A story that is being read again stops being read.
    void cancelOpen();
    /// Goes on with the story; `request.history` is filled in here. If the story ended with an end-of-text token and there is a prompt,
    /// that token is taken back. Returns no job (0) and does nothing while a story is being written, while a model is being opened, or
    /// without a model.
    JobId write(const GenerateRequest& request);
    /// Ends writing within one token; finished() follows with StopReason::Cancelled.
    void stop();
    /// Forgets the story and its cache; what is being written is dropped. Views get an empty reset at once.
    void newStory();
    /// The story becomes these tokens, in positions from 0, as the loaded model's tokenizer has them; what is being written is dropped.
    /// Views get a reset at once. What the cache still holds of its beginning is not computed again by the next write().
    void setStory(const std::vector<TokenStep>& steps);
    /// Decodes a joint latent on the other path from now on: same story, empty cache. Stops writing first. Remembered for models
    /// opened later. Ends with pathChanged() or failed().
    void setPath(MlaPath path);
    /// Computes with weights of another precision, or through the reference path, from now on; otherwise as setPath().
    void setPrecision(PrecisionChoice precision);
    /// From the next token on, steps carry the attention rows of this layer; none = no capture. Ends at inspectableTokens().
    void setCaptureLayer(std::optional<LayerIndex> layer);
    /// Whether steps say how long each layer took, for overlayData(). Costs nothing while off.
    void setLayerTimes(bool on);
    /// Computes one layer's attention for the story as it is now, in the Background lane; ends with attentionReady() or failed().
    /// A later call replaces an earlier one. At most inspectableTokens() of the story's first tokens are used. No job (0) where there
    /// is no story of the loaded model or no such layer.
    JobId inspectAttention(LayerIndex layer);
    /// How many tokens one attention map may have (its H·T² numbers stay below 256 MB); 0 without a model.
    [[nodiscard]] std::int64_t inspectableTokens() const;
    /// Measures in the Background lane what the precisions cost the loaded model; ends with precisionsMeasured() or failed(). A measurement
    /// that runs already goes on; no job (0) without a model.
    JobId measurePrecisions();
    /// What else can be seen inside the network while it reads the story.
    [[nodiscard]] InsideController& inside() const;

    [[nodiscard]] bool hasModel() const;
    [[nodiscard]] bool isWriting() const;
    [[nodiscard]] bool isOpening() const;
    /// Whether write() would start a job now.
    [[nodiscard]] bool canWrite() const;
    /// Tokens of the current story, the end-of-text token included.
    [[nodiscard]] const TokenIds& storyTokens() const;
    [[nodiscard]] MlaPath path() const;
    [[nodiscard]] PrecisionChoice precision() const;
    [[nodiscard]] DeviceKind device() const;
    /// Queues, speeds and bytes for the debug overlay, without frame times.
    [[nodiscard]] OverlayData overlayData() const;

signals:
    /// An empty `why` = networks can be computed there.
    void deviceChecked(loom::DeviceKind device, const QString& why);
    /// If storyTokens() is not empty the story goes on with this model, which reads it now.
    void opened(std::shared_ptr<const loom::ModelSummary> model, std::shared_ptr<const loom::CacheUse> cache);
    /// Same story, other path or precision: summary and cache as they are now. A storyUpdated() with nothing cached comes just after.
    void pathChanged(std::shared_ptr<const loom::ModelSummary> model, std::shared_ptr<const loom::CacheUse> cache);
    /// At most 30 a second while writing, the last one always; empty reset = the story was cleared.
    void storyUpdated(std::shared_ptr<const loom::StoryUpdate> update);
    void writingChanged(bool writing);
    /// After the last storyUpdated() and writingChanged(false).
    void finished(std::shared_ptr<const loom::GenerateSummary> summary);
    void attentionReady(std::shared_ptr<const loom::AttentionMap> map);
    /// Losses of the model that is loaded now, on stories of the story maker.
    void precisionsMeasured(std::shared_ptr<const std::vector<loom::PrecisionLoss>> losses);
    /// Exactly once for a job that ends in an error.
    void failed(loom::JobId job, const QString& message);
    /// A model is being opened (or a path changed): `what` says so in a sentence for the strip; empty when done.
    void busyChanged(bool busy, const QString& what);

private:
    JobId begin(const OpenWish& wish);
    void changeNetwork(const QString& what);
    void endOpen();
    void replaceStory(StoryUpdate update, std::function<void()> job);
    void takeUpdate(const StoryUpdate& update);
    /// A job of the Interactive lane ended without a result; an empty message means that it was cancelled.
    void endStoryJob(JobId job, const QString& message);

    std::unique_ptr<SessionPrivate> d;
};

}  // namespace loom::session
