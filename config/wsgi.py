import logging
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
logging.captureWarnings(True)
django_application = get_wsgi_application()

from django.urls import get_resolver  # noqa: E402  # needs the settings

from apps.core.http.door import wsgi_body_limit  # noqa: E402

get_resolver().url_patterns  # noqa: B018  # loads all there is: the operations tell the door what they take
application = wsgi_body_limit(django_application)
