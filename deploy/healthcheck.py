"""Whether the server on this unix socket answers: `python healthcheck.py /run/infloo/web.sock`."""

import socket
import sys

with socket.socket(socket.AF_UNIX) as caller:
    caller.settimeout(5)
    caller.connect(sys.argv[1])
    caller.sendall(b"GET /api/v1/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    sys.exit(b" 200 " not in caller.recv(64))
