"""One settings file; everything that differs between machines comes from the environment (see env.py)."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.utils.csp import CSP

from tasktracker import env as environment
from tasktracker.env import broker_url, channel_host
from tasktracker.envvalues import mailers

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = environment.load()

VERSION = "0.1.0"
DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = ENV.secret_key_fallbacks
FIELD_ENCRYPTION_KEYS = ENV.field_encryption_keys
ALLOWED_HOSTS = ENV.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENV.csrf_trusted_origins
DATA_DIR = ENV.data_dir

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    # Its pages are found by urls.py: worker, beat, bot and commands don't need them.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "tasktracker.core",
    "ingestion",
    "knowledge",
    "analysis",
    "proposals",
    "tasktracker",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Before WhiteNoise, so that files are packed too; it pads each answer against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "tasktracker.core.policy.admin_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tasktracker.core.audit.name_actor",
    "tasktracker.core.sessions.note_logins",
    "tasktracker.core.secondstep.second_step",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tasktracker.core.walls.Middleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tasktracker.core.htmx.DomainErrorMiddleware",
]

ROOT_URLCONF = "tasktracker.urls"
ASGI_APPLICATION = "tasktracker.asgi.application"
AUTH_USER_MODEL = "core.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tasktracker.core.htmx.page_context",
            ],
        },
    },
]

# --- database -------------------------------------------------------------------------------------------------------
_database: dict[str, Any] = dict(dj_database_url.parse(ENV.database_url, conn_max_age=0, conn_health_checks=True))
_database.setdefault("OPTIONS", {})
if ENV.process == "web":
    # Only the web process pools: Celery's prefork closes a pool at every task boundary.
    _database["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 16, "timeout": 5}
if ENV.test_database:
    _database["TEST"] = {"NAME": ENV.test_database}
DATABASES = {"default": _database}

# --- broker, cache, channel layer -----------------------------------------------------------------------------------
REDIS_URL = ENV.redis_url
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENV.redis_url,
        "KEY_PREFIX": f"{ENV.redis_prefix}cache",
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # redis-py gives up a read after 5 s by default, as long as the layer waits for a message: sockets would die
            "hosts": [{**channel_host(ENV.redis_url), "socket_timeout": 30}],
            "prefix": f"{ENV.redis_prefix}channels",
            "capacity": 100,
            "expiry": 60,
        },
    }
}

CELERY_BROKER_URL = broker_url(ENV.redis_url)
CELERY_TASK_DEFAULT_QUEUE = f"{ENV.redis_prefix}default"
BROKER_QUEUE_KEY = f"{ENV.redis_prefix}{CELERY_TASK_DEFAULT_QUEUE}"  # kombu puts the prefix before it once more
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_FAILURE = True
CELERY_TASK_ACKS_ON_TIMEOUT = True
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000  # KB
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 25
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_TASK_TIME_LIMIT + 60,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "global_keyprefix": ENV.redis_prefix,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "heartbeat": {
        "task": "tasktracker.core.tasks.beat_heartbeat",
        "schedule": timedelta(seconds=ENV.sweep_seconds / 3),
    },
    "sweep-deliveries": {"task": "ingestion.tasks.sweep_deliveries", "schedule": timedelta(seconds=ENV.sweep_seconds)},
    "sweep-bots": {"task": "tasktracker.tasks.sweep_bots", "schedule": timedelta(seconds=ENV.sweep_seconds)},
    "sweep-runs": {"task": "analysis.tasks.sweep_runs", "schedule": timedelta(seconds=ENV.sweep_seconds)},
    "start-due-runs": {"task": "analysis.tasks.start_due_runs", "schedule": timedelta(seconds=ENV.sweep_seconds)},
    "sweep-findings": {"task": "proposals.tasks.sweep_findings", "schedule": timedelta(seconds=ENV.sweep_seconds)},
    "apply-lessons": {"task": "ingestion.tasks.apply_lessons", "schedule": timedelta(seconds=ENV.sweep_seconds)},
    "forget-deleted": {"task": "proposals.tasks.forget_deleted", "schedule": timedelta(seconds=ENV.sweep_seconds)},
    "send-digests": {"task": "proposals.tasks.send_digests", "schedule": timedelta(seconds=60)},
    "wake-snoozed": {"task": "proposals.tasks.wake_snoozed", "schedule": timedelta(seconds=60)},
    "sweep-uploads": {"task": "ingestion.tasks.sweep_uploads", "schedule": timedelta(seconds=ENV.sweep_seconds)},
    "forget-uploads": {"task": "ingestion.tasks.forget_uploads", "schedule": timedelta(hours=1)},
    "expire-messages": {"task": "ingestion.tasks.expire_messages", "schedule": timedelta(minutes=10)},
    "forget-deliveries": {"task": "ingestion.tasks.forget_deliveries", "schedule": timedelta(hours=6)},
    "forget-old-answers": {"task": "tasktracker.core.tasks.forget_old_answers", "schedule": timedelta(hours=6)},
    "forget-ended-logins": {"task": "tasktracker.core.tasks.forget_ended_logins", "schedule": timedelta(hours=12)},
    "embed-missing": {"task": "knowledge.tasks.embed_missing", "schedule": timedelta(seconds=ENV.sweep_seconds)},
}
# What waits for longer is not done late beside the next one: a worker that comes back after days finds the sweeps of
# half a minute before the first job that a person asked for, not those of the days.
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"] = {"expires": max(30.0, _entry["schedule"].total_seconds())}
if ENV.beat_schedule_file:
    CELERY_BEAT_SCHEDULE_FILENAME = ENV.beat_schedule_file

# Which tasks an event starts, after the commit, each with (workspace_id, object_id). All wiring between apps is here.
EVENT_TASKS: dict[str, list[str]] = {
    "message.deleted": ["proposals.tasks.forget_message"],
    "run.started": ["analysis.tasks.work_run"],
    "run.progress": ["proposals.tasks.propose_for_run"],
    "run.completed": ["proposals.tasks.propose_for_run"],
    "run.closed": ["proposals.tasks.keep_accuracy"],
    "proposal.approved": ["proposals.tasks.settle_run", "tasktracker.tasks.proposal_decided"],
    "proposal.rejected": ["proposals.tasks.settle_run", "tasktracker.tasks.proposal_decided"],
    "proposal.merged": ["proposals.tasks.settle_run", "tasktracker.tasks.proposal_decided"],
    "proposal.undone": ["proposals.tasks.settle_run", "tasktracker.tasks.proposal_decided"],
    "proposal.redacted": ["tasktracker.tasks.proposal_decided"],  # no event, only its poke: words of it are gone
    "topic.created": ["knowledge.tasks.embed_topic"],
    "atom.created": ["knowledge.tasks.embed_atom"],
    "task.created": ["knowledge.tasks.embed_task", "tasktracker.tasks.task_made"],
    "task.updated": ["tasktracker.tasks.task_changed"],
    "task.redacted": ["tasktracker.tasks.task_redacted"],  # as proposal.redacted
}

# --- analysis -------------------------------------------------------------------------------------------------------
LEASE_SECONDS = ENV.lease_seconds  # a window's claim; renewed at a quarter of it
SWEEP_SECONDS = ENV.sweep_seconds
RUN_CONCURRENCY = ENV.run_concurrency  # lanes of one run, each a Celery task
WINDOW_GAP_SECONDS = 600
WINDOW_MAX_LOSSES = 3
EMBEDDING_MODEL = ENV.embedding_model
OFFLINE_EMBEDDER = "analysis.offline.embed.embed"  # a name, because knowledge may not import analysis
SURE_SIGNS = "analysis.offline.worth.asks_settles_or_dates"  # a name, because ingestion may not import analysis
CLOSED_SOURCES = "ingestion.walls.closed_sources"  # a name, because core may not import ingestion
STREAM_MATCH_BATCHES = "ingestion.filters.matching_batches"
STREAM_FILTERS, STREAM_MATCH = "ingestion.filters.of_stream", "ingestion.filters.matching_ids"  # the same
OLLAMA_URL = ENV.ollama_url
LLM_ALLOWED_HOSTS = ENV.llm_allowed_hosts
MAIL_ALLOWED_HOSTS = ENV.mail_allowed_hosts
TELEGRAM_BOT_TOKEN = ENV.telegram_bot_token
TELEGRAM_API_URL = ENV.telegram_api_url
DISCORD_API_URL = ENV.discord_api_url
MESSAGE_TEXT_LIMIT = 20_000

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tasktracker.core.authentication.BearerAuthentication",
        "tasktracker.core.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tasktracker.core.permissions.RolePermission"],
    "DEFAULT_PAGINATION_CLASS": "tasktracker.core.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "tasktracker.core.api.problem_handler",
    "DEFAULT_THROTTLE_CLASSES": ["tasktracker.core.throttling.UserThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": ENV.api_rate},
    "NUM_PROXIES": 1,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Task Tracker",
    "DESCRIPTION": "From a team's chat to reviewed knowledge and tasks, each with its exact words.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/favicon.svg",
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "analysis.models.AnalysisRun.Status",
        "WindowStatus": "analysis.models.Window.Status",
        "ProposalStatus": "proposals.models.Proposal.Status",
        "TopicStatus": "knowledge.models.Topic.Status",
        "AtomStatus": "knowledge.models.Atom.Status",
        "TaskStatus": "tasktracker.core.enums.TaskStatus",
        "ProposalKind": "proposals.models.Proposal.Kind",
        "SourceKind": "ingestion.models.Source.Kind",
        "ProviderKind": "tasktracker.core.enums.ProviderKind",
        "MessageKind": "ingestion.models.Message.Kind",
        "RejectReason": "tasktracker.core.enums.RejectReason",
        "Stage": "tasktracker.core.enums.Stage",
    },
}

# The least role that has to sign in in two steps: "manager", "admin", or "" for nobody.
SECOND_STEP_FOR = ENV.second_step_for

# --- mail -----------------------------------------------------------------------------------------------------------
MAILERS = mailers(ENV.email_url)
SILENCED_SYSTEM_CHECKS = ["mail.W001"]  # to send no mail is a choice
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.default_from_email or "tasktracker@localhost"

# --- security -------------------------------------------------------------------------------------------------------
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SECURE_CSP: dict[str, Any] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
# TLS ends at the proxy: what is https there is told by its origin in CSRF_TRUSTED_ORIGINS.
HTTPS = bool(CSRF_TRUSTED_ORIGINS) and all(urlsplit(o).scheme == "https" for o in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^api/(health|live)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# A history comes in pieces, each well below the limit above, and lies here as long as its import takes. Web and worker
# have to see the same folder.
UPLOADS_DIR = ENV.uploads_dir
UPLOAD_LIMIT = ENV.upload_limit_mb * 1024 * 1024

# --- the rest -------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Made by collectstatic in the image; elsewhere WhiteNoise serves the files from where they lie.
STATIC_ROOT = BASE_DIR / "staticfiles" if (BASE_DIR / "staticfiles").is_dir() else None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

UNFOLD = {
    "SITE_TITLE": "Task Tracker",
    "SITE_HEADER": "Task Tracker",
    "SITE_URL": "/",
    "SITE_SYMBOL": "fact_check",
    "SHOW_HISTORY": True,
    "LOGIN": {"form": "tasktracker.core.lockout.AdminLoginForm"},
    "COLORS": {
        "primary": {
            "50": "#eef2ff",
            "100": "#e0e7ff",
            "200": "#c7d2fe",
            "300": "#a5b4fc",
            "400": "#818cf8",
            "500": "#6366f1",
            "600": "#4f46e5",
            "700": "#4338ca",
            "800": "#3730a3",
            "900": "#312e81",
            "950": "#1e1b4b",
        }
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"scrub": {"()": "tasktracker.core.logs.ScrubFilter"}},
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
        "json": {"()": "tasktracker.core.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": ENV.log_format,
            "filters": ["scrub"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # These log prompts, answers or request lines with tokens in them.
        "LiteLLM": {"level": "CRITICAL"},
        "instructor": {"level": "CRITICAL"},
        "openai": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "aiogram": {"level": "WARNING"},
    },
}
