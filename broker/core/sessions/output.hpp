// output.hpp: builds the next frame of a connection, when its link can take one: until then newer states replace older
// ones.
//
// Promises   a frame that the link could not take is offered again, unchanged, when the link is writable.
// Thread     the core's. Owner: Core; everything is kept by reference.
#pragma once

#include <cstdint>
#include <memory>

#include "broker/core/sessions/lookups.hpp"
#include "broker/core/sessions/peer_table.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/session_table.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/sessions/topic_scan.hpp"
#include "broker/core/topics/commit_log.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class Output {
 public:
  struct Totals {
    std::uint64_t lagged = 0;
    std::uint64_t filtered = 0;  // by filters that were tested when a frame was built
  };

  Output(const Limits& limits, std::uint64_t instance_id, PeerTable& peers, SessionTable& sessions,
         const CommitLog& log, TopicLife& life, RequestLife& requests, TopicScan& scan, Lookups& lookups)
      : limits_(limits),
        instance_id_(instance_id),
        peers_(peers),
        sessions_(sessions),
        log_(log),
        life_(life),
        requests_(requests),
        scan_(scan),
        lookups_(lookups) {}

  // The next frame of a connection; null: there is nothing to be sent, or nothing may be sent yet.
  std::shared_ptr<const proto::ServerFrame> next_frame(Peer& peer);
  // The link could not take the frame that this peer was given last.
  void full(PeerId id);
  void writable(PeerId id);

  const Totals& totals() const noexcept { return totals_; }

 private:
  std::shared_ptr<const proto::ServerFrame> welcome_frame(const Peer& peer, const Session& session) const;
  void build_frame(Session& session);

  const Limits& limits_;
  std::uint64_t instance_id_;
  PeerTable& peers_;
  SessionTable& sessions_;
  const CommitLog& log_;
  TopicLife& life_;
  RequestLife& requests_;
  TopicScan& scan_;
  Lookups& lookups_;
  Totals totals_;
};

}  // namespace hoiku::broker
