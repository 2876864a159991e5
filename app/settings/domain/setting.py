"""What a setting is: a key with a type, a default, and what its value may be."""

import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar, cast

from msgspec import Struct

from app.core.errors import Invalid, NotFound

T = TypeVar("T")
Value = bool | int | float | str | None
# A check that two settings fit each other, by the values of all of them. Raises Invalid.
Rule = Callable[["Values"], None]
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Kind(StrEnum):
    """The type of a value."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"


class SettingUnknown(NotFound):
    """There is no setting of this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no setting {key[:100]}.", field="key")


class BadValue(Invalid):
    """The setting does not take this value."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="value")


class Setting(Struct, Generic[T], frozen=True, kw_only=True):
    """One entry of the catalogue. The first part of its key is its category.

    `least` and `most` bound a number, `most` also the characters of a text. `form` brings a text
    to its one form, and raises ValueError with the end of a sentence ("is no language"). An
    `optional` text takes None. What is `secret` is stored sealed and answered by nobody.
    """

    key: str
    default: T
    description: str
    least: float | None = None
    most: float | None = None
    form: Callable[[str], str] | None = None
    optional: bool = False
    secret: bool = False
    public: bool = False

    @property
    def category(self) -> str:
        return self.key.partition(".")[0]

    @property
    def kind(self) -> Kind:
        if isinstance(self.default, bool):
            return Kind.BOOLEAN
        if isinstance(self.default, int):
            return Kind.INTEGER
        return Kind.NUMBER if isinstance(self.default, float) else Kind.TEXT

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a closed set; empty for any other."""
        cls = type(self.default)
        return tuple(value.value for value in cls) if issubclass(cls, StrEnum) else ()

    def check(self, value: object) -> T:
        """The value in its one form. Raises BadValue."""
        if value is None:
            if self.optional:
                return cast("T", None)
            raise BadValue(f"{self.key} takes {self._wanted()}; `reset` restores its default.")
        checks: Mapping[Kind, Callable[[object], object]] = {
            Kind.BOOLEAN: self._boolean,
            Kind.INTEGER: self._number,
            Kind.NUMBER: self._number,
            Kind.TEXT: self._text,
        }
        return cast("T", checks[self.kind](value))

    def _boolean(self, value: object) -> object:
        if not isinstance(value, bool):
            raise BadValue(f"{self.key} takes {self._wanted()}.")
        return value

    def _number(self, value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadValue(f"{self.key} takes {self._wanted()}.")
        whole = self.kind is Kind.INTEGER
        # Before it becomes one: a whole number may be too big for a float.
        if abs(value) > 1 << 53 or not math.isfinite(value) or (whole and value != int(value)):
            raise BadValue(f"{self.key} takes {self._wanted()}.")
        number = int(value) if whole else float(value)
        least = -math.inf if self.least is None else self.least
        most = math.inf if self.most is None else self.most
        if not least <= number <= most:
            raise BadValue(f"{self.key} lies between {_shown(least)} and {_shown(most)}.")
        return number

    def _text(self, value: object) -> object:
        if not isinstance(value, str) or (self.choices and value not in self.choices):
            raise BadValue(f"{self.key} takes {self._wanted()}.")
        if self.choices:
            return type(self.default)(value)  # type: ignore[call-arg]
        text = value if self.secret else value.strip()
        most = int(self.most or MOST_TEXT)
        if len(text) > most:
            raise BadValue(f"{self.key} has at most {most} characters.")
        if CONTROLS.search(text):
            raise BadValue(f"{self.key} is one line, without control characters.")
        try:
            return self.form(text) if self.form is not None and text else text
        except ValueError as error:
            raise BadValue(f"{self.key} {error}.") from None

    def _wanted(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        return WANTED[self.kind]


MOST_TEXT: Final = 500
WANTED: Final = {
    Kind.BOOLEAN: "true or false",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.TEXT: "a text",
}


class Values:
    """What all settings of a catalogue are at one moment; what is not stored has its default."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._stored = dict(stored)

    def __repr__(self) -> str:
        return f"Values({', '.join(sorted(self._stored))})"

    def get(self, setting: Setting[T]) -> T:
        """The value of a setting, in its type."""
        return cast("T", self._stored.get(setting.key, setting.default))

    def stored(self, setting: Setting[Any]) -> bool:
        """Whether somebody has set it."""
        return setting.key in self._stored

    def replacing(self, setting: Setting[T], value: T) -> "Values":
        """The same with another value of one setting."""
        return Values({**self._stored, setting.key: value})

    def without(self, setting: Setting[Any]) -> "Values":
        """The same with the default of one setting."""
        return Values({k: v for k, v in self._stored.items() if k != setting.key})


class Catalogue:
    """Settings by their keys, and the rules that bind several of them."""

    def __init__(self, settings: tuple[Setting[Any], ...], rules: tuple[Rule, ...] = ()) -> None:
        self._by_key = {setting.key: setting for setting in settings}
        if len(self._by_key) != len(settings):
            raise TypeError("Two settings have the same key.")
        self._rules = rules
        for setting in settings:
            setting.check(setting.default)
        self.judge(Values({}))

    def __getitem__(self, key: str) -> Setting[Any]:
        """The setting of this key. Raises SettingUnknown."""
        found = self._by_key.get(key)
        if found is None:
            raise SettingUnknown(key)
        return found

    def find(self, key: str) -> Setting[Any] | None:
        """The setting of this key, or None."""
        return self._by_key.get(key)

    def all(self, category: str | None = None) -> list[Setting[Any]]:
        """The settings of a category, or all of them, in the order of the catalogue."""
        everything = self._by_key.values()
        return [s for s in everything if category is None or s.category == category]

    def judge(self, values: Values) -> None:
        """Raise BadValue where values do not fit each other."""
        for rule in self._rules:
            rule(values)


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"
