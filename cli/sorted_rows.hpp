// sorted_rows.hpp: rows of text in the order of their keys. What exceeds the memory goes to a temporary file, as in
// sort(1).
//
// Promises   A row replaces an earlier one with the same key.
// Limits     `memory_max` bytes of keys and rows in memory, and 64 KiB for each such amount in the file. If no
//            temporary file can be made or written (in TMPDIR, or /tmp), all rows stay in memory.
// Errors     std::system_error if the temporary file cannot be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hoiku::cli {

// A file without a name, which is gone when it is closed.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // Appends all of `bytes`, or returns false.
  bool append(std::string_view bytes);
  // Appends to `bytes` what the file has at `place`, at most `count` bytes.
  void read(std::uint64_t place, std::size_t count, std::string& bytes) const;
  std::uint64_t size() const noexcept { return size_; }

 private:
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

class SortedRows {
 public:
  explicit SortedRows(std::size_t memory_max = std::size_t{16} << 20);
  ~SortedRows();

  void put(std::string_view key, std::string_view row);
  // Discards all rows.
  void clear();
  bool empty() const noexcept { return entries_.empty() && runs_.empty(); }
  // Whether a temporary file has some of the rows.
  bool uses_a_file() const noexcept { return !runs_.empty(); }

  // Returns the next row, after the last one nothing. After the first call no row is put.
  std::optional<std::string> next();

 private:
  struct Entry {
    std::size_t begin;  // of the key, in bytes_; the row follows it
    std::uint32_t key_bytes;
    std::uint32_t row_bytes;
  };
  // A part of the file, in which the rows are sorted.
  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
  };
  class Source;
  class MemorySource;
  class FileSource;

  std::string_view key_of(const Entry& entry) const {
    return std::string_view(bytes_).substr(entry.begin, entry.key_bytes);
  }
  void sort_entries();
  bool write_run();
  void begin_reading();

  std::size_t memory_max_;
  std::string bytes_;
  std::vector<Entry> entries_;
  TemporaryFile file_;
  std::vector<Run> runs_;
  bool has_file_ = true;  // until writing it fails
  bool is_reading_ = false;
  std::vector<std::unique_ptr<Source>> sources_;  // a heap by key; of equal ones the newest first
};

}  // namespace hoiku::cli
