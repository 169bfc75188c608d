from typing import Self

from django.core.validators import RegexValidator
from django.db import models


class TaxonomyQuerySet(models.QuerySet["Taxonomy"]):
    def offered(self, type: "Taxonomy.Type") -> Self:
        """What one may choose now, in its order."""
        return self.filter(type=type, is_active=True)


class Taxonomy(models.Model):
    """One of the choices that staff offer, such as a reason to report something."""

    class Type(models.TextChoices):
        REPORT_REASON = "report_reason", "Report reason"
        DOCUMENT_REASON = "document_reason", "Reason to reject a document"

    type = models.CharField(max_length=30, choices=Type)
    value = models.CharField(max_length=100, help_text="As people read it.")
    code = models.CharField(
        max_length=50,
        validators=[RegexValidator(r"^[a-z0-9_-]+$", "Lower-case letters, digits and _ - only.")],
        help_text="As programs know it.",
    )
    is_active = models.BooleanField(default=True, help_text="Switched off, nobody can choose it any more.")
    order = models.PositiveSmallIntegerField(default=0)
    severity = models.PositiveSmallIntegerField(default=1, help_text="Of a report for this reason, against others.")

    objects = TaxonomyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "taxonomies"
        ordering = ["type", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["type", "code"], name="one_code_per_type")]

    def __str__(self) -> str:
        return self.value
