// listening.hpp: what every link that listens says when it cannot, and the file of a Unix socket before and after.
#pragma once

#include <string>

#include "hoiku/link/link.hpp"
#include "hoiku/proto/error.hpp"

namespace hoiku::link {

// Returns the error of a link that cannot listen at the endpoint `text`: with a reason, or for an errno.
Error cannot_listen(const std::string& text, const std::string& reason);
Error cannot_listen(const std::string& text, int error_number);

// Removes the socket at `path` if its program has ended. Throws Error(unavailable) if no socket can be made there: the
// directory is missing, another program listens there, a file has the name, or this user may not replace it.
void clear_socket_path(const std::string& text, const std::string& path);

// Gives the file of a socket its group and its mode. Call it before listen() where possible: until then nobody can
// connect. Throws Error(unavailable) if there is no such group, or this user may not give the socket to it.
void set_socket_access(const std::string& text, const std::string& path, const SocketAccess& access);

}  // namespace hoiku::link
