"""Is killed by a signal in the middle of its boot."""

import os
import signal

from speech import voice

me = voice()
me.boot(last=3)
os.kill(os.getpid(), signal.SIGKILL)
