#!/usr/bin/env bash
# Fetch the one library of the page anew, with its licence; the version and the checksum stand beside it.
# Needs npm. Change the version here, run it, and look at the page before you commit.
set -euo pipefail
cd "$(dirname "$0")/static/vendor/d3"
version=7.9.2
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
npm pack --silent --pack-destination "$scratch" "d3@$version" >/dev/null
tar -xzf "$scratch/d3-$version.tgz" -C "$scratch"
cp "$scratch/package/dist/d3.min.js" "$scratch/package/LICENSE" .
printf '%s\n' "$version" >VERSION
sha256sum d3.min.js >SHA256
