#!/bin/sh
# Can this machine carry Doorstep? Looks, changes nothing. Each line says ok, warn or FAIL, and what to do; status 1 when
# something fails. Minimum and growth are measured: docs/operations.md, "What it needs".
# Usage: sh deploy/preflight.sh          (from the folder with docker-compose.yml, whose .env it reads)
set -u
cd "$(dirname "$0")/.." || exit 1

failed=0
ok() { printf 'ok    %s\n' "$1"; }
warn() { printf 'warn  %s\n' "$1"; }
bad() { printf 'FAIL  %s\n' "$1" && failed=1; }

# Of .env, unless the environment says otherwise, as docker-compose reads it.
setting() { # name, default
	eval "value=\${$1:-}"
	[ -n "$value" ] || value="$(sed -n "s/^$1=//p" .env 2>/dev/null | tail -n 1)"
	printf '%s' "${value:-$2}"
}
at_least() { # version, lowest
	[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

processor() {
	case "$(uname -m)" in
	x86_64)
		if grep -q '^flags.* avx' /proc/cpuinfo; then
			ok "processor: x86_64 with AVX, $(grep -c ^processor /proc/cpuinfo) cores"
		else
			bad "processor: no AVX, which MongoDB needs; a virtual machine must pass the host's processor through"
		fi
		;;
	*) bad "processor: $(uname -m); the images are for x86_64" ;;
	esac
}

memory() {
	mib=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
	if [ "$mib" -lt 1900 ]; then
		bad "memory: $mib MiB; at least 2 GiB, better 4"
	elif [ "$mib" -lt 3800 ]; then
		warn "memory: $mib MiB; enough to try it out, 4 GiB for a county"
	else
		ok "memory: $mib MiB"
	fi
}

disk() {
	folder="$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)"
	[ -d "$folder" ] || folder=/var/lib
	gib=$(($(df -Pk "$folder" | awk 'NR == 2 {print $4}') / 1048576))
	if [ "$gib" -lt 5 ]; then
		bad "disk: $gib GiB left at $folder; at least 5, better 20"
	elif [ "$gib" -lt 20 ]; then
		warn "disk: $gib GiB left at $folder; 20 carry a county for some years"
	else
		ok "disk: $gib GiB left at $folder"
	fi
}

engine() {
	version="$(docker version --format '{{.Server.Version}}' 2>/dev/null)"
	if [ -z "$version" ]; then
		if command -v docker >/dev/null; then
			bad "Docker: installed, but no engine answers: systemctl start docker; or you may not speak to it: use sudo"
		else
			bad "Docker: not installed: apt-get install docker.io docker-compose"
		fi
	elif at_least "$version" 20.10; then
		ok "Docker Engine $version"
	else
		bad "Docker Engine $version; 20.10 or later is needed"
	fi
	version="$(docker compose version --short 2>/dev/null || docker-compose version --short 2>/dev/null)"
	version="${version#v}"
	if [ -z "$version" ]; then
		bad "Compose: not installed: apt-get install docker-compose"
	elif at_least "$version" 1.29; then
		ok "Compose $version"
	else
		bad "Compose $version; 1.29 or later is needed"
	fi
}

listens() { # port: whether somebody listens on it
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf '%04X' "$1")" \
		'$4 == "0A" {n = split($2, at, ":"); if (at[n] == port) found = 1} END {exit !found}'
}

port() { # number, what for, setting
	case "$1" in
	'' | *[!0-9]*) bad "port of $2: \"$1\" is no number; $3 in .env" && return ;;
	esac
	if [ "$1" -lt 1 ] || [ "$1" -gt 65535 ]; then
		bad "port of $2: $1 is no port; $3 in .env"
	elif ! listens "$1"; then
		ok "port $1 is free for $2"
	elif docker ps --filter "publish=$1" --format '{{.Names}}' 2>/dev/null | grep -q "$2"; then
		ok "port $1: $2 is running"
	else
		bad "port $1, meant for $2, is in use; choose another by $3 in .env"
	fi
}

ports() {
	port "$(setting DOORSTEP_EDGE_PORT 8080)" edge DOORSTEP_EDGE_PORT
	port "$(setting DOORSTEP_EDGE_TLS_PORT 8443)" edge DOORSTEP_EDGE_TLS_PORT
	case ",$(setting COMPOSE_PROFILES '')," in
	*,amqps,*) port "$(setting DOORSTEP_AMQPS_PORT 5671)" amqps DOORSTEP_AMQPS_PORT ;;
	esac
}

