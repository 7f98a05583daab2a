"""A person at a terminal: terminal.py COMMAND... runs it on a pty of 80 x 24 and follows the script on
standard input, a line each: 'see TEXT' waits until the program has drawn it, 'type KEYS' types them. At
the end the program has to end by itself and to leave the terminal as it was. Ends as the program."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

LIMIT_S = 120
steps = [line.rstrip("\n") for line in sys.stdin if line.strip()]
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
    os.execvp(sys.argv[1], sys.argv[1:])
before = termios.tcgetattr(master)
drawn = b""
limit = time.monotonic() + LIMIT_S


def hear():
    """More of what the program draws; False once it has ended."""
    global drawn
    if time.monotonic() > limit:
        os.kill(pid, 9)
        sys.exit("too late; drawn so far: %r" % drawn[-2000:])
    if not select.select([master], [], [], 0.5)[0]:
        return True
    try:
        got = os.read(master, 65536)
    except OSError:
        return False
    drawn += got
    return bool(got)


for step in steps:
    word, _, text = step.partition(" ")
    if word == "type":
        os.write(master, text.encode().decode("unicode_escape").encode())
        continue
    while text.encode() not in drawn:
        if not hear():
            sys.exit("it ended without %r; drawn: %r" % (text, drawn[-2000:]))
    drawn = drawn[drawn.index(text.encode()) + len(text):]
after = termios.tcgetattr(master)
while hear():
    after = termios.tcgetattr(master)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(drawn)
if after[:4] != before[:4]:
    sys.exit("the terminal is not as it was: %r, before %r" % (after[:4], before[:4]))
sys.exit(status)
