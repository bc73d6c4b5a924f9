#!/bin/sh
# Installs clients of the SDK, as others wrote them, and runs each on the simulated library.
#
# Usage: run.sh [pyvcam] [pylablib] [microscope] [c]        all of them if none is named
#
# The one in C is this project's own: it is compiled against nothing but our header, and runs under valgrind.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- pyvcam pylablib microscope c
for client in "$@"; do
    case $client in
        pyvcam | pylablib | microscope | c) ;;
        *) echo "run.sh: no client is called $client" >&2 && exit 2 ;;
    esac
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/../lay_out.sh" "$work/sdk"
python3 -m venv "$work/venv"
export FRAMEPOOL_SIM_CONFIG="$here/cameras.toml" LD_LIBRARY_PATH="$work/sdk" PYTHONDONTWRITEBYTECODE=1
for client in "$@"; do
    case $client in
        pyvcam) "$work/venv/bin/pip" install --quiet PyVCAM==2.3.2 ;;
        pylablib) "$work/venv/bin/pip" install --quiet pylablib==1.4.5 ;;
        microscope)
            "$work/venv/bin/pip" install --quiet setuptools wheel
            "$work/venv/bin/pip" install --quiet --no-build-isolation microscope==0.7.0
            ;;
        c)
            ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -g -Wall -Wextra -pedantic -Werror -I"$here/../../sys/include" \
                "$here/c_client.c" -o "$work/c_client" -L"$work/sdk" -lpvcam
            timeout 300 valgrind --quiet --error-exitcode=1 --leak-check=full "$work/c_client"
            continue
            ;;
    esac
    timeout 120 "$work/venv/bin/python" "$here/${client}_client.py" "$work/sdk"
done
