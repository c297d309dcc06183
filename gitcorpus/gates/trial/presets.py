"""How the solutions of a language are built and tested, where nothing else is said: by the language's own tools.

A script runs in the folder of the solution. `{results}` is where it leaves its reports, and `{seed}` a number that
orders what has no order of its own. What the scripts need is what Debian's packages bring: `python3-pytest`,
`python3-coverage`, `golang-go`, `nodejs`, `cargo`, `default-jdk-headless`, `junit5`, `cmake`, `gcovr`, `bats`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One way to build and test."""

    name: str
    languages: tuple[str, ...]
    program: str
    """The program without which nothing can be tried."""
    build_needs: tuple[str, ...] = ()
    """Programs, `python3:MODULE` and patterns of files that are started or read to build; none for `program` alone."""
    tests_needs: tuple[str, ...] = ()
    """The same for tests, besides `program`."""
    measured_needs: tuple[str, ...] = ()
    """The same for coverage, besides those for tests."""
    needs: str = ""
    """A file that the solution must have, or empty."""
    build: str
    tests: str
    measured: str = ""
    """As `tests`, with coverage; empty if there is none."""
    report: str
    """The form of the report on tests."""
    report_path: str = ""
    """Where the report is, below the results; a folder holds several; empty if it is the standard output."""
    coverage: str = ""
    """The form of the report on coverage."""
    coverage_path: str = ""
    caches: tuple[str, ...] = ()
    none_collected: tuple[int, ...] = ()
    """Exit codes that mean that there was no test."""
    lacking: str = ""
    """What the output matches if a part of the tool is not installed: that is no author's fault."""


_SHUFFLE: Final = """\
import os, random
def pytest_collection_modifyitems(items):
    random.Random(int(os.environ["GITCORPUS_SEED"])).shuffle(items)
"""
PLUGINS: Final[Mapping[str, str]] = {"gitcorpus_shuffle.py": _SHUFFLE}
"""Files beside the results: a plugin of pytest that puts tests in another order."""

_GO: Final = (
    'export GOCACHE="$TMPDIR/seeds/go-build" GOPATH="$TMPDIR/go" GOMODCACHE="${GOMODCACHE:-$TMPDIR/go/pkg/mod}" '
    "GOPROXY=off GOTOOLCHAIN=local GOFLAGS=; [ -f go.mod ] || go mod init solution 2>/dev/null; "
)
_PYTEST: Final = "-m pytest -q -p no:cacheprovider -p gitcorpus_shuffle --junitxml={results}/tests.xml"
_PYTHON: Final = 'export PYTHONPATH="{results}" PYTHONHASHSEED={seed} PYTHONDONTWRITEBYTECODE=1; '
_COVERAGE: Final = 'export COVERAGE_FILE="$TMPDIR/coverage"; '
_NODE: Final = "--test-reporter=junit --test-reporter-destination={results}/tests.xml"
_CARGO: Final = 'export CARGO_HOME="$TMPDIR/seeds/cargo" CARGO_TARGET_DIR="$TMPDIR/target"; '
_JARS: Final = (
    "jars=$(printf '%s:' /usr/share/java/junit-jupiter*.jar /usr/share/java/junit-platform-*.jar "
    "/usr/share/java/opentest4j.jar /usr/share/java/apiguardian-api.jar /usr/share/java/picocli.jar "
    "/usr/share/java/univocity-parsers.jar); "
)
_JAVAC: Final = (
    "find . -name '*.java' > \"$TMPDIR/sources\"; "
    'javac -encoding UTF-8 -d "$TMPDIR/classes" -cp "$jars" "@$TMPDIR/sources"'
)
_JUNIT: Final = (
    'java -cp "$jars$TMPDIR/classes" org.junit.platform.console.ConsoleLauncher --disable-banner --details none '
    '--scan-class-path "$TMPDIR/classes" --reports-dir {results}/junit '
    "--config 'junit.jupiter.testmethod.order.default=org.junit.jupiter.api.MethodOrderer$Random' "
    "--config junit.jupiter.execution.order.random.seed={seed}"
)
_CMAKE: Final = 'cmake -S . -B "$TMPDIR/build" -DCMAKE_BUILD_TYPE=Debug'
_BUILD: Final = 'cmake --build "$TMPDIR/build" --parallel 2'
_CTEST: Final = (
    'ctest --test-dir "$TMPDIR/build" --no-tests=ignore --schedule-random '
    '--output-junit "$PWD/{results}/tests.xml"'
)
_GCOVR: Final = 'gcovr -r . "$TMPDIR/build" --cobertura {results}/coverage.xml'
_GCOV: Final = "-DCMAKE_C_FLAGS=--coverage -DCMAKE_CXX_FLAGS=--coverage"

