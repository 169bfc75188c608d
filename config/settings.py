"""Every setting, read from the environment once. `.env.example` describes the variables."""

from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import environ
import limits
from django.core.exceptions import ImproperlyConfigured

VERSION = "0.1.0"
BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def secret(name: str) -> str:
    """A required random string; secrets have no default."""
    value: str = env.str(name, default="")
    if len(value) < 32:
        raise ImproperlyConfigured(
            f"Set {name} to a random string of at least 32 characters, in the environment or in .env "
            "(`make run` writes one, .env.example shows how to make one)."
        )
    return value


def public_address(url: str) -> SplitResult:
    """Scheme, host and perhaps a port, for links are made by adding a path."""
    try:
        address = urlsplit(url)
        plain = f"{address.scheme}://{address.netloc}" == url and "@" not in url and address.port != 0
    except ValueError:
        plain = False
    if not plain or address.scheme not in ("http", "https") or not address.hostname:
        raise ImproperlyConfigured("PUBLIC_URL must look like https://infloo.example: a scheme and a host, no path.")
    return address


def request_limit(name: str, default: str) -> str:
    variable = f"THROTTLE_{name.upper()}"
    rate: str = env.str(variable, default=default)
    try:
        limits.parse(rate)
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable} must look like 60/minute or 10/15 minutes, not {rate}.") from error
    return rate


SECRET_KEY = secret("SECRET_KEY")
TOKEN_KEY = secret("TOKEN_KEY")
if SECRET_KEY == TOKEN_KEY:
    raise ImproperlyConfigured("SECRET_KEY and TOKEN_KEY are the same; make a second random string for TOKEN_KEY.")

DEBUG = env.bool("DEBUG", default=False)
ENVIRONMENT = env.str("ENVIRONMENT", default="development")

# Where it is reached

PORT = env.int("PORT", default=8000)
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
public = public_address(PUBLIC_URL)
if DEBUG and public.scheme == "https":
    raise ImproperlyConfigured("DEBUG is on while PUBLIC_URL is https: switch DEBUG off on a public server.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[public.hostname, "localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = public.scheme == "https"
SECURE_HSTS_SECONDS = 31_536_000 if public.scheme == "https" else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
try:
    TRUSTED_PROXIES = [ip_network(network) for network in env.list("TRUSTED_PROXIES", default=[])]
except ValueError as error:
    raise ImproperlyConfigured(f"TRUSTED_PROXIES takes addresses or networks, comma separated: {error}.") from error

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

# What it is made of

INSTALLED_APPS = [
    "apps.console",  # its templates stand before those of the libraries
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.constance",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "constance",
    "django_q",
    "ninja",
    "apps.core",
    "apps.notifications",
    "apps.accounts",
    "apps.social",
    "django_cleanup.apps.CleanupConfig",
]

MIDDLEWARE = [
    "apps.core.middleware.request_log",
    "apps.core.middleware.api_door",
    "apps.core.middleware.PageSecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.PageSessionMiddleware",
    "apps.core.middleware.PageCommonMiddleware",
    "apps.core.middleware.PageCsrfMiddleware",
    "apps.core.middleware.PageAuthenticationMiddleware",
    "apps.core.middleware.PageMessageMiddleware",
    "apps.core.middleware.PageFrameMiddleware",
    "apps.accounts.middleware.bearer",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'infloo.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Immediate transactions wait for the one writer instead of failing with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["OPTIONS"] = {"connect_timeout": 3}
    # Not in the worker: its processes would share the pool's sockets.
    if env.bool("DATABASE_POOL", default=False):
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
        DATABASES["default"]["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": env.int("DATABASE_POOL_SIZE", default=16),
            "timeout": 5,
        }

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.auth.AccountBackend"]
PASSWORD_HASHERS = ["apps.accounts.hashers.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
ACCESS_TOKEN_SECONDS = 30 * 60
SESSION_DAYS = 30

# Files: what the world may see, what it may not, and what comes with the code

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "public", "base_url": f"{PUBLIC_URL}/media/"},
    },
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "private", "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG
MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", default=1024 * 1024)
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", default=11 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES

# Limits

THROTTLES = env.bool("THROTTLES", default=True)
THROTTLE_RATES = {
    name: request_limit(name, rate)
    for name, rate in {
        "register": "60/minute",
        "refresh": "120/minute",
        "upload": "60/hour",
        "connect": "120/hour",
        "login_failures": "10/15 minutes",
        "login_failures_per_address": "100/15 minutes",
    }.items()
}
REDIS_URL = env.str("REDIS_URL", default="")

# Jobs

Q_CLUSTER = {
    "name": "infloo",
    "orm": "default",
    "workers": env.int("WORKER_PROCESSES", default=2),
    "timeout": env.int("WORKER_TIMEOUT", default=300),
    "retry": env.int("WORKER_RETRY", default=360),
    "max_attempts": 5,
    "catch_up": False,
    "poll": 0.2,
    "save_limit": 1000,
    "label": "Jobs",
}
if Q_CLUSTER["timeout"] >= Q_CLUSTER["retry"]:
    raise ImproperlyConfigured("WORKER_TIMEOUT must be below WORKER_RETRY, or a running job is started a second time.")

# What staff may set while it runs: read with apps.core.site_settings

CONSTANCE_BACKEND = "constance.backends.database.DatabaseBackend"
CONSTANCE_SUPERUSER_ONLY = False
CONSTANCE_ADDITIONAL_FIELDS = {
    "days": [
        "django.forms.IntegerField",
        {"widget": "unfold.widgets.UnfoldAdminIntegerFieldWidget", "min_value": 0, "max_value": 3650},
    ],
}
CONSTANCE_CONFIG = {
    "document_retention_days": (
        90,
        "Days after its decision on which a verification document's file is erased.",
        "days",
    ),
    "request_cooldown_days": (30, "Days a refused sender waits before asking the same person again.", "days"),
}

# Texts and time

LANGUAGE_CODE = "en"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# One JSON object a line on standard error

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "apps.core.logs.RequestIdFilter"}},
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(levelname)s %(name)s %(message)s %(request_id)s",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": "time",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Theirs would write a second line in another form.
        **{name: {"handlers": []} for name in ("django", "django.server", "django-q", "uvicorn", "uvicorn.error")},
        # The access log has told of every refusal already.
        "django.request": {"level": "ERROR"},
    },
}

UNFOLD = {
    "SITE_TITLE": "Infloo",
    "SITE_HEADER": "Infloo",
    "SITE_SUBHEADER": "Staff console",
    "SITE_SYMBOL": "diversity_3",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "apps.console.site.icon"}],
    "STYLES": ["apps.console.site.stylesheet"],
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "apps.console.site.environment",
    "DASHBOARD_CALLBACK": "apps.console.dashboard.dashboard",
    "SIDEBAR": {"navigation": "apps.console.site.navigation"},
    "TABS": "apps.console.site.tabs",
}
