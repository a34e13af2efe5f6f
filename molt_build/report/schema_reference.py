"""A JSON Schema as a page: every property with its type, default, limits, and what it means.

The page is made of the schema alone, so that it lacks nothing an editor knows; a keyword that this
module cannot put into words is an error. Tables are sections (`[[stages]]`), properties are
headings below them with their whole path (`stages.digest`), so that each has an anchor of its own
on any code host. What commands write has a section for each type, whose properties are rows.
A definition that several properties share is one section, to which they link.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

_NOUNS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a table",
    "null": "null",
}
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "minProperties": "at least {} of them",
    "maxProperties": "at most {} of them",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
}
_MARKS = {
    "x-name-of": "the name of a {}",
    "x-stays-in": "does not lead out of {}",
    "x-requirement": "written as packages are asked for",
    "x-specifier": "written as packages say versions",
}
# What a guide tells more of: keyword -> its value -> words, and the heading of docs/manifests.md.
_GUIDED = {
    "x-regex": {
        "RE2": ("a pattern of RE2", "patterns"),
        "whole lines": ("a pattern of whole lines", "patterns"),
    },
    "x-template": {
        "words": ("placeholders may stand in it, lists too", "placeholders"),
        "word": ("placeholders may stand in it", "placeholders"),
        "path": ("placeholders may stand in it", "placeholders"),
        "none": ("without placeholders", "placeholders"),
    },
}
# Words of plain text that are code: what has a sign in it that Markdown knows, options, braces.
_CODE = re.compile(
    r'`[^`]*`|"?\{[^{}]*\}(?:/\.{3}|[\w./"]*[\w"])?'
    r"|[^\s(`]*[_*<>#=\[\]|^$\\][^\s`]*?(?=[,;:.)]*(?:\s|$))|(?<!\S)--[a-z][a-z-]+"
)
_USUAL_LIMITS = {("minLength", 1), ("maxItems", 1000)}  # meant anyway; that nobody meets
_SPOKEN = {
    *("$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties", "required"),
    *("additionalProperties", "propertyNames", "items", "default", "enum", "const", "pattern"),
    *(
        "prefixItems",
        "deprecated",
        "oneOf",
        "anyOf",
        "dependentRequired",
        "uniqueItems",
        "x-renamed",
    ),
    # how errors speak of it; the name of a table's key, and what its values mean
    *("x-unfit", "x-elsewhere", "x-meant", "x-key", "x-taplo"),
    *(*_LIMITS, *_MARKS, *_GUIDED),
}


def schema_page(
    kind: str, schema: Schema, guide: str = "", elsewhere: Mapping[str, str] | None = None
) -> str:
    """The page of a kind in Markdown; links into docs/manifests.md begin with `guide`.

    `elsewhere` says of definitions that another page has them, and which. Without both nothing
    outside of the page is linked. Raises `ValueError` for a keyword that has no words yet.
    """
    return "\n".join(_Page(schema, guide, elsewhere or {}).lines(kind)).rstrip("\n") + "\n"


def slug(heading: str) -> str:
    """The anchor that code hosts and Sphinx give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def prose(text: str) -> str:
    """Plain text as Markdown: what looks like code is code, and no sign means anything else."""
    return _CODE.sub(lambda one: one[0] if one[0].startswith("`") else f"`{one[0]}`", text)


@dataclass(frozen=True)
class _Section:
    """A table and its properties; `prefix` begins their paths."""

    heading: str
    prefix: str
    table: Schema
    notes: tuple[str, ...] = ()
    properties: dict[str, Schema] = field(default_factory=dict)  # those without a section


