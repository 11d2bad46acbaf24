#!/usr/bin/env bash
# Install what Doorstep needs to run natively and be tested on Debian 12 or Ubuntu. Safe to run again: the second
# time it looks at a stamp and ends at once. Called by `make setup`.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON="${PYTHON:-python3}"
VENV="${VENV:-.venv}"
STAMP="${STAMP:-$VENV/.doorstep-setup}"
PACKAGES=(rabbitmq-server prometheus prometheus-alertmanager python3-venv)

fail() {
	printf 'make setup: %s\n' "$1" >&2
	exit 1
}

missing_packages() {
	local package
	for package in "${PACKAGES[@]}"; do
		dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
	done
	# mongod comes as a Python package, which cannot name what it needs of the system. The file is looked for, since
	# newer releases provide it by a package of another name.
	/sbin/ldconfig -p | grep -q 'libcurl\.so\.4 ' || echo libcurl4
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -- "$@"; fi
}

# Debian starts a service when its package is installed. Ours run privately under `make up` only, so a policy says no
# (status 101) while apt works; whatever policy was there before is put back.
install_packages() {
	command -v apt-get >/dev/null || fail "this is neither Debian nor Ubuntu; install these by hand: $*"
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
		fail "these Debian packages are missing, and installing them needs root or sudo: $*"
	echo "Installing Debian packages: $*"
	as_root bash -s -- "$@" <<'ROOT' || fail "apt could not install: $* (see above; is there a network?)"
set -euo pipefail
policy=/usr/sbin/policy-rc.d
kept="$(mktemp -d)"
restore() {
	rm -f "$policy"
	if [ -e "$kept/policy" ] || [ -L "$kept/policy" ]; then mv "$kept/policy" "$policy"; fi
	rmdir "$kept"
}
trap restore EXIT
if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$kept/policy"; fi
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null
apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
# Nor may the next boot start what was installed just now; what was there before is left alone.
if [ -d /run/systemd/system ]; then
	for package in "$@"; do
		systemctl disable --quiet "$package" 2>/dev/null || true
		if [ "$package" = rabbitmq-server ]; then systemctl disable --quiet epmd.socket 2>/dev/null || true; fi
	done
fi
ROOT
}

fingerprint() {
	{ cat pyproject.toml requirements-dev.lock deploy/setup.sh; pwd; } | sha256sum | cut -d' ' -f1
}

install_python_packages() {
	"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
		fail "Python 3.11 or later is needed, $PYTHON is $("$PYTHON" -V 2>&1); choose one: make setup PYTHON=python3.12"
	if [ ! -x "$VENV/bin/python" ]; then
		echo "Making $VENV"
		"$PYTHON" -m venv "$VENV" || fail "$PYTHON cannot make a virtual environment"
	fi
	# Errors only: pip would warn of every index that this machine adds, setuptools that an editable install is editable.
	echo "Installing the locked Python packages"
	"$VENV/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock ||
		fail "pip could not install requirements-dev.lock (see above; is there a network?)"
	"$VENV/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
}

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi

wanted="$(fingerprint)"
if [ ! -f "$STAMP" ] || [ "$(cat "$STAMP")" != "$wanted" ]; then
	install_python_packages
	echo "$wanted" >"$STAMP"
fi
