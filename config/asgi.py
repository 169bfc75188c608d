import logging
import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# WhiteNoise answers with open files, which Django reads before it sends them; they are small.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
logging.captureWarnings(True)
django_application = get_asgi_application()

from apps.core.door import BodyLimit  # noqa: E402  # needs the settings
from apps.live.server import LiveDoor  # noqa: E402

application = LiveDoor(BodyLimit(django_application))
