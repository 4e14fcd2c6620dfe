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
        ImGui::Text("%s %.2f ms  %.1f tok/s  %" PRId64 " %s", tr("decode").constData(), data.lastDecodeMs, data.tokensPerSecond,
                    data.threads, tr("threads").constData());
        ImGui::Text("%s %s  %s %" PRId64, tr("path").constData(), data.path.empty() ? "-" : data.path.c_str(),
                    tr("dropped batches").constData(), data.droppedBatches);
        ImGui::Separator();
        drawMemory(data);
    }
    ImGui::End();
    return open;
}

}  // namespace loom::ui
