from typing import Annotated

from pydantic import StringConstraints

from apps.core.http.schemas import In, Line, Out
from apps.core.reading.shapes import Column


class ToyIn(In):
    name: Annotated[Line, StringConstraints(min_length=1, max_length=50)]


class ToyOut(Out):
    id: int
    name: str
    owner: Annotated[str, Column("owner__username")]
