"""The bench's hands, from inside `m5sim run`: docs/m5sim.md, Hands."""
import os
import socket


class Refused(Exception):
    """What the bench answers when an order makes no sense to it."""


class Bench:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(os.environ["M5SIM_CONTROL"])
        self.answers = self.socket.makefile("r")

    def order(self, text):
        self.socket.sendall((text + "\n").encode())
        answer = self.answers.readline().rstrip("\n")
        if answer != "ok" and not answer.startswith("ok "):
            raise Refused(f"{text}: {answer}")
        return answer[3:]

    def new(self, unit, keys):
        self.order(f"new {unit} {keys}")

    def plug(self, nest, unit, after_ms):
        self.order(f"plug {nest} {unit} {after_ms}")

    def swap(self, nest, unit, after_ms):
        self.order(f"swap {nest} {unit} {after_ms}")

    def forget(self, unit):
        self.order(f"forget {unit}")

    def unplug(self, nest):
        """False where the unit has left by itself."""
        try:
            self.order(f"unplug {nest}")
            return True
        except Refused:
            return False
