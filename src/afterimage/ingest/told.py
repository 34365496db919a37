"""The notes of parts, joined: one line for what several parts say alike."""

from collections.abc import Mapping, Sequence

from afterimage.contracts.parts import Findings

NAMED = 3  # parts that a line names


def told_by(found: Mapping[str, Findings]) -> list[str]:
    """Return the sentences of all parts, and for each reason how many trials are left out.

    Parameters
    ----------
    found : mapping of str to Findings
        Of each part, by its name, in the order of the parts.

    Returns
    -------
    list of str
        In the order in which they were told first, such as "ses-01_run-01, ses-02_run-03: ..." or
        "All 120 parts: ...". Counts are summed over the parts. The parts are not named if there is
        only one.
    """
    lines = []
    for text in dict.fromkeys(text for own in found.values() for text in own.counts):
        parts = [part for part, own in found.items() if text in own.counts]
        filled = _filled(text, [found[part].counts[text] for part in parts])
        lines.append(_sentence(filled, parts, len(found)))
    return lines + _left_out(found)


def _filled(text: str, counts: Sequence[Mapping[str, int]]) -> str:
    for name in dict.fromkeys(name for own in counts for name in own):
        text = text.replace(f"{{{name}}}", str(sum(own.get(name, 0) for own in counts)))
    return text


def _sentence(text: str, parts: Sequence[str], of: int) -> str:
    if of == 1:
        return text[:1].upper() + text[1:]
    who = f"All {of} parts" if len(parts) == of else _named(parts)
    return f"{who}: {text}"


def _left_out(found: Mapping[str, Findings]) -> list[str]:
    lines = []
    for reason in dict.fromkeys(reason for own in found.values() for reason in own.excluded):
        parts = [part for part, own in found.items() if reason in own.excluded]
        count = sum(len(found[part].excluded[reason]) for part in parts)
        where = f" ({_named(parts)})" if len(found) > 1 else ""
        who = "1 trial is" if count == 1 else f"{count} trials are"
        lines.append(f"{who} left out, because {reason}{where}.")
    return lines


def _named(parts: Sequence[str]) -> str:
    more = f" and {len(parts) - NAMED} more" if len(parts) > NAMED else ""
    return ", ".join(parts[:NAMED]) + more
