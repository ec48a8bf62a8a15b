#include "bench/peers/peer.hpp"

#include <array>
#include <stdexcept>

#include "bench/peers/clients.hpp"

namespace hoiku::bench {
namespace {

struct Named {
  std::string_view name;
  PeerKind kind;
};

constexpr std::array all{
    Named{"relay", PeerKind::relay},
    Named{"nats", PeerKind::nats},
    Named{"redis", PeerKind::redis},
    Named{"redis-set", PeerKind::redis_set},
    Named{"mosquitto", PeerKind::mosquitto},
    Named{"zeromq", PeerKind::zeromq},
    Named{"nats-client", PeerKind::nats_client},
    Named{"nats-kv", PeerKind::nats_kv},
};

constexpr bool needs_libnats(PeerKind kind) { return kind == PeerKind::nats_client || kind == PeerKind::nats_kv; }

#ifdef HOIKU_BENCH_LIBNATS
constexpr bool has_libnats = true;
#else
constexpr bool has_libnats = false;
std::unique_ptr<Writer> make_libnats_writer(PeerKind, std::uint16_t, const WriterOptions&) { return nullptr; }
std::unique_ptr<Reader> make_libnats_reader(PeerKind, std::uint16_t) { return nullptr; }
#endif

void check_built(PeerKind kind) {
  if (needs_libnats(kind) && !has_libnats) throw std::runtime_error("this program was built without libnats");
}

}  // namespace

std::optional<PeerKind> parse_peer_kind(std::string_view name) {
  for (const Named& each : all) {
    if (each.name == name) return each.kind;
  }
  return std::nullopt;
}

std::vector<std::string> peer_names() {
  std::vector<std::string> names;
  for (const Named& each : all) {
    if (has_libnats || !needs_libnats(each.kind)) names.emplace_back(each.name);
  }
  return names;
}

std::unique_ptr<Writer> connect_writer(PeerKind kind, std::uint16_t port, const WriterOptions& options) {
  check_built(kind);
  switch (kind) {
    case PeerKind::relay:
      return make_relay_writer(port, options);
    case PeerKind::nats:
      return make_nats_writer(port, options);
    case PeerKind::redis:
    case PeerKind::redis_set:
      return make_redis_writer(kind, port, options);
    case PeerKind::mosquitto:
      return make_mqtt_writer(port, options);
    case PeerKind::zeromq:
      return make_zmq_writer(port, options);
    case PeerKind::nats_client:
    case PeerKind::nats_kv:
      return make_libnats_writer(kind, port, options);
  }
  throw std::logic_error("no such peer");
}

std::unique_ptr<Reader> connect_reader(PeerKind kind, std::uint16_t port) {
  check_built(kind);
  switch (kind) {
    case PeerKind::relay:
      return make_relay_reader(port);
    case PeerKind::nats:
      return make_nats_reader(port);
    case PeerKind::redis:
    case PeerKind::redis_set:
      return make_redis_reader(kind, port);
    case PeerKind::mosquitto:
      return make_mqtt_reader(port);
    case PeerKind::zeromq:
      return make_zmq_reader(port);
    case PeerKind::nats_client:
    case PeerKind::nats_kv:
      return make_libnats_reader(kind, port);
  }
  throw std::logic_error("no such peer");
}

}  // namespace hoiku::bench
