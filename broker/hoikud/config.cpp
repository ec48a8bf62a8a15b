#include "broker/hoikud/config.hpp"

#define TOML_EXCEPTIONS 0  // errors are values here
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "broker/hoikud/settings.hpp"
#include "hoiku/link/endpoint.hpp"
#include "hoiku/proto/duration.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::broker {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 20;
constexpr const char* top_keys =
    "listen, insecure, link, socket-mode, socket-group, log-level, session-timeout and the table [limits]";

std::string kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

// Reads the settings of one file; stops at the first error.
class Reader {
 public:
  Reader(const std::string& name, Options& options) : name_(name), options_(options) {}

  Result<void> read(const toml::table& file) {
    for (const auto& [key, node] : file) {
      Result<void> done = read_top(key, node);
      if (!done) return done;
    }
    return {};
  }
  Failure failure(const toml::source_position& at, const std::string& sentence) const {
    return Failure{ErrorCode::invalid_argument, fmt::format("{}:{}:{}: {}", name_, at.line, at.column, sentence)};
  }

 private:
  Failure wrong(const toml::node& node, std::string_view key, const std::string& has, const std::string& allowed) {
    return failure(node.source().begin, fmt::format("{} is {}; it has to be {}", key, has, allowed));
  }
  Failure unknown(const toml::key& key, std::string_view table, const std::string& known) {
    return failure(key.source().begin, fmt::format("unknown key '{}{}'; the keys are {}", table, key.str(), known));
  }

  Result<void> read_top(const toml::key& key, const toml::node& node) {
    const std::string_view name = key.str();
    if (name == "listen") return read_listen(node);
    if (name == "insecure") return read_insecure(node);
    if (name == "link") return read_choice(node, name, link_kinds_text(), parse_link_kind, options_.link);
    if (name == "socket-mode") return read_socket_mode(node);
    if (name == "socket-group") return read_socket_group(node);
    if (name == "log-level") return read_choice(node, name, log_levels_text, parse_log_level, options_.log_level);
    if (name == "session-timeout") return read_timeout(node);
    if (name != "limits") return unknown(key, "", top_keys);
    const toml::table* limits = node.as_table();
    if (limits == nullptr) return wrong(node, "limits", kind_of(node), "a table");
    for (const auto& [limit, value] : *limits) {
      Result<void> done = read_limit(limit, value);
      if (!done) return done;
    }
    return {};
  }

  Result<void> read_listen(const toml::node& node) {
    constexpr const char* allowed = R"(an array of endpoints, such as ["tcp://127.0.0.1:7411"])";
    const toml::array* endpoints = node.as_array();
    if (endpoints == nullptr) return wrong(node, "listen", kind_of(node), allowed);
    if (endpoints->empty()) return wrong(node, "listen", "empty", allowed);
    options_.listen.clear();
    for (const toml::node& entry : *endpoints) {
      const auto* text = entry.as_string();
      if (text == nullptr) return wrong(entry, "an endpoint of listen", kind_of(entry), "a string");
      const auto endpoint = link::parse_network_endpoint(text->get(), link::EndpointUse::listen);
      if (!endpoint) return failure(entry.source().begin, "listen: " + endpoint.failure().message);
      options_.listen.push_back(text->get());
    }
    return {};
  }

  Result<void> read_insecure(const toml::node& node) {
    const auto* value = node.as_boolean();
    if (value == nullptr) return wrong(node, "insecure", kind_of(node), "true or false");
    options_.insecure = value->get();
    return {};
  }

  Result<void> read_socket_mode(const toml::node& node) {
    const std::string allowed = "a string of " + std::string(socket_modes_text);
    const auto* text = node.as_string();
    if (text == nullptr) return wrong(node, "socket-mode", kind_of(node), allowed);
    const auto mode = parse_socket_mode(text->get());
    if (!mode) return wrong(node, "socket-mode", text::quote(text->get()), allowed);
    options_.socket.mode = *mode;
    return {};
  }

  Result<void> read_socket_group(const toml::node& node) {
    const auto* text = node.as_string();
    if (text == nullptr) return wrong(node, "socket-group", kind_of(node), "a group's name, as a string");
    options_.socket.group = text->get();
    return {};
  }

  // Reads one of several names. `parse` returns something that is false for any other text.
  template <class T, class Parse>
  Result<void> read_choice(const toml::node& node, std::string_view key, std::string_view names, Parse parse,
                           T& setting) {
    const std::string allowed = "one of " + std::string(names) + ", as a string";
    const auto* text = node.as_string();
    if (text == nullptr) return wrong(node, key, kind_of(node), allowed);
    const auto choice = parse(text->get());
    if (!choice) return wrong(node, key, text::quote(text->get()), allowed);
    setting = *choice;
    return {};
  }

