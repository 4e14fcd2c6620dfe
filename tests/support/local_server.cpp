// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/local_server.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace loom::test {
namespace {

constexpr int kLookAround = 20;  // ms between looks at the stop token

bool sendAll(int connection, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t count = ::send(connection, text.data() + done, text.size() - done, MSG_NOSIGNAL);
        if (count <= 0) return false;
        done += static_cast<std::size_t>(count);
    }
    return true;
}

bool readable(int socket) {
    pollfd one{socket, POLLIN, 0};
    return ::poll(&one, 1, kLookAround) > 0;
}

std::string trimmed(std::string text) {
    text.erase(0, text.find_first_not_of(" \t\r"));
    text.erase(text.find_last_not_of(" \t\r") + 1);
    return text;
}

WebQuestion parsed(const std::string& head) {
    std::istringstream lines(head);
    WebQuestion question;
    std::string line, method;
    std::getline(lines, line);
    std::istringstream(line) >> method >> question.path;
    while (std::getline(lines, line)) {
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        question.headers[name] = trimmed(line.substr(colon + 1));
    }
    return question;
}

}  // namespace

std::string WebQuestion::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

WebAnswer fileAnswer(const WebQuestion& question, const std::string& content, const std::string& etag) {
    WebAnswer answer;
    answer.headers = {{"ETag", etag}, {"Accept-Ranges", "bytes"}};
    answer.body = content;
    const std::string range = question.header("range"), condition = question.header("if-range");
    if (!range.starts_with("bytes=") || (!condition.empty() && condition != etag)) return answer;
    const std::size_t from = std::strtoull(range.c_str() + 6, nullptr, 10);
    if (from >= content.size()) {
        answer = {416, {{"Content-Range", "bytes */" + std::to_string(content.size())}}};
        return answer;
    }
    answer.status = 206;
    answer.body = content.substr(from);
    answer.headers.emplace_back(
        "Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(content.size() - 1) + "/" + std::to_string(content.size()));
    return answer;
}

LocalServer::LocalServer(Handler handler) : m_handler(std::move(handler)), m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    for (const char* proxy : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(proxy);  // not for this computer
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* address = reinterpret_cast<sockaddr*>(&where);
    if (m_socket < 0 || ::bind(m_socket, address, size) != 0 || ::listen(m_socket, 16) != 0 || ::getsockname(m_socket, address, &size) != 0)
        throw std::runtime_error("no local server");
    m_port = ntohs(where.sin_port);
    m_thread = std::jthread([this](const std::stop_token& stop) { accept(stop); });
}

LocalServer::~LocalServer() {
    m_thread = {};  // asked to stop, and waited for
    m_connections.clear();
    ::close(m_socket);
}

void LocalServer::answerWith(Handler handler) {
    const std::scoped_lock lock(m_mutex);
    m_handler = std::move(handler);
}

std::string LocalServer::address() const { return "http://127.0.0.1:" + std::to_string(m_port); }

std::vector<WebQuestion> LocalServer::questions() const {
    const std::scoped_lock lock(m_mutex);
    return m_questions;
}

void LocalServer::accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        if (!readable(m_socket)) continue;
        const int connection = ::accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        m_connections.emplace_back([this, connection](const std::stop_token& own) {
            serve(connection, own);
            ::close(connection);
        });
    }
}

void LocalServer::serve(int connection, const std::stop_token& stop) {
    std::string head;
    while (head.find("\r\n\r\n") == head.npos) {
        if (stop.stop_requested()) return;
        if (!readable(connection)) continue;
        char part[4096];
        const ssize_t count = ::recv(connection, part, sizeof part, 0);
        if (count <= 0) return;
        head.append(part, static_cast<std::size_t>(count));
    }
    WebAnswer answer;
    {
        const std::scoped_lock lock(m_mutex);
        m_questions.push_back(parsed(head));
        answer = m_handler(m_questions.back());
    }
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Whatever\r\nConnection: close\r\n";
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
    if (answer.saysLength) text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    const std::size_t sent = std::min({answer.body.size(), answer.cutAfter, answer.stallAfter});
    if (!sendAll(connection, text + "\r\n" + answer.body.substr(0, sent))) return;
    if (answer.stallAfter != std::string::npos) {
        char part[64];
        while (!stop.stop_requested())  // until the other side has had enough
            if (readable(connection) && ::recv(connection, part, sizeof part, 0) <= 0) return;
    }
}

}  // namespace loom::test
