"""Leases: what only one process may do. A lease that is not renewed runs out, and another process takes it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.state.engine import writing
from core.state.tables import LEASES, now


class Lease:
    """``holder`` must be different for every process. Clocks of several machines must agree to within ``seconds``."""

    def __init__(self, engine: Engine, name: str, holder: str, seconds: float) -> None:
        self._engine, self._name, self._holder = engine, name, holder
        self._length = dt.timedelta(seconds=seconds)

    def hold(self) -> bool:
        """Takes or renews the lease; false while another holds it."""
        moment = now()
        values = {"holder": self._holder, "until": moment + self._length}
        mine = LEASES.c.name == self._name
        try:
            with writing(self._engine) as connection:
                row = connection.execute(select(LEASES).where(mine).with_for_update()).one_or_none()
                if row is None:
                    connection.execute(insert(LEASES).values(name=self._name, **values))
                elif row.holder == self._holder or row.until < moment:
                    connection.execute(update(LEASES).where(mine).values(values))
                else:
                    return False
        except IntegrityError:  # another process was first
            return False
        return True
