"""Test functions and whether they assert: in each language, a text whose names say what is to be found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitcorpus.errors import UnjudgedError
from gitcorpus.gates.results.functions import LANGUAGES, FunctionsApart, TestFunction

PYTHON = """
import pytest
from unittest import TestCase, mock

def helper(x):
    assert x

def outer_helper(x):
    helper(x)

@pytest.fixture
def test_data():
    return 1

def test_yes_plain():
    assert add(1, 2) == 3

def test_no_empty():
    pass

def test_no_call():
    add(1, 2)

def test_no_truth():
    assert True

def test_no_tuple():
    assert (add(1, 2) == 4, "three")

def test_yes_raises():
    with pytest.raises(ValueError):
        add("x")

def test_yes_fails():
    if add(1, 2) != 3:
        pytest.fail("no")

def test_yes_raises_itself():
    raise AssertionError

def test_yes_mock():
    thing = mock.Mock()
    thing.assert_called_once_with(1)

def test_yes_helper():
    check_sum(1)

def test_yes_helper_here():
    outer_helper(1)

async def test_yes_async():
    assert await f()

def test_yes_nested():
    def inner():
        assert f()
    inner()

def test_no_outer():
    def test_inner():
        pass

class TestGroup:
    def test_yes(self):
        assert self.x == 1

    @pytest.mark.parametrize("x", [1])
    def test_no(self, x):
        print(x)

    class TestInner:
        def test_yes_inner(self):
            assert f()

class Old(TestCase):
    def setUp(self):
        self.assertTrue(f())

    def test_yes_method(self):
        self.assertEqual(f(), 1)

    def test_yes_fail(self):
        self.fail("no")

    def test_no_truth(self):
        self.assertTrue(True)

class Thing:
    def test_of_nothing(self):
        pass
"""

GO = """
package sum

func helper(t *testing.T, got int) {
	t.Helper()
	if got != 3 {
		t.Errorf("got %d", got)
	}
}

func setup(t *testing.T) int { return 1 }

func TestMain(m *testing.M) { os.Exit(m.Run()) }

func Testing() {}

func Test_yes_error(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Error("no")
	}
}

func Test_no_log(t *testing.T) {
	t.Log(Add(1, 2))
}

func Test_yes_require(t *testing.T) { require.Equal(t, 3, Add(1, 2)) }

func Test_yes_is(tt *testing.T) { assert.True(tt, f()) }

func Test_yes_subtest(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { t.Fatalf("no") })
	}
}

func Test_no_subtest(t *testing.T) {
	t.Run("x", func(t *testing.T) { Add(1, 2) })
}

func Test_yes_named_subtest(t *testing.T) { t.Run("x", elsewhere) }

func Test_yes_helper(t *testing.T) { helper(t, Add(1, 2)) }

func Test_yes_helper_elsewhere(t *testing.T) { compare(t, Add(1, 2)) }

func Test_no_setup(t *testing.T) { setup(t) }

func Fuzz_yes(f *testing.F) {
	f.Fuzz(func(t *testing.T, n int) { t.FailNow() })
}

func BenchmarkAdd(b *testing.B) {}

func Example_yes() {
	fmt.Println(Add(1, 2))
	// Output: 3
}

func Example_never_run() { fmt.Println(1) }
"""

JAVASCRIPT = """
import { test, it, describe } from 'node:test';
import assert, { strictEqual } from 'node:assert';

function helper(x) { if (x) { throw new Error(x); } }
const arrow = (x) => { assert.ok(x); };

test('yes assert', () => { assert.strictEqual(add(1, 2), 3); });
test('yes plain', () => { assert(add(1, 2) === 3); });
test('yes bare', function () { strictEqual(add(1, 2), 3); });
test('no empty', () => {});
test('no call', async () => { await add(1, 2); });
test('no require', () => { const x = require('./x'); x(); });
test('no truth', () => { assert.ok(true); });
test('no expect alone', () => { expect(add(1, 2)); });
test('yes context', (t) => { t.assert.equal(1, add()); });
test('yes own', (t) => { t.is(add(1, 2), 3); });
test('no context', (t) => { t.diagnostic('x'); });
test('yes helper', () => { helper(add(1, 2)); });
test('yes arrow', () => arrow(add(1, 2)));
test('yes throws', () => { if (add(1, 2) !== 3) throw new Error('no'); });
test('yes outer', async (t) => {
  await t.test('yes inner', () => assert.equal(add(), 1));
});
test.only('yes only', () => { expect(add(1, 2)).not.toBe(4); });
it.each([[1, 2]])('yes each %s', (a, b) => { expect(a).resolves.toEqual(b); });
test.each`a | b`('yes tagged', ({ a }) => { expect(a).toBe(1); });
describe('group', () => {
  beforeEach(() => { add(); });
  it('yes should', () => { add(1, 2).should.equal(3); });
  it(`yes template`, () => { sinon.assert.called(x); });
});
test.todo('later');
/x/.test('y');
"""

TYPESCRIPT = """
test('yes typed', async (): Promise<void> => { expect(add(1 as number, 2)).toBe<number>(3); });
it('no typed', (done: () => void) => { done(); });
"""

RUST = """
fn helper(x: i32) { assert_eq!(x, 3); }

