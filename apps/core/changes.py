"""What a form of the console changes, in words, for the audit trail."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.forms import BooleanField, ChoiceField, Field, ModelChoiceField, ModelForm, ModelMultipleChoiceField
from django.utils.formats import localize

from apps.core.audit import person_id_of

NOTHING = "nothing"
LENGTH = 500
OPEN = (BooleanField, ChoiceField)
"""What is chosen, rather than written, may be read by everybody who reads the trail."""


def changes_in(forms: Iterable[Any]) -> dict[str, list[str]]:
    """By label, the value before and after; of what people wrote about themselves, only that it was changed.

    A form may name fields `recorded_by_service`: those of which the service that it calls writes into the trail.
    """
    return {
        str(form[name].label).lower(): change_of(form, name)
        for form in forms
        for name in form.changed_data
        if name in form.fields and name not in getattr(form, "recorded_by_service", ())
    }


def change_of(form: "ModelForm[Any]", name: str) -> list[str]:
    field = form.fields[name]
    is_personal = person_id_of(form.instance) is not None
    return [] if is_personal and not isinstance(field, OPEN) else before_and_after(form, name, field)


def before_and_after(form: "ModelForm[Any]", name: str, field: Field) -> list[str]:
    before, after = form.get_initial_for_field(field, name), form.cleaned_data.get(name)
    if isinstance(field, ModelMultipleChoiceField):  # what went, and what came
        old, new = names_of(field, before), names_of(field, after)
        return [in_words(sorted(old - new)), in_words(sorted(new - old))]
    return [shown(field, before), shown(field, after)]


def shown(field: Field, value: Any) -> str:
    if isinstance(field, ModelChoiceField):
        return in_words(sorted(names_of(field, [] if value in (None, "") else [value])))
    if isinstance(field, ChoiceField):
        return in_words(dict(field.choices).get(value, value))  # type: ignore[arg-type]  # of any kind
    return in_words(value)


def names_of(field: Any, values: Any) -> set[str]:
    """Of rows, or of the keys of rows."""
    rows = [value for value in values or [] if isinstance(value, Model)]
    keys = [value for value in values or [] if not isinstance(value, Model)]
    return {str(row) for row in [*rows, *(field.queryset.filter(pk__in=keys) if keys else [])]}


def in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set):
        value = ", ".join(str(item) for item in value)
    return str(localize(value) if value not in (None, "") else NOTHING)[:LENGTH]
