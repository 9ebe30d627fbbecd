#pragma once
// Says when files of a folder change (Linux inotify). Changes that come together are told once, after a short silence,
// since editors and version control touch many files in a burst.

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace freshet {

class FolderWatch {
 public:
  /// What to watch: files directly in `folder` that are named in `files`, and everything below its `subfolders` (which
  /// may come into being later). `changed` is called on `io`. Throws Error(internal) if the system has no watches left.
  struct Options {
    std::filesystem::path folder;
    std::vector<std::string> files;
    std::vector<std::string> subfolders;
  };
  FolderWatch(boost::asio::io_context& io, Options options, std::function<void()> changed);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace freshet
