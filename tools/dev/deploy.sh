# deploy.sh: the robot in containers. Sourced; needs setup.sh.
# shellcheck shell=bash

# deploy: the robot in containers. Whoever has an engine that runs keeps it; else Debian's own one is installed, and ended
# after the test. Where that fails the test itself says that it is skipped, and why.
deploy_command() {
  local log root=()
  (($# == 0)) || usage_error "deploy does not know '$1'"
  if ! command -v docker-compose >/dev/null || ! timeout 20 docker version >/dev/null 2>&1; then
    (set_up "${engine_packages[@]}")
  fi
  ((EUID == 0)) || ! command -v sudo >/dev/null || root=(sudo env "HOIKU_DEPLOY=${HOIKU_DEPLOY:-}")
  new_log deploy
  "${root[@]}" tests/deploy/containers.sh | tee "$log" ||
    why "$logs/containers.log" "the robot in containers did not pass; why is above, and what the tools said is in $logs/containers.log"
}
