"""The known formats of records: the exact columns that trainers, harnesses and labs read, as shapes of values.

A format says what a view's record declares, what it may declare besides, and what the compiler fills by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Leaf(StrEnum):
    """What one value is: traced text, a plain word, true or false, or a whole number."""

    TEXT = "text"
    WORD = "word"
    FLAG = "flag"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of values of one shape."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class Struct:
    """Named values; `optional` ones may be left out, and are null then."""

    fields: "Mapping[str, Shape]"
    optional: frozenset[str] = frozenset()


Shape = Leaf | ListOf | Struct


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One known format."""

    declared: Mapping[str, Shape]
    """What the record of a view of this format says itself."""
    optional: Mapping[str, Shape] = field(default_factory=dict)
    """What it may say besides; null where it does not."""
    filled: Mapping[str, Shape] = field(default_factory=dict)
    """What the compiler adds."""
    sources: tuple[str, ...] = ()
    """The catalog tables that a view of it can select from; empty for any."""
    passing: frozenset[str] = frozenset()
    """Filled columns that say which release it is: they are no part of what a record is."""
    may_be_empty: frozenset[str] = frozenset()
    """Declared fields whose text may be empty: a record that lacks another is left out."""

    @property
    def said(self) -> Mapping[str, Shape]:
        """What a view's record may hold."""
        return {**self.declared, **self.optional}


_TEXTS: Final = ListOf(Leaf.TEXT)
_WORDS: Final = ListOf(Leaf.WORD)
_MESSAGE: Final = Struct({"role": Leaf.WORD, "content": Leaf.TEXT})
MESSAGES: Final = ListOf(_MESSAGE)
_ARGUMENTS: Final = Struct({"path": Leaf.WORD, "content": Leaf.TEXT}, frozenset({"content"}))
_CALL: Final = Struct(
    {"type": Leaf.WORD, "function": Struct({"name": Leaf.WORD, "arguments": _ARGUMENTS})},
)
TOOL_MESSAGES: Final = ListOf(
    Struct(
        {
            "role": Leaf.WORD,
            "content": Leaf.TEXT,
            "tool_calls": ListOf(_CALL),
            "name": Leaf.WORD,
        },
        frozenset({"tool_calls", "name"}),
    )
)
_TURNS: Final = ListOf(Struct({"from": Leaf.WORD, "value": Leaf.TEXT}))

