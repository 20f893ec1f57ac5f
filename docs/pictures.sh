#!/usr/bin/env bash
# Takes the pictures of the chat page anew (docs/page*.png), in the browser that the tests use.
set -euo pipefail
cd "$(dirname "$0")/.."
AGENTSTREAM_PICTURES="$PWD/docs" dotnet test tests/System.Tests -c Release --nologo --filter FullyQualifiedName~PagePictures
