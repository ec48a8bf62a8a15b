#include "hoiku/proto/transition_view.hpp"

namespace hoiku {

TransitionView::TransitionView(const Transition& transition) noexcept
    : topic(transition.topic),
      version(transition.version),
      revision(transition.revision),
      value(transition.value),
      changed_at(transition.changed_at),
      writer(transition.writer),
      quality(transition.quality),
      source_time(transition.source_time) {}

Transition TransitionView::copy() const {
  Transition made;
  made.topic = topic;
  made.version = version;
  made.revision = revision;
  made.value = value.copy();
  made.changed_at = changed_at;
  made.writer = writer;
  made.quality = quality;
  made.source_time = source_time;
  return made;
}

}  // namespace hoiku