FORMATS: Final[Mapping[str, Format]] = {
    "pretrain": Format(
        declared={"content": Leaf.TEXT},
        filled={
            "path": Leaf.WORD,
            "repo_name": Leaf.WORD,
            "revision_id": Leaf.WORD,
            "blob_id": Leaf.WORD,
            "language": Leaf.WORD,
            "license_type": Leaf.WORD,
            "detected_licenses": _WORDS,
            "length_bytes": Leaf.WHOLE,
            "num_lines": Leaf.WHOLE,
            "is_generated": Leaf.FLAG,
            "is_vendor": Leaf.FLAG,
        },
        sources=("files",),
        passing=frozenset({"revision_id"}),
    ),
    "lm_text": Format(declared={"text": Leaf.TEXT}),
    "sft_messages": Format(declared={"messages": MESSAGES}),
    "sft_prompt_completion": Format(declared={"prompt": Leaf.TEXT, "completion": Leaf.TEXT}),
    "alpaca": Format(
        declared={"instruction": Leaf.TEXT, "input": Leaf.TEXT, "output": Leaf.TEXT},
        optional={"system": Leaf.TEXT},
        may_be_empty=frozenset({"input"}),
    ),
    "sharegpt": Format(declared={"conversations": _TURNS}, optional={"system": Leaf.TEXT}),
    "trajectory": Format(
        declared={"messages": TOOL_MESSAGES}, filled={"tools": Leaf.WORD}, sources=("trajectories",)
    ),
    "preference": Format(declared={"prompt": MESSAGES, "chosen": MESSAGES, "rejected": MESSAGES}),
    "unpaired": Format(declared={"prompt": MESSAGES, "completion": MESSAGES, "label": Leaf.FLAG}),
    "stepwise": Format(
        declared={"prompt": Leaf.TEXT, "completions": _TEXTS, "labels": ListOf(Leaf.FLAG)},
        sources=("trajectories",),
    ),
    "ranking": Format(
        declared={
            "prompt": Leaf.TEXT,
            "responses": _TEXTS,
            "ranks": ListOf(Leaf.WHOLE),
            "judges": _WORDS,
        },
        sources=("rankings",),
    ),
    "rl_prompt": Format(
        declared={
            "prompt": MESSAGES,
            "reward_model": Struct({"style": Leaf.WORD, "ground_truth": Leaf.TEXT}),
        },
        optional={"ability": Leaf.WORD},
        filled={
            "data_source": Leaf.WORD,
            "extra_info": Struct({"split": Leaf.WORD, "index": Leaf.WHOLE}),
        },
    ),
    "commit_instruct": Format(
        declared={
            "old_contents": Leaf.TEXT,
            "new_contents": Leaf.TEXT,
            "subject": Leaf.TEXT,
            "message": Leaf.TEXT,
        },
        filled={
            "commit": Leaf.WORD,
            "old_file": Leaf.WORD,
            "new_file": Leaf.WORD,
            "lang": Leaf.WORD,
            "license": Leaf.WORD,
            "repos": Leaf.WORD,
        },
        sources=("changes",),
        may_be_empty=frozenset({"old_contents", "new_contents"}),
    ),
    "rewrite_pair": Format(
        declared={"before": Leaf.TEXT, "after": Leaf.TEXT},
        filled={"kind": Leaf.WORD, "rules": _WORDS, "cwe": _WORDS, "path": Leaf.WORD, "lang": Leaf.WORD},
        sources=("rewrites",),
    ),
    "doc_pair": Format(
        declared={"code": Leaf.TEXT, "docstring": Leaf.TEXT},
        filled={"func_name": Leaf.WORD, "path": Leaf.WORD, "lang": Leaf.WORD},
        sources=("fragments",),
    ),
    "fim": Format(
        declared={"prefix": Leaf.TEXT, "middle": Leaf.TEXT, "suffix": Leaf.TEXT},
        filled={"path": Leaf.WORD, "lang": Leaf.WORD},
        sources=("fragments",),
        may_be_empty=frozenset({"prefix", "suffix"}),
    ),
    "swe_task": Format(
        declared={"problem_statement": Leaf.TEXT, "patch": Leaf.TEXT, "test_patch": Leaf.TEXT},
        filled={
            "instance_id": Leaf.WORD,
            "repo": Leaf.WORD,
            "base_commit": Leaf.WORD,
            "hints_text": Leaf.WORD,
            "created_at": Leaf.WORD,
            "version": Leaf.WORD,
            "FAIL_TO_PASS": _WORDS,
            "PASS_TO_PASS": _WORDS,
            "environment_setup_commit": Leaf.WORD,
        },
        sources=("fixes",),
        passing=frozenset({"version"}),
        may_be_empty=frozenset({"test_patch"}),
    ),
    "test_gen": Format(
        declared={"code": Leaf.TEXT, "test": Leaf.TEXT},
        optional={"prompt": Leaf.TEXT},
        filled={"lang": Leaf.WORD},
        sources=("solutions",),
    ),
    "openai": Format(declared={"messages": MESSAGES}),
    "curriculum": Format(
        declared={},
        filled={
            "order": Leaf.WHOLE,
            "view": Leaf.WORD,
            "split": Leaf.WORD,
            "stage": Leaf.WORD,
            "lesson": Leaf.WORD,
            "difficulty": Leaf.WHOLE,
            "weight": Leaf.WHOLE,
        },
        sources=("records",),
    ),
}
"""Every format that `format:` of a view can name."""

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "starcoder": ("<fim_prefix>", "prefix", "<fim_suffix>", "suffix", "<fim_middle>", "middle"),
    "santacoder": ("<fim-prefix>", "prefix", "<fim-suffix>", "suffix", "<fim-middle>", "middle"),
    "qwen": ("<|fim_prefix|>", "prefix", "<|fim_suffix|>", "suffix", "<|fim_middle|>", "middle"),
    "codegemma": ("<|fim_prefix|>", "prefix", "<|fim_suffix|>", "suffix", "<|fim_middle|>", "middle"),
    "codellama": ("\u2581<PRE>", "prefix", "\u2581<SUF>", "suffix", "\u2581<MID>", "middle"),
    "deepseek": (
        "<\uff5cfim\u2581begin\uff5c>",
        "prefix",
        "<\uff5cfim\u2581hole\uff5c>",
        "suffix",
        "<\uff5cfim\u2581end\uff5c>",
        "middle",
    ),
}
"""How families of models write a gap: their own tokens, as their tokenizers publish them, around the three texts."""
