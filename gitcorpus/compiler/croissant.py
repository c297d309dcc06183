"""A release as Croissant 1.1 (MLCommons), with RAI 1.0: every file with its digest, every table as a record set.

`https://schema.org/` and `application/x-parquet` are what loaders take; other spellings pass validators and fail there.
A list of structures is a repeated field whose sub-fields take their part of each by a JSON path; calls of tools, which
are lists within such a list, stand in the tables and not here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from gitcorpus.compiler.sealed import pointer_step

CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
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
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_CONFORMS: Final = [
    "http://mlcommons.org/croissant/1.1",
    "http://mlcommons.org/croissant/RAI/1.0",
]
_PROV: Final = {
    "provenance_sources/src_path": "prov:wasDerivedFrom",
    "provenance_sources/commit_ix": "prov:wasGeneratedBy",
    "provenance_commits/author_email": "prov:wasAttributedTo",
}
_REFERENCES: Final = {
    "provenance_lines/record_ix": "provenance_records/record_ix",
    "provenance_lines/source_ix": "provenance_sources/source_ix",
}
"""Not from a source to its commit, which may be none: a loader would leave such a source out."""
_TABLES: Final = {
    "provenance_lines": "Where every line of every text came from: one row a run of lines.",
    "provenance_sources": "Every file that lines came from, as the commit wrote it that brought them.",
    "provenance_records": "Which row of the catalog, and so which task, every record came from.",
    "provenance_commits": "Every commit that wrote a line.",
    "provenance_agreements": "The agreements, with the digests of their texts.",
    "omissions": "What was left out, and why.",
}


def render_croissant(manifest: Mapping[str, Any], schemas: Mapping[str, pa.Schema]) -> dict[str, Any]:
    """Return the JSON-LD of a release from its manifest.

    Args:
        manifest: the manifest, in whose `files` this file does not stand yet.
        schemas: the Arrow schema of every view and every other table, by the name that loaders know it by.
    """
    name, version = manifest["name"], manifest["version"]
    views = {view["name"]: view for view in manifest["views"]}
    sets = [*(_of_view(view, schemas[name]) for name, view in views.items())]
    sets += [_of_table(name, schemas[name], said) for name, said in _TABLES.items()]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS,
        "name": name,
        "description": f"Compiled by gitcorpus from the tag {manifest['tag']} of the corpus {name}.",
        "version": version,
        "license": manifest["license"],
        "datePublished": manifest["created_at"],
        "url": f"urn:gitcorpus:{name}:{manifest['commit']}",
        "citeAs": f"{name} {version}, commit {manifest['commit']}",
        "creator": {"@type": "sc:Organization", "name": f"The contributors of {name}"},
        "isLiveDataset": False,
        "rai:dataCollection": "Code that a team pushed to its own git repository, judged by gates at every push.",
        "rai:dataCollectionType": "Manual Human Curator",
        "rai:dataUseCases": "Training and evaluation of models of code.",
        "rai:dataReleaseMaintenancePlan": "A release is immutable; a later tag compiles to a later release.",
        "distribution": [*_files(manifest), *_file_sets(manifest)],
        "recordSet": sets,
    }


def _files(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for file in manifest["files"]:
        if file["path"].endswith(".parquet"):
            yield {
                "@type": "cr:FileObject",
                "@id": file["path"],
                "name": file["path"],
                "contentUrl": file["path"],
                "contentSize": f"{file['bytes']} B",
                "encodingFormat": "application/x-parquet",
                "sha256": file["digest"].removeprefix("sha256:"),
            }


def _file_sets(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for view in manifest["views"]:
        if sum(len(split["files"]) for split in view["splits"]) > 1:
            yield {
                "@type": "cr:FileSet",
                "@id": _file_set(view["name"]),
                "name": _file_set(view["name"]),
                "encodingFormat": "application/x-parquet",
                "includes": f"data/{view['name']}/*.parquet",
            }


def _file_set(view: str) -> str:
    """Name the files of a view as no view and no file is named."""
    return f"data/{view}"


def _of_view(view: Mapping[str, Any], schema: pa.Schema) -> dict[str, Any]:
    name = view["name"]
    files = [file["path"] for split in view["splits"] for file in split["files"]]
    source = {"fileObject": {"@id": files[0]}} if len(files) == 1 else {"fileSet": {"@id": _file_set(name)}}
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"Records of the view {name} in the format {view['format']}.",
        "key": {"@id": f"{name}/record_id"},
        "field": [_field(name, each, source) for each in schema],
    }


def _of_table(name: str, schema: pa.Schema, said: str) -> dict[str, Any]:
    path = f"{name.replace('provenance_', 'provenance/')}.parquet"
    source = {"fileObject": {"@id": path}}
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": said,
        "field": [_field(name, each, source) for each in schema],
    }


def _field(owner: str, column: pa.Field, source: Mapping[str, Any]) -> dict[str, Any]:
    name, kind = f"{owner}/{pointer_step(column.name)}", column.type
    repeated = pa.types.is_list(kind)
    inner = kind.value_type if repeated else kind
    field: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": name}
    if repeated:
        field["repeated"] = True
    if pa.types.is_struct(inner):
        field["subField"] = [_sub_field(name, column.name, each, source) for each in _leaves(inner)]
    else:
        field |= {"dataType": _data_type(inner), "source": {**source, "extract": {"column": column.name}}}
    if name in _PROV:
        field["equivalentProperty"] = _PROV[name]
    if name in _REFERENCES:
        field["references"] = {"field": {"@id": _REFERENCES[name]}}
    return field


def _leaves(kind: pa.DataType) -> Iterator[pa.Field]:
    """Yield the plain fields of a structure; Croissant has no way to say more of nested lists that loaders take."""
    yield from (each for each in kind if not pa.types.is_nested(each.type))


def _sub_field(parent: str, column: str, inner: pa.Field, source: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{inner.name}",
        "name": f"{parent}/{inner.name}",
        "dataType": _data_type(inner.type),
        "source": {**source, "extract": {"column": column}, "transform": {"jsonPath": inner.name}},
    }


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    return "sc:Integer" if pa.types.is_integer(kind) else "sc:Text"