clock() {
	if [ "$(date +%Y)" -lt 2026 ]; then
		bad "clock: it is $(date +%F) here, which cannot be; set it before anything is counted"
	elif [ "$(timedatectl show --property NTPSynchronized --value 2>/dev/null)" = no ]; then
		warn "clock: $(date '+%F %T %Z'), set by nobody; let chrony or systemd-timesyncd do it"
	else
		ok "clock: $(date '+%F %T %Z')"
	fi
	zone="$(setting DOORSTEP_TIMEZONE Asia/Shanghai)"
	if [ -d /usr/share/zoneinfo ] && [ ! -f "/usr/share/zoneinfo/$zone" ]; then
		bad "time zone: $zone is unknown; DOORSTEP_TIMEZONE in .env"
	else
		ok "time zone: $zone"
	fi
}

# shellcheck disable=SC2016  # it is the file that says ${…}
secret_files="$(sed -n 's|^ *file: ${DOORSTEP_SECRETS:[^}]*}/||p' docker-compose.yml)"
secrets() {
	if [ ! -f .env ]; then
		bad "settings: there is no .env; make secrets (in a bundle: ./doorstep.sh load) makes it"
		return
	fi
	folder="$(setting DOORSTEP_SECRETS '')"
	if [ -z "$folder" ] || [ ! -d "$folder" ]; then
		bad "secrets: DOORSTEP_SECRETS in .env is \"$folder\", which is no folder; make secrets makes it"
		return
	fi
	case "$(stat -c %a "$folder")" in
	700 | 500) ;;
	*) bad "secrets: others may look into $folder: chmod 700 $folder" ;;
	esac
	[ -z "$(setting DOORSTEP_SMTP_URL '')" ] ||
		bad "secrets: DOORSTEP_SMTP_URL in .env is not read any more: its place is $folder/smtp_url; remove the line"
	for name in $secret_files; do
		file="$folder/$name"
		if [ -d "$file" ]; then
			bad "secrets: $file is a folder, as Docker makes one where a file is missing: rmdir it, then make secrets"
		elif [ "$name" = smtp_url ] && [ -f "$file" ] && [ ! -s "$file" ]; then
			warn "mail: $file is empty, so that mail is recorded as undeliverable"
		elif [ ! -s "$file" ]; then
			bad "secrets: $file is missing or empty; make secrets makes what is missing"
		elif [ "$name" != smtp_url ] && [ "$(wc -c <"$file")" -lt 20 ]; then
			bad "secrets: $file is too short to be safe; remove it before the first start, then make secrets"
		elif [ "$(stat -c %a "$file")" != 444 ]; then
			bad "secrets: $file has mode $(stat -c %a "$file"), so that containers cannot read it or others may change it: chmod 444 $file"
		fi
	done
	[ "$failed" -ne 0 ] || ok "secrets: all there in $folder, closed to others"
}

images() {
	# shellcheck disable=SC2016  # it is the file that says ${…}
	by_tag="$(sed -n 's/^ *image: ${\(DOORSTEP_[A-Z_]*\):-\(.*\)}$/\1 \2/p' docker-compose.yml | sort -u | while read -r name default; do
		case "$(setting "$name" "$default")" in *@sha256:* | doorstep/*) ;; *) printf ' %s' "$(setting "$name" "$default")" ;; esac
	done)"
	if [ -n "$by_tag" ]; then
		warn "images: taken by a tag, which a registry may move:$by_tag; once pulled and tried, ./doorstep.sh pin keeps them"
	else
		ok "images: each is pinned by its digest, or was built or loaded here"
	fi
}

files() {
	closed="$(find docker-compose.yml deploy docs/openapi.json docs/asyncapi.json \( -type f ! -perm -004 -o -type d ! -perm -005 \) \
		2>/dev/null | head -n 1)"
	if [ -n "$closed" ]; then
		bad "files: containers may not read $closed: chmod -R go+rX deploy docs docker-compose.yml"
	else
		ok "files: containers may read their configuration"
	fi
}

processor
memory
disk
engine
ports
clock
secrets
images
files
exit "$failed"
