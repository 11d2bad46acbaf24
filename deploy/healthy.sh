#!/bin/bash
# Healthy: this process can do its work now. Without starting a Python each time: there are ten processes.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/$DOORSTEP_HTTP_PORT"
printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3
[[ "$(timeout 4 head --bytes=12 <&3)" == "HTTP/1."?" 200" ]]
