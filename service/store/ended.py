"""Whether a procedure is answered, and what to say of one that is not, or never will be."""

from service.errors import NotReady, Outcome, ServiceError
from service.store.tables import ProcedureRow


class ProcedureFailed(ServiceError, outcome=Outcome(409, 4409, "The analysis ended without an answer")):
    """Asked for the answer to what could not be analysed: waiting is of no use."""

    code = "procedure-failed"


def require_answered(row: ProcedureRow) -> None:
    """Refuse a procedure that is not answered.

    Raises
    ------
    NotReady
        If it waits or is under way.
    ProcedureFailed
        If its analysis ended without an answer, with the code of what ended it.
    """
    if row.status == "failed":
        msg = f"the procedure failed ({row.failure}): expected one that is answered; sent in again it is tried again"
        raise ProcedureFailed(msg)
    if row.status != "done":
        msg = f"the procedure is {row.status}: expected one that is answered"
        raise NotReady(msg)
