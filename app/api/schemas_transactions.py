"""What POST /transactions takes and gives."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, NotRequired

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from core.transactions.checked import LARGEST

MAX_LINES = 10_000
MAX_TEXT = 500

CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
TIME = rf"^(19|20|21)[0-9]{{2}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]{CLOCK})?$"
NO_NUL = r"^[^\x00]*$"

# Checked by pydantic-core alone, without a Python function for each value: there are thousands in a request.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST)]
Text = Annotated[str, Field(strict=True, max_length=MAX_TEXT, pattern=NO_NUL)]


CUSTOMER = (
    "Their number. A line without is kept, but not counted as long as the cleaning rule customer is on, "
    "as it is unless switched off."
)


class TransactionLine(TypedDict):
    """One line of an invoice or a receipt. What is left out, null or empty counts as not given."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    time: Annotated[
        str,
        Field(
            strict=True,
            pattern=TIME,
            description="When it was sold, by the clock of the business, without a zone: 2011-12-09 12:50:00.",
            examples=["2011-12-09T12:50:00"],
        ),
    ]
    quantity: Annotated[Number, Field(description="Pieces; what is not above 0 is kept, but not counted.")]
    price: NotRequired[Annotated[Number | None, Field(description="Of one piece.")]]
    invoice: NotRequired[Annotated[Text | None, Field(description="A number that starts with C is a cancellation.")]]
    product: NotRequired[Annotated[Text | None, Field(description="Its code.")]]
    description: NotRequired[Annotated[Text | None, Field(description="Its name.")]]
    customer: NotRequired[Annotated[Text | None, Field(description=CUSTOMER)]]
    country: NotRequired[Annotated[Text | None, Field(description="Name, written as in the data.")]]


class TransactionBatch(BaseModel):
    """Lines that are taken all or none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"lines": [{"time": "2011-12-09T12:50:00", "quantity": 6, "price": 2.55, "invoice": "581587",
                                     "product": "22138", "customer": "12680", "country": "France"}]}]
        },
    )  # fmt: skip

    lines: Annotated[list[TransactionLine], Field(min_length=1, max_length=MAX_LINES)]


class BatchResponse(BaseModel):
    """A batch that is kept: it is on the disk, and will be part of the data within about two seconds."""

    batch: int = Field(ge=1, description="Its number; numbers ascend in the order of acceptance.")
    lines: int = Field(ge=1, le=MAX_LINES, description="How many lines it has, repeats of known lines included.")
    days: list[dt.date] = Field(description="The days that its lines are of.")
    replayed: bool = Field(description="Whether the same batch had been accepted before: it counts once.")
