#!/usr/bin/env bash
# Makes graphiql.js.gz, graphiql.css.gz and LICENSES.txt.gz again, from the versions that source/package-lock.json pins.
# Needs Node.js 20 and npm; only whoever upgrades GraphiQL runs it, never a build of Pressroom.
set -euo pipefail
cd "$(dirname "$0")"
(cd source && npm ci --no-audit --no-fund --ignore-scripts)
node source/bundle.js
# -n leaves name and time out, so that the same versions make the same bytes.
gzip -9nf graphiql.js graphiql.css LICENSES.txt
rm -rf source/node_modules
ls -l -- *.gz
