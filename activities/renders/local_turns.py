"""The queue of local renders that wait for a render process of this worker, by team."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field


@dataclass(eq=False)
class Turn:
    team: str
    loop: asyncio.AbstractEventLoop
    is_given: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class LocalTurns:
    """Gives turns to one team after the other, and within a team in order. Callers must lock it."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self.given = 0  # number of turns given since the start

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def join(self, team: str) -> Turn:
        turn = Turn(team, asyncio.get_running_loop())
        self._waiting.setdefault(team, deque()).append(turn)
        return turn

    def leave(self, turn: Turn) -> None:
        """Remove a turn from the queue, unless it was given already."""
        waiting = self._waiting.get(turn.team)
        if waiting and turn in waiting:
            waiting.remove(turn)
            self._forget_if_empty(turn.team)

    def give(self) -> None:
        """Give the next turn; at least one must be waiting."""
        team, waiting = next(iter(self._waiting.items()))
        turn = waiting.popleft()
        self._waiting.move_to_end(team)
        self._forget_if_empty(team)
        turn.is_given = True
        self.given += 1
        turn.loop.call_soon_threadsafe(turn.woken.set)

    def _forget_if_empty(self, team: str) -> None:
        if not self._waiting[team]:
            del self._waiting[team]
