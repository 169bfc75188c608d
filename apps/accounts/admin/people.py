from contextlib import suppress
from copy import copy
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from pydantic import ValidationError as SchemaError
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import BooleanRadioFilter, RadioFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.dataclasses import ActionDialog
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm, UserChangeForm, UserCreationForm

from apps.accounts.admin.passwords import PasswordForm
from apps.accounts.admin.roles import GroupsForm
from apps.accounts.errors import MfaDisabled, NotAway
from apps.accounts.models import Profile, ReservedUsername, User, UserQuerySet, UserType
from apps.accounts.schemas import ProfileIn, check_email
from apps.accounts.services import roles, staff
from apps.core.confirming import ask_first
from apps.core.console import Fieldsets, ModelAdmin, changed_columns, portrait
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import NotFound, PermissionDenied
from apps.core.http.payload import invalid_from
from apps.core.reading.viewer import Viewer


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """Names and addresses are taken in any case of their letters."""

    recorded_by_service: ClassVar[set[str]] = {"email", "is_active"}

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if ReservedUsername.objects.holds(username):
            raise forms.ValidationError("A user with that username already exists.")
        return self.free("username", username)

    def clean_email(self) -> str:
        try:
            return self.free("email", check_email(self.cleaned_data["email"]))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def free(self, field: str, value: str) -> str:
        if User.objects.with_login(value).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"A user with that {field} already exists.")
        return value


class NewAccountForm(AccountForm, UserCreationForm):
    pass


