"""A datasheet for machines: JSON-LD of the Croissant format, version 1.1 (MLCommons 2026).

Built by hand from the format's tables: `problems` holds it against what they require.
"""

from __future__ import annotations

from typing import Any

from .datasheet import DataFile, Datasheet, FieldType

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
TYPES: dict[FieldType, str] = {
    "integer": "sc:Integer",
    "number": "sc:Float",
    "text": "sc:Text",
    "truth": "sc:Boolean",
    "date": "sc:DateTime",
}
REQUIRED = (
    "@context",
    "@type",
    "conformsTo",
    "name",
    "description",
    "license",
    "url",
    "creator",
    "datePublished",
    "distribution",
)
"""What the format asks of every data set."""
OF_OBJECTS = {
    "cr:FileObject": ("@id", "name", "contentUrl", "encodingFormat", "sha256"),
    "cr:FileSet": ("@id", "name", "encodingFormat", "includes"),
    "cr:RecordSet": ("@id", "name", "field"),
    "cr:Field": ("@id", "name", "dataType", "source"),
}
"""What it asks of the objects inside."""


def croissant(sheet: Datasheet) -> dict[str, Any]:
    """The datasheet as JSON-LD. What is not known is left out, so `problems` names it."""
    files = [_file(file, sheet) for file in sheet.files]
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": sheet.id,
        "alternateName": sheet.title,
        "description": " ".join([sheet.summary, *sheet.composition, *sheet.uses]),
        "version": _semantic(sheet.version),
        "url": sheet.url,
        "license": sheet.licence.url or sheet.licence.text,
        "creator": [{"@type": "sc:Organization", "name": name} for name in sheet.creators],
        "datePublished": sheet.published_on,
        "citeAs": sheet.citation,
        "keywords": ["recommender systems", "offline reinforcement learning", "off-policy evaluation"],
        "usageInfo": f"licence {sheet.licence.status}",
        "distribution": files,
        "recordSet": [_records(sheet, files)],
    }
    return {name: value for name, value in content.items() if value not in ("", [], None)}


def problems(content: dict[str, Any]) -> list[str]:
    """What the format requires and a description lacks, and identifiers that are not unique or lead nowhere."""
    found = [f"{name} is missing" for name in REQUIRED if not content.get(name)]
    ids: list[str] = []
    objects = [*content.get("distribution", []), *content.get("recordSet", [])]
    objects += [field for records in content.get("recordSet", []) for field in records.get("field", [])]
    for each in objects:
        kind = str(each.get("@type"))
        if kind not in OF_OBJECTS:
            found.append(f"{each.get('@id')}: {kind} is not a type of the format")
        found += [f"{each.get('@id')}: {name} is missing" for name in OF_OBJECTS.get(kind, ()) if not each.get(name)]
        ids.append(str(each.get("@id")))
    found += [f"{name} stands for several things" for name in sorted({name for name in ids if ids.count(name) > 1})]
    for each in objects:
        source = each.get("source") or {}
        named = [target["@id"] for key in ("fileObject", "fileSet") if (target := source.get(key))]
        found += [f"{each['@id']}: there is no {name}" for name in named if name not in ids]
    return found


def _file(file: DataFile, sheet: Datasheet) -> dict[str, Any]:
    """A file where it is known to the byte; else a set of files of that pattern."""
    common = {"@id": file.name, "name": file.name, "encodingFormat": file.encoding}
    if file.sha256 and not file.is_pattern:
        size = {"contentSize": f"{file.size} B"} if file.size else {}
        where = file.url or file.name
        return {"@type": "cr:FileObject", **common, "contentUrl": where, "sha256": file.sha256, **size}
    made = "Written by `task.log(...).save(folder)`." if sheet.kind == "task" else ""
    where = f"To be had from {file.url}; its checksum is not known." if file.url else "Its checksum is not known."
    return {"@type": "cr:FileSet", **common, "includes": file.name, "description": made or where}


def _records(sheet: Datasheet, files: list[dict[str, Any]]) -> dict[str, Any]:
    first = files[0]
    kind = "fileObject" if first["@type"] == "cr:FileObject" else "fileSet"
    return {
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        "description": sheet.composition[0],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"rows/{field.name}",
                "name": field.name,
                "description": field.role,
                "dataType": TYPES[field.type],
                "source": {kind: {"@id": first["@id"]}, "extract": {"column": field.name}},
            }
            for field in sheet.fields
        ],
    }


def _semantic(version: str) -> str:
    """MAJOR.MINOR.PATCH of a task's version; empty where a data set has none."""
    return f"{version}.0.0" if version.isdecimal() else ""
