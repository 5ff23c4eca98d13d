"""/audit: who changed what is in use, when and why."""

from __future__ import annotations

from app.api.fields import next_of
from app.api.operation import Operation, Operations
from app.api.schemas_models import AuditEntry, AuditQuery, AuditResponse
from callbacks.services import services
from core.lifecycle import audit

operations = Operations("audit")


@operations.operation(
    Operation(
        "/audit",
        "get",
        "Who changed what, when and why",
        "Every change of what is in use and of the schedule, the newest first; rows are only ever added.",
        AuditResponse,
        "read",
        query=AuditQuery,
    )
)
def list_audit(query: AuditQuery) -> AuditResponse:
    """The newest rows, or those before a number."""
    found = audit.entries(services().engine, query.subject, query.limit, query.before)
    return AuditResponse(
        entries=[audit_entry(one) for one in found], next=next_of([one.id for one in found], query.limit)
    )


def audit_entry(one: audit.Entry) -> AuditEntry:
    """A row as the API shows it."""
    return AuditEntry(**{name: getattr(one, name) for name in AuditEntry.model_fields})
