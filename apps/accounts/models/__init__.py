from apps.accounts.models.activity import ActiveDay
from apps.accounts.models.blocks import Block, block_made, not_blocked
from apps.accounts.models.documents import Document
from apps.accounts.models.leaving import Erasure, Export
from apps.accounts.models.mfa import BackupCode, SecondFactor
from apps.accounts.models.oauth import ExchangedCode, LinkedLogin, SpentState
from apps.accounts.models.profiles import Profile, ProfileCategory, ProfilePlatform, RemovedProfile
from apps.accounts.models.resets import PasswordReset
from apps.accounts.models.roles import StaffRole
from apps.accounts.models.sessions import KnownAddress, KnownDevice, Session, listening_session, living_session
from apps.accounts.models.taxonomies import Taxonomy
from apps.accounts.models.users import (
    ReservedUsername,
    User,
    UserQuerySet,
    UserType,
    has_permission,
    is_away,
    is_there,
    is_there_or_erased,
    permission_names,
    person,
    there_for,
    visible_person,
)

__all__ = [
    "ActiveDay",
    "BackupCode",
    "Block",
    "Document",
    "Erasure",
    "ExchangedCode",
    "Export",
    "KnownAddress",
    "KnownDevice",
    "LinkedLogin",
    "PasswordReset",
    "Profile",
    "ProfileCategory",
    "ProfilePlatform",
    "RemovedProfile",
    "ReservedUsername",
    "SecondFactor",
    "Session",
    "SpentState",
    "StaffRole",
    "Taxonomy",
    "User",
    "UserQuerySet",
    "UserType",
    "block_made",
    "has_permission",
    "is_away",
    "is_there",
    "is_there_or_erased",
    "listening_session",
    "living_session",
    "not_blocked",
    "permission_names",
    "person",
    "there_for",
    "visible_person",
]
