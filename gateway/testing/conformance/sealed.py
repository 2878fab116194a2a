"""Rules of the envelope: what was changed on the way is refused, a key that is rotated in is accepted."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from gateway.crypto.envelopes import ENVELOPES
from gateway.crypto.file_drop import NAME as FILE_DROP
from gateway.errors import EnvelopeError
from gateway.sandbox.keys import Sender
from gateway.testing.conformance.case import Case
from gateway.testing.conformance.sealing import (
    Parcel,
    altered,
    document_of,
    opened,
    sealed,
    senders,
    sent_rows,
)

_STDERR: Final = 2
_UNSEALED: Final = (
    "nothing here seals the envelope {!r}, which the dataset opens itself: "
    "test your `open` beside this, and waive the rule with that as the reason"
)


def sealed_page_opens(case: Case) -> Iterator[str]:
    """A sealed page opens to the very rows that were sealed."""
    yield from _opening(case, 0)


def rotated_key_accepted(case: Case) -> Iterator[str]:
    """A page sealed under a key that was rotated in opens, while the old key is still valid."""
    yield from _opening(case, -1)


def tampered_page_refused(case: Case) -> Iterator[str]:
    """A page changed in any of its parts is refused."""
    if not _is_sealable(case):
        yield _UNSEALED.format(case.dataset.envelope)
        return
    for what, parcel in altered(sealed(case, senders(case.dataset.envelope)[0])):
        if not _is_refused(case, parcel):
            yield f"{case.dataset.name}: a page with another {what} is taken: check its seal, then open it"


def _opening(case: Case, generation: int) -> Iterator[str]:
    if not _is_sealable(case):
        yield _UNSEALED.format(case.dataset.envelope)
        return
    sender = senders(case.dataset.envelope)[generation]
    try:
        found = opened(case, sealed(case, sender))
    except EnvelopeError as error:
        yield f"{_page(case, sender)} is refused ({error}): {_change(case)}"
        return
    yield from _other_rows(case, found, sender)


def _other_rows(case: Case, found: Sequence[object], sender: Sender) -> Iterator[str]:
    wanted = sent_rows(case)
    document = document_of(case)
    if document is None and found != wanted:
        yield f"{_page(case, sender)} opens to other rows than were sealed: {_change(case)}"
    if document is not None and not found:
        yield f"samples/{document.name} has no rows: write a page of the accepted rows, as it is sent"
    if document is not None and any(row not in wanted for row in found):
        yield (
            f"samples/{document.name} gives a row that no accepted sample is: "
            f"write it of the accepted rows of {case.where}, or mend the Dataset's read="
        )


def _is_refused(case: Case, parcel: Parcel) -> bool:
    try:
        with _library_silenced():
            opened(case, parcel)
    except EnvelopeError:
        return True
    return False


@contextmanager
def _library_silenced() -> Iterator[None]:
    """GmSSL in C writes the names of its functions to standard error at every check that fails."""
    kept, nowhere = os.dup(_STDERR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    try:
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)


def _is_sealable(case: Case) -> bool:
    return not case.dataset.open or case.dataset.envelope in (*ENVELOPES, FILE_DROP)


def _page(case: Case, sender: Sender) -> str:
    return f"{case.dataset.name}: a page of the samples, sealed under {sender.kid},"


def _change(case: Case) -> str:
    own = [f"{part}=" for part in ("open", "rows_in", "read") if getattr(case.dataset, part)]
    if not own:
        return "name the envelope that the department seals in"
    if not case.dataset.read or case.dataset.shape == "file_drop":
        return f"mend the Dataset's {' and '.join(own)}"
    beside = f"samples/{case.dataset.name}.txt or the like"
    return f"mend the Dataset's {' and '.join(own)}, or put a page as the department writes it into {beside}"
