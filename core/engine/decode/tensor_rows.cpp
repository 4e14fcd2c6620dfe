// SPDX-License-Identifier: GPL-3.0-or-later
// TensorRows: strided reads, conversion to f32, and giving back mapped pages.
#include "core/engine/decode/tensor_rows.h"

#include <algorithm>
#include <cstring>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "core/data/error.h"
#include "core/engine/checkpoint/f16.h"
#include "core/engine/checkpoint/tensor_layout.h"

namespace loom::decode {
namespace {

const TensorView& tensor(const Checkpoint& checkpoint, const std::string& name) {
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end()) throw Error{"The checkpoint lacks a tensor", name, "Get the complete checkpoint"};
    return found->second;
}

}  // namespace

TensorRows::TensorRows(const Checkpoint& checkpoint, const std::string& tensorName, const Kernels& kernels)
    : m_checkpoint(checkpoint),
      m_view(tensor(checkpoint, tensorName)),
      m_kernels(kernels),
      m_type(plainType(m_view.dtype)),
      m_element(bytesPerElement(m_type)) {
    if (m_type != DType::F64 && m_type != DType::F32 && m_type != DType::BF16 && m_type != DType::F16) {
        throw Error{"A weight has element type " + std::string(name(m_view.dtype)), tensorName,
                    "Weights must be f64, f32, bf16, f16 or q8_0"};
    }
    if (!layoutFits(m_view)) throw Error{"A tensor's size does not fit its shape", tensorName, "The file is damaged: get it again"};
    if (!m_view.shape.empty()) m_columns = m_view.shape.back();
    for (std::size_t i = 0; i + 1 < m_view.shape.size(); ++i) m_rows *= m_view.shape[i];
    m_stored.resize(static_cast<std::size_t>(m_columns * m_element));
    m_inOrder = m_view.layout.empty() && m_view.parts.empty();
    m_blocks = m_inOrder && m_view.dtype == DType::Q8_0 && m_columns % kQ8BlockElements == 0;
    if (!m_view.parts.empty() || (m_view.dtype == DType::Q8_0 && !m_blocks)) {
        m_whole.resize(static_cast<std::size_t>(m_rows * m_columns * m_element));
        copyElements(m_view, m_whole);
        m_inOrder = false;
    }
}

void TensorRows::gatherBlocks(std::int64_t row) {
    const std::byte* block = m_view.data.data() + row * (m_columns / kQ8BlockElements) * kQ8BlockBytes;
    std::byte* out = m_stored.data();
    for (std::int64_t i = 0; i < m_columns; i += kQ8BlockElements, block += kQ8BlockBytes) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, block, sizeof bits);
        const float scale = fromF16(bits);
        for (std::int64_t k = 0; k < kQ8BlockElements; ++k, out += sizeof(float)) {
            const float value = scale * static_cast<float>(static_cast<std::int8_t>(block[static_cast<std::int64_t>(sizeof bits) + k]));
            std::memcpy(out, &value, sizeof value);
        }
    }
}

void TensorRows::gather(std::int64_t row) {
    std::byte* out = m_stored.data();
    if (!m_whole.empty()) {
        std::memcpy(out, m_whole.data() + row * m_columns * m_element, m_stored.size());
        return;
    }
    if (m_blocks) return gatherBlocks(row);
    const std::byte* data = m_view.data.data();
    if (m_view.layout.empty()) {
        std::memcpy(out, data + row * m_columns * m_element, m_stored.size());
        return;
    }
    const TensorAxis& last = m_view.layout.back();
    for (std::int64_t done = 0; done < m_columns;) {
        // Where element row · columns + done, counted row-major over the extents, lies.
        std::int64_t index = row * m_columns + done;
        const std::int64_t inLast = index % last.extent;
        std::int64_t place = inLast * last.stride;
        index /= last.extent;
        for (std::size_t axis = m_view.layout.size() - 1; axis-- > 0; index /= m_view.layout[axis].extent) {
            place += index % m_view.layout[axis].extent * m_view.layout[axis].stride;
        }
        const std::int64_t run = std::min(m_columns - done, last.extent - inLast);
        for (std::int64_t i = 0; i < run; ++i, out += m_element) {
            std::memcpy(out, data + (place + i * last.stride) * m_element, static_cast<std::size_t>(m_element));
        }
        done += run;
    }
}

void TensorRows::read(std::int64_t row, float* out) {
    gather(row);
    if (m_type == DType::F64) {
        for (std::int64_t i = 0; i < m_columns; ++i) {
            double value = 0.0;
            std::memcpy(&value, m_stored.data() + i * m_element, sizeof value);
            out[i] = static_cast<float>(value);
        }
    } else {
        m_kernels.read(m_stored.data(), m_type, 1.0F, m_columns, out);
    }
    if (!m_inOrder) return;
    m_readTo = std::max(m_readTo, *storedBytes(m_view.dtype, (row + 1) * m_columns));
    if (m_readTo - m_released >= kReleaseStep) release();
}

void TensorRows::release() {
    if (!m_checkpoint.mapped || !m_inOrder) return;
    static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(m_view.data.data());
    // Whole pages only: those at the edges may belong to other tensors that are still to be read.
    const std::uintptr_t from = (begin + static_cast<std::uintptr_t>(m_released) + page - 1) / page * page;
    const std::uintptr_t to = (begin + static_cast<std::uintptr_t>(m_readTo)) / page * page;
    if (to <= from) return;
    // The file keeps what the pages held: reading them again would only fetch it once more.
    ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
    m_released = static_cast<std::int64_t>(to - begin);
}

}  // namespace loom::decode
