"""`gitcorpus cache`: what is known of content that was judged before. All of it may be forgotten at any time."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from gitcorpus import derived
from gitcorpus.cache import CACHE, RELEASES, Cache, Topic
from gitcorpus.cli import screen
from gitcorpus.cli.server import Format
from gitcorpus.git.attribution.kept import count_kept, forget_kept
from gitcorpus.git.repo import Repo
from gitcorpus.git.worktree import find_repository

ATTRIBUTION: Final = "attribution"
"""What a release knows of the origin of lines, in a file of its own."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Repository = Annotated[Path, typer.Argument(metavar="REPO", help="A bare repository, or a work tree.")]


@app.command()
def stats(
    repo: Repository = Path(),
    *,
    output: Annotated[
        Format, typer.Option("--format", help="Text for people, JSON for programs.")
    ] = Format.TEXT,
) -> None:
    """Say how much is known: gate by gate, and of releases."""
    found = find_repository(repo).repo
    topics = [topic for cache in _caches(found) for topic in cache.topics()]
    n_known, size = count_kept(found)
    if size:
        topics.append(Topic(ATTRIBUTION, n_known, size))
    if output is Format.JSON:
        screen.print_json(topic._asdict() for topic in topics)
        return
    screen.print_lines(
        f"{topic.name:<12} {topic.results:>9} results {topic.bytes:>12} bytes" for topic in topics
    )
    results, size = sum(topic.results for topic in topics), sum(topic.bytes for topic in topics)
    screen.print_lines([f"{'all':<12} {results:>9} results {size:>12} bytes"])


def _caches(repo: Repo) -> tuple[Cache, ...]:
    return tuple(
        cache
        for cache in (Cache.of(repo.path), Cache.of_releases(repo.path))
        if cache.path is not None and cache.path.exists()
    )


@app.command()
def clear(
    repo: Repository = Path(),
    *,
    before: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Only what was found out before: 2026-01-31."),
    ] = None,
) -> None:
    """Forget what is known. It is found out again when it is needed.

    What is known of the origin of lines has no day, so it stays where only older results shall go.
    """
    found = find_repository(repo).repo
    count = sum(cache.clear(before=before.date() if before else None) for cache in _caches(found))
    if before is None:
        count += forget_kept(found)
        for cache in _caches(found):
            cache.close()
        for topic in (CACHE, RELEASES):
            for path in derived.every(found.path, topic):
                path.unlink(missing_ok=True)
    screen.print_lines([f"forgot {count} results"])
