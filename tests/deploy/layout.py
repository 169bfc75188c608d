"""The production layout, here: nginx and the commands of the systemd units, on sockets as systemd gives them."""

import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.conftest import ROOT, Infloo, free_port, fresh_environment

UNITS = ROOT / "deploy" / "systemd"
SITE = ROOT / "deploy" / "nginx" / "infloo.conf"
START_SECONDS = 120
STOP_SECONDS = 15
METRICS_TOKEN = "a-token-for-tests-only-" + "m" * 32


def lines_of(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", (UNITS / unit).read_text(), re.MULTILINE)


@dataclass
class Layout(Infloo):
    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    sockets: dict[str, socket.socket] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """What `systemctl start` does."""
        command = lines_of(f"infloo-{name}.service", "ExecStart")[0].replace("/opt/infloo", str(ROOT))
        settings = [pair for line in lines_of(f"infloo-{name}.service", "Environment") for pair in shlex.split(line)]
        here = {"DATA_DIR": self.environment["DATA_DIR"], "METRICS_DIR": str(self.folder / "metrics")}
        environment = self.environment | dict(pair.split("=", 1) for pair in settings) | here
        handed_over: tuple[int, ...] = ()
        if (UNITS / f"infloo-{name}.socket").exists():
            descriptor = self.listen(name).fileno()
            handed_over = (descriptor,)
            command = f"exec 3<&{descriptor}; export LISTEN_FDS=1 LISTEN_PID=$$; exec {command}"
        else:
            command = f"exec {command}"
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                ["bash", "-c", command],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                pass_fds=handed_over,
                start_new_session=True,
            )

    def listen(self, name: str) -> socket.socket:
        """The socket outlives the processes that answer on it."""
        if name not in self.sockets:
            self.sockets[name] = socket.socket(socket.AF_UNIX)
            self.sockets[name].bind(str(self.folder / f"{name}.sock"))
            self.sockets[name].listen(2048)
        return self.sockets[name]

    def start_nginx(self) -> None:
        port, folder = self.url.rpartition(":")[2], self.folder
        site = SITE.read_text()
        for there, here in {
            "listen 80;": f"listen 127.0.0.1:{port};",
            "/run/infloo": str(folder),
            "/var/lib/infloo": self.environment["DATA_DIR"],
            "/var/log/nginx": str(folder),
        }.items():
            assert there in site
            site = site.replace(there, here)
        (folder / "infloo.conf").write_text(site)
        temporary = "\n".join(
            f"{kind}_temp_path {folder}/temporary;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\nevents {{}}\n"
            f"http {{ include /etc/nginx/mime.types; {temporary}\ninclude {folder}/infloo.conf; }}\n"
        )
        with self.log("nginx").open("ab") as log:
            self.running["nginx"] = subprocess.Popen(
                ["nginx", "-p", folder, "-c", folder / "nginx.conf"], stdout=log, stderr=log, start_new_session=True
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.out"

    def stop(self, name: str) -> None:
        """What `systemctl stop` does with KillMode=mixed: a word to the parent, and the end for whoever stays."""
        process = self.running.pop(name)
        process.terminate()
        process.wait(STOP_SECONDS)

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Neither a process nor its socket."""
        self.stop(name)
        path = self.folder / f"{name}.sock"
        path.rename(self.folder / "away.sock")
        yield
        (self.folder / "away.sock").rename(path)
        self.start(name)
        self.wait(lambda: self.answers("/health") and self.answers("/stream", 401, 404))

    def reload(self, name: str) -> None:
        """What `systemctl reload` does."""
        assert lines_of(f"infloo-{name}.service", "ExecReload") == ["/bin/kill -HUP $MAINPID"]
        self.running[name].send_signal(signal.SIGHUP)

    def wait(self, is_there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_there():
            assert time.monotonic() < deadline, self.logs()
            assert all(process.poll() is None for process in self.running.values()), self.logs()
            time.sleep(0.1)

    def answers(self, path: str, *statuses: int) -> bool:
        try:
            return httpx.get(f"{self.api}{path}", timeout=10).status_code in (statuses or (200,))
        except httpx.HTTPError:
            return False

    def logs(self) -> str:
        files = [*self.folder.glob("*.out"), *self.folder.glob("*.log")]
        return "\n".join(f"== {file.name}\n{file.read_text()}" for file in files)


def launch(folder: Path) -> Layout:
    """Everything, until it answers."""
    port = free_port()
    environment = fresh_environment(folder / "data") | {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRUSTED_PROXIES": "unix",
        "METRICS_TOKEN": METRICS_TOKEN,
        "WEB_CONCURRENCY": "2",
    }
    layout = Layout(f"http://127.0.0.1:{port}", environment, subprocess.Popen(["true"]), folder)
    layout.process.wait()
    (folder / "metrics").mkdir()
    for command in ("migrate", "seed"):
        layout.manage(command)
    layout.manage("collectstatic", "--noinput")
    for name in ("web", "stream", "worker"):
        layout.start(name)
    layout.start_nginx()
    layout.wait(lambda: layout.answers("/health/ready") and layout.answers("/stream", 401, 404))
    return layout
