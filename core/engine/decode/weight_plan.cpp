// SPDX-License-Identifier: GPL-3.0-or-later
// WeightPlan: what each packed matrix is made of, and the threads that pack.
#include "core/engine/decode/weight_plan.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/data/bf16.h"
#include "core/data/error.h"
#include "core/engine/decode/tensor_rows.h"

namespace loom::decode {
namespace {

constexpr auto kFloatBytes = static_cast<std::int64_t>(sizeof(float));

/// Which row of gate (even) or up (odd) a row of both in turns is.
struct Turn {
    bool up;
    std::int64_t row;
};
Turn turnOf(std::int64_t row) {
    const std::int64_t panel = row / kPanel;
    return {panel % 2 == 1, panel / 2 * kPanel + row % kPanel};
}

}  // namespace

std::int64_t WeightPlan::rowsOf(const std::string& name) const {
    const auto found = m_checkpoint.tensors.find(name);
    if (found == m_checkpoint.tensors.end() || found->second.shape.empty()) {
        throw Error{"The checkpoint lacks a tensor", name, "Get the complete checkpoint"};
    }
    return found->second.shape.front();
}

void WeightPlan::add(const std::string& name, std::int64_t bytes, std::function<void()> job) {
    m_bytes += bytes;
    m_jobs.push_back({name, std::move(job)});
}

void WeightPlan::add(PackedMatrix& to, const std::string& name, std::int64_t rows, std::int64_t columns, Precision precision,
                     std::function<Fill()> open) {
    add(name, PackedMatrix::bytesFor(rows, columns, precision), [this, &to, rows, columns, precision, open = std::move(open)] {
        to = PackedMatrix(rows, columns, precision, open(), m_allocator, m_kernels);
    });
}

void WeightPlan::stack(PackedMatrix& to, const std::vector<std::string>& names, std::int64_t columns, Precision precision) {
    std::int64_t rows = 0;
    std::string all;
    for (const std::string& name : names) {
        rows += rowsOf(name);
        all += (all.empty() ? "" : " + ") + name;
    }
    add(to, all, rows, columns, precision, [this, names]() -> Fill {
        auto parts = std::make_shared<std::vector<TensorRows>>();
        for (const std::string& name : names) parts->emplace_back(m_checkpoint, name, m_kernels);
        return [parts](std::int64_t row, float* out) {
            for (TensorRows& part : *parts) {
                if (row < part.rows()) return part.read(row, out);
                row -= part.rows();
            }
        };
    });
}

void WeightPlan::slice(PackedMatrix& to, const std::string& name, std::int64_t first, std::int64_t rows, std::int64_t columns,
                       Precision precision) {
    add(to, name, rows, columns, precision, [this, name, first]() -> Fill {
        auto tensor = std::make_shared<TensorRows>(m_checkpoint, name, m_kernels);
        return [tensor, first](std::int64_t row, float* out) { tensor->read(first + row, out); };
    });
}

void WeightPlan::transposed(PackedMatrix& to, const std::string& name, std::int64_t first, std::int64_t rows, std::int64_t columns,
                            Precision precision) {
    add(to, name, columns, rows, precision, [this, name, first, rows, columns]() -> Fill {
        auto values = std::make_shared<std::vector<float>>(static_cast<std::size_t>(rows * columns));
        TensorRows tensor(m_checkpoint, name, m_kernels);
        for (std::int64_t row = 0; row < rows; ++row) tensor.read(first + row, values->data() + row * columns);
        return [values, rows, columns](std::int64_t column, float* out) {
            for (std::int64_t row = 0; row < rows; ++row) out[row] = (*values)[static_cast<std::size_t>(row * columns + column)];
        };
    });
}

void WeightPlan::inTurns(PackedMatrix& to, const std::string& gate, const std::string& up, std::int64_t rows, std::int64_t columns,
                         Precision precision) {
    add(to, gate, 2 * wholePanels(rows), columns, precision, [this, gate, up, rows, columns]() -> Fill {
        auto gates = std::make_shared<TensorRows>(m_checkpoint, gate, m_kernels);
        auto ups = std::make_shared<TensorRows>(m_checkpoint, up, m_kernels);
        return [gates, ups, rows, columns](std::int64_t row, float* out) {
            const Turn turn = turnOf(row);
            if (turn.row < rows) return (turn.up ? *ups : *gates).read(turn.row, out);
            std::fill_n(out, columns, 0.0F);
        };
    });
}

void WeightPlan::floats(Floats& to, const std::vector<Part>& parts) {
    std::int64_t size = 0;
    for (const Part& part : parts) size += part.size;
    add(parts.front().name, size * kFloatBytes, [this, &to, parts, size] {
        to.memory = m_allocator.allocate(MemoryKind::Weights, size * kFloatBytes);  // zeros
        float* out = to.data();
        for (const Part& part : parts) {
            if (!part.name.empty()) {
                TensorRows tensor(m_checkpoint, part.name, m_kernels);
                for (std::int64_t row = 0; row < tensor.rows(); ++row) tensor.read(row, out + row * tensor.columns());
            }
            out += part.size;
        }
    });
}

void WeightPlan::floatsInTurns(Floats& to, const std::string& gate, const std::string& up, std::int64_t size) {
    const std::int64_t both = 2 * wholePanels(size);
    add(gate, both * kFloatBytes, [this, &to, gate, up, size, both] {
        std::vector<float> gates(static_cast<std::size_t>(size));
        std::vector<float> ups(static_cast<std::size_t>(size));
        TensorRows(m_checkpoint, gate, m_kernels).read(0, gates.data());
        TensorRows(m_checkpoint, up, m_kernels).read(0, ups.data());
        to.memory = m_allocator.allocate(MemoryKind::Weights, both * kFloatBytes);
        for (std::int64_t row = 0; row < both; ++row) {
            const Turn turn = turnOf(row);
            if (turn.row < size) to.data()[row] = (turn.up ? ups : gates)[static_cast<std::size_t>(turn.row)];
        }
    });
}

void WeightPlan::rows(Buffer& to, const std::string& name, std::int64_t rows, std::int64_t columns, bool asBf16) {
    const std::int64_t bytes = rows * columns * (asBf16 ? 2 : kFloatBytes);
    add(name, bytes, [this, &to, name, rows, columns, asBf16, bytes] {
        to = m_allocator.allocate(MemoryKind::Weights, bytes);
        TensorRows tensor(m_checkpoint, name, m_kernels);
        std::vector<float> row(static_cast<std::size_t>(columns));
        for (std::int64_t r = 0; r < rows; ++r) {
            tensor.read(r, row.data());
            if (!asBf16) {
                std::memcpy(to.data() + r * columns * kFloatBytes, row.data(), static_cast<std::size_t>(columns * kFloatBytes));
                continue;
            }
            auto* out = reinterpret_cast<std::uint16_t*>(to.data()) + r * columns;
            for (const float value : row) *out++ = toBf16(value);
        }
    });
}

void WeightPlan::run(std::int64_t threads, const std::stop_token& stop) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex guard;
    std::optional<Error> problem;
    const auto fail = [&](Error error) {
        const std::scoped_lock lock(guard);
        if (!failed.exchange(true)) problem = std::move(error);
    };
    const auto work = [&] {
        for (std::size_t i = next++; i < m_jobs.size() && !failed; i = next++) {
            if (stop.stop_requested()) return fail({"Cancelled", {}, {}});
            const Result<void> done = guarded(m_jobs[i].run);
            if (done) continue;
            Error error = done.error();
            if (m_jobs[i].name.find(error.where) == std::string::npos) {  // a place inside of the tensor
                error.where = m_jobs[i].name + ", " + error.where;
            } else if (error.where.empty()) {
                error.where = m_jobs[i].name;
            }
            fail(std::move(error));
        }
    };
    {
        std::vector<std::jthread> others;
        const auto useful = std::min<std::int64_t>(threads, std::ssize(m_jobs));
        for (std::int64_t t = 1; t < useful; ++t) others.emplace_back(work);
        work();
    }
    m_jobs.clear();
    if (problem) throw std::move(*problem);
}

}  // namespace loom::decode
