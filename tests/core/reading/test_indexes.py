from django.apps import apps
from django.db.models import ForeignKey


def beginnings(model):
    """The first field of everything that is an index over all rows."""
    indexes = [index for index in model._meta.indexes if not index.condition]
    names = [name for one in (*indexes, *model._meta.total_unique_constraints) for name in one.fields[:1]]
    return {name.removeprefix("-") for name in names}


def test_no_foreign_key_has_an_index_that_is_the_beginning_of_another():
    """Each write would keep both, and a plan for any values may take the one that does not sort."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]

    twice = [
        f"{model._meta.label}.{field.name}"
        for model in ours
        for field in model._meta.fields
        if isinstance(field, ForeignKey) and field.db_index and not field.unique and field.name in beginnings(model)
    ]

    assert twice == []
