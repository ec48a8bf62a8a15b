// listening.hpp: what every link that listens says when it cannot, and checks before it does.
#pragma once

#include <string>

#include "hoiku/proto/error.hpp"

namespace hoiku::link {

// Returns the error of a link that cannot listen at the endpoint `text`: with a reason, or for an errno.
Error cannot_listen(const std::string& text, const std::string& reason);
Error cannot_listen(const std::string& text, int error_number);

// Throws Error(unavailable) if a socket cannot be made at `path`: its directory is missing, another program listens
// there, or a file has the name. A socket whose program has ended is no obstacle.
void check_socket_path(const std::string& text, const std::string& path);

}  // namespace hoiku::link
