import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
logging.captureWarnings(True)
django_application = get_wsgi_application()

from apps.core.http.door import wsgi_body_limit  # noqa: E402  # needs the settings

application = wsgi_body_limit(django_application)
