"""Key images of a procedure with what is drawn over them: the picture untouched below, the overlay as vectors above."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from imaging.tracking.events import EventKind
from service.report.gathering import ProcedureFacts
from service.report.numbers import number, probability
from service.report.words import FRAME_VERDICTS, doubt, picture_number
from service.store.store import Store
from service.stored_frames import picture_png

_TITLES = (
    ("before_needle", "Before the needle"),
    ("tip_in_recess", "Tip in the recess"),
    ("stand", "Where the tip stood"),
    ("injection", f"Injection begins{doubt(EventKind.INJECTION_STARTED)}"),
    ("after", "After"),
)


@dataclass(frozen=True, slots=True)
class KeyImage:
    """One picture of the record: SVG that holds the grey picture and its overlay."""

    title: str
    caption: str
    svg: str
    pixels_sha256: str


def key_images(store: Store, facts: ProcedureFacts) -> Iterator[KeyImage]:
    """Pictures that belong into a record, each once, cut to the part that shows tissue."""
    for index, title in _chosen(facts).items():
        svg = _composed(store, facts, index, title)
        yield KeyImage(title, _caption(facts, index), svg, facts.frames[index].pixels_sha256)


def _caption(facts: ProcedureFacts, index: int) -> str:
    """Which picture, and its own answer."""
    frame, course = facts.frames[index], facts.course
    parts = [
        f"picture {picture_number(index)}",
        f"{course.at[index]:.2f} s" if course.unit == "s" else "",
        FRAME_VERDICTS[frame.verdict].lower(),
    ]
    if frame.signed_distance_mm is not None:
        parts.append(f"tip to wall {number(frame.signed_distance_mm, 1, 'mm', signed=True)}")
    if frame.p_inside is not None:
        parts.append(f"p {probability(frame.p_inside)}".replace(" ", "\u00a0"))
    return ", ".join(part for part in parts if part)


def _chosen(facts: ProcedureFacts) -> dict[int, str]:
    """Titles by frame, in the order of the frames; a frame that is two things says both."""
    assessed = facts.assessed
    named: dict[str, int | None] = {}
    if assessed is not None:
        keys = assessed.key_frames
        named = {name: getattr(keys, name, None) for name, _ in _TITLES}
        if keys.tip_in_recess is None and assessed.stand is not None:
            named["stand"] = assessed.stand.at.frame_index
    else:
        named = _from_answers(facts)
    chosen: dict[int, str] = {}
    for name, title in _TITLES:
        index = named.get(name)
        if index is not None:
            chosen[index] = f"{chosen[index]}; {title.lower()}" if index in chosen else title
    return dict(sorted((chosen or {0: "First picture"}).items()))


def _from_answers(facts: ProcedureFacts) -> dict[str, int | None]:
    """What the stored answers show by themselves: before and after the needle, and what the verdict rests on."""
    needle = [index for index, frame in enumerate(facts.frames) if frame.needle_seen]
    return {
        "before_needle": needle[0] - 1 if needle and needle[0] > 0 else None,
        "stand": (facts.row.summary or {}).get("key_frame"),
        "after": len(facts.frames) - 1 if needle else None,
    }


def _composed(store: Store, facts: ProcedureFacts, index: int, title: str) -> str:
    """One SVG of picture and overlay; the overlay keeps its own view box."""
    overlay = store.frame_overlay(facts.row.id, index).decode()
    head = overlay[: overlay.index(">")]
    width, height = (head.split(f'{name}="')[1].split('"')[0] for name in ("width", "height"))
    x0, y0, x1, y1 = facts.frames[index].bmode_px
    picture = base64.b64encode(picture_png(store, facts.row.id, index)).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x0} {y0} {x1 - x0} {y1 - y0}" '
        f'width="{x1 - x0}" height="{y1 - y0}" role="img" aria-label="{title}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{picture}"/>{overlay}</svg>'
    )
