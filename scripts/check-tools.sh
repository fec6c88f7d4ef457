#!/usr/bin/env bash
# A build needs Rust, Node and a C compiler, nothing else. Say what is missing and what to do about it.
set -u
fail() { printf 'weiyin: %s\n' "$1" >&2; exit 1; }
at_least() { # at_least HAVE WANT
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}
command -v cargo >/dev/null || fail 'Rust is missing: install Rust 1.95 or newer (rustup.rs), then run this again.'
rust=$(rustc --version | cut -d' ' -f2)
at_least "$rust" 1.95.0 || fail "Rust $rust is too old: 1.95 or newer is needed (rustup update stable)."
# The versions that Vite, Vitest and ESLint all take by their own word: ^20.19.0 || ^22.13.0 || >=24.
nodes='Node 20.19 or a later 20, 22.13 or a later 22, or 24 or newer'
command -v node >/dev/null || fail "Node is missing: install $nodes, with npm, then run this again."
node=$(node --version) || fail "Node does not start ('node --version' fails): install $nodes, then run this again."
node=${node#v}
case $node in
20.*) at_least "$node" 20.19.0 ;;
22.*) at_least "$node" 22.13.0 ;;
*) at_least "$node" 24.0.0 ;;
esac || fail "Node $node cannot build the pages: install $nodes, then run this again."
command -v npm >/dev/null || fail 'npm is missing: it comes with Node; install both.'
cc=${CC:-cc}
command -v "$cc" >/dev/null || fail 'A C compiler is missing (SQLite is compiled): install gcc or clang.'
