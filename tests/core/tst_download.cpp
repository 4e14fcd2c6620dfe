// SPDX-License-Identifier: GPL-3.0-or-later
// download() against a server of this test: whole files, parts that are gone on with, and everything that can go wrong on the way.
#include "core/engine/download/download.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/engine/download/known_stories.h"
#include "core/engine/download/url_text.h"
#include "tests/support/expect_error.h"
#include "tests/support/local_server.h"
#include "tests/support/temp_folder.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace loom::test {
namespace {

std::string stories(std::size_t bytes, char first = 'a') {
    std::string text;
    while (text.size() < bytes)
        text += std::string(1, static_cast<char>(first + static_cast<char>(text.size() / 64 % 20))) + " kite flew over the hill.\n";
    text.resize(bytes);
    return text;
}

const std::string kContent = stories(400'000);
// `sha256sum` of kContent.
const std::string kSum = "3318440235eeb729e2e1aee78c8b1b19837c35bf54290888e52e21cef34828e5";

class Download : public testing::Test {
protected:
    DownloadOrder order(const std::string& path = "/stories.txt") const {
        DownloadOrder order;
        order.url = server.address() + path;
        order.file = folder / "stories.txt";
        order.limits.connect = 2s;
        order.limits.stalled = 300ms;
        order.limits.pause = 1ms;
        order.limits.retries = 0;
        return order;
    }
    Downloaded load(const DownloadOrder& what) {
        return loom::download(
            what, [this](const DownloadProgress& p) { progress.push_back(p); }, stop.get_token());
    }
    Error refused(const DownloadOrder& what) {
        return errorOf([&] { (void)load(what); });
    }
    std::string part() const { return readFile(folder / "stories.txt.part"); }
    void expectNothing() const {
        EXPECT_FALSE(fs::exists(folder / "stories.txt"));
        EXPECT_FALSE(fs::exists(folder / "stories.txt.part"));
        EXPECT_FALSE(fs::exists(folder / "stories.txt.part.json"));
    }
    void expectWhole(const Downloaded& result, const std::string& content = kContent) const {
        EXPECT_EQ(readFile(folder / "stories.txt"), content);
        EXPECT_EQ(result.bytes, std::ssize(content));
        EXPECT_FALSE(fs::exists(folder / "stories.txt.part"));
        EXPECT_FALSE(fs::exists(folder / "stories.txt.part.json"));
    }
    /// A connection that breaks after 150,000 bytes.
    void leaveAPart(const DownloadOrder& what) {
        server.answerWith([](const WebQuestion& q) {
            WebAnswer a = fileAnswer(q, kContent);
            a.cutAfter = 150'000;
            return a;
        });
        const Error error = refused(what);
        EXPECT_NE(error.what.find("ended before"), std::string::npos) << error.message();
        EXPECT_NE(error.hint.find("goes on"), std::string::npos) << error.message();
        ASSERT_EQ(part(), kContent.substr(0, 150'000));
        server.answerWith([](const WebQuestion& q) { return fileAnswer(q, kContent); });
    }

    TempFolder folder;
    LocalServer server{[](const WebQuestion& q) { return fileAnswer(q, kContent); }};
    std::stop_source stop;
    std::vector<DownloadProgress> progress;
    std::atomic<int> asked{0};
};

TEST_F(Download, AWholeFile) {
    const Downloaded result = load(order());
    expectWhole(result);
    EXPECT_EQ(result.sha256, kSum);
    EXPECT_EQ(result.checked, ChecksumFrom::Nowhere);
    EXPECT_EQ(result.resumedFrom, 0);
    ASSERT_FALSE(progress.empty());
    EXPECT_EQ(progress.front().phase, DownloadPhase::Connecting);
    EXPECT_EQ(progress.back().phase, DownloadPhase::Loading);
    EXPECT_EQ(progress.back().total, std::ssize(kContent));
    ASSERT_EQ(server.questions().size(), 1U);
    EXPECT_EQ(server.questions()[0].header("range"), "");
    EXPECT_EQ(server.questions()[0].header("cookie"), "");
    EXPECT_EQ(server.questions()[0].header("referer"), "");
}

TEST_F(Download, WithoutALengthTheConnectionsEndIsTheFilesEnd) {
    server.answerWith([](const WebQuestion& q) {
        WebAnswer a = fileAnswer(q, kContent);
        a.saysLength = false;
        return a;
    });
    expectWhole(load(order()));
    EXPECT_EQ(progress.back().total, 0);
    EXPECT_LT(progress.back().secondsLeft, 0);
}

TEST_F(Download, ChecksumsInAnyCase) {
    DownloadOrder checked = order();
    checked.sha256 = kSum;
    for (char& c : checked.sha256) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const Downloaded result = load(checked);
    expectWhole(result);
    EXPECT_EQ(result.checked, ChecksumFrom::Order);
}

TEST_F(Download, AWrongChecksumLeavesNothing) {
    DownloadOrder checked = order();
    checked.sha256 = std::string(64, '0');
    const Error error = refused(checked);
    EXPECT_NE(error.what.find(kSum), std::string::npos) << error.message();
    EXPECT_NE(error.what.find(server.address()), std::string::npos) << error.message();
    EXPECT_NE(error.where.find("stories.txt"), std::string::npos);
    expectNothing();
    checked.sha256 = "abc";
    EXPECT_NE(refused(checked).what.find("no SHA-256"), std::string::npos);
    expectNothing();
}

TEST_F(Download, TheServersChecksumIsReadFromItsRedirect) {
    const auto stating = [](const std::string& sum) {
        return [sum](const WebQuestion& q) {
            if (q.path != "/stories.txt") return fileAnswer(q, kContent);
            return WebAnswer{302, {{"Location", "/elsewhere"}, {"X-Linked-ETag", '"' + sum + '"'}, {"X-Linked-Size", "400000"}}};
        };
    };
    server.answerWith(stating(kSum));
    EXPECT_EQ(load(order()).checked, ChecksumFrom::Server);
    fs::remove(folder / "stories.txt");
    server.answerWith(stating(std::string(64, '1')));
    EXPECT_NE(refused(order()).what.find(std::string(64, '1')), std::string::npos);
    expectNothing();
}

TEST_F(Download, GoesOnAfterACut) {
    leaveAPart(order());
    progress.clear();
    const Downloaded result = load(order());
    expectWhole(result);
    EXPECT_EQ(result.sha256, kSum) << "of both parts together";
    EXPECT_EQ(result.resumedFrom, 150'000);
    EXPECT_EQ(progress.front().phase, DownloadPhase::ReadingPart);
    EXPECT_EQ(server.questions().back().header("range"), "bytes=150000-");
    EXPECT_EQ(server.questions().back().header("if-range"), "\"one\"");
}

TEST_F(Download, TriesAgainByItself) {
    server.answerWith([this](const WebQuestion& q) {
        WebAnswer a = fileAnswer(q, kContent);
        if (asked < 3) a.cutAfter = 100'000;
        ++asked;
        return a;
    });
    DownloadOrder patient = order();
    patient.limits.retries = 1;  // since the last new byte
    expectWhole(load(patient));
    EXPECT_EQ(asked, 4);
}

TEST_F(Download, ServerWithoutRangesBeginsAnew) {
    leaveAPart(order());
    server.answerWith([](const WebQuestion&) { return WebAnswer{200, {{"ETag", "\"one\""}}, kContent}; });
    const Downloaded result = load(order());
    expectWhole(result);
    EXPECT_EQ(result.sha256, kSum);
    EXPECT_EQ(result.resumedFrom, 0);
}

TEST_F(Download, AnEndlessRowOfCutsEnds) {
    server.answerWith([this](const WebQuestion&) {
        ++asked;
        return WebAnswer{200, {}, kContent, 1000};  // no ranges: never further than 1,000 bytes
    });
    DownloadOrder patient = order();
    patient.limits.retries = 3;
    EXPECT_NE(refused(patient).what.find("ended before"), std::string::npos);
    EXPECT_EQ(asked, 4) << "the first, which was new, and three that were not";
}

TEST_F(Download, AChangedFileIsNeverJoined) {
    leaveAPart(order());
    const std::string other = stories(400'000, 'A');
    server.answerWith([&](const WebQuestion& q) { return fileAnswer(q, other, "\"two\""); });
    expectWhole(load(order()), other);
    EXPECT_EQ(server.questions().size(), 2U) << "If-Range made the server send all of it at once";
}

TEST_F(Download, AnotherFileIsNeverJoinedThoughTheServerIgnoresIfRange) {
    const struct {
        std::size_t bytes;
        const char* etag;
    } others[] = {{400'000, "\"two\""}, {500'000, "\"one\""}, {1'000, "\"one\""}};  // changed, grown, shrunk below the part
    for (const auto& [bytes, etag] : others) {
        leaveAPart(order());
        const std::string other = stories(bytes, 'A');
        server.answerWith([other, etag = std::string(etag)](WebQuestion q) {
            q.headers.erase("if-range");
            return fileAnswer(q, other, etag);
        });
        expectWhole(load(order()), other);
        fs::remove(folder / "stories.txt");
    }
}

TEST_F(Download, AnotherAddressIsAnotherFile) {
    leaveAPart(order());
    const Downloaded result = load(order("/other.txt"));
    EXPECT_EQ(result.resumedFrom, 0);
    EXPECT_EQ(server.questions().back().header("range"), "");
}

TEST_F(Download, WithAChecksumAMirrorGoesOn) {
    DownloadOrder checked = order();
    checked.sha256 = kSum;
    leaveAPart(checked);
    server.answerWith([](const WebQuestion& q) { return fileAnswer(q, kContent, "\"of the mirror\""); });
    checked.url = server.address() + "/mirror/stories.txt";
    const Downloaded result = load(checked);
    expectWhole(result);
    EXPECT_EQ(result.resumedFrom, 150'000);
    EXPECT_EQ(server.questions().back().header("if-range"), "");
}

TEST_F(Download, WithAChecksumAWrongPartIsFoundOut) {
    DownloadOrder checked = order();
    checked.sha256 = kSum;
    leaveAPart(checked);
    writeFile(folder / "stories.txt.part", std::string(150'000, '?'));
    EXPECT_NE(refused(checked).what.find("instead of"), std::string::npos);
    expectNothing();
    expectWhole(load(checked));
}

TEST_F(Download, APartOfWhichNothingIsKnownIsNotTaken) {
    writeFile(folder / "stories.txt.part", "something else");
    expectWhole(load(order()));
    for (const char* broken : {"{", "[]", "{\"url\": 3}", "{\"url\": \"x\", \"bytes\": -1}"}) {
        fs::remove(folder / "stories.txt");
        writeFile(folder / "stories.txt.part", "something else");
        writeFile(folder / "stories.txt.part.json", broken);
        expectWhole(load(order()));
    }
}

TEST_F(Download, AWholePartNeedsNoServer) {
    leaveAPart(order());
    writeFile(folder / "stories.txt.part", kContent);  // killed before it was renamed
    const std::size_t before = server.questions().size();
    expectWhole(load(order()));
    EXPECT_EQ(server.questions().size(), before);
}

TEST_F(Download, WrongLength) {
    DownloadOrder known = order();
    known.bytes = 399'999;
    EXPECT_NE(refused(known).what.find("400000 bytes instead of 399999"), std::string::npos);
    expectNothing();
    server.answerWith([](const WebQuestion& q) {
        WebAnswer a = fileAnswer(q, kContent);
        a.saysLength = false;
        return a;
    });
    const Error more = refused(known);
    EXPECT_NE(more.what.find("instead of 399999"), std::string::npos) << more.message();
    EXPECT_FALSE(fs::exists(known.file));
    known.bytes = 400'001;
    const Error less = refused(known);
    EXPECT_NE(less.what.find("400000 bytes instead of 400001"), std::string::npos) << less.message();
    EXPECT_FALSE(fs::exists(known.file));
}

TEST_F(Download, StatusIsSaidInWords) {
    for (const auto& [status, words] :
         {std::pair{404, "not found"}, {403, "not allowed"}, {429, "too many requests"}, {503, "status 503"}}) {
        server.answerWith([status = status](const WebQuestion&) { return WebAnswer{status, {}, "<html>an error page</html>"}; });
        const Error error = refused(order());
        EXPECT_NE(error.what.find(words), std::string::npos) << error.message();
        EXPECT_NE(error.what.find(server.address() + "/stories.txt"), std::string::npos) << error.message();
        EXPECT_FALSE(error.hint.empty());
        expectNothing();
    }
}

TEST_F(Download, AnErrorPageDoesNotHarmThePart) {
    leaveAPart(order());
    server.answerWith([](const WebQuestion&) { return WebAnswer{503, {}, "<html>an error page</html>"}; });
    (void)refused(order());
    EXPECT_EQ(part(), kContent.substr(0, 150'000));
}

TEST_F(Download, FollowsARedirectButNotWithoutEnd) {
    server.answerWith([](const WebQuestion& q) {
        if (q.path == "/stories.txt") return WebAnswer{302, {{"Location", "/here"}}, "moved"};
        return fileAnswer(q, kContent);
    });
    expectWhole(load(order()));
    fs::remove(folder / "stories.txt");
    server.answerWith([](const WebQuestion&) { return WebAnswer{302, {{"Location", "/stories.txt"}}, "moved"}; });
    const std::size_t before = server.questions().size();
    EXPECT_NE(refused(order()).what.find("without an end"), std::string::npos);
    EXPECT_EQ(server.questions().size() - before, 6U);
    expectNothing();
}

TEST_F(Download, ARedirectToAFileOfThisComputerIsNotFollowed) {
    writeFile(folder / "secret", "secret");
    server.answerWith([&](const WebQuestion&) { return WebAnswer{302, {{"Location", "file://" + (folder / "secret").string()}}}; });
    const Error error = refused(order());
    EXPECT_NE(error.what.find("not loaded from"), std::string::npos) << error.message();
    expectNothing();
}

TEST_F(Download, AStalledConnectionEnds) {
    server.answerWith([](const WebQuestion& q) {
        WebAnswer a = fileAnswer(q, kContent);
        a.stallAfter = 100'000;
        return a;
    });
    const Error error = refused(order());
    EXPECT_NE(error.what.find("Nothing has come"), std::string::npos) << error.message();
    EXPECT_EQ(part(), kContent.substr(0, 100'000));
}

TEST_F(Download, StopsAtOnceAndKeepsThePart) {
    server.answerWith([](const WebQuestion& q) {
        WebAnswer a = fileAnswer(q, kContent);
        a.stallAfter = 100'000;
        return a;
    });
    DownloadOrder patient = order();
    patient.limits.stalled = 60s;
    std::chrono::steady_clock::time_point stopped;
    std::jthread other([&] {
        while (!fs::exists(folder / "stories.txt.part") || fs::file_size(folder / "stories.txt.part") < 100'000)
            std::this_thread::sleep_for(1ms);
        stopped = std::chrono::steady_clock::now();
        stop.request_stop();
    });
    const Error error = refused(patient);
    other.join();
    EXPECT_LT(std::chrono::steady_clock::now() - stopped, 5s);
    EXPECT_NE(error.what.find("stopped"), std::string::npos) << error.message();
    EXPECT_EQ(part(), kContent.substr(0, 100'000));
    server.answerWith([](const WebQuestion& q) { return fileAnswer(q, kContent); });
    stop = {};
    EXPECT_EQ(load(order()).resumedFrom, 100'000);
}

TEST_F(Download, StopsWhileItWaitsForTheNextTry) {
    server.answerWith([this](const WebQuestion& q) {
        WebAnswer a = fileAnswer(q, kContent);
        a.cutAfter = 1000;
        stop.request_stop();
        return a;
    });
    DownloadOrder patient = order();
    patient.limits.retries = 3;
    patient.limits.pause = 60s;
    EXPECT_NE(refused(patient).what.find("stopped"), std::string::npos);
}

TEST_F(Download, NoServerAndNoHost) {
    DownloadOrder nobody = order();
    {
        const LocalServer gone([](const WebQuestion&) { return WebAnswer{}; });
        nobody.url = gone.address() + "/x";
    }
    EXPECT_NE(refused(nobody).what.find("does not answer"), std::string::npos);
    nobody.url = "http://nobody.invalid/x";  // RFC 2606: there is no such host
    const Error error = refused(nobody);
    EXPECT_NE(error.what.find("nobody.invalid"), std::string::npos) << error.message();
    EXPECT_NE(error.what.find("not found"), std::string::npos) << error.message();
    expectNothing();
}

TEST_F(Download, AServerThatSpeaksNoTlsIsNotTrusted) {
    DownloadOrder secure = order();
    secure.url.replace(0, 4, "https");
    (void)refused(secure);
    expectNothing();
}

TEST_F(Download, OnlyTheWeb) {
    for (const char* url : {"file:///etc/passwd", "ftp://x/y", "stories.txt", "http://", "https:///x", "http://a b/", "http://a\nb/"}) {
        DownloadOrder bad = order();
        bad.url = url;
        EXPECT_NE(refused(bad).what.find("no address"), std::string::npos) << url;
    }
    EXPECT_TRUE(server.questions().empty());
}

TEST_F(Download, FoldersThatCannotBeWritten) {
    DownloadOrder bad = order();
    writeFile(folder / "file", "x");
    bad.file = folder / "file/stories.txt";
    EXPECT_NE(refused(bad).where.find("stories.txt"), std::string::npos);
    bad.file = folder / "nothing/stories.txt";
    EXPECT_NE(refused(bad).hint.find("folder that is there"), std::string::npos);
    EXPECT_TRUE(server.questions().empty()) << "nothing is asked for that cannot be kept";
    if (::geteuid() == 0) return;  // may write everywhere
    fs::create_directory(folder / "locked");
    fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
    bad.file = folder / "locked/stories.txt";
    EXPECT_NE(refused(bad).hint.find("may write"), std::string::npos);
}

TEST_F(Download, AFileThatNoDiskHolds) {
    DownloadOrder huge = order();
    huge.bytes = std::int64_t{1} << 60;
    const Error error = refused(huge);
    EXPECT_NE(error.what.find("MiB"), std::string::npos) << error.message();
    EXPECT_TRUE(server.questions().empty());
    expectNothing();
}

TEST_F(Download, TwoProgramsDoNotWriteOneFile) {
    const int descriptor = ::open((folder / "stories.txt.part").c_str(), O_RDWR | O_CREAT, 0666);
    ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
    EXPECT_NE(refused(order()).what.find("another program"), std::string::npos);
    ::close(descriptor);
    expectWhole(load(order()));
}

TEST_F(Download, AFileThatIsThereIsChecked) {
    writeFile(folder / "stories.txt", kContent);
    DownloadOrder there = order();
    EXPECT_NE(refused(there).what.find("already"), std::string::npos) << "nothing is known of it";
    there.sha256 = kSum;
    const Downloaded result = load(there);
    EXPECT_TRUE(result.wasThere);
    EXPECT_EQ(result.checked, ChecksumFrom::Order);
    writeFile(folder / "stories.txt", "mine");
    EXPECT_NE(refused(there).what.find("another one"), std::string::npos);
    EXPECT_EQ(readFile(folder / "stories.txt"), "mine");
    EXPECT_TRUE(server.questions().empty());
}

TEST(Addresses, AreShownWithoutAPassword) {
    EXPECT_EQ(shownAddress("https://me:secret@a.example/b@c"), "https://a.example/b@c");
    EXPECT_EQ(shownAddress("https://a.example/b@c"), "https://a.example/b@c");
    EXPECT_EQ(originOf("https://me@a.example:80/b?c"), "https://a.example:80");
    EXPECT_EQ(fileNameOf("https://a.example/x/Tiny%20Stories.txt?download=true"), "Tiny_20Stories.txt");
    EXPECT_EQ(fileNameOf("https://a.example/x/..%2F..%2Fpasswd"), "_2F.._2Fpasswd");
    EXPECT_EQ(fileNameOf("https://a.example/../.."), "stories.txt");
    EXPECT_EQ(fileNameOf("https://a.example"), "stories.txt");
}

TEST(KnownStories, AreWholeAndMirrored) {
    const TempFolder data;
    ::setenv("XDG_DATA_HOME", data.path().c_str(), 1);
    ::unsetenv("LATENTLOOM_MIRROR");
    for (const StoryDownload& s : knownStories()) {
        EXPECT_EQ(s.sha256, checksumFrom(s.sha256));
        EXPECT_TRUE(s.url.starts_with("https://huggingface.co/datasets/roneneldan/TinyStories/resolve/")) << s.url;
        EXPECT_FALSE(s.there);
        const DownloadOrder order = orderFor({s.name, {}, "http://127.0.0.1:9/hf/"});
        EXPECT_EQ(order.url, "http://127.0.0.1:9/hf" + s.url.substr(22));
        EXPECT_EQ(order.bytes, s.bytes);
        EXPECT_EQ(order.file.string(), s.file);
        EXPECT_THROW((void)downloadedStories(s.name), Error);
    }
    ::setenv("LATENTLOOM_MIRROR", "https://mirror.example", 1);
    EXPECT_TRUE(orderFor({"tinystories", {}, {}}).url.starts_with("https://mirror.example/datasets/"));
    EXPECT_TRUE(orderFor({"tinystories", {}, "https://other.example"}).url.starts_with("https://other.example/datasets/"));
    ::unsetenv("LATENTLOOM_MIRROR");
    EXPECT_NE(errorOf([] { (void)orderFor({"tinystories", {}, "mirror"}); }).what.find("no address"), std::string::npos);
    EXPECT_NE(errorOf([] { (void)orderFor({"bigstories", {}, {}}); }).where.find("bigstories"), std::string::npos);
    const DownloadOrder any = orderFor({{}, "https://a.example/b/kites.txt", {}});
    EXPECT_EQ(any.file, data / "latentloom/stories/kites.txt");
    EXPECT_EQ(any.sha256, "");
    writeFile(data / "latentloom/stories/TinyStoriesV2-GPT4-valid.txt.part", "half");
    EXPECT_EQ(knownStoriesNamed("tinystories:valid")->part, 4);
}

/// This program and the engine in a folder of their own, without libloom_download; what a download says there.
TEST(DownloadModule, WhereItIsMissingTheReasonIsSaid) {
    const TempFolder folder;
    fs::copy_file(fs::read_symlink("/proc/self/exe"), folder / "probe");
    for (const char* library : {"libloom_engine.so", "libloom_data.so"})
        fs::copy_file(fs::path(LOOM_BINARY_DIR) / library, folder / library);
    const std::string command = "cd '" + folder.path().string() + "' && LD_LIBRARY_PATH=. ./probe --probe 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string said;
    for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) said += static_cast<char>(c);
    EXPECT_NE(said.find("libloom_download"), std::string::npos) << said;
    EXPECT_NE(said.find("libcurl"), std::string::npos) << said;
    EXPECT_NE(said.find("cannot be loaded"), std::string::npos) << said;
    EXPECT_EQ(downloadMissing(), "");
}

}  // namespace
}  // namespace loom::test

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "--probe") {
        std::cout << loom::downloadMissing() << std::endl;
        try {
            (void)loom::download({"http://127.0.0.1:9/x", "x.txt"}, nullptr, {});
        } catch (const loom::Error& error) {
            std::cout << error.message() << std::endl;
        }
        return 0;
    }
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
