// limits.hpp: every bound that a peer can run into, with its default. Each is configurable and has a test.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hoiku {

struct Limits {
  std::size_t topic_name_bytes_max = 255;
  std::size_t topic_segments_max = 16;
  std::size_t message_type_bytes_max = 255;  // of the name of a type of messages
  std::size_t value_bytes_max = std::size_t{1} << 20;
  std::size_t frame_bytes_max = std::size_t{4} << 20;
  std::size_t frame_items_max = 65'536;  // commands, or deliveries, snapshot ends and answers, in one frame
  std::size_t topics_max = 1'000'000;
  std::size_t values_bytes_max = std::size_t{1} << 30;  // of the present values of all topics together
  std::size_t subscriptions_per_session_max = 10'000;   // subscriptions and waits together
  std::size_t slots_per_session_max = 1'000'000;        // topics that all subscriptions of a session match together
  std::size_t composite_topics_max = 64;
  std::size_t commit_topics_max = 64;
  std::size_t sessions_max = 10'000;
  std::size_t requests_in_flight_max = 4096;                    // per session; bounds the answers that wait for it
  std::size_t window_batches = 32;                              // unacknowledged batches per session
  std::size_t unacknowledged_bytes_max = std::size_t{1} << 20;  // per session; one batch is always allowed
  std::size_t answer_bytes_max = std::size_t{16} << 20;   // per session; results of waits, and errors, not sent yet
  std::size_t held_bytes_max = std::size_t{16} << 20;     // per session; predicates, in normal form, and last wills
  std::size_t credit_transitions = 1024;                  // per `every` subscription: sent and not taken by its reader
  std::size_t history_transitions_max = 64;               // per topic, its present state among them
  std::size_t history_bytes_max = std::size_t{64} << 10;  // per topic; one state is always kept
  std::size_t histories_bytes_max = std::size_t{64} << 20;  // of all topics, without their present states
  std::size_t declared_history_max = 65'536;  // transitions that a topic may be declared to keep, whatever they take
  std::size_t schemas_max = 4096;             // types of messages
  std::size_t schema_bytes_max = std::size_t{1} << 20;  // of one type's files
  std::size_t schema_items_max = 32'768;                // all fields of its descriptors
  std::size_t schemas_bytes_max = std::size_t{16} << 20;
  std::size_t turn_commands_max = 4096;
  std::size_t turn_bytes_max = std::size_t{1} << 20;
  std::size_t turn_visits_max = 65'536;                 // topics and past states that readers and waits begin with
  std::size_t list_rows_max = 256;                      // of a page of a list
  std::size_t list_bytes_max = std::size_t{256} << 10;  // likewise; one row is always allowed
  std::size_t list_visits_max = 4096;                   // topics that are looked at for a page
  std::size_t predicate_nodes_max = 64;
  std::size_t predicate_depth_max = 8;
  std::chrono::nanoseconds hold_max{
      std::chrono::hours{24 * 3660}};  // ten years; also of deadlines, leases and intervals
  std::size_t client_name_bytes_max = 255;
  std::chrono::milliseconds session_timeout_min{100};
  std::chrono::milliseconds session_timeout_max{std::chrono::hours{24}};
  std::chrono::milliseconds session_timeout_default{3000};
};

// The largest frame that a client receives, in its link and in its codec: a broker may be set up for larger frames than the
// default.
inline constexpr std::size_t received_frame_bytes_max = std::size_t{64} << 20;

}  // namespace hoiku
