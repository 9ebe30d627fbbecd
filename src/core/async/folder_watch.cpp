#include "core/async/folder_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "core/error.hpp"

#include <sys/inotify.h>

namespace freshet {
namespace asio = boost::asio;

namespace {

constexpr std::uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR;
constexpr std::chrono::milliseconds silence{60};

int open_inotify() {
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) {
    throw Error(ErrorKind::internal, fmt::format("cannot watch folders: {}", std::system_category().message(errno)));
  }
  return fd;
}

}  // namespace

struct FolderWatch::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, Options watched, std::function<void()> on_change)
      : options(std::move(watched)), changed(std::move(on_change)), descriptor(io, open_inotify()), timer(io) {}

  void watch(const std::filesystem::path& folder) {
    const int id = ::inotify_add_watch(descriptor.native_handle(), folder.c_str(), mask);
    if (id >= 0) {
      folders[id] = folder;
    } else if (errno != ENOENT && errno != ENOTDIR) {
      throw Error(ErrorKind::internal,
                  fmt::format("cannot watch {}: {}", folder.string(), std::system_category().message(errno)));
    }
  }

  // Adding a folder twice is harmless: the kernel gives the same watch. New folders are found by looking again.
  void watch_all() {
    watch(options.folder);
    for (const std::string& name : options.subfolders) {
      const std::filesystem::path subfolder = options.folder / name;
      std::error_code error;
      if (!std::filesystem::is_directory(subfolder, error)) continue;
      watch(subfolder);
      for (auto it = std::filesystem::recursive_directory_iterator(subfolder, error);
           !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
        if (it->is_directory(error)) watch(it->path());
      }
    }
  }

  void read() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](auto error) {
      if (error) return;
      if (self->take_events()) self->expect_silence();
      self->read();
    });
  }

  // Empties the queue; true if anything of interest happened.
  bool take_events() {
    alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
    bool interesting = false;
    while (true) {
      const ssize_t size = ::read(descriptor.native_handle(), buffer.data(), buffer.size());
      if (size <= 0) return interesting;
      for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        interesting = concerns_us(*event) || interesting;
        at += sizeof(inotify_event) + event->len;
      }
    }
  }

  [[nodiscard]] bool concerns_us(const inotify_event& event) const {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
    const auto folder = folders.find(event.wd);
    if (folder == folders.end() || event.len == 0) return false;
    const std::string name = event.name;
    if (folder->second != options.folder) return !name.starts_with('.') && !name.ends_with('~');
    const auto named = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    return named(options.files) || named(options.subfolders);
  }

  void expect_silence() {
    timer.expires_after(silence);
    timer.async_wait([self = shared_from_this()](auto error) {
      if (error) return;  // more came; the timer was set anew
      try {
        self->watch_all();
      } catch (const Error&) {
        // Out of watches: what is watched already still is.
      }
      self->changed();
    });
  }

  Options options;
  std::function<void()> changed;
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  std::map<int, std::filesystem::path> folders;
};

FolderWatch::FolderWatch(asio::io_context& io, Options options, std::function<void()> changed)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(changed))) {
  impl_->watch_all();
  impl_->read();
}

FolderWatch::~FolderWatch() {
  boost::system::error_code ignored;
  impl_->descriptor.cancel(ignored);
  impl_->timer.cancel(ignored);
}

}  // namespace freshet
