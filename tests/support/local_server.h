// SPDX-License-Identifier: GPL-3.0-or-later
// A web server for one test: plain sockets on this computer, which answers as the test says and remembers what it was asked.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace loom::test {

struct WebQuestion {
    std::string path;
    std::map<std::string, std::string> headers;  ///< names in lower case
    [[nodiscard]] std::string header(const std::string& name) const;
};

struct WebAnswer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::size_t cutAfter = std::string::npos;    ///< bytes of the body after which the connection is closed
    std::size_t stallAfter = std::string::npos;  ///< bytes of the body after which nothing comes any more
    bool saysLength = true;                      ///< Content-Length; without it the body ends with the connection
};

/// A file as a server that knows ranges and ETags serves it.
[[nodiscard]] WebAnswer fileAnswer(const WebQuestion& question, const std::string& content, const std::string& etag = "\"one\"");

class LocalServer {
public:
    /// Called in threads of the server, one call at a time.
    using Handler = std::function<WebAnswer(const WebQuestion& question)>;

    explicit LocalServer(Handler handler);
    ~LocalServer();
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;

    /// From the next question on.
    void answerWith(Handler handler);
    [[nodiscard]] std::string address() const;  ///< "http://127.0.0.1:PORT"
    [[nodiscard]] std::vector<WebQuestion> questions() const;

private:
    void accept(const std::stop_token& stop);
    void serve(int connection, const std::stop_token& stop);

    Handler m_handler;
    int m_socket = -1;
    int m_port = 0;
    mutable std::mutex m_mutex;
    std::vector<WebQuestion> m_questions;
    std::vector<std::jthread> m_connections;
    std::jthread m_thread;
};

}  // namespace loom::test
