"""Every setting, read from the environment once. `.env.example` describes the variables."""

import tomllib
from ipaddress import ip_network
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from pythonjsonlogger.core import RESERVED_ATTRS

from config.environment import (
    all_or_none,
    database,
    host_names,
    log_level,
    mail_address,
    mail_server,
    oauth_client,
    optional_secret,
    origins,
    public_address,
    redis_address,
    request_limit,
    secret,
    several,
    several_secrets,
    switch,
    text,
    web_address,
    whole_number,
    writable_folder,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

environ.Env.read_env(BASE_DIR / ".env")

SECRET_KEY = secret("SECRET_KEY")
TOKEN_KEY = secret("TOKEN_KEY")
if SECRET_KEY == TOKEN_KEY:
    raise ImproperlyConfigured("SECRET_KEY and TOKEN_KEY are the same; make a second random string for TOKEN_KEY.")
DATA_KEYS = several_secrets("DATA_KEYS")  # the newest first
if len({SECRET_KEY, TOKEN_KEY, *DATA_KEYS}) < 2 + len(DATA_KEYS):
    raise ImproperlyConfigured("DATA_KEYS names a string twice, or that of another secret; make one for it alone.")

DEBUG = switch("DEBUG", default=False)
ENVIRONMENT = text("ENVIRONMENT", default="development")
DEMO = switch("DEMO", default=True)

# Where it is reached

PORT = whole_number("PORT", default=8000, maximum=65535)
public = public_address("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}")
PUBLIC_URL = public.geturl()
if DEBUG and public.scheme == "https":
    raise ImproperlyConfigured("DEBUG is on while PUBLIC_URL is https: switch DEBUG off on a public server.")
ALLOWED_HOSTS = host_names("ALLOWED_HOSTS", default=f"{public.hostname},localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
FILE_ORIGINS = [PUBLIC_URL]  # hosts that pages may show files from
CORS_ALLOWED_ORIGINS = origins("CORS_ALLOWED_ORIGINS")  # pages of other sites that may call the API
CORS_URLS_REGEX = "^/api/"
CORS_ALLOW_HEADERS = [
    *("authorization", "content-type", "idempotency-key", "if-none-match", "last-event-id", "x-request-id"),
]
CORS_EXPOSE_HEADERS = [
    *("X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"),
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = public.scheme == "https"
SECURE_HSTS_SECONDS = 31_536_000 if public.scheme == "https" else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"  # private files say otherwise
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # usernames are unique among those who were not erased
    "security.W003",  # it looks for Django's class; PageCsrfMiddleware is that one, for pages
    "security.W005",  # what else the domain serves is not ours to decide
    "security.W008",  # the proxy leads from http to https
    "security.W021",  # nor is this
]
proxies = several("TRUSTED_PROXIES", default="")
TRUSTED_SOCKET = "unix" in proxies
try:
    TRUSTED_PROXIES = [ip_network(network) for network in proxies if network != "unix"]
except ValueError as error:
    raise ImproperlyConfigured(
        f"TRUSTED_PROXIES takes addresses, networks or unix, comma separated: {error}."
    ) from error

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

# What it is made of

INSTALLED_APPS = [
    "apps.console",  # its templates stand before those of the libraries
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.constance",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "constance",
    "import_export",
    "django_q",
    "ninja",
    "corsheaders",
    "apps.core",
    "apps.live",
    "apps.notifications",
    "apps.accounts",
    "apps.social",
    "apps.events",
    "apps.messaging",
    "apps.moderation",
    "apps.insights",
    "apps.demo",
    "apps.web",
    "django_cleanup.apps.CleanupConfig",
]

MIDDLEWARE = [
    "apps.core.http.middleware.request_log",
    "apps.core.http.headers.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.core.http.cors.ApiCorsMiddleware",
    "apps.core.http.middleware.api_door",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.http.middleware.PageSessionMiddleware",
    "apps.core.http.middleware.PageCommonMiddleware",
    "apps.core.http.middleware.PageCsrfMiddleware",
    "apps.core.http.middleware.PageAuthenticationMiddleware",
    "apps.core.http.middleware.PageMessageMiddleware",
    "apps.accounts.middleware.bearer",
    "apps.accounts.middleware.staff_mfa",
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

DATA_DIR = writable_folder("DATA_DIR", default=BASE_DIR / "var")
DATABASES = {"default": database("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'infloo.sqlite3'}")}
COMPILED_QUERIES = switch("COMPILED_QUERIES", default=True)
DATABASE_POOL = switch("DATABASE_POOL", default=False)
DATABASE_POOL_SIZE = whole_number("DATABASE_POOL_SIZE", default=16)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Immediate transactions wait for the one writer instead of failing with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # What the address itself says, such as ?sslmode=require, stays.
    DATABASES["default"]["OPTIONS"] = {"connect_timeout": 3, **DATABASES["default"].get("OPTIONS", {})}
    # Not in the worker: its processes would share the pool's sockets.
    if DATABASE_POOL:
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
        # A connection keeps what it was asked before, planned (see core.compiled): planning takes longer than reading.
        DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 2
        given = DATABASES["default"]["OPTIONS"].get("options", "")
        DATABASES["default"]["OPTIONS"]["options"] = f"{given} -c plan_cache_mode=force_generic_plan -c jit=off"
        DATABASES["default"]["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": DATABASE_POOL_SIZE,
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
OAUTH_PROVIDERS = {
    name: client
    for name in ("google", "github", "facebook", "instagram", "tiktok")
    if (client := oauth_client(name.upper()))
}
OAUTH_AT_ONCE = whole_number("OAUTH_AT_ONCE", default=8)
OAUTH_REDIRECT_URIS = [f"{PUBLIC_URL}/oauth/callback", *several("OAUTH_REDIRECT_URIS", default="")]

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
S3_BUCKET, S3_PRIVATE_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY = all_or_none(
    "S3_BUCKET", "S3_PRIVATE_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"
)
S3_ENDPOINT = web_address("S3_ENDPOINT")
S3_REGION = text("S3_REGION", default="us-east-1")
S3_PUBLIC_URL = web_address("S3_PUBLIC_URL")
if S3_BUCKET:
    if S3_BUCKET == S3_PRIVATE_BUCKET:
        raise ImproperlyConfigured("S3_PRIVATE_BUCKET must be another bucket than S3_BUCKET, which everybody may read.")
    bucket = {
        "access_key": S3_ACCESS_KEY_ID,
        "secret_key": S3_SECRET_ACCESS_KEY,
        "endpoint_url": S3_ENDPOINT or None,
        "region_name": S3_REGION,
        "addressing_style": "path" if S3_ENDPOINT else "virtual",
        "signature_version": "s3v4",
    }
    own_address = f"{S3_ENDPOINT}/{S3_BUCKET}" if S3_ENDPOINT else f"https://{S3_BUCKET}.s3.{S3_REGION}.amazonaws.com"
    scheme, _, place = (S3_PUBLIC_URL or own_address).partition("//")
    plain_links = {"url_protocol": scheme, "custom_domain": place, "querystring_auth": False}
    for_ever = {"object_parameters": {"CacheControl": "public, max-age=31536000, immutable"}}
    STORAGES["default"] = {
        "BACKEND": "apps.core.operations.s3.Bucket",
        "OPTIONS": {"bucket_name": S3_BUCKET, **bucket, **plain_links, **for_ever},
    }
    STORAGES["private"] = {
        "BACKEND": "apps.core.operations.s3.Bucket",
        "OPTIONS": {"bucket_name": S3_PRIVATE_BUCKET, **bucket, "querystring_expire": 300},
    }
    region = "" if S3_REGION == "us-east-1" else f".{S3_REGION}"  # Amazon's first region is not named in signed links
    private_address = S3_ENDPOINT or f"https://{S3_PRIVATE_BUCKET}.s3{region}.amazonaws.com"
    FILE_ORIGINS += ["/".join(address.split("/")[:3]) for address in (S3_PUBLIC_URL or own_address, private_address)]
elif S3_ENDPOINT or S3_PUBLIC_URL:
    raise ImproperlyConfigured("Set S3_BUCKET and its companions too, or remove S3_ENDPOINT and S3_PUBLIC_URL.")
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG
MAX_BODY_BYTES = whole_number("MAX_BODY_BYTES", default=1024 * 1024)
MAX_UPLOAD_BYTES = whole_number("MAX_UPLOAD_BYTES", default=101 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
FILE_UPLOAD_HANDLERS = ["apps.core.http.forms.MultipartReader"]

# Mails

SITE_NAME = "Infloo"
mail = mail_server("EMAIL_URL")
EMAIL_BACKEND = mail.get("EMAIL_BACKEND", "apps.core.mail.files.FileBackend")
EMAIL_HOST, EMAIL_PORT = mail.get("EMAIL_HOST"), mail.get("EMAIL_PORT")
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = mail.get("EMAIL_HOST_USER"), mail.get("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS, EMAIL_USE_SSL = mail.get("EMAIL_USE_TLS", False), mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = writable_folder("EMAIL_FILE_PATH", default=DATA_DIR / "mail")
MAIL_FROM = mail_address("MAIL_FROM", default=f"{SITE_NAME} <no-reply@{public.hostname}>")
SUPPORT_EMAIL = mail_address("SUPPORT_EMAIL", default="")
MAILS_STAY_HERE = not mail and public.scheme == "https"

# Figures for Prometheus

METRICS_TOKEN = optional_secret("METRICS_TOKEN")
METRICS_DIR = writable_folder("METRICS_DIR", default=DATA_DIR / "metrics")

# Limits

THROTTLES = switch("THROTTLES", default=True)
THROTTLE_RATES = {
    name: request_limit(f"THROTTLE_{name.upper()}", rate)
    for name, rate in {
        "register": "60/minute",
        "refresh": "120/minute",
        "upload": "60/hour",
        "connect": "120/hour",
        "connect_again": "10/day",
        "story": "60/hour",
        "chat": "240/minute",
        "room": "60/hour",
        "report": "30/hour",
        "appeal": "30/hour",
        "typing": "120/minute",
        "login": "60/hour",
        "event": "60/hour",
        "event_change": "120/hour",
        "invite": "60/hour",
        "join": "240/hour",
        "block": "120/hour",
        "seen": "240/minute",
        "write": "600/hour",
        "verify": "60/hour",
        "resend": "5/hour",
        "forgot": "20/hour",
        "forgot_per_address": "5/hour",
        "reset": "30/hour",
        "reset_codes": "20/day",
        "oauth": "100/15 minutes",
        "change_password": "20/hour",
        "change_email": "10/hour",
        "export": "10/day",
        "login_failures": "10/15 minutes",
        "login_failures_per_address": "100/15 minutes",
        "login_failures_per_account": "50/hour",
        "otp": "10/15 minutes",
        "otp_per_account": "30/day",
    }.items()
}
IDEMPOTENCY_KEYS = whole_number("IDEMPOTENCY_KEYS", default=1000)
UPLOAD_BYTES_PER_DAY = whole_number("UPLOAD_BYTES_PER_DAY", default=1024**3, maximum=9_999_999_999)
UPLOAD_PIXELS_PER_DAY = whole_number("UPLOAD_PIXELS_PER_DAY", default=2_000_000_000, maximum=9_999_999_999)
EXPORT_BYTES = whole_number("EXPORT_BYTES", default=1024**3, maximum=99_999_999_999)
DECODER_QUEUE = whole_number("DECODER_QUEUE", default=100, minimum=0)
REDIS_URL = redis_address("REDIS_URL")

# Jobs

WORKER_TIMEOUT = whole_number("WORKER_TIMEOUT", default=300)
WORKER_RETRY = whole_number("WORKER_RETRY", default=360)
if WORKER_TIMEOUT >= WORKER_RETRY:
    raise ImproperlyConfigured("WORKER_TIMEOUT must be below WORKER_RETRY, or a running job is started a second time.")
Q_CLUSTER = {
    "name": "infloo",
    "orm": "default",
    "workers": whole_number("WORKER_PROCESSES", default=2),
    "timeout": WORKER_TIMEOUT,
    "retry": WORKER_RETRY,
    "max_attempts": 5,
    "catch_up": False,
    "poll": 0.2,
    "save_limit": 1000,
    "label": "Jobs",
}

# What is collected and written together: see apps.core.buffers

FLUSH_SECONDS = whole_number("FLUSH_SECONDS", default=3, maximum=8)

# What staff may set while it runs: read with apps.core.site_settings

CONSTANCE_BACKEND = "constance.backends.database.DatabaseBackend"
CONSTANCE_SUPERUSER_ONLY = False
CONSTANCE_ADDITIONAL_FIELDS = {
    "days": [
        "django.forms.IntegerField",
        {"widget": "unfold.widgets.UnfoldAdminIntegerFieldWidget", "min_value": 0, "max_value": 3650},
    ],
    "switch": ["django.forms.BooleanField", {"widget": "unfold.widgets.UnfoldBooleanSwitchWidget", "required": False}],
    "version": [
        "django.forms.CharField",
        {"widget": "unfold.widgets.UnfoldAdminTextInputWidget", "max_length": 50},
    ],
}
CONSTANCE_CONFIG = {
    "document_retention_days": (
        90,
        "Days after its decision on which a verification document's file is erased.",
        "days",
    ),
    "request_cooldown_days": (30, "Days a refused sender waits before asking the same person again.", "days"),
    "removed_content_days": (
        7,
        "Days after which what a moderator took down is deleted; until then it may come back.",
        "days",
    ),
    "appeal_days": (30, "Days within which people may appeal a decision about them.", "days"),
    "require_verification": (
        False,
        "People without the blue tick may read, but not join, message, post or apply.",
        "switch",
    ),
    "chat_requires_connection": (False, "Only connections may write to each other.", "switch"),
    "require_staff_mfa": (
        False,
        "Staff without two-step login set it up before anything else.",
        "switch",
    ),
    "terms_version": ("1", "The terms in force: who registers accepts this version, which is kept.", "version"),
}

# Texts and time

LANGUAGE_CODE = "en"
USE_I18N = True
FORMAT_MODULE_PATH = "apps.console.formats"
TIME_ZONE = "UTC"
USE_TZ = True

# One JSON object a line on standard error

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "apps.core.operations.logs.RequestIdFilter"}},
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(levelname)s %(name)s %(message)s %(request_id)s",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": "time",
            "reserved_attrs": [*RESERVED_ATTRS, "color_message"],  # uvicorn's message again, for terminals
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": log_level("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Theirs would write a second line in another form.
        **{name: {"handlers": []} for name in ("django", "django.server", "django-q")},
        # It has its own level, and keeps its lines from the root.
        **{name: {"handlers": [], "level": "NOTSET", "propagate": True} for name in ("uvicorn", "uvicorn.error")},
        # Its lines show queries, which may hold a token; configuring its parent would let them through.
        "uvicorn.access": {"handlers": [], "propagate": False},
        # Their lines show addresses with tokens in them, and headers.
        **{name: {"level": "WARNING"} for name in ("httpx", "httpcore")},
        # The access log has told of every refusal already.
        "django.request": {"level": "ERROR"},
    },
}

UNFOLD = {
    "SITE_TITLE": SITE_NAME,
    "SITE_HEADER": SITE_NAME,
    "SITE_SUBHEADER": "Staff console",
    "SITE_SYMBOL": "diversity_3",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "apps.console.site.icon"}],
    "ACCOUNT": {"navigation": "apps.console.site.account_links"},
    "STYLES": ["apps.console.site.stylesheet"],
    "SCRIPTS": ["apps.console.site.keys"],
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "apps.console.site.environment",
    "LOGIN": {"image": "apps.console.site.picture"},
    "DASHBOARD_CALLBACK": "apps.console.dashboard.dashboard",
    "SIDEBAR": {"navigation": "apps.console.site.navigation"},
    "TABS": "apps.console.site.tabs",
}
