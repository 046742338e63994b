"""Texts of people and programs as they are kept: what can't be shown is left out."""

import sqlalchemy as sa


class Text(sa.TypeDecorator):
    """A column of text, cleaned on its way in: Postgres keeps no NUL, and no half of a letter."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Return what is written."""
        return None if value is None else clean(value)


def clean(text: str) -> str:
    """Return a text without control characters: white space becomes a space, lines stay lines."""
    lines = text.replace("\r\n", "\n")
    return lines if lines.isprintable() else "".join(map(_shown, lines))


def _shown(character: str) -> str:
    if character.isprintable() or character in "\n\N{ZERO WIDTH JOINER}":  # some emoji hold one
        return character
    return " " if character.isspace() else ""
