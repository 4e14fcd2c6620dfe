// SPDX-License-Identifier: GPL-3.0-or-later
// Debug overlay: absent cleanly without OpenGL, and its contents draw with any data.
#include "widgets/overlay/debug_overlay.h"

#include <gtest/gtest.h>

#include <imgui.h>

#include "widgets/overlay/overlay_contents.h"

using namespace loom;
using namespace loom::ui;

namespace {

// A frame without any graphics: ImGui only needs its font atlas built.
int verticesOf(const OverlayData& data) {
    ImGuiContext* context = ImGui::CreateContext();
    ImGui::SetCurrentContext(context);
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = ImVec2(420, 300);
    unsigned char* pixels = nullptr;
    int width = 0;
    int height = 0;
    io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
    int vertices = 0;
    for (int frame = 0; frame < 2; ++frame) {  // a new window is laid out in its first frame
        ImGui::NewFrame();
        EXPECT_TRUE(drawOverlay(data, 420, 300));
        ImGui::Render();
        vertices = ImGui::GetDrawData()->TotalVtxCount;
    }
    ImGui::DestroyContext(context);
    return vertices;
}

}  // namespace

TEST(DebugOverlay, IsNotThereOffscreen) { EXPECT_FALSE(DebugOverlay::available()); }

TEST(DebugOverlay, FrameTimesKeepTheLast) {
    FrameTimes frames;
    EXPECT_EQ(frames.size(), 0U);
    for (int i = 0; i < 130; ++i) frames.add(static_cast<float>(i));
    ASSERT_EQ(frames.size(), FrameTimes::kCapacity);
    EXPECT_EQ(frames.at(0), 10.0F);
    EXPECT_EQ(frames.at(FrameTimes::kCapacity - 1), 129.0F);
}

TEST(DebugOverlay, DrawsEmptyAndFullData) {
    const int empty = verticesOf({});
    EXPECT_GT(empty, 0);
    OverlayData data;
    for (int i = 0; i < 50; ++i) data.frames.add(10);
    data.lanes = {{"interactive", 2, JobId(7)}, {"background", 0, JobId()}};
    data.memory = {{"weights", 1'000'000, 2'000'000}, {"cache", 0, 0}, {"odd % name", -5, 0}};
    data.path = "reference-absorbed";
    const int withoutLayers = verticesOf(data);
    EXPECT_GT(withoutLayers, empty);
    data.layerMs = {0.2F, 0.4F, 0.3F};
    EXPECT_NE(verticesOf(data), withoutLayers) << "a bar a layer";
}