#[test]
fn yes_eq() { assert_eq!(add(1, 2), 3); }

#[test]
fn no_empty() {}

#[test]
fn no_truth() { assert!(true); }

#[test]
#[should_panic(expected = "boom")]
fn yes_panics() { boom(); }

#[test]
// a comment
#[ignore]
fn yes_result() -> Result<(), Error> { add(1, 2)?; Ok(()) }

#[test]
fn yes_err() -> Result<(), String> { if x { Err("no".into()) } else { Ok(()) } }

#[test]
fn yes_panic() { if add(1, 2) != 3 { panic!("no"); } }

#[test]
fn yes_helper() { helper(add(1, 2)); }

#[test]
fn yes_macro() { insta::assert_snapshot!(add(1, 2)); }

#[test]
fn yes_nested_macro() { block_on!(async { assert_eq!(f(), 1) }); }

#[test]
fn yes_unwrap_err() { f().unwrap_err(); }

#[tokio::test(flavor = "current_thread")]
async fn yes_tokio() { assert!(f().await); }

#[test]
fn no_print() { println!("{}", add(1, 2)); }

macro_rules! same { ($a:expr, $b:expr) => { assert_eq!($a, $b) }; }

#[test]
fn yes_own_macro() { same!(3, add(1, 2)); }

#[cfg(test)]
fn not_a_test() {}
"""

JAVA = """
class AdderTest extends TestCase {
    private void helper(int x) { assertEquals(3, x); }

    @Test void yes_assert() { assertEquals(3, add(1, 2)); }
    @Test void no_empty() { }
    @Test void no_truth() { assertTrue(true); }
    @Test(expected = Boom.class) public void yes_expected() { boom(); }
    @Test(timeout = 10) public void no_timeout() { boom(); }
    @org.junit.Test public void yes_whole_name() { Assert.fail("no"); }
    @ParameterizedTest @ValueSource(ints = {1}) void yes_many(int n) { assertThat(n).isEqualTo(1); }
    @Test void yes_mock() { verify(thing).called(); }
    @Test void yes_helper() { helper(add(1, 2)); }
    @Test void yes_thrown() { if (x) throw new AssertionError("no"); }
    @Test void yes_keyword() { assert add(1, 2) == 3; }
    @BeforeEach void setUp() { }
    public void test_yes_old() { assertTrue(f()); }
}
"""

C = """
static void helper(int x) { assert(x == 3); }
static void test_yes_assert(void) { assert(add(1, 2) == 3); }
static void test_no_empty(void) { add(1, 2); }
static void test_yes_helper(void) { helper(add(1, 2)); }
static int test_yes_return(void) { return add(1, 2) == 3 ? 0 : 1; }
static int test_no_return(void) { add(1, 2); return 0; }
void *test_yes_pointer(void) { TEST_ASSERT_EQUAL(3, add(1, 2)); }
static void test_yes_exit(void) { if (add(1, 2) != 3) exit(1); }
static void test_no_exit(void) { exit(EXIT_SUCCESS); }
START_TEST(yes_started)
{ ck_assert_int_eq(3, add(1, 2)); }
END_TEST
START_TEST(no_started)
{ add(1, 2); }
END_TEST
#define SAME(a, b) \\
    if ((a) != (b)) abort()
static void test_yes_own_macro(void) { SAME(3, add(1, 2)); }
static int testing(void) { return 1; }
int main(void) { test_yes_assert(); return 0; }
"""

CPP = """
TEST(Sum, yes_expect) { EXPECT_EQ(3, add(1, 2)); }
TEST(Sum, no_empty) { add(1, 2); }
TEST_F(Fixture, yes_assert) { ASSERT_TRUE(add(1, 2) == 3) << "no"; }
TEST(Sum, no_truth) { EXPECT_TRUE(true); }
TEST_CASE("yes require", "[sum]") { SECTION("inner") { REQUIRE(add(1, 2) == 3); } }
TEST_CASE("no section") { SECTION("inner") { add(1, 2); } }
BOOST_AUTO_TEST_CASE(yes_boost) { BOOST_TEST(add(1, 2) == 3); }
TEST(Sum, yes_fail) { if (add(1, 2) != 3) FAIL() << "no"; }
template <typename T> void each() { EXPECT_EQ(3, add<T>(1, 2)); }
TEST(Sum, yes_template) { each<int>(); }
TEST(Sum, yes_static) { static_assert(add(1, 2) == 3, ""); }
int main(int argc, char **argv) { return RUN_ALL_TESTS(); }
"""

BASH = """
#!/usr/bin/env bats
load helper

