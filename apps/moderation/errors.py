from apps.core.http.errors import DomainError


class OwnTarget(DomainError):
    code = "own_target"
    detail = "You cannot report yourself, or what is yours."


class AlreadyReported(DomainError):
    code = "already_reported"
    detail = "You have already reported this."


class AlreadyAppealed(DomainError):
    code = "already_appealed"
    detail = "You have already appealed this decision."


class AppealTooLate(DomainError):
    code = "appeal_too_late"
    detail = "It is too late to appeal this decision."


class OwnCase(DomainError):
    code = "own_case"
    detail = "You cannot decide about yourself."


class AlreadyDecided(DomainError):
    code = "already_decided"
    detail = "This was already decided."


class OwnDecision(DomainError):
    code = "own_decision"
    detail = "An appeal is decided by somebody else than who made the decision."


class WrongDecisions(DomainError):
    code = "wrong_decisions"
    detail = "These decisions do not go together."
    field = "decisions"


class NobodyToDecideAbout(DomainError):
    code = "nobody_to_decide_about"
    detail = "There is nobody any more whom this could reach."
    field = "decisions"


class NothingToRemove(DomainError):
    code = "nothing_to_remove"
    detail = "This kind of thing cannot be taken down."
    field = "decisions"


class ReasonRequired(DomainError):
    code = "reason_required"
    detail = "This field is required."
    field = "reason"
