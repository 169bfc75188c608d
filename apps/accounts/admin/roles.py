"""Groups and user types: what their people may do, as switches in words."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldBooleanSwitchWidget

from apps.accounts.errors import ChangedMeanwhile
from apps.accounts.models import StaffRole, User, UserType
from apps.accounts.models.roles import StaffRoleQuerySet, names_of
from apps.accounts.models.users import UserTypeQuerySet
from apps.accounts.services import roles
from apps.core.capabilities import by_section, capabilities, held_with, in_words
from apps.core.console import Fieldsets, ModelAdmin, changed_columns
from apps.core.declarations import Capability
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import DomainError

admin.site.unregister(Group)

SWITCH = "may_"
DANGEROUS = '<strong class="font-semibold text-red-600 dark:text-red-500">Dangerous.</strong> {}'
FIRST_PEOPLE = 10
"""So many are named of those whom a change touches."""


def switch_of(capability: Capability) -> str:
    return SWITCH + capability.slug


def help_of(capability: Capability) -> str:
    return format_html(DANGEROUS, capability.help) if capability.is_dangerous else capability.help


def in_a_sentence(held: list[Capability]) -> str:
    if len(held) == len(capabilities()):
        return "Everything but what only a superuser may"
    titles = [each.title for each in held]
    return ", ".join([*titles[:1], *(title[0].lower() + title[1:] for title in titles[1:])]) or "Nothing"


class PowerForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """Its switches are added by `with_switches`; what they say of permissions is held against what was there."""

    by: User

    @property
    def recorded_by_service(self) -> list[str]:
        return self.changed_data

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {name_of(row): row for row in Permission.objects.select_related("content_type")}
        row = self.instance if self.instance.pk else None
        self.before = names_of(row.permissions.select_related("content_type")) if row else set()
        self.initial["version"] = roles.version_of(row) if row else ""
        held = {capability.slug for capability in held_with(self.before)}
        for capability in capabilities():
            if field := self.fields.get(switch_of(capability)):
                field.initial = capability.slug in held
                field.disabled = not self.by.has_perms(capability.permissions)

    def clean(self) -> None:
        super().clean()
        if "_back" in self.data:
            raise ValidationError("Nothing has changed yet.", code="back")
        if self.errors:
            return
        try:
            self.refuse()
        except DomainError as error:
            if isinstance(error, ChangedMeanwhile):
                self.look_again()
            raise ValidationError(error.detail, code=error.code) from error

    def look_again(self) -> None:
        """The form goes on from what is there now."""
        sent: Any = self.data
        self.data = sent.copy()
        self.data["version"] = self.initial["version"]  # type: ignore[index]  # a copy may be written

    def refuse(self) -> None:
        """As the service that will save it."""
        raise NotImplementedError  # a form has a metaclass of its own, so it cannot be abstract

    def permissions(self) -> list[Permission]:
        """What there was, or what a superuser has picked, and what the switches change of it."""
        picked = self.cleaned_data.get("permissions")
        names = self.before if picked is None else names_of(picked)
        for capability in capabilities():
            if switch_of(capability) in self.changed_data:
                is_on = self.cleaned_data[switch_of(capability)]
                names = names | set(capability.permissions) if is_on else names - set(capability.permissions)
        return [self.known[name] for name in sorted(names) if name in self.known]

    def difference(self) -> list[tuple[str, list[str]]]:
        """What would change, in words."""
        after = names_of(self.permissions())
        gained, lost = after - self.before, self.before - after
        lists = [
            ("May from now on", self.in_words(gained)),
            ("May no longer", self.in_words(lost)),
            ("Also changes", [self.change_of(name) for name in self.changed_columns()]),
        ]
        return [(title, sentences) for title, sentences in lists if sentences]

    def in_words(self, names: set[str]) -> list[str]:
        """Capabilities where there is a word for it, and by its name what a superuser has picked besides."""
        dangerous = {each.title for each in capabilities() if each.is_dangerous}
        return [format_html(DANGEROUS, words) if words in dangerous else words for words in in_words(names)]

    def changed_columns(self) -> list[str]:
        return [name for name in self.changed_data if name in self.fields and not is_power(name)]

    def change_of(self, name: str) -> str:
        before, after = (shown(value) for value in (self.initial.get(name), self.cleaned_data[name]))
        return f"{self.fields[name].label}: {before} → {after}"

    def _save_m2m(self) -> None:
        """The service has saved it."""


def is_power(name: str) -> bool:
    return name.startswith(SWITCH) or name in ("permissions", "version")


def name_of(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def shown(value: Any) -> str:
    if isinstance(value, (list, QuerySet)):
        return ", ".join(str(row) for row in value) or "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "nothing")


class RoleForm(PowerForm):
    def refuse(self) -> None:
        found = StaffRole.objects.select_for_update().get(pk=self.instance.pk) if self.instance.pk else StaffRole()
        roles.refuse_role_change(role=found, version=self.cleaned_data["version"], by=self.by, **self.power())

    def power(self) -> dict[str, Any]:
        return {"permissions": self.permissions(), "user_types": list(self.cleaned_data["user_types"])}


class TypeForm(PowerForm):
    def refuse(self) -> None:
        found = UserType.objects.select_for_update().get(pk=self.instance.pk) if self.instance.pk else UserType()
        roles.refuse_type_change(
            user_type=found,
            for_staff=self.cleaned_data.get("for_staff", found.for_staff),
            permissions=self.permissions(),
            by=self.by,
            version=self.cleaned_data["version"],
        )


class PowerAdmin(ModelAdmin):
    """Asks before it saves: with what changes, in words, and whom that touches."""

    filter_horizontal = ["permissions"]
    superuser_fields = {"permissions"}
    change_form_before_template = "admin/accounts/power/version.html"
    columns: list[str]
    """What stands on the page besides the switches."""

    def get_form(self, request: SignedInRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With a switch for each capability."""
        switches: dict[str, Any] = {
            switch_of(each): forms.BooleanField(
                label=each.title, help_text=help_of(each), required=False, widget=UnfoldBooleanSwitchWidget
            )
            for each in capabilities()
        }
        kwargs["form"] = type(self.form.__name__, (self.form,), {"by": request.user, **switches})
        form = super().get_form(request, obj, change, **kwargs)
        for field in form.base_fields.values():
            if isinstance(field.widget, RelatedFieldWidgetWrapper):
                field.widget = field.widget.widget  # rows of others are not made from here
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Fieldsets:
        is_changed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not is_changed:
            return [(None, {"fields": [*self.columns, "may", "people"]})]
        sections = [
            (section, {"fields": [switch_of(each) for each in found]}) for section, found in by_section().items()
        ]
        advanced = ("Advanced", {"fields": ["permissions"], "classes": ["collapse"]})
        if request.user.is_superuser:
            return [(None, {"fields": self.columns}), *sections, advanced]
        return [(None, {"fields": self.allowed(self.columns)}), *sections]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["may", "people"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One is deleted on its page, by the service."""
        return {}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The service has recorded it."""

    @display(description="may")
    def may(self, row: Any) -> str:
        return in_a_sentence(held_with(names_of(row.permissions.all())))

    def people_of(self, row: Any) -> QuerySet[User]:
        """Whom a change of `row` touches."""
        raise NotImplementedError  # a page of the admin has a metaclass of its own, so it cannot be abstract

    def changeform_view(
        self, request: SignedInRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        row = self.get_object(request, object_id) if object_id else None
        is_asked = request.method == "POST" and not {"_confirmed", "_back"} & request.POST.keys()
        if is_asked and row and self.has_change_permission(request, row):
            form = self.get_form(request, row, change=True)(request.POST, instance=row)
            with transaction.atomic():
                is_valid = form.is_valid()
            if is_valid and (difference := form.difference()):
                return self.confirmation(request, row, difference)
        response: HttpResponseBase = super().changeform_view(request, object_id, form_url, extra_context)
        return response

    def confirmation(self, request: SignedInRequest, row: Any, difference: Any) -> TemplateResponse:
        row.refresh_from_db()  # the form has written into it
        people = self.people_of(row)
        first = list(people.order_by("username")[:FIRST_PEOPLE])
        context = {
            **self.admin_site.each_context(request),
            "title": f"Change {row}?",
            "opts": self.opts,
            "original": row,
            "difference": difference,
            "count": people.count(),
            "first": first,
            "sent": [
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name != "csrfmiddlewaretoken"
            ],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/accounts/power/confirm.html", context)


@admin.register(StaffRole)
class StaffRoleAdmin(PowerAdmin):
    form = RoleForm
    list_display = ["title", "members_count", "may", "limits", "protected"]
    search_fields = ["name", "description"]
    ordering = ["name"]
    columns = ["name", "description", "user_types"]

    def get_queryset(self, request: HttpRequest) -> StaffRoleQuerySet:
        rows: StaffRoleQuerySet = super().get_queryset(request)
        return rows.with_members().with_power()

    @display(description="group", header=True, ordering="name")
    def title(self, role: StaffRole) -> list[str]:
        return [role.name, role.description]

    @display(description="protected", ordering="is_protected", boolean=True)
    def protected(self, role: StaffRole) -> bool:
        return role.is_protected

    @display(description="members", ordering="members")
    def members_count(self, role: Any) -> int:
        return int(role.members)

    @display(description="limited to")
    def limits(self, role: StaffRole) -> str:
        return ", ".join(row.name for row in role.user_types.all()) or "-"

    @display(description="members")
    def people(self, role: StaffRole) -> str:
        return ", ".join(user.username for user in self.people_of(role).order_by("username")) or "nobody"

    def people_of(self, row: StaffRole) -> QuerySet[User]:
        return User.objects.filter(groups=row.pk)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_types":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
            kwargs["queryset"] = UserType.objects.open_to_all()
        return with_content_types(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor one's own, nor one that may do more than oneself."""
        return bool(super().has_change_permission(request, obj)) and not is_refused(obj, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and not (obj and obj.is_protected) and not is_refused(obj, request)

    def save_model(self, request: Any, obj: StaffRole, form: Any, change: bool) -> None:
        if change and not form.difference():
            return
        roles.change_role(
            role=obj,
            name=obj.name,
            description=obj.description,
            by=request.user,
            version=form.cleaned_data["version"],
            **form.power(),
        )

    def log_deletions(self, request: Any, queryset: Any) -> None:
        """The service will record it."""

    def delete_model(self, request: Any, obj: StaffRole) -> None:
        roles.delete_role(role=obj, by=request.user)


def is_refused(role: StaffRole | None, request: Any) -> bool:
    try:
        if role:
            roles.refuse_role(role, request.user)
    except DomainError:
        return True
    return False


def with_content_types(field: Any) -> Any:
    if field and field.queryset.model is Permission:
        field.queryset = field.queryset.select_related("content_type")  # a permission is called by its name
    return field


@admin.register(UserType)
class UserTypeAdmin(PowerAdmin):
    form = TypeForm
    list_display = ["name", "slug", "alias", "for_staff", "people", "may"]
    search_fields = ["name", "slug", "alias"]
    superuser_fields = {"for_staff", "permissions"}
    columns = ["name", "slug", "alias", "for_staff"]

    def get_queryset(self, request: HttpRequest) -> UserTypeQuerySet:
        rows: UserTypeQuerySet = super().get_queryset(request)
        return rows.with_counts().prefetch_related("permissions__content_type")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Fieldsets:
        """What staff may do is given by groups: a type of theirs has no switches."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets[:1] if obj and obj.for_staff else fieldsets

    @display(description="people", ordering="people")
    def people(self, user_type: Any) -> int:
        return int(user_type.people)

    def people_of(self, row: UserType) -> QuerySet[User]:
        return User.objects.filter(user_type=row)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return with_content_types(super().formfield_for_manytomany(db_field, request, **kwargs))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor one to which a group is limited: then it would be limited to nothing."""
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and not (obj and obj.staff_roles.exists())

    def save_model(self, request: Any, obj: UserType, form: Any, change: bool) -> None:
        if change and not form.difference():
            return
        version, fields = form.cleaned_data["version"], changed_columns(form)
        roles.change_type(
            user_type=obj, fields=fields, permissions=form.permissions(), by=request.user, version=version
        )


class GroupsForm(forms.Form):
    """The groups of somebody, as far as `by` may give and take them."""

    def __init__(self, *args: Any, user: User, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = roles.roles_given_by(by)
        self.offered = {role.pk: role for role in offered}
        theirs = StaffRole.objects.filter(user=user)
        self.others = [role for role in theirs if role.pk not in self.offered]
        self.fields["groups"] = forms.TypedMultipleChoiceField(
            required=False,
            coerce=int,
            choices=[(role.pk, choice(role)) for role in offered],
            initial=[role.pk for role in theirs],
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            help_text="You can give and take what you may do yourself.",
        )

    def chosen(self) -> list[StaffRole]:
        return [*self.others, *(self.offered[pk] for pk in self.cleaned_data["groups"])]


def choice(role: StaffRole) -> str:
    return f"{role.name}: {role.description}" if role.description else role.name
