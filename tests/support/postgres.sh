#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A throw-away PostgreSQL cluster for tests.
#
#   postgres.sh start DIR   makes and starts a cluster in DIR (which must not exist, or be empty), on a
#                           free port of 127.0.0.1 and a socket in DIR; prints its URL
#   postgres.sh stop DIR    stops it and removes DIR
#   postgres.sh kill DIR    SIGKILL to all its processes, data kept
#   postgres.sh restart DIR starts it again on the same port
#   postgres.sh freeze DIR | thaw DIR   SIGSTOP, SIGCONT to all its processes
#
# NOFSYNC=1: without fsync (never for a test of durability). PASSWORD=…: password authentication.
# Works as root (the server then runs as user postgres) and as an ordinary user.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || { echo "postgres.sh: no PostgreSQL server is installed (apt-get install postgresql)" >&2; exit 1; }

as_server() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The postmaster and every process under it.
processes() {
  local top
  top=$(head -1 "$1/data/postmaster.pid" 2>/dev/null) || return 0
  echo "$top"
  pgrep -P "$top" || true
}

launch() {
  as_server "$bin/pg_ctl" -D "$1/data" -l "$1/log" -w -t 60 start >/dev/null || { cat "$1/log" >&2; exit 1; }
}

start() {
  local dir=$1 port method=trust
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
  chmod 700 "$dir"
  local arguments=(-D "$dir/data" -U signet -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions)
  if [ -n "${PASSWORD:-}" ]; then
    method=scram-sha-256
    printf '%s\n' "$PASSWORD" >"$dir/password"
    if [ "$(id -u)" = 0 ]; then chown postgres "$dir/password"; fi
    arguments+=(--pwfile="$dir/password")
  fi
  as_server "$bin/initdb" "${arguments[@]}" -A "$method" >"$dir.initdb" 2>&1 || { cat "$dir.initdb" >&2; exit 1; }
  rm -f "$dir.initdb"
  port=$(free_port)
  as_server tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$dir'
max_connections = 200
shared_buffers = 128MB
max_wal_size = 2GB
log_min_messages = warning
fsync = $([ "${NOFSYNC:-0}" = 1 ] && echo off || echo on)
CONF
  launch "$dir"
  echo "postgresql://signet${PASSWORD:+:$PASSWORD}@127.0.0.1:$port/postgres"
}

stop() {
  local dir=$1
  signal CONT "$dir"
  as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}

signal() {
  local ids
  ids=$(processes "$2")
  # shellcheck disable=SC2086 # one word a process
  if [ -n "$ids" ]; then kill -s "$1" $ids 2>/dev/null || true; fi
}

[ $# = 2 ] || { sed -n '4,14s/^# \{0,1\}//p' "$0" >&2; exit 2; }
case $1 in
  start) start "$2" ;;
  stop) stop "$2" ;;
  kill)
    signal KILL "$2"
    # Where nothing reaps the dead, its process number would look alive to the next start.
    rm -f "$2/data/postmaster.pid" "$2"/.s.PGSQL.*
    ;;
  restart) launch "$2" ;;
  freeze) signal STOP "$2" ;;
  thaw) signal CONT "$2" ;;
  *) echo "postgres.sh: unknown command $1" >&2; exit 2 ;;
esac
