"""A window in two, as an engine sees it. Pure."""

from dataclasses import replace

from analysis import windows
from analysis.conversations import WindowMessage
from analysis.prompts.inputs import WindowInput
from analysis.windows import WindowDraft, WindowItem


def halve(window: WindowInput) -> list[WindowInput]:
    """Two halves, the second with the end of the first as context; nothing for what can't be divided.

    A window of atoms is not divided: what belongs together was put together.
    """
    if window.atoms:
        return []
    places = {message.ref: place for place, message in enumerate(window.messages)}
    draft = WindowDraft(
        channel_id=0,
        thread=window.thread,
        items=tuple(
            WindowItem(
                WindowMessage(
                    id=place,
                    channel_id=0,
                    thread=window.thread,
                    author_id=None,
                    sent_at=message.sent_at,
                    tokens=windows.estimate_tokens(message.text),
                    reply_to=places.get(message.reply_to or ""),
                ),
                context=message.context,
            )
            for place, message in enumerate(window.messages)
        ),
    )
    halves = windows.halve(draft)
    if len(halves) < 2:
        return []
    return [
        replace(
            window,
            messages=tuple(replace(window.messages[item.id], context=item.context) for item in half.items),
        )
        for half in halves
    ]
