from apps.accounts.models.blocks import Block, not_blocked
from apps.accounts.models.documents import Document
from apps.accounts.models.profiles import Profile, ProfileCategory, ProfilePlatform
from apps.accounts.models.sessions import Session, SessionQuerySet
from apps.accounts.models.taxonomies import Taxonomy
from apps.accounts.models.users import User, UserQuerySet, UserType, has_permission, permissions_given

__all__ = [
    "Block",
    "Document",
    "Profile",
    "ProfileCategory",
    "ProfilePlatform",
    "Session",
    "SessionQuerySet",
    "Taxonomy",
    "User",
    "UserQuerySet",
    "UserType",
    "has_permission",
    "not_blocked",
    "permissions_given",
]
