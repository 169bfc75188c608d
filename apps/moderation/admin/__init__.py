from apps.moderation.admin.appeals import AppealAdmin
from apps.moderation.admin.cases import CaseAdmin

__all__ = ["AppealAdmin", "CaseAdmin"]
