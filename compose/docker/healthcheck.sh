#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whether the exporter in this container answers: exit status 0 or 1. The image has neither curl nor wget.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${APP_PORT:-9847}"
printf 'GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
