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
#   ./doorstep.sh demo          a demonstration beside it, with data of its own; `demo down` throws it away
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
	compose ps -q | xargs -r docker inspect --format '{{.State.ExitCode}} {{.State.Status}} {{index .Config.Labels "com.docker.compose.service"}}' |
		sed -n 's/^[1-9][0-9]* exited //p'
}

up() {
	need_settings
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
	project="${COMPOSE_PROJECT_NAME:-$(sed -n 's/^COMPOSE_PROJECT_NAME=//p' .env | tail -n 1)}"
	export COMPOSE_PROJECT_NAME="${project:-doorstep}-demo" COMPOSE_PROFILES=monitoring,demo
	export DOORSTEP_DEMONSTRATION_HOURS="${DOORSTEP_DEMONSTRATION_HOURS:-24}" DOORSTEP_SMTP_URL=smtp://mail:8025
	export DOORSTEP_EDGE_PORT="${DOORSTEP_DEMO_PORT:-8081}" DOORSTEP_EDGE_TLS_PORT="${DOORSTEP_DEMO_TLS_PORT:-8444}"
	export DOORSTEP_EDGE_SITE=http://:8080 DOORSTEP_EDGE_TLS=off
	if [ "${1:-}" = down ]; then
		compose down --volumes
		return
	fi
	compose up --detach
	container="$(compose ps -q demo)"
	docker logs --follow "$container"
	code="$(docker wait "$container")"
	echo "The edge of the demonstration: http://127.0.0.1:$DOORSTEP_EDGE_PORT; ./doorstep.sh demo down throws it away"
	return "$code"
}

load() {
	[ -f images.tar.gz ] || fail "this is no bundle: images are built by make images, or pulled by docker-compose"
	[ ! -f SHA256SUMS ] || sha256sum --check --quiet SHA256SUMS || fail "the bundle is damaged: copy it again"
	echo "Loading the images"
	gzip --decompress --stdout images.tar.gz | docker load
	# The secrets are made inside, so that this machine needs no openssl.
	image="$(sed -n 's/^DOORSTEP_IMAGE=//p' images.env)"
	docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$PWD:/doorstep" --workdir /doorstep \
		--env HOME=/tmp --env "DOORSTEP_AMQPS_NAME=${DOORSTEP_AMQPS_NAME:-localhost}" --entrypoint bash "$image" deploy/make-secrets.sh
	deploy/images/choose.sh .env <images.env
	echo "Next: ./doorstep.sh preflight; ./doorstep.sh up"
}

case "${1:-}" in
'' | -h | --help | help) sed -n '2,15p' "$0" | sed 's/^# \{0,1\}//' ;;
preflight) exec sh deploy/preflight.sh ;;
load) load ;;
up) up ;;
down) need_settings && compose down ;;
status) need_settings && compose ps ;;
logs) shift && need_settings && compose logs --tail 100 "$@" ;;
alerts) need_settings && compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093 alert ;;
demo) shift && demonstration "$@" ;;
compose) shift && compose "$@" ;;
*)
	need_settings
	terminal=
	[ -t 0 ] && [ -t 1 ] || terminal=-T
	DOORSTEP_FILES="${DOORSTEP_FILES:-$called_from}" compose run --rm $terminal doorstep "$@"
	;;
esac
