#!/bin/sh
# Doorstep in containers, beside docker-compose.yml; needs Docker and Compose, nothing else.
#
#   ./doorstep.sh preflight     can this machine carry it? looks, changes nothing
#   ./doorstep.sh load          of a bundle: take its images, make secrets and .env
#   ./doorstep.sh up            start, or bring up to date; returns when all is healthy
#   ./doorstep.sh status        every container and whether it is healthy
#   ./doorstep.sh logs NAME     the end of a container's log (tickets-worker; -f to follow)
#   ./doorstep.sh alerts        what is wrong now
#   ./doorstep.sh down          stop; data stay
#   ./doorstep.sh backup DIR    stop, copy data, secrets and .env into DIR, start again
#   ./doorstep.sh restore DIR   throw away what is here and take what a back-up holds; asks, or --yes. What was revoked
#                               or erased since then is told, and holds again by ./doorstep.sh restored apply
#   ./doorstep.sh demo          a demonstration beside it, with data of its own; `demo down` throws it away
#   ./doorstep.sh pin           take from now on exactly the images that were pulled: their digests go into .env
#   ./doorstep.sh compose …     docker-compose with this installation's settings
#
# Everything else is the operators' command: ./doorstep.sh admin create --login admin --area /hequ/
# It reads files from the folder DOORSTEP_FILES in .env (deploy/demo), and from standard input where a file is `-`.
set -eu
called_from="$PWD"
cd "$(dirname "$0")"

fail() {
	printf 'doorstep: %s\n' "$1" >&2
	exit 1
}
compose() {
	if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
need_settings() { [ -f .env ] || fail "there is no .env: make secrets (in a bundle: ./doorstep.sh load) makes it"; }

# Compose returns as soon as the last container is started; its own waiting differs from version to version.
wait_until_healthy() {
	printf 'Waiting until all is healthy '
	for _ in $(seq 90); do
		waiting="$(compose ps -q | xargs -r docker inspect --format \
			'{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}} {{index .Config.Labels "com.docker.compose.service"}}' |
			grep -Ev '^(healthy|running|exited) ' || true)"
		[ -n "$waiting" ] || { echo && return; }
		printf .
		sleep 2
	done
	echo
	fail "not healthy after 3 minutes: $(echo "$waiting" | tr '\n' ',' | sed 's/,$//; s/,/, /g'). ./doorstep.sh logs NAME says why"
}

failed_jobs() {
	compose ps --all -q | xargs -r docker inspect --format '{{.State.ExitCode}} {{.State.Status}} {{index .Config.Labels "com.docker.compose.service"}}' |
		sed -n 's/^[1-9][0-9]* exited //p'
}

setting() { # name, default: as docker-compose reads it
	eval "value=\${$1:-}"
	[ -n "$value" ] || value="$(sed -n "s/^$1=//p" .env 2>/dev/null | tail -n 1)"
	printf '%s' "${value:-$2}"
}
# shellcheck disable=SC2016  # it is the file that says ${…}
services_image() { setting DOORSTEP_IMAGE "$(sed -n 's/^  image: ${DOORSTEP_IMAGE:-\(.*\)}$/\1/p' docker-compose.yml | head -n 1)"; }

# No registry has the services' own image: a checkout builds it, a bundle brings it.
need_image() {
	docker image inspect "$(services_image)" >/dev/null 2>&1 && return
	[ -d services ] || fail "there is no image $(services_image): ./doorstep.sh load takes those of a bundle"
	docker build --tag "$(services_image)" --file deploy/Dockerfile . || fail "the services' image cannot be built (see above)"
}

up() {
	need_settings
	need_image
	if ! compose up --detach --remove-orphans; then
		for job in $(failed_jobs); do
			printf '\n%s:\n' "$job" >&2
			compose logs --no-color --tail 5 "$job" >&2
		done
		fail "it does not start (see above)"
	fi
	wait_until_healthy
}

demonstration() {
	need_settings
	need_image
	COMPOSE_PROJECT_NAME="$(setting COMPOSE_PROJECT_NAME doorstep)-demo"
	export COMPOSE_PROJECT_NAME COMPOSE_PROFILES=monitoring,demo
	export DOORSTEP_DEMONSTRATION_HOURS="${DOORSTEP_DEMONSTRATION_HOURS:-24}" DOORSTEP_SMTP_FILE=/etc/doorstep/demo_smtp_url
	export DOORSTEP_EDGE_PORT="${DOORSTEP_DEMO_PORT:-8081}" DOORSTEP_EDGE_TLS_PORT="${DOORSTEP_DEMO_TLS_PORT:-8444}"
	export DOORSTEP_EDGE_SITE=http://:8080 DOORSTEP_EDGE_TLS=off
	if [ "${1:-}" = down ]; then
		compose down --volumes
		return
	fi
	compose up --detach
	container="$(compose ps --all -q demo)"
	docker logs --follow "$container"
	code="$(docker wait "$container")"
	echo "The edge of the demonstration: http://127.0.0.1:$DOORSTEP_EDGE_PORT; ./doorstep.sh demo down throws it away"
	return "$code"
}

