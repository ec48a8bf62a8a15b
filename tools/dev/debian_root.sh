# debian_root.sh: makes the files of a minimal Debian with debootstrap. Sourced by dev and tests/deploy/engine.sh.
#
# Promises   the packages come from the machine's own apt sources, whose names are not printed.
# shellcheck shell=bash

# make_debian_root SUITE FOLDER: makes a minimal root of a release (bookworm, trixie), in which apt can install more.
make_debian_root() {
  local suite=$1 folder=$2 own mirror
  # shellcheck source=/dev/null
  own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' "Codename: $own" | head -n 1)
  [[ -n $own && -n $mirror ]] || return 1
  rm -rf --one-file-system "$folder"
  timeout 600 debootstrap --variant=minbase "$suite" "$folder" "$mirror" >/dev/null 2>&1 &&
    give_apt_configuration "$own" "$suite" "$folder"
}

# give_apt_configuration OWN SUITE FOLDER: copies into FOLDER the apt sources of this machine, whose release is OWN, and
# its settings for fetching. As in Debian's images, dpkg does not wait for the disk there: the root is thrown away.
give_apt_configuration() {
  local own=$1 suite=$2 folder=$3 file
  printf 'force-unsafe-io\n' >"$folder/etc/dpkg/dpkg.cfg.d/unsafe-io"
  rm -f "$folder/etc/apt/sources.list"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list; do
    [[ ! -f $file ]] || sed "s/\b$own\b/$suite/g" "$file" >"$folder$file" || return 1
  done
  for file in /etc/apt/apt.conf.d/*; do
    ! grep -q 'Acquire::' "$file" || cp "$file" "$folder$file" || return 1
  done
}
