#include "cli/sorted_rows.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace hoiku::cli {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10;
// Before each row in the file: the sizes of its key and of the row.
using Sizes = std::array<std::uint32_t, 2>;

int open_temporary() {
  const char* folder = std::getenv("TMPDIR");
  std::string path = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/hoiku-XXXXXX";
  const int descriptor = ::mkstemp(path.data());
  if (descriptor >= 0) ::unlink(path.c_str());
  return descriptor;
}

}  // namespace

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool TemporaryFile::append(std::string_view bytes) {
  if (descriptor_ < 0) descriptor_ = open_temporary();
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    size_ += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void TemporaryFile::read(std::uint64_t place, std::size_t count, std::string& bytes) const {
  const std::size_t had = bytes.size();
  bytes.resize(had + count);
  ssize_t got = 0;
  do {
    got = ::pread(descriptor_, bytes.data() + had, count, static_cast<off_t>(place));
  } while (got < 0 && errno == EINTR);
  if (got <= 0) throw std::system_error(got < 0 ? errno : EIO, std::generic_category(), "the temporary file");
  bytes.resize(had + static_cast<std::size_t>(got));
}

// Sorted rows, from the memory or from a part of the file.
class SortedRows::Source {
 public:
  explicit Source(std::size_t age) : age_(age) {}
  virtual ~Source() = default;
  // Moves to the next row; false after the last one.
  virtual bool advance() = 0;
  std::string_view key() const { return key_; }
  std::string_view row() const { return row_; }
  // The order of the heap. The youngest source has the newest row of a key.
  static bool is_behind(const std::unique_ptr<Source>& a, const std::unique_ptr<Source>& b) {
    const int order = a->key_.compare(b->key_);
    return order != 0 ? order > 0 : a->age_ < b->age_;
  }

 protected:
  std::string_view key_;
  std::string_view row_;

 private:
  std::size_t age_;  // how many sources are older
};

class SortedRows::MemorySource : public Source {
 public:
  MemorySource(const SortedRows& rows, std::size_t age) : Source(age), rows_(rows) {}
  bool advance() override {
    if (next_ == rows_.entries_.size()) return false;
    const Entry& entry = rows_.entries_[next_++];
    key_ = rows_.key_of(entry);
    row_ = std::string_view(rows_.bytes_).substr(entry.begin + entry.key_bytes, entry.row_bytes);
    return true;
  }

 private:
  const SortedRows& rows_;
  std::size_t next_ = 0;
};

class SortedRows::FileSource : public Source {
 public:
  FileSource(const TemporaryFile& file, Run run, std::size_t age) : Source(age), file_(file), run_(run) {}
  bool advance() override {
    begin_ += row_bytes_;
    row_bytes_ = 0;
    if (begin_ == buffer_.size() && run_.begin == run_.end) return false;
    Sizes sizes{};
    fill(sizeof sizes);
    std::memcpy(sizes.data(), buffer_.data() + begin_, sizeof sizes);
    row_bytes_ = sizeof sizes + sizes[0] + sizes[1];
    fill(row_bytes_);
    const std::string_view present = std::string_view(buffer_).substr(begin_ + sizeof sizes);
    key_ = present.substr(0, sizes[0]);
    row_ = present.substr(sizes[0], sizes[1]);
    return true;
  }

 private:
  // Reads on, until the buffer has `bytes` from begin_ on.
  void fill(std::size_t bytes) {
    if (buffer_.size() - begin_ >= bytes) return;
    buffer_.erase(0, std::exchange(begin_, 0));
    while (buffer_.size() < bytes) {
      const std::size_t before = buffer_.size();
      const auto rest = static_cast<std::size_t>(run_.end - run_.begin);
      file_.read(run_.begin, std::min(rest, std::max(bytes - before, buffer_bytes)), buffer_);
      run_.begin += buffer_.size() - before;
    }
  }

  const TemporaryFile& file_;
  Run run_;  // what is not read yet
  std::string buffer_;
  std::size_t begin_ = 0;      // of the present row, in the buffer
  std::size_t row_bytes_ = 0;  // with its key and the sizes
};

SortedRows::SortedRows(std::size_t memory_max) : memory_max_(memory_max) {}
SortedRows::~SortedRows() = default;

void SortedRows::put(std::string_view key, std::string_view row) {
  const std::size_t bytes = bytes_.size() + entries_.size() * sizeof(Entry);
  if (bytes + key.size() + row.size() > memory_max_ && !entries_.empty() && has_file_) has_file_ = write_run();
  entries_.push_back({bytes_.size(), static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(row.size())});
  bytes_ += key;
  bytes_ += row;
}

void SortedRows::clear() {
  bytes_.clear();
  entries_.clear();
  runs_.clear();
}

// Sorts what is in memory. Of rows with one key only the last stays.
void SortedRows::sort_entries() {
  const auto is_before = [this](const Entry& a, const Entry& b) {
    const int order = key_of(a).compare(key_of(b));
    return order != 0 ? order < 0 : a.begin > b.begin;
  };
  const auto have_one_key = [this](const Entry& a, const Entry& b) { return key_of(a) == key_of(b); };
  std::sort(entries_.begin(), entries_.end(), is_before);
  entries_.erase(std::unique(entries_.begin(), entries_.end(), have_one_key), entries_.end());
}

// Moves what is in memory to the file; false if that failed, and it stays.
bool SortedRows::write_run() {
  sort_entries();
  const std::uint64_t begin = file_.size();
  std::string buffer;
  for (const Entry& entry : entries_) {
    const Sizes sizes{entry.key_bytes, entry.row_bytes};
    buffer.append(reinterpret_cast<const char*>(sizes.data()), sizeof sizes);
    buffer.append(bytes_, entry.begin, std::size_t{entry.key_bytes} + entry.row_bytes);
    if (buffer.size() < buffer_bytes) continue;
    if (!file_.append(buffer)) return false;
    buffer.clear();
  }
  if (!file_.append(buffer)) return false;
  runs_.push_back({begin, file_.size()});
  bytes_.clear();
  entries_.clear();
  return true;
}

void SortedRows::begin_reading() {
  is_reading_ = true;
  sort_entries();
  for (const Run& run : runs_) sources_.push_back(std::make_unique<FileSource>(file_, run, sources_.size()));
  sources_.push_back(std::make_unique<MemorySource>(*this, sources_.size()));
  std::erase_if(sources_, [](const auto& source) { return !source->advance(); });
  std::make_heap(sources_.begin(), sources_.end(), Source::is_behind);
}

std::optional<std::string> SortedRows::next() {
  if (!is_reading_) begin_reading();
  if (sources_.empty()) return std::nullopt;
  const std::string key(sources_.front()->key());
  std::string row(sources_.front()->row());
  while (!sources_.empty() && sources_.front()->key() == key) {  // older rows of the key are passed over
    std::pop_heap(sources_.begin(), sources_.end(), Source::is_behind);
    if (sources_.back()->advance()) {
      std::push_heap(sources_.begin(), sources_.end(), Source::is_behind);
    } else {
      sources_.pop_back();
    }
  }
  return row;
}

}  // namespace hoiku::cli