PRESETS: Final[Mapping[str, Preset]] = {
    each.name: each
    for each in (
        Preset(
            name="pytest",
            languages=("python",),
            program="python3",
            tests_needs=("python3:pytest",),
            measured_needs=("python3:coverage",),
            build="python3 -m compileall -q .",
            tests=_PYTHON + f"exec python3 {_PYTEST}",
            measured=_PYTHON
            + _COVERAGE
            + f"python3 -m coverage run --source=. {_PYTEST}; code=$?; "
            + "python3 -m coverage lcov -q -o {results}/coverage.lcov; exit $code",
            report="junit",
            report_path="tests.xml",
            coverage="lcov",
            coverage_path="coverage.lcov",
            none_collected=(5,),
            lacking=r"No module named '?(?:pytest|coverage)'?$",
        ),
        Preset(
            name="go",
            languages=("go",),
            program="go",
            build=_GO + "exec go build ./...",
            tests=_GO + "exec go test -json -count=1 -shuffle={seed} ./...",
            measured=_GO
            + "exec go test -json -count=1 -shuffle={seed} -coverprofile={results}/coverage.out ./...",
            report="go-json",
            coverage="go",
            coverage_path="coverage.out",
            caches=("go-build", "go-mod"),
        ),
        Preset(
            name="node",
            languages=("javascript",),
            program="node",
            build="find . -name '*.js' -o -name '*.mjs' -o -name '*.cjs' | while IFS= read -r file; do "
            'node --check "$file" || exit 1; done',
            tests=f"exec node --test {_NODE}",
            measured=f"exec node --test --experimental-test-coverage {_NODE} "
            "--test-reporter=lcov --test-reporter-destination={results}/coverage.lcov",
            report="junit",
            report_path="tests.xml",
            coverage="lcov",
            coverage_path="coverage.lcov",
        ),
        Preset(
            name="cargo",
            languages=("rust",),
            program="cargo",
            needs="Cargo.toml",
            build=_CARGO + "exec cargo build --offline --all-targets",
            tests=_CARGO + "exec cargo test --offline --no-fail-fast",
            report="cargo",
            caches=("cargo",),
        ),
        Preset(
            name="junit",
            languages=("java",),
            program="javac",
            tests_needs=("java", "/usr/share/java/junit-jupiter*.jar"),
            build=_JARS + _JAVAC,
            tests=_JARS + f"{_JAVAC} && {_JUNIT}",
            report="junit",
            report_path="junit",
            none_collected=(2,),
            lacking=r"package org\.junit\.jupiter\.api does not exist",
        ),
        Preset(
            name="ctest",
            languages=("c", "cpp"),
            program="cmake",
            tests_needs=("ctest",),
            measured_needs=("gcovr",),
            needs="CMakeLists.txt",
            build=f"{_CMAKE} >&2 && exec {_BUILD} >&2",
            tests=f"{_CMAKE} >&2 && {_BUILD} >&2 && exec {_CTEST}",
            measured=f"{_CMAKE} {_GCOV} >&2 && {_BUILD} >&2 && {{ {_CTEST}; code=$?; {_GCOVR}; exit $code; }}",
            report="junit",
            report_path="tests.xml",
            coverage="cobertura",
            coverage_path="coverage.xml",
        ),
        Preset(
            name="bats",
            languages=("bash",),
            program="bats",
            build_needs=("bash",),
            build="find . -name '*.sh' -o -name '*.bash' | while IFS= read -r file; do "
            'bash -n "$file" || exit 1; done',
            tests="exec bats --tap -r .",
            report="tap",
        ),
    )
}
