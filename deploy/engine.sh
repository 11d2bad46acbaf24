#!/usr/bin/env bash
# Make sure that a Docker Engine and Compose answer on this Debian or Ubuntu machine: install them from its packages
# where they are missing, start the engine where none runs. Says what it did; status 1 and a plain word where it cannot.
# Usage: deploy/engine.sh          (as root)
set -euo pipefail

fail() {
	printf 'no Docker Engine: %s\n' "$1" >&2
	exit 1
}
answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
compose() { docker-compose version >/dev/null 2>&1 || docker compose version >/dev/null 2>&1; }

missing=()
command -v dockerd >/dev/null || answers || missing+=(docker.io)
compose || missing+=(docker-compose)
command -v debootstrap >/dev/null || missing+=(debootstrap)
if [ "${#missing[@]}" -gt 0 ]; then
	[ "$(id -u)" -eq 0 ] || fail "${missing[*]} must be installed, which needs root"
	echo "Installing Debian packages: ${missing[*]}"
	apt-get update -qq </dev/null || fail "the package lists cannot be read"
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" iptables </dev/null >/dev/null ||
		fail "apt could not install ${missing[*]}"
fi

if ! answers; then
	[ "$(id -u)" -eq 0 ] || fail "none answers, and starting one needs root"
	log="${TMPDIR:-/tmp}/doorstep-dockerd.log"
	setsid dockerd >"$log" 2>&1 </dev/null &
	for _ in $(seq 120); do
		if answers; then
			echo "Started a Docker Engine (process $!, its log: $log)"
			exit 0
		fi
		kill -0 "$!" 2>/dev/null || break
		sleep 0.5
	done
	tail -n 5 "$log" >&2
	fail "dockerd does not start here (see above)"
fi