class ChangedAccountForm(AccountForm, UserChangeForm):
    def clean_is_active(self) -> bool:
        """Not even by a page that was opened before they left."""
        active: bool = self.cleaned_data["is_active"]
        if active and self.instance.state == User.State.DEACTIVATED:
            raise forms.ValidationError("They deactivated their account themselves; only they can come back.")
        return active


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """Checked and saved as if the person had sent it to the API."""

    by: User
    """Who fills it in: see `UserAdmin.save_formset`."""

    @property
    def recorded_by_service(self) -> list[str]:
        return self.changed_data

    def clean(self) -> None:
        super().clean()
        try:
            self.changes()
        except SchemaError as error:
            for field, sentences in invalid_from([("profile", error)]).details.items():
                self.add_error(field, sentences)

    def changes(self) -> ProfileIn:
        sent = {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
        return ProfileIn.model_validate(
            {name: value if name == "bio" else value or None for name, value in sent.items()}
        )

    def save(self, commit: bool = True) -> Profile:
        if commit:
            staff.change_profile(user=self.instance.user, changes=self.changes(), by=self.by)
        profile: Profile = self.instance
        return profile


class ProfileInline(StackedInline):
    model = Profile
    form = ProfileForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    can_delete = False
    tab = True
    earned = ["tier_level", "tier_name", "karma_score", "rating", "completed_collaborations", "plan"]
    told = ["bio", "phone", "website", "business_category", "country", "city", "timezone"]
    readonly_fields = ["picture", "platforms", "categories", "languages", "social_links", *earned]
    fieldsets = [
        (None, {"fields": ["picture", *told, "languages", "social_links", "categories", "platforms"]}),
        ("Earned", {"fields": earned}),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description="picture")
    def picture(self, profile: Profile) -> str | None:
        image = '<img src="{}" alt="" width="96" height="96" class="rounded-default">'
        return format_html(image, profile.avatar.url) if profile.avatar else None

    @display(description="categories")
    def categories(self, profile: Profile) -> str:
        return ", ".join(row.slug for row in profile.category_rows.all())

    @display(description="platforms")
    def platforms(self, profile: Profile) -> str:
        return ", ".join(f"{row} ({row.followers:,} followers)" for row in profile.platform_rows.all())


class StateFilter(RadioFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Any:
        return User.State.choices

    def queryset(self, request: HttpRequest, queryset: UserQuerySet) -> UserQuerySet:
        return queryset.in_state(User.State(self.value())) if self.value() in User.State.values else queryset


STATES = {
    "Active": "success",
    "Deactivated": "warning",
    "Suspended": "danger",
    "Banned": "danger",
    "Switched off": "danger",
    "Erased": "info",
}
MAY_COME_BACK = "They are away by their own wish, and may come back. To prevent that, press “Switch off”."
SWITCHING_OFF: ActionDialog = {
    "title": "Switch this account off?",
    "description": "They are away by their own wish, and could come back by signing in. Switched off, they cannot.",
    "form_class": None,
    "form_submit_text": "Switch off",
}


class TwoStepFilter(RadioFilter):
    title = "two-step login"
    parameter_name = "two_step_login"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Any:
        return [("on", "On"), ("off", "Off")]

    def queryset(self, request: HttpRequest, queryset: UserQuerySet) -> UserQuerySet:
        return queryset.where_mfa(on=self.value() == "on") if self.value() in ("on", "off") else queryset


RESETTING_MFA: ActionDialog = {
    "title": "Reset two-step login?",
    "description": "For somebody who has lost their codes, once you are sure that it is they who ask. They are signed"
    " out everywhere, and get a mail; their password alone opens the account until they set it up again.",
    "form_class": None,
    "form_submit_text": "Reset",
}


REMOVING_PICTURES = {
    "title": "Remove the pictures of these people?",
    "sentence": "Their initials stand in their place. The pictures are deleted after a week, unless you restore them.",
    "button": "Remove",
}
RESTORING_PROFILES = {
    "title": "Restore pictures and texts of these people?",
    "sentence": "What was taken off their profiles is there again, but for what they have filled in anew.",
    "button": "Restore",
}


@admin.register(User)
class UserAdmin(ModelAdmin, DjangoUserAdmin):  # type: ignore[type-arg, misc]  # not generic when it runs
    form = ChangedAccountForm
    add_form = NewAccountForm
    inlines = [ProfileInline]
    list_display = ["person", "email", "user_type", "blue_tick", "two_step", "works_here", "standing", "date_joined"]
    list_filter = [
        ("user_type", RelatedDropdownFilter),
        ("is_staff", BooleanRadioFilter),
        StateFilter,
        ("is_verified", BooleanRadioFilter),
        TwoStepFilter,
        ("date_joined", RangeDateFilter),
    ]
    search_fields = ["username", "email", "first_name", "last_name"]
    search_help_text = "A username, a name or an e-mail address."
    ordering = ["-pk"]
    actions = ["remove_pictures", "restore_profiles"]
    actions_detail = ["change_groups", "switch_off", "reset_mfa"]
    filter_horizontal = ["user_permissions"]
    superuser_fields = {"is_staff", "is_superuser", "user_permissions"}
    states = [
        *["standing", "deactivated_at", "suspended_until", "banned_at"],
        *["is_verified", "email_verified", "two_step", "last_login", "date_joined"],
        *["terms_version", "terms_accepted_at"],
    ]
    readonly_fields = [*states, "password_link", "in_groups"]
    names = ["username", "email", "first_name", "last_name", "user_type"]
    fieldsets = [
        (None, {"fields": [*names, "password_link"]}),
        ("State", {"fields": ["is_active", *states]}),
        ("Power", {"fields": ["is_staff", "in_groups", "is_superuser", "user_permissions"]}),
    ]
    add_fieldsets = [(None, {"fields": [*names, "is_staff", "password1", "password2"]})]

    @display(description="person", header=True, ordering="username")
    def person(self, user: User) -> list[Any]:
        return portrait(user)

    @display(description="blue tick", ordering="is_verified", boolean=True)
    def blue_tick(self, user: User) -> bool:
        return user.is_verified

    @display(description="two-step login", boolean=True)
    def two_step(self, user: Any) -> bool:
        return bool(user.has_mfa)

    @display(description="staff", ordering="is_staff", boolean=True)
    def works_here(self, user: User) -> bool:
        return user.is_staff

    @display(description="state", label=STATES)
    def standing(self, user: User) -> str:
        return user.state.label

    @display(description="password")
    def password_link(self, user: User) -> str:
        page = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}" class="text-link">Set another password</a>', page)

    @display(description="groups")
    def in_groups(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.order_by("name")) or "none"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: Any = super().get_queryset(request)
        in_reach = rows.in_reach_of(Viewer.of(request.user))
        people: QuerySet[User] = in_reach.with_mfa().select_related("user_type", "profile")
        return people

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Fieldsets:
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {"fields": [name for name in options["fields"] if name != "password_link"]})
            for title, options in fieldsets
        ]

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[type[StackedInline]]:
        return self.inlines if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_type" and not request.user.is_superuser:
            kwargs["queryset"] = UserType.objects.open_to_all()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: Any, obj: Model | None = None) -> bool:
        """Only a superuser changes a colleague, and nobody who was erased."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (not isinstance(obj, User) or staff.may(request.user, "accounts.change_user", obj))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """An account is switched off, which hides the person."""
        return False

    def save_model(self, request: Any, obj: User, form: Any, change: bool) -> None:
        if change:
            staff.change_account(user=obj, fields=changed_columns(form), by=request.user)
            if obj.state == User.State.DEACTIVATED:
                self.message_user(request, MAY_COME_BACK, messages.WARNING)
        else:
            staff.add_account(user=obj, by=request.user)

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        for profile_form in formset.forms:
            profile_form.by = request.user
        super().save_formset(request, form, formset, change)

    def user_change_password(self, request: Any, id: str, form_url: str = "") -> HttpResponse:
        """With a form that knows who sets the password; Django gives it no request."""
        page = copy(self)
        page.change_password_form = partial(PasswordForm, by=request.user)
        return DjangoUserAdmin.user_change_password(page, request, id, form_url)

    def has_switch_off_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Where there is something to switch off."""
        user = self.get_object(request, str(object_id))
        return user is not None and user.state == User.State.DEACTIVATED and self.has_change_permission(request, user)

    @action(
        description="Switch off", url_path="switch-off", icon="block", permissions=["switch_off"], dialog=SWITCHING_OFF
    )
    def switch_off(self, request: SignedInRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        user = User.objects.get(pk=object_id)
        try:
            staff.switch_off(user=user, by=request.user)
            self.message_user(request, f"Switched off: {user}.")
        except NotAway as error:  # back just now
            self.message_user(request, error.detail, messages.ERROR)
        return self.page_of(user)

    def has_reset_mfa_permission(self, request: SignedInRequest, object_id: str | None = None) -> bool:
        """Where there is something to reset; nobody resets their own."""
        user = self.get_object(request, str(object_id))
        is_theirs = user is not None and user.has_mfa and user != request.user
        return is_theirs and staff.may(request.user, "accounts.reset_mfa", user)

    @action(
        description="Reset two-step login",
        url_path="reset-mfa",
        icon="phonelink_erase",
        permissions=["reset_mfa"],
        dialog=RESETTING_MFA,
    )
    def reset_mfa(self, request: SignedInRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        user = User.objects.get(pk=object_id)
        try:
            staff.reset_mfa(user=user, by=request.user)
            self.message_user(request, f"Reset the two-step login of {user}.")
        except MfaDisabled as error:  # off just now
            self.message_user(request, error.detail, messages.ERROR)
        return self.page_of(user)

    def page_of(self, user: User) -> HttpResponse:
        """A dialog is sent by htmx, which goes where this header says."""
        return HttpResponse(headers={"HX-Redirect": reverse("admin:accounts_user_change", args=[user.pk])})

    def has_change_groups_permission(self, request: SignedInRequest, object_id: str | None = None) -> bool:
        """Of whoever works here."""
        user = self.get_object(request, str(object_id))
        return user is not None and user.is_staff and roles.may_change_groups(user=user, by=request.user)

    @action(description="Groups", url_path="groups", icon="shield_person", permissions=["change_groups"])
    def change_groups(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """A page of its own: of all groups, those are offered that one may give."""
        user = User.objects.get(pk=object_id)
        form = GroupsForm(request.POST or None, user=user, by=request.user)
        if request.method == "POST" and form.is_valid():
            roles.change_groups(user=user, groups=form.chosen(), by=request.user)
            self.message_user(request, f"Changed the groups of {user}.")
            return redirect("admin:accounts_user_change", user.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Groups of {user}",
            "opts": self.opts,
            "original": user,
            "form": form,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/accounts/user/groups.html", context)

    def has_remove_picture_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.remove_picture")

    @action(description="Remove the pictures of selected people", permissions=["remove_picture"])
    def remove_pictures(self, request: SignedInRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if question := ask_first(self, request, queryset, **REMOVING_PICTURES):
            return question
        chosen = [user for user in queryset if staff.may(request.user, "accounts.remove_picture", user)]
        for user in chosen:
            staff.remove_picture(user=user, by=request.user)
        self.message_user(request, f"Removed {len(chosen)} pictures.")
        return None

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.moderate_user")

    @action(description="Restore the pictures and texts of selected people", permissions=["moderate"])
    def restore_profiles(self, request: SignedInRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if question := ask_first(self, request, queryset, **RESTORING_PROFILES):
            return question
        restored = 0
        for user in queryset:
            with suppress(NotFound, PermissionDenied):  # nothing was taken off, or it is a colleague
                staff.restore_profile(user=user, by=request.user)
                restored += 1
        self.message_user(request, f"Restored the profiles of {restored} people.")
        return None
