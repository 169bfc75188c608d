"""How the web processes serve: `gunicorn --config deploy/gunicorn.conf.py`, started where manage.py lies.

Nothing of Infloo is imported here: after SIGHUP the new workers must find the new code, not the master's old modules.
"""

import os

from gunicorn.config import Config
from gunicorn.glogging import Logger
from pythonjsonlogger.json import JsonFormatter

wsgi_app = "config.wsgi"
bind = "unix:/run/infloo/web.sock"  # under systemd its socket counts instead

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 2)
threads = 4
raw_env = [
    f"DECODER_QUEUE={threads - 3}",  # one waits for its picture, and two are left for those who have none
    f"OAUTH_AT_ONCE={threads - 2}",  # two wait for a provider of logins
]
worker_tmp_dir = "/dev/shm"  # noqa: S108  # the heartbeat must not wait for a disk

# nginx keeps the callers' connections; here each request brings its own, so that a reload loses none.
keepalive = 0
timeout = 60
graceful_timeout = 30
limit_request_line = 8190
control_socket_disable = True


class JsonLogger(Logger):
    """gunicorn's own lines, as Infloo writes its own; requests are logged there."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        names = {"levelname": "level", "name": "logger"}
        for handler in self.error_log.handlers:
            handler.setFormatter(
                JsonFormatter("%(levelname)s %(name)s %(message)s", rename_fields=names, timestamp="time")
            )


logger_class = JsonLogger
