#!/bin/sh
# The pre-deploy gate and nothing else: its output is the gate's, its exit code is the gate's.
cd "$(dirname "$0")" || exit 1
export PYTHONPATH="src${PYTHONPATH:+:$PYTHONPATH}"
python=.venv/bin/python
[ -x "$python" ] || python=python3
exec "$python" -m runtime gate --profile deploy "$@"
