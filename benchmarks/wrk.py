"""Requests by `wrk`: a Lua script sends prepared ones in turn and tells the figures as JSON."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = """
local prepared = {%s}
local threads, turn = 0, 0
function setup(thread)
    thread:set("turn_of_thread", threads * 17)
    threads = threads + 1
end
function init(arguments)
    turn = turn_of_thread
end
function request()
    turn = turn + 1
    return prepared[turn %% #prepared + 1]
end
function done(summary, latency, requests)
    local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    io.write(string.format('FIGURES {"requests": %%d, "microseconds": %%d, "p50": %%d, "p99": %%d, "errors": %%d}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        summary.errors.status + lost))
end
"""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def raw(self) -> bytes:
        headers = {"Host": "127.0.0.1", "Content-Length": str(len(self.body)), **self.headers}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Figures:
    per_second: float
    p50: float
    """Milliseconds, as p99."""
    p99: float
    errors: int


def measure(folder: Path, port: int, requests: Sequence[Request], *, clients: int, seconds: int) -> Figures:
    script = folder / "requests.lua"
    script.write_text(SCRIPT % ",\n".join(lua_string(request.raw()) for request in requests))
    options = [f"-t{min(clients, 2)}", f"-c{clients}", f"-d{seconds}s", "--timeout", "20s"]
    command = ["wrk", *options, "-s", str(script), f"http://127.0.0.1:{port}"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    found = json.loads(output.partition("FIGURES ")[2])
    per_second = found["requests"] / found["microseconds"] * 1_000_000
    return Figures(per_second, found["p50"] / 1000, found["p99"] / 1000, found["errors"])


def lua_string(content: bytes) -> str:
    plain = {byte: chr(byte) for byte in range(32, 127) if chr(byte) not in '"\\'}
    return '"' + "".join(plain.get(byte, f"\\{byte:03d}") for byte in content) + '"'
