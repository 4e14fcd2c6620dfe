// SPDX-License-Identifier: GPL-3.0-or-later
// WeightPlan: a list of matrices and vectors to be packed: what they will take is known before anything is read.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/engine/decode/decode_weights.h"

namespace loom::decode {

/// Targets must stay where they are until run() has returned; so must the checkpoint and the allocator.
class WeightPlan {
public:
    WeightPlan(const Checkpoint& checkpoint, const Kernels& kernels, BufferAllocator& allocator)
        : m_checkpoint(checkpoint), m_kernels(kernels), m_allocator(allocator) {}

    /// Whole tensors of `columns` columns below each other.
    void stack(PackedMatrix& to, const std::vector<std::string>& names, std::int64_t columns, Precision precision);
    /// Rows [first, first + rows) of a tensor.
    void slice(PackedMatrix& to, const std::string& name, std::int64_t first, std::int64_t rows, std::int64_t columns, Precision precision);
    /// The same rows as columns: [columns, rows].
    void transposed(PackedMatrix& to, const std::string& name, std::int64_t first, std::int64_t rows, std::int64_t columns,
                    Precision precision);
    /// Gate and up in turns of kPanel rows each (FeedForwardWeights).
    void inTurns(PackedMatrix& to, const std::string& gate, const std::string& up, std::int64_t rows, std::int64_t columns,
                 Precision precision);
    /// Vectors behind each other, in f32. A part without a name is zeros.
    struct Part {
        std::string name;
        std::int64_t size = 0;
    };
    void floats(Floats& to, const std::vector<Part>& parts);
    /// Two vectors of `size` in turns of kPanel each, the last turn filled with zeros.
    void floatsInTurns(Floats& to, const std::string& gate, const std::string& up, std::int64_t size);
    /// Rows as they are, f32 or bf16.
    void rows(Buffer& to, const std::string& name, std::int64_t rows, std::int64_t columns, bool asBf16);

    /// What all of it will take.
    [[nodiscard]] std::int64_t bytes() const { return m_bytes; }
    /// Packs everything with so many threads. Throws the first Error that occurs, or "Cancelled" between tensors.
    void run(std::int64_t threads, const std::stop_token& stop);

private:
    [[nodiscard]] std::int64_t rowsOf(const std::string& name) const;
    using Fill = std::function<void(std::int64_t, float*)>;
    /// `open` makes what reads the rows; it lives only while they are packed.
    void add(PackedMatrix& to, const std::string& name, std::int64_t rows, std::int64_t columns, Precision precision,
             std::function<Fill()> open);
    void add(const std::string& name, std::int64_t bytes, std::function<void()> job);

    struct Job {
        std::string name;
        std::function<void()> run;
    };
    const Checkpoint& m_checkpoint;
    const Kernels& m_kernels;
    BufferAllocator& m_allocator;
    std::vector<Job> m_jobs;
    std::int64_t m_bytes = 0;
};

}  // namespace loom::decode
