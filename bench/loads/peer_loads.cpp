// peer_loads.cpp: the loads on a peer: blocking calls on sockets.
#include <poll.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <thread>

#include "bench/loads/loads.hpp"
#include "bench/loads/tally.hpp"

namespace hoiku::bench {
namespace {

constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;
constexpr std::int64_t pause_ns = 50'000;  // of a writer whose window is full
constexpr std::uint64_t burst = 64;        // values between two looks at clock and window
const Topics one_topic;

void sleep_until(std::int64_t moment) {
  const timespec at{static_cast<std::time_t>(moment / nanoseconds_a_second),
                    static_cast<long>(moment % nanoseconds_a_second)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
  }
}

std::uint64_t publish_at_a_rate(Writer& writer, const Load& load) {
  const auto period = static_cast<std::int64_t>(static_cast<double>(nanoseconds_a_second) / load.rate);
  std::int64_t due = monotonic_nanoseconds();
  Stamp stamp;
  for (std::uint64_t number = 1; number <= load.values; ++number) {
    due = std::max(due + period, monotonic_nanoseconds());  // a moment that was missed is not made up for
    sleep_until(due);
    stamp.number = number | (number == load.values ? Stamp::last_mark : 0);
    stamp.made = monotonic_nanoseconds();
    writer.publish(one_topic.prefix, stamped(stamp, load.size));
    if (number == load.warm_up) tell_driver("measuring");
  }
  return load.values;
}

std::uint64_t publish_at_full_speed(Writer& writer, const Load& load, Board& board) {
  Window window(board, load.followed, load.window);
  const std::int64_t end = monotonic_nanoseconds() + load.duration.count();
  std::string value = stamped(Stamp(), load.size);
  Stamp stamp;
  std::uint64_t number = 0;
  while (!stamp.is_last()) {
    const bool is_time = monotonic_nanoseconds() >= end;
    for (std::uint64_t i = 0; i < burst && !stamp.is_last(); ++i) {
      stamp.number = ++number | (is_time ? Stamp::last_mark : 0);
      value.replace(0, sizeof stamp, reinterpret_cast<const char*>(&stamp), sizeof stamp);
      writer.publish(one_topic.prefix, value);
    }
    board.writer().newest.store(number, std::memory_order_relaxed);
    if (!window.is_full(number)) continue;
    writer.flush();
    while (window.is_full(number)) {
      sleep_until(monotonic_nanoseconds() + pause_ns);
      window.check_progress();
    }
  }
  return number;
}

// Reads with one reader until it has all.
void read_alone(Reader& reader, Tally& tally) {
  while (!tally.is_complete()) reader.receive([&](std::string_view, std::string_view value) { tally.take(value); });
}

// Reads with all readers in this thread.
void read_together(std::vector<std::unique_ptr<Reader>>& readers, std::vector<Tally>& tallies) {
  std::vector<pollfd> sockets;
  for (const auto& reader : readers) sockets.push_back({reader->descriptor(), POLLIN, 0});
  std::size_t left = readers.size();
  while (left > 0) {
    if (::poll(sockets.data(), sockets.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      if (sockets[i].revents == 0) continue;
      Tally& tally = tallies[i];
      readers[i]->receive([&](std::string_view, std::string_view value) { tally.take(value); });
      if (!tally.is_complete()) continue;
      sockets[i].fd = -1;
      --left;
    }
  }
}

// Each in a thread of its own, for the libraries that wait in their own way.
void read_in_threads(std::vector<std::unique_ptr<Reader>>& readers, std::vector<Tally>& tallies) {
  std::vector<std::exception_ptr> errors(readers.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < readers.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        read_alone(*readers[i], tallies[i]);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

void read_all(std::vector<std::unique_ptr<Reader>>& readers, std::vector<Tally>& tallies) {
  if (readers.size() == 1) return read_alone(*readers.front(), tallies.front());
  if (readers.front()->descriptor() < 0) return read_in_threads(readers, tallies);
  read_together(readers, tallies);
}

void follow_until_it_breaks(PeerKind peer, const Load& load, const Topics& topics, Followed& followed) {
  const Take take = [&](std::string_view topic, std::string_view value) { followed.take(topic, value); };
  const auto reader = connect_reader(peer, load.port);
  reader->subscribe(topics, take);
  tell_driver("ready");
  for (;;) reader->receive(take);
}

}  // namespace

int publish_to_peer(PeerKind peer, const Load& load) {
  Board board(load.board);
  WriterOptions options;
  options.at_once = load.rate > 0;
  const auto writer = connect_writer(peer, load.port, options);
  const std::int64_t began = monotonic_nanoseconds();
  const std::uint64_t count =
      load.rate > 0 ? publish_at_a_rate(*writer, load) : publish_at_full_speed(*writer, load, board);
  writer->flush();
  tell_driver("published");
  tell_published(count, began, monotonic_nanoseconds());
  return 0;
}

int read_from_peer(PeerKind peer, const Load& load) {
  Board board(load.board);
  std::vector<std::unique_ptr<Reader>> readers;
  std::vector<Tally> tallies;
  for (std::size_t i = 0; i < load.readers; ++i) {
    readers.push_back(connect_reader(peer, load.port));
    tallies.emplace_back(Tally::Expected{load.size, load.warm_up}, board.reader(load.first + i));
    Tally& tally = tallies.back();
    readers.back()->subscribe(one_topic, [&](std::string_view, std::string_view value) { tally.take(value); });
  }
  tell_driver("ready");
  try {
    read_all(readers, tallies);
  } catch (const std::exception& error) {
    tell_driver(std::string("stopped: ") + error.what());
  }
  tell_tallies(tallies);
  return 0;
}

int set_at_peer(PeerKind peer, const Load& load) {
  WriterOptions options;
  options.acknowledged = true;
  options.at_once = load.in_flight == 1;
  const auto writer = connect_writer(peer, load.port, options);
  const std::int64_t began = monotonic_nanoseconds();
  const std::int64_t end = began + load.duration.count();
  Stamp stamp;
  std::size_t in_flight = 0;
  while (monotonic_nanoseconds() < end) {
    for (; in_flight < load.in_flight; ++in_flight) {
      ++stamp.number;
      writer->publish(one_topic.prefix, stamped(stamp, load.size));
    }
    writer->flush();
    in_flight -= writer->await_acknowledgements();
  }
  while (in_flight > 0) in_flight -= writer->await_acknowledgements();
  tell_sets(stamp.number, monotonic_nanoseconds() - began);
  return 0;
}

int fill_peer(PeerKind peer, const Load& load) {
  WriterOptions options;
  options.acknowledged = options.kept = true;
  const auto writer = connect_writer(peer, load.port, options);
  const Topics topics{"bench/kept", load.topics};
  Stamp stamp;
  stamp.number = load.number;
  const std::string value = stamped(stamp, load.size);
  constexpr std::size_t in_flight_max = 1000;
  const std::int64_t began = monotonic_nanoseconds();
  std::size_t in_flight = 0;
  for (std::size_t i = 0; i < topics.count; ++i, ++in_flight) {
    for (; in_flight >= in_flight_max; in_flight -= writer->await_acknowledgements()) writer->flush();
    writer->publish(topics.name(i), value);
  }
  writer->flush();
  while (in_flight > 0) in_flight -= writer->await_acknowledgements();
  tell_sets(topics.count, monotonic_nanoseconds() - began);
  return 0;
}

int follow_peer(PeerKind peer, const Load& load) {
  const Topics topics{"bench/kept", load.topics};
  Followed followed(load.topics);
  for (;;) {
    try {
      follow_until_it_breaks(peer, load, topics, followed);
    } catch (const std::exception& error) {
      tell_driver(std::string("broken: ") + error.what());
      sleep_until(monotonic_nanoseconds() + 1'000'000);
    }
  }
}

int idle_at_peer(PeerKind peer, const Load& load) {
  const long before = resident_kilobytes();
  std::vector<std::unique_ptr<Reader>> readers;
  const auto sessions = static_cast<std::size_t>(load.sessions);
  for (std::size_t i = 0; i < sessions; ++i) {
    readers.push_back(connect_reader(peer, load.port));
    const Topics own{"bench/idle/" + std::to_string(load.first + i), 1};
    readers.back()->subscribe(own, [](std::string_view, std::string_view) {});
  }
  tell_connected(resident_kilobytes() - before);
  sleep_until(monotonic_nanoseconds() + load.duration.count());
  tell_lost(0);
  return 0;
}

}  // namespace hoiku::bench
