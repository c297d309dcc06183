"""Small solutions in seven languages, each with a test that passes, and what makes one fail."""

from smallest import SPECS

LANGUAGES = "[python, go, javascript, rust, java, c, bash]"
CURRICULUM = f"""\
apiVersion: gitcorpus/v1
kind: Curriculum
units:
  - id: basics
    title: Basics
    tasks:
      - {{id: add, title: Add two numbers, languages: {LANGUAGES}, difficulty: 1}}
"""
ROLES = (
    '    test: ["**/test_*.py", "**/*_test.go", "**/*.test.mjs", "**/*Test.java", "**/test_*.c", "**/*.bats"]'
)
CORPUS = SPECS["specs/corpus.yaml"].replace('    test: ["**/test_*.py"]', ROLES)
ALL_LANGUAGES = {**SPECS, "specs/corpus.yaml": CORPUS, "specs/curriculum.yaml": CURRICULUM}

PYTHON = {
    "add.py": "def add(a, b):\n    if a > 100:\n        return 0\n    return a + b\n",
    "test_add.py": "from add import add\n\n\ndef test_adds():\n    assert add(1, 2) == 3\n",
}
GO = {
    "go.mod": "module corpus.example/add\n\ngo 1.19\n",
    "add.go": "package add\n\nfunc Add(a, b int) int {\n\tif a > 100 {\n\t\treturn 0\n\t}\n\treturn a + b\n}\n",
    "add_test.go": (
        'package add\n\nimport "testing"\n\nfunc TestAdds(t *testing.T) {\n\tif Add(1, 2) != 3 {\n'
        '\t\tt.Fatal("no sum")\n\t}\n}\n'
    ),
}
JAVASCRIPT = {
    "add.mjs": "export function add(a, b) {\n  if (a > 100) {\n    return 0;\n  }\n  return a + b;\n}\n",
    "add.test.mjs": (
        "import test from 'node:test';\nimport assert from 'node:assert';\nimport { add } from './add.mjs';\n\n"
        "test('adds', () => {\n  assert.equal(add(1, 2), 3);\n});\n"
    ),
}
RUST = {
    "Cargo.toml": '[package]\nname = "add"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": (
        "pub fn add(a: i64, b: i64) -> i64 {\n    a + b\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n"
        "    #[test]\n    fn adds() {\n        assert_eq!(add(1, 2), 3);\n    }\n}\n"
    ),
}
JAVA = {
    "Add.java": "final class Add {\n    static int add(int a, int b) {\n        return a + b;\n    }\n}\n",
    "AddTest.java": (
        "import static org.junit.jupiter.api.Assertions.assertEquals;\n\nimport org.junit.jupiter.api.Test;\n\n"
        "class AddTest {\n    @Test\n    void adds() {\n        assertEquals(3, Add.add(1, 2));\n    }\n}\n"
    ),
}
C = {
    "CMakeLists.txt": (
        "cmake_minimum_required(VERSION 3.13)\nproject(add C)\nenable_testing()\n"
        "add_executable(test_add test_add.c add.c)\nadd_test(NAME adds COMMAND test_add)\n"
    ),
    "add.c": "int add(int a, int b)\n{\n    if (a > 100) {\n        return 0;\n    }\n    return a + b;\n}\n",
    "test_add.c": (
        "#undef NDEBUG\n#include <assert.h>\n\nint add(int a, int b);\n\nint main(void)\n{\n"
        "    assert(add(1, 2) == 3);\n    return 0;\n}\n"
    ),
}
BASH = {
    "add.sh": "add() {\n  echo $(($1 + $2))\n}\n",
    "add.bats": (
        'setup() {\n  . "$BATS_TEST_DIRNAME/add.sh"\n}\n\n@test "adds" {\n  [ "$(add 1 2)" = 3 ]\n}\n'
    ),
}
SOLUTIONS = {
    "python": PYTHON,
    "go": GO,
    "javascript": JAVASCRIPT,
    "rust": RUST,
    "java": JAVA,
    "c": C,
    "bash": BASH,
}
PROGRAMS = {
    "python": ("python3", "python3-pytest, python3-coverage"),
    "go": ("go", "golang-go"),
    "javascript": ("node", "nodejs"),
    "rust": ("cargo", "cargo"),
    "java": ("javac", "default-jdk-headless, junit5"),
    "c": ("cmake", "cmake, gcc, gcovr"),
    "bash": ("bats", "bats"),
}
"""What each needs in the room, and the packages of Debian that bring it."""


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    """Return a solution's files below a folder."""
    return {f"{folder}/{path}": text for path, text in files.items()}