  Result<void> read_timeout(const toml::node& node) {
    Limits& limits = options_.limits;
    const std::string allowed =
        fmt::format("a string such as \"3s\", from {} to {}", duration_text(limits.session_timeout_min),
                    duration_text(limits.session_timeout_max));
    const auto* text = node.as_string();
    if (text == nullptr) return wrong(node, "session-timeout", kind_of(node), allowed);
    const auto duration = parse_duration(text->get());
    if (!duration || *duration < limits.session_timeout_min || *duration > limits.session_timeout_max)
      return wrong(node, "session-timeout", text::quote(text->get()), allowed);
    limits.session_timeout_default = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
    return {};
  }

  Result<void> read_limit(const toml::key& key, const toml::node& node) {
    const LimitSetting* setting = find_limit(key.str());
    if (setting == nullptr) {
      std::string known;
      for (const LimitSetting& each : limit_settings()) known += (known.empty() ? "" : ", ") + std::string(each.name);
      return unknown(key, "limits.", known);
    }
    const std::string name = "limits." + std::string(setting->name);
    const auto* number = node.as_integer();
    if (number == nullptr) return wrong(node, name, kind_of(node), allowed_text(*setting));
    const std::int64_t count = number->get();
    if (count < 0 || static_cast<std::uint64_t>(count) < setting->least ||
        static_cast<std::uint64_t>(count) > setting->most)
      return wrong(node, name, std::to_string(count), allowed_text(*setting));
    options_.limits.*setting->limit = static_cast<std::size_t>(count);
    return {};
  }

  const std::string& name_;
  Options& options_;
};

// Returns the text as a basic string of TOML.
std::string quoted_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

Result<void> apply_config(std::string_view text, const std::string& name, Options& options) {
  Options changed = options;
  Reader reader(name, changed);
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return reader.failure(error.source().begin, "this is not TOML: " + std::string(error.description()));
  }
  Result<void> done = reader.read(parsed.table());
  if (done) options = std::move(changed);
  return done;
}

Result<void> read_config(const std::string& path, Options& options) {
  const auto refuse = [&](const std::string& why) {
    return Failure{ErrorCode::invalid_argument, "the configuration file " + path + " " + why};
  };
  const auto cannot = [&] { return refuse("cannot be read: " + std::generic_category().message(errno)); };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return cannot();
  std::string text(file_bytes_max + 1, '\0');
  std::size_t size = 0;
  ssize_t count = 0;
  while (size < text.size() && (count = ::read(file, text.data() + size, text.size() - size)) > 0)
    size += static_cast<std::size_t>(count);
  const auto failed = count < 0 ? std::optional(cannot()) : std::nullopt;
  ::close(file);
  if (failed) return *failed;
  if (size > file_bytes_max) return refuse("has more than 1 MiB");
  text.resize(size);
  return apply_config(text, path, options);
}

Result<LogLevel> reread_log_level(const Options& options) {
  const auto refuse = [](const std::string& why) { return Failure{ErrorCode::invalid_argument, why}; };
  if (options.config.empty()) return refuse("there is no configuration file");
  struct stat status {};
  if (::stat(options.config.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return refuse("the configuration file " + options.config + " cannot be read again: it is not a regular file");
  Options read;
  if (const auto done = read_config(options.config, read); !done) return done.failure();
  return options.is_log_level_typed ? options.log_level : read.log_level;
}

std::string config_text(const Options& options) {
  std::string endpoints;
  for (const std::string& endpoint : options.listen)
    endpoints += (endpoints.empty() ? "" : ", ") + quoted_string(endpoint);
  std::string text = fmt::format(
      "# The configuration of hoikud, for hoikud --config FILE. A missing setting has its default; the command line "
      "overrides\n"
      "# the file.\n\n"
      "# Endpoints to listen at: tcp://HOST:PORT or ipc://PATH.\n"
      "listen = [{}]\n\n"
      "# Whether hoikud may listen at endpoints that other machines can reach, without authentication.\n"
      "insecure = {}\n\n"
      "# Who speaks ZeroMQ's protocol: hoikud itself (zmtp), or ZeroMQ's library (libzmq).\n"
      "link = \"{}\"\n\n"
      "# Mode of the files of Unix sockets, such as \"660\": who may write may connect. Empty: the umask decides.\n"
      "socket-mode = \"{}\"\n\n"
      "# Group of the files of Unix sockets. Empty: hoikud's own.\n"
      "socket-group = {}\n\n"
      "# Minimum log level on standard error: {}.\n"
      "log-level = \"{}\"\n\n"
      "# Silence after which a client's session expires, unless the client asks for another time.\n"
      "session-timeout = \"{}\"\n\n"
      "# Maximum numbers of:\n"
      "[limits]\n",
      endpoints, options.insecure, to_string(options.link), socket_mode_text(options.socket.mode),
      quoted_string(options.socket.group), log_levels_text, to_string(options.log_level),
      duration_text(options.limits.session_timeout_default));
  for (const LimitSetting& setting : limit_settings()) {
    const std::string line = fmt::format("{} = {}", setting.name, options.limits.*setting.limit);
    text += fmt::format("{:<42}# {}\n", line, setting.meaning);
  }
  return text;
}

}  // namespace hoiku::broker
