"""The production layout, here: nginx and the commands of the systemd units, on sockets as systemd gives them."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.deploy.confined import lines_of
from tests.e2e.conftest import PYTHON, ROOT, Infloo, free_port, prepared_environment

UNITS = ROOT / "deploy" / "systemd"
NGINX = ROOT / "deploy" / "nginx" / "nginx.conf"
SITE = ROOT / "deploy" / "nginx" / "infloo.conf"
ADDRESS = "X-Test-Address"
"""The header in which a test says who calls."""
START_SECONDS = 120
STOP_SECONDS = 15
METRICS_TOKEN = "a-token-for-tests-only-" + "m" * 32


@dataclass
class Layout(Infloo):
    folder: Path
    ports: dict[str, int] = field(default_factory=lambda: {"https": free_port(), "redirect": free_port()})
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    sockets: dict[str, socket.socket] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """What `systemctl start` does, with as little as the unit allows."""
        command = lines_of(f"infloo-{name}.service", "ExecStart")[0].replace("/opt/infloo", str(ROOT))
        if shutil.which("systemd-analyze"):
            command = f"{PYTHON} {ROOT}/tests/deploy/confined.py infloo-{name}.service {command}"
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
        folder = self.folder
        (folder / "infloo.conf").write_text(self.site())
        temporary = "\n".join(
            f"{kind}_temp_path {folder}/temporary;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main = replaced(
            NGINX.read_text(),
            {
                "user www-data;": "user root root;" if os.getuid() == 0 else "",
                "include /etc/nginx/modules-enabled/*.conf;": "",  # they are looked for below -p
                "/run/nginx.pid": f"{folder}/nginx.pid",
                "/var/log/nginx/error.log": f"{folder}/nginx.log",
                "include /etc/nginx/conf.d/*.conf;": f"{temporary}\ninclude {folder}/infloo.conf;",
            },
        )
        (folder / "nginx.conf").write_text(f"daemon off;\n{main}")
        with self.log("nginx").open("ab") as log:
            self.running["nginx"] = subprocess.Popen(
                ["nginx", "-p", folder, "-c", folder / "nginx.conf"], stdout=log, stderr=log, start_new_session=True
            )

    def site(self) -> str:
        """infloo.conf with what it says in comments, and with places and ports of this test."""
        certify(self.folder)
        site = re.sub(r"^( *)#(?=\S|    )", r"\1", SITE.read_text(), flags=re.MULTILINE)
        plain, _, redirect = site.rpartition("server {")
        elsewhere = {"listen 80;": f"listen 127.0.0.1:{self.ports['redirect']};"}
        here = {
            "listen 80;": f"listen 127.0.0.1:{self.url.rpartition(':')[2]};",
            "listen 443 ": f"listen 127.0.0.1:{self.ports['https']} ",
            "/etc/letsencrypt/live/infloo.example": str(self.folder),
            "/run/infloo": str(self.folder),
            "/var/lib/infloo": self.environment["DATA_DIR"],
            "/var/log/nginx": str(self.folder),
            "203.0.113.7": "127.0.0.1",
            "real_ip_header   X-Forwarded-For": f"real_ip_header {ADDRESS}",
        }
        return replaced(plain, here) + "server {" + replaced(redirect, elsewhere)

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


def replaced(text: str, changes: dict[str, str]) -> str:
    """`text` with each of `changes`, none of which may be missing in it."""
    for there, here in changes.items():
        assert there in text
        text = text.replace(there, here)
    return text


def certify(folder: Path) -> None:
    """A certificate of its own, which nobody believes."""
    options = "-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=infloo.example"
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run(["openssl", "req", *options.split(), *files], check=True, capture_output=True)


def launch(folder: Path) -> Layout:
    """Everything, until it answers."""
    port = free_port()
    environment = prepared_environment(folder / "data") | {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRUSTED_PROXIES": "unix",
        "METRICS_TOKEN": METRICS_TOKEN,
        "WEB_CONCURRENCY": "2",
        "FLUSH_SECONDS": "8",
    }
    layout = Layout(f"http://127.0.0.1:{port}", environment, subprocess.Popen(["true"]), folder)
    layout.process.wait()
    (folder / "metrics").mkdir()
    for name in ("web", "stream", "worker"):
        layout.start(name)
    layout.start_nginx()
    layout.wait(lambda: layout.answers("/health/ready") and layout.answers("/stream", 401, 404))
    return layout
