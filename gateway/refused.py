"""The refusal of what an OMS wrote."""

from domain.refusals import RejectReason


class Refused(Exception):
    """What an OMS wrote cannot be used; `field` is a FIX field as Name(tag)."""

    def __init__(self, reason: RejectReason, field: str, text: str) -> None:
        super().__init__(f"{reason.value} {field}: {text}")
        self.reason = reason
        self.field = field
        self.text = text
