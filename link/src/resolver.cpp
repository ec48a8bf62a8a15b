#include "link/src/resolver.hpp"

#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include <fmt/core.h>

#include "hoiku/async/doorbell.hpp"
#include "hoiku/async/event.hpp"
#include "hoiku/async/sleep.hpp"
#include "hoiku/link/link.hpp"

namespace hoiku::link {
namespace {

using Addresses = std::vector<boost::asio::ip::address>;

// The question about one name. The table's lock guards its members.
struct Lookup {
  bool is_done = false;
  Addresses addresses;
  std::string failure;
  std::vector<Doorbell::Button> waiting;
};

// The questions that have no answer yet. Never destroyed: a thread may come back while the process ends.
struct Table {
  std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<Lookup>> lookups;
};
Table& table() {
  static Table& shared = *new Table;
  return shared;
}

void ask_system(const std::string& host, Lookup& answer) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &first);
  if (error != 0) {
    answer.failure = error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
    return;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(first, ::freeaddrinfo);
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    boost::asio::ip::tcp::endpoint address;
    if (each->ai_addrlen > address.capacity()) continue;
    address.resize(each->ai_addrlen);
    std::memcpy(address.data(), each->ai_addr, each->ai_addrlen);
    answer.addresses.push_back(address.address());
  }
  if (answer.addresses.empty()) answer.failure = "it has no address";
}

void answer(const std::string& host) {
  Lookup found;
  ask_system(host, found);
  const std::lock_guard lock(table().mutex);
  const auto entry = table().lookups.find(host);
  const std::shared_ptr<Lookup> lookup = entry->second;
  table().lookups.erase(entry);
  lookup->is_done = true;
  lookup->addresses = std::move(found.addresses);
  lookup->failure = std::move(found.failure);
  for (const Doorbell::Button& button : lookup->waiting) button.ring();
}

// Starts a thread that takes no signal: they are for the loop's.
void start(const std::string& host) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread(answer, host).detach();
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::shared_ptr<Lookup> look_up(const std::string& host, Doorbell::Button button) {
  const std::lock_guard lock(table().mutex);
  std::shared_ptr<Lookup>& lookup = table().lookups[host];
  if (!lookup) {
    try {
      start(host);
    } catch (const std::system_error&) {
      table().lookups.erase(host);
      throw;
    }
    lookup = std::make_shared<Lookup>();
  }
  lookup->waiting.push_back(std::move(button));
  return lookup;
}

bool is_done(const Lookup& lookup) {
  const std::lock_guard lock(table().mutex);
  return lookup.is_done;
}

}  // namespace

Task<Addresses> resolve(std::string host, std::string endpoint) {
  namespace ip = boost::asio::ip;
  Addresses addresses;
  if (host == "localhost") {
    addresses = {ip::address_v4::loopback(), ip::address_v6::loopback()};
    co_return addresses;
  }
  boost::system::error_code not_a_number;
  addresses.push_back(ip::make_address(host, not_a_number));
  if (!not_a_number) co_return addresses;

  Signal rung;
  const Doorbell bell([&rung] { rung.notify(); });
  std::shared_ptr<Lookup> lookup;
  try {
    lookup = look_up(host, bell.button());
  } catch (const std::system_error& error) {
    throw LinkClosed(fmt::format("the host of {} cannot be resolved: {}", endpoint, error.code().message()));
  }
  co_await checkpoint();  // also if the answer has come already
  while (!is_done(*lookup)) co_await rung.wait();
  if (!lookup->failure.empty())
    throw LinkClosed(fmt::format("the host of {} cannot be resolved: {}", endpoint, lookup->failure));
  co_return lookup->addresses;
}

}  // namespace hoiku::link
