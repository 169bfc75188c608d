from typing import Any

from django.db import models


class JSONList(models.Aggregate):
    """All values as one JSON array: a list that travels in its owner's row."""

    function = "JSONB_AGG"
    output_field = models.JSONField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)
