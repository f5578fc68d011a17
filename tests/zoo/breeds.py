"""Good, but starts a process of its own that outlives it and has left its group; its pid goes to the log."""

import subprocess
import sys

from speech import order, voice, wait_for_stop

me = voice()
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
me.log(f"child {child.pid}")
me.boot()
order()
me.work()
wait_for_stop()
