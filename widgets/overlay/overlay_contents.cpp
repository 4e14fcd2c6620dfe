// SPDX-License-Identifier: GPL-3.0-or-later
// Contents of the debug overlay: frames, engine lanes, decoding, memory.
#include "widgets/overlay/overlay_contents.h"

#include <algorithm>
#include <cinttypes>

#include <QCoreApplication>

#include <imgui.h>

namespace loom::ui {

namespace {

QByteArray tr(const char* text) { return QCoreApplication::translate("loom::ui::DebugOverlay", text).toUtf8(); }

void drawFrames(const OverlayData& data) {
    const FrameTimes& frames = data.frames;
    float longest = 0;
    float sum = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        longest = std::max(longest, frames.at(i));
        sum += frames.at(i);
    }
    const float mean = frames.size() > 0 ? sum / static_cast<float>(frames.size()) : 0;
    ImGui::Text("%s  %.1f ms  max %.1f ms", tr("frames").constData(), static_cast<double>(mean), static_cast<double>(longest));
    const auto value = [](void* from, int index) { return static_cast<const FrameTimes*>(from)->at(static_cast<std::size_t>(index)); };
    FrameTimes copy = frames;
    ImGui::PlotLines("##frames", value, &copy, static_cast<int>(copy.size()), 0, nullptr, 0, std::max(longest, 33.0F),
                     ImVec2(ImGui::GetContentRegionAvail().x, 44));
    ImGui::Text("%s: %" PRId64 ", %s %.0f ms", tr("busy over 50 ms").constData(), data.slowTurns, tr("longest").constData(),
                data.longestTurnMs);
}

void drawLanes(const OverlayData& data) {
    for (const LaneState& lane : data.lanes) {
        if (lane.current.value() != 0) {
            ImGui::Text("%-12s job %" PRId64 ", %" PRId64 " %s", lane.name.c_str(), lane.current.value(), lane.queued,
                        tr("waiting").constData());
        } else {
            ImGui::Text("%-12s %s", lane.name.c_str(), tr("idle").constData());
        }
    }
}

/// One bar a layer. Torch's own overhead, embedding and head are the rest of a decode step.
void drawLayers(const OverlayData& data) {
    if (data.layerMs.empty()) {
        ImGui::TextUnformatted(tr("layers: measured from the next token on").constData());
        return;
    }
    const auto slowest = std::max_element(data.layerMs.begin(), data.layerMs.end());
    float sum = 0;
    for (const float ms : data.layerMs) sum += ms;
    ImGui::Text("%s %.2f ms  %s %d: %.3f ms", tr("layers").constData(), static_cast<double>(sum), tr("slowest").constData(),
                static_cast<int>(slowest - data.layerMs.begin()), static_cast<double>(*slowest));
    ImGui::PlotHistogram("##layers", data.layerMs.data(), static_cast<int>(data.layerMs.size()), 0, nullptr, 0, *slowest * 1.1F,
                         ImVec2(ImGui::GetContentRegionAvail().x, 44));
}

void drawMemory(const OverlayData& data) {
    std::int64_t largest = 1;
    for (const BytesByKind& kind : data.memory) largest = std::max({largest, kind.bytes, kind.peak});
    for (const BytesByKind& kind : data.memory) {
        ImGui::AlignTextToFramePadding();
        ImGui::Text("%-12s", kind.kind.c_str());
        ImGui::SameLine(110);
        ImGui::ProgressBar(static_cast<float>(kind.bytes) / static_cast<float>(largest), ImVec2(90, 0), "");
        ImGui::SameLine();
        ImGui::Text("%.2f MB, %s %.2f MB", static_cast<double>(kind.bytes) / 1e6, tr("peak").constData(),
                    static_cast<double>(kind.peak) / 1e6);
    }
}

}  // namespace

bool drawOverlay(const OverlayData& data, float width, float height) {
    bool open = true;
    ImGui::SetNextWindowPos(ImVec2(0, 0));
    ImGui::SetNextWindowSize(ImVec2(width, height));
    const QByteArray title = tr("Debug overlay") + "###overlay";
    if (ImGui::Begin(title.constData(), &open, ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoCollapse)) {
        drawFrames(data);
        ImGui::Separator();
        drawLanes(data);
        ImGui::Separator();
        ImGui::Text("%s %.2f ms  %.1f tok/s", tr("decode, last token").constData(), data.lastDecodeMs, data.tokensPerSecond);
        drawLayers(data);
        ImGui::Text("%s: %" PRId64 " %s, %" PRId64 " %s, %" PRId64 " %s", tr("threads").constData(), data.threads,
                    tr("compute").constData(), data.processThreads, tr("in the program").constData(), data.cores, tr("cores").constData());
        ImGui::Text("%s %s  %s %" PRId64, tr("path").constData(), data.path.empty() ? "-" : data.path.c_str(),
                    tr("dropped batches").constData(), data.droppedBatches);
        ImGui::Separator();
        drawMemory(data);
        ImGui::Text("%-12s %.1f MB", tr("resident").constData(), static_cast<double>(data.residentBytes) / 1e6);
    }
    ImGui::End();
    return open;
}

}  // namespace loom::ui
