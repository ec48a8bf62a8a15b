#include "tests/sim/judge/witness/evidence.hpp"

#include "tests/sim/judge/story.hpp"

namespace hoiku::model {

std::string Evidence::time_in_words(TimePoint at) const { return seconds(at - begin.value_or(at)); }

void Evidence::tell(const std::string& line) const {
  if (story) story(time_in_words(now()) + "  " + line);
}

void Evidence::complain(const Session* session, const std::string& text) {
  complaints.push_back(time_in_words(now()) + " " + (session ? session->name : std::string("broker")) + ": " + text);
  tell("!!! " + complaints.back());
}

Session* Evidence::session_of(std::uint64_t peer) {
  const auto token = peers.find(peer);
  if (token == peers.end()) return nullptr;
  const auto session = sessions.find(token->second);
  return session == sessions.end() || session->second.peer != peer ? nullptr : &session->second;
}

TimePoint Evidence::expires_at(const proto::SessionToken& token) const {
  const auto found = sessions.find(token);
  if (found == sessions.end() || found->second.expired) return TimePoint::min();
  return found->second.last_heard + found->second.timeout;
}

}  // namespace hoiku::model
