// clients.hpp: the writer and the reader of each peer, for peer.cpp alone.
#pragma once

#include "bench/peers/peer.hpp"

namespace hoiku::bench {

std::unique_ptr<Writer> make_relay_writer(std::uint16_t port, const WriterOptions& options);
std::unique_ptr<Reader> make_relay_reader(std::uint16_t port);

std::unique_ptr<Writer> make_nats_writer(std::uint16_t port, const WriterOptions& options);
std::unique_ptr<Reader> make_nats_reader(std::uint16_t port);

std::unique_ptr<Writer> make_redis_writer(PeerKind kind, std::uint16_t port, const WriterOptions& options);
std::unique_ptr<Reader> make_redis_reader(PeerKind kind, std::uint16_t port);

std::unique_ptr<Writer> make_mqtt_writer(std::uint16_t port, const WriterOptions& options);
std::unique_ptr<Reader> make_mqtt_reader(std::uint16_t port);

std::unique_ptr<Writer> make_zmq_writer(std::uint16_t port, const WriterOptions& options);
std::unique_ptr<Reader> make_zmq_reader(std::uint16_t port);

#ifdef HOIKU_BENCH_LIBNATS
std::unique_ptr<Writer> make_libnats_writer(PeerKind kind, std::uint16_t port, const WriterOptions& options);
std::unique_ptr<Reader> make_libnats_reader(PeerKind kind, std::uint16_t port);
#endif

}  // namespace hoiku::bench