kept_volumes="mongodb rabbitmq edge"
# All but the journal, which tells after a restore what has happened since the back-up.
replaced_volumes="$kept_volumes prometheus alertmanager grafana mail"
tar_of() { # volume, folder, tar's own words: with the volume at /volume and the folder at /backup
	mounted="$(setting COMPOSE_PROJECT_NAME doorstep)_$1" beside="$2"
	[ "$1" != journal ] || mounted="$(setting DOORSTEP_JOURNAL_FOLDER "$mounted")"
	shift 2
	docker run --rm --user 0 --network none --volume "$mounted:/volume" --volume "$beside:/backup" --entrypoint tar \
		"$(services_image)" -C /volume "$@"
}

copy_settings() { # folder
	cp .env "$1/" && cp -r "$(setting DOORSTEP_SECRETS ./secrets)" "$1/secrets"
}
up_again() { # the end of a back-up that failed, with the status that it ended with
	status=$?
	trap - EXIT INT TERM HUP
	echo "Starting again what was stopped" >&2
	(up) || echo "doorstep: it does not start again by itself: ./doorstep.sh up" >&2
	exit "$status"
}

backup() {
	need_settings
	need_image
	[ -n "${1:-}" ] || fail "backup needs a folder: ./doorstep.sh backup /media/backup/2026-11-23"
	umask 077
	case "$1" in /*) folder="$1" ;; *) folder="$called_from/$1" ;; esac
	mkdir -p "$folder" && chmod 700 "$folder"
	[ -z "$(ls -A "$folder")" ] || fail "$folder is not empty: every back-up gets a folder of its own"
	# Whatever fails from here on, or whoever interrupts it: what was stopped is started again.
	trap 'up_again' EXIT
	trap 'exit 130' INT TERM HUP
	compose down || fail "it cannot be stopped (see above): $folder is no back-up"
	copy_settings "$folder" || fail "secrets or .env cannot be copied (see above): $folder is no back-up"
	for volume in $kept_volumes journal; do
		tar_of "$volume" "$folder" -czf "/backup/$volume.tgz" . ||
			fail "the back-up of $volume failed (see above): $folder is no back-up"
	done
	trap - EXIT INT TERM HUP
	up
	(cd "$folder" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$folder.sums"
	mv "$folder.sums" "$folder/SHA256SUMS"
	echo "Backed up into $folder, which is as secret as the secrets. Keep a copy on another machine, and try a restore."
}

restore() {
	case "${1:-}" in '') fail "restore needs the folder of a back-up" ;; /*) folder="$1" ;; *) folder="$called_from/$1" ;; esac
	[ -f "$folder/SHA256SUMS" ] || fail "$folder holds no back-up that was finished"
	(cd "$folder" && sha256sum --check --quiet SHA256SUMS) || fail "the back-up is damaged (see above); nothing was changed"
	if [ "${2:-}" != --yes ]; then
		printf 'This throws away all data and secrets of this installation, and takes those of %s. Go on? [y/N] ' "$folder"
		read -r answer && [ "$answer" = y ] || fail "nothing was changed"
	fi
	if [ -f .env ]; then
		compose down
		for volume in $replaced_volumes; do
			docker volume rm --force "$(setting COMPOSE_PROJECT_NAME doorstep)_$volume" >/dev/null
		done
	fi
	secrets="$(sed -n 's/^DOORSTEP_SECRETS=//p' "$folder/.env" | tail -n 1)"
	rm -rf "${secrets:=./secrets}"
	cp "$folder/.env" .env && cp -r "$folder/secrets" "$secrets"
	chmod 700 "$secrets" && chmod 444 "$secrets"/*
	[ ! -f "$secrets/authority_key" ] || chmod 400 "$secrets/authority_key"
	need_image
	make_secrets || fail "secrets that the back-up lacks cannot be made (see above): deploy/make-secrets.sh, then this again"
	for volume in $kept_volumes; do
		tar_of "$volume" "$folder" -xzf "/backup/$volume.tgz" || fail "$volume cannot be restored (see above)"
	done
	# Of this installation's own journal nothing is lost; a fresh one begins with what the back-up knew.
	[ ! -f "$folder/journal.tgz" ] || tar_of journal "$folder" -xzf /backup/journal.tgz --skip-old-files ||
		fail "the journal cannot be restored (see above)"
	next="./doorstep.sh restored apply; ./doorstep.sh metrics recount; ./doorstep.sh points audit"
	(up) || fail "the data are restored, but it does not start (see above). Then: ./doorstep.sh up; ./doorstep.sh restored begin; $next"
	compose run --rm -T doorstep restored begin || fail "what was since the back-up is not told (see above). Then: ./doorstep.sh restored begin; $next"
	echo "Restored. Now: $next"
	echo "Is the back-up older than three days? Nothing is erased by its age until: ./doorstep.sh clock accept"
}

# A tag can be moved to another image by whoever may push to the registry; a digest is the image.
pin() {
	need_settings
	# shellcheck disable=SC2016  # it is the file that says ${…}
	sed -n 's/^ *image: ${\(DOORSTEP_[A-Z_]*\):-\(.*\)}$/\1 \2/p' docker-compose.yml | sort -u | while read -r name default; do
		image="$(setting "$name" "$default")"
		case "$image" in
		*@sha256:*) echo "$name is $image already" && continue ;;
		esac
		# Empty where the image did not come from a registry, or did not come yet.
		digest="$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" 2>/dev/null | head -n 1)"
		if [ -n "$digest" ]; then
			sed -i "/^$name=/d" .env
			printf '# %s\n%s=%s\n' "$image" "$name" "$digest" >>.env
			echo "$name is $digest from now on ($image)"
		elif docker image inspect "$image" >/dev/null 2>&1; then
			echo "$name is $image, which was built or loaded here: no registry can change it"
		else
			echo "$name is not pulled: ./doorstep.sh compose pull, then this again, if $image is wanted"
		fi
	done
}

# Those that are missing, in the folder that .env names. A bundle's are made inside its image: such a machine needs no openssl.
make_secrets() { # image
	if [ ! -f images.tar.gz ]; then
		deploy/make-secrets.sh "$(setting DOORSTEP_SECRETS ./secrets)"
		return
	fi
	into="$(setting DOORSTEP_SECRETS ./secrets)" settings=
	mkdir -p "$into"
	[ ! -f .env ] || settings=there # where it is not, it gets made, and names the folder
	docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$PWD:/doorstep" --workdir /doorstep \
		--volume "$(cd "$into" && pwd):/secrets" --env HOME=/tmp --env "DOORSTEP_AMQPS_NAME=${DOORSTEP_AMQPS_NAME:-}" \
		--entrypoint bash "${1:-$(services_image)}" deploy/make-secrets.sh ${settings:+/secrets}
}

load() {
	[ -f images.tar.gz ] || fail "this is no bundle: images are built by make images, or pulled by docker-compose"
	# Configuration may have been edited since it was unpacked; images may not.
	[ ! -f SHA256SUMS ] || grep -E ' \./images\.(tar\.gz|env)$' SHA256SUMS | sha256sum --check --quiet ||
		fail "the bundle is damaged: copy it again"
	echo "Loading the images"
	gzip --decompress --stdout images.tar.gz | docker load
	make_secrets "$(sed -n 's/^DOORSTEP_IMAGE=//p' images.env)"
	deploy/images/choose.sh .env <images.env
	echo "Next: ./doorstep.sh preflight; ./doorstep.sh up"
}

case "${1:-}" in
'' | -h | --help | help) sed -n '2,18p' "$0" | sed 's/^# \{0,1\}//' ;;
preflight) exec sh deploy/preflight.sh ;;
load) load ;;
up) up ;;
down) need_settings && compose down ;;
backup) shift && backup "$@" ;;
restore) shift && restore "$@" ;;
status) need_settings && compose ps ;;
logs) shift && need_settings && compose logs --tail 100 "$@" ;;
alerts) need_settings && compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093 alert ;;
demo) shift && demonstration "$@" ;;
pin) pin ;;
compose) shift && compose "$@" ;;
# Only these containers are given the users of database and broker.
prepare) need_settings && compose run --rm -T --entrypoint doorstep prepare "$@" ;;
broker) need_settings && compose run --rm -T --entrypoint doorstep keeper "$@" ;;
*)
	need_settings
	terminal=
	[ -t 0 ] && [ -t 1 ] || terminal=-T
	DOORSTEP_FILES="${DOORSTEP_FILES:-$called_from}" compose run --rm $terminal doorstep "$@"
	;;
esac
