"""A label printer on a TCP port: answers ~HS, keeps what it is sent in labels.txt.

Its port stands in printer.port once it listens. As long as the file paper_out exists it says so;
as long as silent exists it does not answer at all.
"""
import os
import socket
import sys

TEXT = "\x02030,%d,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"


def serve(connection):
    waiting = b""
    while True:
        got = connection.recv(4096)
        waiting += got
        if b"~HS" in waiting and not os.path.exists("silent"):
            waiting = waiting.replace(b"~HS", b"", 1)
            connection.sendall((TEXT % os.path.exists("paper_out")).encode())
        if not got:
            break
    waiting = waiting.replace(b"~HS", b"")
    if waiting:
        with open("labels.txt", "ab") as labels:
            labels.write(waiting)


listener = socket.create_server(("127.0.0.1", 0))
with open("printer.port.new", "w", encoding="ascii") as file:
    file.write(str(listener.getsockname()[1]))
os.rename("printer.port.new", "printer.port")
while True:
    client, _ = listener.accept()
    with client:
        try:
            serve(client)
        except OSError as error:
            print(error, file=sys.stderr)
