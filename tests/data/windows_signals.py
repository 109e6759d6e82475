"""Runs the Windows half of worker/stop_signals.py on Linux: SIGUSR1 stands for SIGBREAK."""

import signal
import sys

signal.SIGBREAK = signal.SIGUSR1
sys.path.insert(0, sys.argv[1])
sys.platform = "win32"

from worker import stop_signals

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK):
    with stop_signals.stop_signals() as stop:
        assert not stop.wait(0)
        signal.raise_signal(number)
        assert stop.wait(0), number
        assert stop.wait(0), "a stop stays"
assert signal.getsignal(signal.SIGBREAK) is signal.SIG_DFL, "the old handler comes back"

stop_signals.interrupt_like_ctrl_c()
for number in (signal.SIGTERM, signal.SIGBREAK):
    try:
        signal.raise_signal(number)
    except KeyboardInterrupt:
        continue
    raise AssertionError(number)
