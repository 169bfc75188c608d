from apps.core.declarations import Exported, Personal
from apps.core.erasure import deleted
from tests.toys.models import Toy

PERSONAL = [Personal(Toy, ["owner"], export=Exported("toys", ["name"]), erase=deleted)]
