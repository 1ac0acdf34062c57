#!/bin/sh
# One step with the Inspector's command line. URL, TOKEN and ERA (`legacy` or `modern`) come from the environment.
set -eu
mcp-inspector --cli "$URL" --transport http --protocol-era "$ERA" \
  --header "Authorization: Bearer $TOKEN" --stored-auth-only --format json "$@"
