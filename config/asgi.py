import gc
import logging
import os
import warnings

from django.core.asgi import get_asgi_application

gc.disable()  # while it loads there is nothing to find
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# WhiteNoise answers with open files, which Django reads before it sends them; they are small.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
logging.captureWarnings(True)
django_application = get_asgi_application()

from django.urls import get_resolver  # noqa: E402  # needs the settings

from apps.core.http.door import BodyLimit  # noqa: E402
from apps.live.server import LiveDoor  # noqa: E402

application = LiveDoor(BodyLimit(django_application))

get_resolver().url_patterns  # noqa: B018  # loads all there is
# It stays: a search for garbage that goes through it and through ten thousand streams holds up every event.
gc.collect()
gc.freeze()
gc.enable()
gc.set_threshold(2_000, 20, 100)
