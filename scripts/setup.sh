#!/bin/sh
# Makes .venv with everything pinned, once; `make setup` calls it before every other target.
#
# Says nothing when nothing changed. What was set up is written to the stamp as the very last step, so a set-up that was
# interrupted anywhere is taken up again by the next call. One line says what the machine lacks; no tracebacks.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
venv="$root/.venv"
stamp="$venv/.setup-stamp"

refuse() {
    printf 'setup: %s\n' "$1" >&2
    exit 5 # DEPENDENCY_ERROR
}

# Prints the first interpreter that is new enough, or says what was found instead.
find_python() {
    found="none was found; "
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        version=$("$candidate" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))' 2>/dev/null) || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            printf '%s\n' "$candidate"
            return
        fi
        found="$candidate is $version; "
    done
    refuse "Python 3.11 or newer is needed; ${found}install it, or name one: make setup PYTHON=python3.12"
}

# A venv is of use if its interpreter runs, it lies where it was made (its scripts hold their path) and it has pip.
venv_is_whole() {
    [ -x "$venv/bin/python" ] &&
        grep -qsF "$venv/bin/python" "$venv/bin/pip" &&
        "$venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

make_venv() {
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    "$python" -c 'import ensurepip, venv' 2>/dev/null || refuse \
        "\`$python -m venv\` is not installed; on Debian and Ubuntu: apt-get install python$version-venv"
    output=$("$python" -m venv --clear "$venv" 2>&1) || refuse \
        "\`$python -m venv\` failed: $(printf '%s' "$output" | tail -n 1)"
}

install() {
    # PIP_* settings of the machine (an index, a proxy, a certificate) stay in force; pip's chatter does not.
    PYTHONWARNINGS=ignore "$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check "$@" || refuse \
        "pip could not install what requirements.lock names (its reason is above); then again: make setup"
}

# Byte code beside the sources, also where PYTHONDONTWRITEBYTECODE is set: it saves a tenth of a second at each start.
compile_sources() {
    "$venv/bin/python" -m compileall -q src || refuse "a file under src does not compile (see above)"
}

wanted="$root $(cat requirements.lock pyproject.toml scripts/setup.sh | cksum)"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && venv_is_whole; then
    compile_sources
    exit 0
fi

rm -f "$stamp"
venv_is_whole || make_venv
printf 'setup: installing the pinned dependencies into .venv (once; half a minute) ...\n' >&2
install --require-hashes --requirement requirements.lock
install --no-build-isolation --no-deps --editable .
compile_sources
printf '%s\n' "$wanted" >"$stamp"
printf 'setup: ready\n' >&2
