// SPDX-License-Identifier: GPL-3.0-or-later
// TensorRows: reads a checkpoint's tensor row by row as f32, whatever its type and however it lies in its file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/engine/checkpoint/checkpoint.h"
#include "core/engine/decode/kernels.h"

namespace loom::decode {

class TensorRows {
public:
    /// A tensor of the checkpoint, which must outlive this object. Throws Error naming the tensor where it is missing, its data do not
    /// fit its shape or its type is none that weights have. What has been read leaves memory again, where it lies in a mapped file.
    TensorRows(const Checkpoint& checkpoint, const std::string& name, const Kernels& kernels);
    ~TensorRows() { release(); }

    /// A vector counts as one row.
    [[nodiscard]] std::int64_t rows() const { return m_rows; }
    [[nodiscard]] std::int64_t columns() const { return m_columns; }
    /// Writes the `columns()` values of a row. Not thread-safe.
    void read(std::int64_t row, float* out);

private:
    /// Tells the system that everything read so far can leave memory, where the tensor lies in a mapped file and its rows in order.
    void release();
    void gather(std::int64_t row);        ///< its elements, as m_type, into m_stored
    void gatherBlocks(std::int64_t row);  ///< likewise out of whole Q8_0 blocks

    const Checkpoint& m_checkpoint;
    const TensorView& m_view;
    const Kernels& m_kernels;
    std::int64_t m_rows = 1;
    std::int64_t m_columns = 1;
    DType m_type;                     ///< what elements are read as: plainType of the view's
    std::int64_t m_element;           ///< bytes of one
    bool m_blocks = false;            ///< rows of whole Q8_0 blocks
    bool m_inOrder = true;            ///< rows lie behind each other in the file
    std::vector<std::byte> m_whole;   ///< a tensor that is made of parts, or whose rows cut blocks
    std::vector<std::byte> m_stored;  ///< one row, aligned
    std::int64_t m_readTo = 0;        ///< bytes of the tensor that have been read in order
    std::int64_t m_released = 0;      ///< of those: given back
    static constexpr std::int64_t kReleaseStep = 4 << 20;
};

}  // namespace loom::decode