add() { echo $(($1 + $2)); }

@test "yes bracket" {
  run add 1 2
  [ "$output" = 3 ]
}

@test "no run alone" {
  run add 1 2
}

@test 'yes double' { [[ "$(add 1 2)" == 3 ]]; }

@test "no echo" {
  x=1
  echo "$x"
}

@test "yes plain command" {
  grep -q x file
}

@test "yes helper" {
  run add 1 2
  assert_output 3
}

@test "yes run with status" {
  run -0 add 1 2
}

@test "yes run and not" {
  run ! add
}

@test "yes arithmetic" {
  (( $(add 1 2) == 3 ))
}

@test "no skip" {
  skip "later"
}
"""

TEXTS = {
    "bash": BASH,
    "c": C,
    "cpp": CPP,
    "go": GO,
    "java": JAVA,
    "javascript": JAVASCRIPT,
    "python": PYTHON,
    "rust": RUST,
    "tsx": TYPESCRIPT,
    "typescript": TYPESCRIPT,
}
NUMBERS = {"bash": 10, "c": 12, "cpp": 11, "go": 12, "java": 12, "javascript": 21, "python": 20, "rust": 14}


def found(text, language):
    data = text if isinstance(text, bytes) else text.encode()
    with FunctionsApart(seconds=60) as apart:
        return apart.functions(data, language)


def test_every_language_is_tried():
    assert set(TEXTS) == LANGUAGES


@pytest.mark.parametrize("language", TEXTS)
def test_a_test_asserts_if_its_name_says_so(language):
    functions = found(TEXTS[language], language)
    wrong = [each.name for each in functions if each.asserts != ("yes" in each.name or each.name == "main")]
    assert not wrong
    assert all("yes" in each.name or "no" in each.name or each.name == "main" for each in functions)
    assert len(functions) == NUMBERS.get(language, 2)
    lines = TEXTS[language].split("\n")
    assert all(each.name.rpartition(".")[2] in "".join(lines[each.line - 1 :][:2]) for each in functions)


@pytest.mark.parametrize("language", TEXTS)
def test_large_texts_say_the_same_apart(language):
    text = TEXTS[language]
    blank = "\n" * 20_000
    apart = found(text + blank, language)
    assert apart == found(text, language)


def test_names_and_lines():
    assert found("class TestA:\n    def test_b(self):\n        assert x\n", "python") == (
        TestFunction("TestA.test_b", 2, True),
    )
    assert found('\nTEST(A, b) { }\nTEST_CASE("c d") { }\n', "cpp") == (
        TestFunction("A.b", 2, False),
        TestFunction("c d", 3, False),
    )
    assert found("", "python") == ()


def test_a_nul_hides_no_test():
    assert found(b"x = 1\0\ndef test_a():\n    pass\n", "python") == (TestFunction("test_a", 2, False),)


@pytest.mark.parametrize("language", TEXTS)
@settings(max_examples=30)
@given(data=st.binary(max_size=300), at=st.floats(0, 1))
def test_any_bytes_have_some_functions_or_none(language, data, at):
    text = TEXTS[language].encode()
    begin = int(at * len(text))
    for each in found(text[:begin] + data + text[begin:], language):
        assert each.line >= 1
        each.name.encode("utf-8")


@pytest.mark.parametrize(
    ("language", "piece"),
    [
        ("python", b"def test_a():\n assert x\n"),
        ("python", b"f("),
        ("javascript", b"test('a', () => {"),
        ("javascript", b"a.b("),
        ("javascript", b".a()"),
        ("go", b"func TestA(t *testing.T) {"),
        ("rust", b"#[test]\n"),
        ("cpp", b"TEST(a, b) {"),
        ("bash", b'@test "a" {\n'),
        ("bash", b"@test  "),
        ("bash", b"@test a" + b" " * 4000),
        ("java", b"class A { @Test void a() {"),
    ],
)
def test_hostile_texts_have_an_answer_or_none_in_time(language, piece):
    with FunctionsApart(seconds=3) as apart:
        for size in (8_000, 200_000):
            try:
                apart.functions(piece * (size // len(piece)), language)
            except UnjudgedError as error:
                assert error.code == "parse-too-hard"  # noqa: PT017
