// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session/mailbox.h"

#include <utility>

#include <QCoreApplication>
#include <QEvent>

namespace loom::session {

void Mailbox::post(Letter letter) {
    auto* wake = new QEvent(QEvent::User);
    {
        const std::scoped_lock lock(m_mutex);
        m_letters.push_back(std::move(letter));
    }
    m_count.fetch_add(1, std::memory_order_relaxed);
    QCoreApplication::postEvent(this, wake);  // one per letter: other events of this thread get their turn in between
}

void Mailbox::close() {
    const std::scoped_lock lock(m_mutex);
    m_closed = true;
}

Mailbox::Letter Mailbox::next() {
    const std::scoped_lock lock(m_mutex);
    if (m_letters.empty()) return {};
    Letter letter = std::move(m_letters.front());
    m_letters.pop_front();
    if (m_closed) letter = [] {};
    return letter;
}

bool Mailbox::event(QEvent* event) {
    if (Letter letter = next()) {
        letter();
        letter = {};
        m_count.fetch_sub(1, std::memory_order_relaxed);
        const std::scoped_lock seen(m_mutex);  // what the letter did comes before whatever close() is followed by
    }
    return QObject::event(event);
}

}  // namespace loom::session