class _Page:
    """One page, with the definitions that have a section of their own."""

    def __init__(self, schema: Schema, guide: str, elsewhere: Mapping[str, str]) -> None:
        self._schema, self._guide, self._elsewhere = schema, guide, elsewhere
        self._definitions: Mapping[str, Schema] = schema.get("$defs", {})
        uses = _names_in(schema)
        self._is_manifest = "properties" in schema
        self._shared = [
            name
            for name in self._in_order()
            if "properties" in self._definitions[name]
            and (not self._is_manifest or uses.count(name) > 1)
        ]

    def _in_order(self) -> list[str]:
        """The names of definitions, each behind the first that speaks of it."""
        without = {name: part for name, part in self._schema.items() if name != "$defs"}
        found: dict[str, None] = dict.fromkeys(_names_in(without))
        left = list(found)
        while left:
            new = [one for one in _names_in(self._definitions[left.pop(0)]) if one not in found]
            found |= dict.fromkeys(new)
            left += dict.fromkeys(new)
        return list(found)

    def lines(self, kind: str) -> Iterator[str]:
        """The page, line by line."""
        yield from (f"# {kind}", "", prose(self._schema["description"]), "")
        sections = list(self._sections("", "", self._schema)) if self._is_manifest else []
        for name in filter(lambda name: name not in self._elsewhere, self._shared):
            sections += self._sections(f"`{name}`", f"{name}.", self._definitions[name])
        if self._is_manifest:
            yield from self._overview(sections)
        else:
            yield from self._forms()
        for section in sections:
            yield from self._section(section)

    def _sections(
        self, heading: str, prefix: str, table: Schema, notes: tuple[str, ...] = ()
    ) -> Iterator[_Section]:
        """The section of a table, then those of the tables in it."""
        section = _Section(heading, prefix, table, notes)
        below = []
        for name, part in table["properties"].items():
            inner = self._table_in(part)
            if inner is None:
                section.properties[name] = part
            else:
                below.append((name, self._merged(part), *inner))
        yield section
        for name, part, one, brackets, key in below:
            path = f"{prefix}{name}{key}"
            facts = ["Required."] if name in table.get("required", ()) else []
            facts += [f"It is {prose(part['title'])}."] if "title" in part else []
            facts += [f"Default: {_toml(part['default'])}."] if "default" in part else []
            said = [part.get("description"), one.get("description") if key else None]
            shown = {**one, "description": " ".join(dict.fromkeys(filter(None, said)))}
            heading = f"`{brackets[0]}{path}{brackets[1]}`"
            yield from self._sections(heading, f"{path}.", shown, tuple(facts))

    def _table_in(self, part: Schema) -> tuple[Schema, tuple[str, str], str] | None:
        """The table that a property is, or holds; its brackets in TOML; the word for its name."""
        if self._shared_name(part):
            return None
        merged = self._merged(part)
        if "properties" in merged:
            return merged, ("[", "]"), ""
        for keyword, brackets in (("items", ("[[", "]]")), ("additionalProperties", ("[", "]"))):
            inner = merged.get(keyword)
            if isinstance(inner, Mapping) and not self._shared_name(inner):
                one = self._merged(inner)
                if "properties" in one:
                    key = "" if keyword == "items" else f".{merged.get('x-key', 'NAME')}"
                    return one, brackets, key
        return None

    def _shared_name(self, part: Schema) -> str | None:
        name = part.get("$ref", "").removeprefix("#/$defs/")
        return name if name in self._shared else None

    def _merged(self, part: Schema) -> dict[str, Any]:
        """A part with what its definition says; of its own it says the rest, of items too."""
        unknown = {keyword for keyword in part if keyword not in _SPOKEN}
        if unknown:
            msg = f"a page has no words for {', '.join(sorted(unknown))}"
            raise ValueError(msg)
        name = part.get("$ref", "").removeprefix("#/$defs/")
        if not name:
            return dict(part)
        definition = self._merged(self._definitions[name])
        merged = {**definition, **{key: one for key, one in part.items() if key != "$ref"}}
        if "items" in part and "items" in definition:
            merged["items"] = {**definition["items"], **part["items"]}
        return merged

    def _forms(self) -> Iterator[str]:
        """What it may be; of names for a form, what each says of itself."""
        forms = self._schema.get("oneOf") or self._schema["anyOf"]
        names = [form["$ref"].removeprefix("#/$defs/") for form in forms]
        if any(name in self._shared for name in names):
            yield from (f"It is {self._either(self._schema)}.", "")
            return
        yield from ("| what | it is |", "| --- | --- |")
        for name in names:
            one = self._definitions[name]
            form = self._type({key: one[key] for key in one if key != "description"})
            yield f"| {prose(one['description'])} | {form} |"
        yield ""

    def _overview(self, sections: list[_Section]) -> Iterator[str]:
        yield from ("| table | keys |", "| --- | --- |")
        for section in sections:
            heading = f"[{section.heading}](#{slug(section.heading)})" if section.heading else ""
            keys = [f"[`{name}`](#{slug(section.prefix + name)})" for name in section.properties]
            yield f"| {heading} | {', '.join(keys)} |"
        yield ""

    def _section(self, section: _Section) -> Iterator[str]:
        level = "##"
        if section.heading:
            yield from (f"## {section.heading}", "")
            said = [prose(section.table.get("description", "")), *section.notes]
            yield from (" ".join(filter(None, [*said, *self._together(section.table)])), "")
            level = "###"
        if not self._is_manifest:
            yield from self._rows(section)
            return
        for name, part in section.properties.items():
            is_required = name in section.table.get("required", ())
            yield from (f"{level} `{section.prefix}{name}`", "")
            yield from self._property(part, is_required)

    def _rows(self, section: _Section) -> Iterator[str]:
        """What a type holds, as a table: of results there is much, and little to say of each."""
        yield from ("| property | it is | what it says |", "| --- | --- | --- |")
        for name, part in section.properties.items():
            may_lack = name not in section.table["required"]
            kind = self._type(part) + (", may be left out" if may_lack else "")
            cells = (f"`{name}`", kind, prose(part.get("description", "")))
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        yield ""

    def _together(self, table: Schema) -> Iterator[str]:
        """Which of its keys go together."""
        for keyword, quantity in (("oneOf", "Exactly one"), ("anyOf", "At least one")):
            names = [f"`{name}`" for one in table.get(keyword, ()) for name in one["required"]]
            if names:
                yield f"{quantity} of {', '.join(names)}."
        for owner, needed in table.get("dependentRequired", {}).items():
            yield f"`{owner}` needs {' and '.join(f'`{name}`' for name in needed)}."

    def _property(self, part: Schema, is_required: bool) -> Iterator[str]:
        merged = self._merged(part)
        kind = self._type(part)
        facts = [kind[:1].upper() + kind[1:]]
        if "default" in merged:
            facts.append(f"default {_toml(merged['default'])}")
        else:
            facts.append("required" if is_required else "may be left out")
        if merged.get("deprecated"):
            facts.append("an old name")
        yield from (" · ".join(facts), "", prose(merged.get("description", "")), "")
        details = [*self._meanings(merged), *self._keys_of(merged, "")]
        yield from details
        if details:
            yield ""

    def _meanings(self, merged: Schema) -> Iterator[str]:
        """What each of the allowed values means."""
        meanings = merged.get("x-taplo", {}).get("docs", {}).get("enumValues", ())
        for value, meaning in zip(merged.get("enum", ()), meanings, strict=bool(meanings)):
            yield f"- {_toml(value)}: {prose(meaning)}"

    def _keys_of(self, merged: Schema, above: str) -> Iterator[str]:
        """What stands in a table whose keys are the user's own."""
        values = merged.get("additionalProperties")
        if isinstance(values, Mapping) and (self._shared_name(values) or "description" in values):
            key = f"{above}{merged.get('x-key', 'NAME')}"
            said = values.get("description", "")
            yield f"- `{key}`: {self._type(values)}" + (f". {prose(said)}" if said else "")
            yield from self._keys_of(self._merged(values), f"{key}.")

    def _type(self, part: Schema) -> str:
        """What may stand there, in words."""
        shared = self._shared_name(part)
        if shared:
            return f"[`{shared}`]({self._elsewhere.get(shared, '')}#{slug(shared)})"
        merged = self._merged(part)
        return ", ".join([self._noun(merged), *self._limits(merged)])

    def _noun(self, merged: Schema) -> str:
        if "const" in merged:
            return f"always {_toml(merged['const'])}"
        if "enum" in merged:
            return "one of " + ", ".join(map(_toml, merged["enum"]))
        if "oneOf" in merged or ("anyOf" in merged and "type" not in merged):
            return self._either(merged)
        kinds = merged["type"] if isinstance(merged["type"], list) else [merged["type"]]
        if "title" in merged:
            noun = prose(merged["title"])
        else:
            noun = " or ".join(_NOUNS[kind] for kind in kinds)
            noun += f" that fits `{merged['pattern']}`" if "pattern" in merged else ""
        items, values = merged.get("items"), merged.get("additionalProperties")
        if "prefixItems" in merged:
            noun += f" of {', '.join(map(self._one, merged['prefixItems']))}, in that order"
        elif "array" in kinds and isinstance(items, Mapping):
            if "title" not in merged:
                noun += f" of {self._one(items)}"
            elif "enum" in self._merged(items):
                noun += f", each {self._one(items)}"
        if "object" in kinds and isinstance(values, Mapping) and "title" not in merged:
            if not values.get("description"):
                noun += f" of {self._one(values)}"
            elif "x-key" in merged:
                noun += f" by {merged['x-key']}"
        return noun

    def _one(self, inner: Schema) -> str:
        """What one of a list or table is."""
        return self._type(inner) if self._shared_name(inner) else self._noun(self._merged(inner))

    def _either(self, node: Schema) -> str:
        forms = node.get("oneOf") or node.get("anyOf", ())
        return " or ".join(self._type(form) for form in forms)

    def _limits(self, merged: Schema) -> Iterator[str]:
        for keyword, words in _LIMITS.items():
            limit = merged.get(keyword)
            if limit == 1 and keyword in ("minItems", "minProperties"):
                yield "not empty"
            elif limit is not None and (keyword, limit) not in _USUAL_LIMITS:
                yield words.format(limit)
        if merged.get("uniqueItems"):
            yield "each once"
        items = merged.get("items") or {}
        for keyword, words in _MARKS.items():
            if keyword in items:
                yield f"each {words}".format(items[keyword])
            elif keyword in merged:
                yield words.format(merged[keyword])
        for keyword, meanings in _GUIDED.items():
            mark = merged.get(keyword, items.get(keyword))
            if mark is not None:
                words, heading = meanings[mark]
                yield f"[{words}]({self._guide}#{heading})" if self._guide else words


def _names_in(schema: Schema) -> list[str]:
    """The definitions that are referred to, each as often as it is."""
    return re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(schema))


def _toml(value: Any) -> str:
    """A value as it is written in TOML, for the values that schemas have."""
    return f"`{json.dumps(value, ensure_ascii=False)}`"
