#!/usr/bin/env bash
# shared.sh BUILD: installs the libraries of BUILD, a build with BUILD_SHARED_LIBS, below it. Checks their names, what
# they export, that the installed programs find them, and that a plug-in finds and uses them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd)
prefix=$build/prefix
consumer=$build/consumer

fail() {
  printf 'FAILED: %s\n' "$*"
  exit 1
}

rm -rf "$prefix"
cmake --install "$build" --prefix "$prefix" >/dev/null
for name in async proto link client broker testing virtual_time; do
  library=$(find "$prefix" -name "libhoiku_$name.so")
  [[ -n $library ]] || fail "there is no libhoiku_$name.so"
  soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
  [[ $soname == "libhoiku_$name.so.0.1" ]] || fail "the soname of $library is '$soname'"
  # The defined functions and data (capital letters, not weak) have to be ours, and in no inner namespace.
  symbols=$(nm --dynamic --defined-only --demangle "$library" | sed -nE 's/^[0-9a-f]+ [TDBR] //p')
  grep -q 'hoiku::' <<<"$symbols" || fail "$library exports nothing"
  ! grep -vE 'hoiku::|^_init$|^_fini$' <<<"$symbols" || fail "$library exports what is not ours"
  ! grep -E '^[^(]*hoiku::(broker|predicate|schema|wire|v1)::' <<<"$symbols" || fail "$library exports its inside"
done
[[ -z $(find "$prefix" -name '*.a') ]] || fail "static libraries are installed too: $(find "$prefix" -name '*.a')"
for program in hoikud hoiku; do
  "$prefix/bin/$program" --version || fail "$program does not start"
done

cmake --fresh -S "$here/consumer" -B "$consumer" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Debug
cmake --build "$consumer" --target plugin host
"$consumer/host" "$consumer/plugin.so" || fail "the plug-in does not work"
