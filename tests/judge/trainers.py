"""Each trainer of TRL takes one real optimiser step on its views: on the processor, offline, with a tiny model."""

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TOKENIZERS_PARALLELISM="false")

import torch
from datasets import Dataset, load_dataset
from said import manifest_of
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)
from trl import (
    DPOConfig,
    DPOTrainer,
    GRPOConfig,
    GRPOTrainer,
    RewardConfig,
    RewardTrainer,
    SFTConfig,
    SFTTrainer,
)

try:
    from trl import KTOConfig, KTOTrainer
except ImportError:
    from trl.experimental.kto import KTOConfig, KTOTrainer

TEMPLATE = (
    "{% if tools %}<tools>{{ tools | tojson }}</tools>{% endif %}"
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}"
    "{% for c in m['tool_calls'] or [] %}<call>{{ c['function'] | tojson }}</call>{% endfor %}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
KINDS = {
    "lm_text": ("sft",),
    "sft_messages": ("sft",),
    "sft_prompt_completion": ("sft",),
    "openai": ("sft",),
    "trajectory": ("sft",),
    "preference": ("dpo", "reward"),
    "unpaired": ("kto",),
    "rl_prompt": ("grpo",),
}


def judge_trainers(release: Path) -> Iterator[str]:
    """Train on every view that a trainer reads as it stands."""
    for view in manifest_of(release)["views"]:
        for kind in KINDS.get(view["format"], ()):
            with tempfile.TemporaryDirectory() as place:
                rows = load_dataset(
                    str(release), view["name"], split=view["splits"][0]["name"], cache_dir=place
                )
                try:
                    with contextlib.redirect_stdout(io.StringIO()):
                        steps = _step(kind, rows, Path(place))
                except (KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
                    yield f"{kind} on {view['name']}: {type(error).__name__}: {error}"
                    continue
                if steps != 1:
                    yield f"{kind} on {view['name']}: {steps} steps were taken"


def _step(kind: str, rows: Dataset, place: Path) -> int:
    rows = rows.select(range(min(4, len(rows))))
    tokenizer = _tokenizer(rows)
    common = {
        "max_steps": 1,
        "use_cpu": True,
        "report_to": [],
        "save_strategy": "no",
        "per_device_train_batch_size": 2,
        "output_dir": str(place / "out"),
        "disable_tqdm": True,
    }
    shape = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "pad_token_id": tokenizer.pad_token_id,
    }
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(**shape)).save_pretrained(place / "tiny")
    model = LlamaForCausalLM.from_pretrained(place / "tiny")
    given: dict[str, Any] = {"train_dataset": rows, "processing_class": tokenizer}
    match kind:
        case "sft":
            trainer = SFTTrainer(model=model, args=SFTConfig(**common, max_length=512), **given)
        case "dpo":
            trainer = DPOTrainer(model=model, args=DPOConfig(**common, max_length=512), **given)
        case "kto":
            trainer = KTOTrainer(model=model, args=KTOConfig(**common, max_length=512), **given)
        case "reward":
            judge = LlamaForSequenceClassification(LlamaConfig(**shape, num_labels=1))
            trainer = RewardTrainer(model=judge, args=RewardConfig(**common, max_length=512), **given)
        case _:
            arguments = GRPOConfig(**common, num_generations=2, max_completion_length=4)
            trainer = GRPOTrainer(model=model, reward_funcs=_reward, args=arguments, **given)
    trainer.train()
    return int(trainer.state.global_step)


def _reward(completions: list[Any], reward_model: list[dict[str, str]], **_: Any) -> list[float]:
    """Reward whatever was made, once the ground truth has come through."""
    return [
        float(len(str(each)) % 7 + bool(truth["ground_truth"]))
        for each, truth in zip(completions, reward_model, strict=True)
    ]


def _tokenizer(rows: Dataset) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<unk>", "<pad>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator((json.dumps(row, default=str) for row in rows), trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<pad>",
        eos_token="</s>",
        padding_side="left",
    )
    made.chat_template = TEMPLATE
    return made
