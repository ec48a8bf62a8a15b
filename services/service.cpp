#include "services/service.hpp"

#include <CLI/CLI.hpp>

#include "hoiku/link/endpoint.hpp"
#include "services/command_line.hpp"

namespace hoiku::services {

void add_endpoint_option(CLI::App& app, ServiceOptions& options) {
  const Result<std::string> from_environment = link::endpoint_from_environment();
  options.endpoint = from_environment ? *from_environment : std::string(link::default_endpoint);
  app.add_option("--endpoint", options.endpoint,
                 "Broker: tcp://HOST:PORT or ipc://PATH; HOIKU_ENDPOINT sets the default")
      ->check([](const std::string& typed) {
        const auto endpoint = link::parse_network_endpoint(typed, link::EndpointUse::connect);
        return endpoint ? std::string() : endpoint.failure().message;
      })
      ->type_name("ENDPOINT")
      ->capture_default_str();
  app.callback([&app, from_environment] {
    if (app.count("--endpoint") == 0 && !from_environment)
      throw CLI::ValidationError(from_environment.failure().message);
  });
}

std::optional<ServiceOptions> parse_service_options(int argc, const char* const* argv, const std::string& name,
                                                    const std::string& description, int& status) {
  ServiceOptions options;
  CLI::App app(name + ": " + description, name);
  app.footer("\nExamples:\n  " + name + "\n  " + name + " --endpoint ipc:///run/hoiku.sock\n");
  add_endpoint_option(app, options);
  if (!parse_command_line(app, argc, argv, status)) return std::nullopt;
  return options;
}

}  // namespace hoiku::services
