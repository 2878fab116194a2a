"""Signs of life of what must not hang."""

from collections.abc import Callable


class Heart:
    """Beats of several tasks; `seconds` is a clock that never jumps."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._beats: dict[str, float] = {"birth": seconds()}

    def beat(self, name: str) -> None:
        """This task is alive now."""
        self._beats.pop("birth", None)
        self._beats[name] = self._seconds()

    def forget(self, name: str) -> None:
        """This task has ended as it should."""
        self._beats.pop(name, None)

    @property
    def beats(self) -> bool:
        """Whether it has begun to beat."""
        return "birth" not in self._beats

    def silent_s(self) -> float:
        """For how long the most silent task has said nothing."""
        return self._seconds() - min(self._beats.values(), default=self._seconds())
