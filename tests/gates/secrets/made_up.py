# ruff: noqa: E501 - a table of texts
"""Made-up secrets of many kinds, in many wrappings, and texts that only look like secrets, all drawn from a seed.

No value stands here as it is: it would be one more secret in a repository.
"""

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import string
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forge import Symlink, Work
from smallest import ADD

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
B64 = LETTERS + "+/"


@dataclass(frozen=True)
class Planted:
    """A secret, and how it gets into a push."""

    name: str
    kind: str
    wrapping: str
    known: bool
    """Whether a provider or a key format tells it apart."""
    value: str
    plant: Callable[[Work], str]
    """Makes a branch from `main`, and returns what to push."""


class Draw:
    """Random texts."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def text(self, count: int, letters: str = LETTERS) -> str:
        return "".join(self.random.choices(letters, k=count))

    def word(self) -> str:
        """Return a password as people make them up."""
        words = ("Garten", "Lampe", "Fenster", "Tasse", "Wolke", "Brunnen", "Kessel", "Feder")
        first, second = self.random.sample(words, 2)
        return f"{first}-{self.random.randrange(10, 99)}{second}_{self.random.randrange(10, 99)}"

    def pem(self, label: str, lines: int = 12) -> str:
        body = "\n".join(self.text(64, B64) for _ in range(lines))
        return f"-----BEGIN {label}-----\nMII{body[3:]}\n-----END {label}-----\n"


def crc62(text: str) -> str:
    """Return the last six characters of GitHub's and npm's tokens: the CRC-32 in base 62."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[rest] + digits
    return digits


def github(draw: Draw) -> tuple[str, str]:
    body = draw.text(30)
    value = "gh" + "p_" + body + crc62(body)
    return value, f'TOKEN = "{value}"\n'


def simple(
    head: str, count: int, letters: str = LETTERS, line: str = 'KEY = "{}"\n'
) -> Callable[[Draw], tuple[str, str]]:
    def make(draw: Draw) -> tuple[str, str]:
        value = head + draw.text(count, letters)
        return value, line.format(value)

    return make


def aws(draw: Draw) -> tuple[str, str]:
    name = "AK" + "IA" + draw.text(16, string.ascii_uppercase + "234567")
    value = draw.text(40, B64)
    return value, f"[default]\naws_access_key_id = {name}\naws_secret_access_key = {value}\n"


def slack_bot(draw: Draw) -> tuple[str, str]:
    value = "-".join(("xo" + "xb", draw.text(12, "123456789"), draw.text(13, "123456789"), draw.text(24)))
    return value, f"slack_token: {value}\n"


def slack_hook(draw: Draw) -> tuple[str, str]:
    path = "/".join(
        ("T" + draw.text(10, LETTERS.upper()), "B" + draw.text(10, LETTERS.upper()), draw.text(24))
    )
    return path, "curl -X POST https://hooks.sl" + f"ack.com/services/{path}\n"


def service_account(draw: Draw) -> tuple[str, str]:
    key = draw.pem("PRIVATE " + "KEY", 25)
    fields = {
        "type": "service_account",
        "project_id": "corpus",
        "private_key_id": draw.text(40, HEX),
        "private_key": key,
    }
    return key.split("\n")[3], json.dumps(fields, indent=2)


def key(label: str) -> Callable[[Draw], tuple[str, str]]:
    def make(draw: Draw) -> tuple[str, str]:
        text = draw.pem(label)
        return text.split("\n")[2], text

    return make


def pgp(draw: Draw) -> tuple[str, str]:
    body = "\n".join(draw.text(64, B64) for _ in range(20))
    block = "PGP PRIVATE " + "KEY BLOCK"
    return body.split("\n")[1], f"-----BEGIN {block}-----\n\nlQ{body}\n=abcd\n-----END {block}-----\n"


def openssh(draw: Draw) -> tuple[str, str]:
    raw = b"openssh-key-v1\0" + draw.random.randbytes(300)
    body = "\n".join(base64.b64encode(raw).decode()[at : at + 70] for at in range(0, 400, 70))
    label = "OPENSSH PRIVATE " + "KEY"
    return body.split("\n")[2], f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def sendgrid(draw: Draw) -> tuple[str, str]:
    value = "S" + "G." + draw.text(22) + "." + draw.text(43)
    return value, f'client = SendGrid("{value}")\n'


def url(scheme: str, host: str) -> Callable[[Draw], tuple[str, str]]:
    def make(draw: Draw) -> tuple[str, str]:
        value = draw.text(18)
        return value, f'DATABASE = "{scheme}://service:{value}@{host}/orders"\n'

    return make


def fine_grained(draw: Draw) -> tuple[str, str]:
    value = "github" + "_pat_" + draw.text(22) + "_" + draw.text(59)
    return value, f'TOKEN = "{value}"\n'


def openai(draw: Draw) -> tuple[str, str]:
    value = "sk-" + "proj-" + draw.text(74) + "T3Blbk" + "FJ" + draw.text(74)
    return value, f'openai.api_key = "{value}"\n'


def anthropic(draw: Draw) -> tuple[str, str]:
    value = "sk-" + "ant-api03-" + draw.text(93, LETTERS + "-_") + "AA"
    return value, f"ANTHROPIC_API_KEY={value}\n"


def azure(draw: Draw) -> tuple[str, str]:
    value = draw.text(86, B64) + "=="
    return (
        value,
        f"DefaultEndpointsProtocol=https;AccountName=corpus;AccountKey={value};EndpointSuffix=core.windows.net\n",
    )


def telegram(draw: Draw) -> tuple[str, str]:
    value = draw.text(10, "123456789") + ":AA" + draw.text(33, LETTERS + "-_")
    return value, f'telegram_bot_token = "{value}"\n'


KNOWN: Mapping[str, Callable[[Draw], tuple[str, str]]] = {
    "aws": aws,
    "github-pat": github,
    "github-fine-grained": fine_grained,
    "gitlab-pat": simple("gl" + "pat-", 20),
    "slack-bot": slack_bot,
    "slack-webhook": slack_hook,
    "stripe": simple("sk_" + "live_", 40),
    "google-api": simple("AI" + "za", 35),
    "gcp-service-account": service_account,
    "rsa-key": key("RSA PRIVATE " + "KEY"),
    "ec-key": key("EC PRIVATE " + "KEY"),
    "openssh-key": openssh,
    "pgp-key": pgp,
    "npm": simple("np" + "m_", 36),
    "pypi": simple("py" + "pi-AgEIcHlwaS5vcmc", 120, LETTERS + "-_"),
    "sendgrid": sendgrid,
    "twilio": simple("S" + "K", 32, HEX, 'TWILIO_API_KEY = "{}"\n'),
    "hugging-face": simple("h" + "f_", 34, string.ascii_letters),
    "openai": openai,
    "anthropic": anthropic,
    "azure-storage": azure,
    "digitalocean": simple("dop" + "_v1_", 64, HEX),
    "databricks": simple("da" + "pi", 32, HEX),
    "telegram": telegram,
    "mongodb": url("mongodb" + "+srv", "cluster0.ab12cd.mongodb.net"),
}
"""Kinds that a provider's or a format's own shape tells apart: the value, and a text that holds it."""


def generic(template: str, *, code: bool = False) -> Callable[[Draw], tuple[str, str]]:
    def make(draw: Draw) -> tuple[str, str]:
        value = draw.word() if not code else draw.text(24)
        return value, template.replace("VALUE", value)

    return make


def encoded(template: str) -> Callable[[Draw], tuple[str, str]]:
    def make(draw: Draw) -> tuple[str, str]:
        value = base64.b64encode(f"service:{draw.word()}".encode()).decode()
        return value, template.replace("VALUE", value)

    return make


GENERIC: Mapping[str, Callable[[Draw], tuple[str, str]]] = {
    "python": generic('password = "VALUE"\n'),
    "yaml": generic("database:\n  user: service\n  password: VALUE\n"),
    "json": generic('{"user": "service", "clientSecret": "VALUE"}\n', code=True),
    "dotenv": generic("DB_USER=service\nDB_PASSWORD=VALUE\n"),
    "dockerfile": generic("FROM debian\nENV SESSION_SECRET=VALUE\n", code=True),
    "compose": generic("services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=VALUE\n"),
    "kubernetes": encoded("apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  login: VALUE\n"),
    "docker-auth": encoded('{"auths": {"registry.corpus.example": {"auth": "VALUE"}}}\n'),
    "django": generic("SECRET_KEY = 'VALUE'\n", code=True),
    "properties": generic("spring.datasource.username=service\nspring.datasource.password=VALUE\n"),
    "go": generic('package main\n\nconst apiKey = "VALUE"\n', code=True),
    "typescript": generic('const config = { authToken: "VALUE" };\n', code=True),
    "terraform": generic('resource "db" "main" {\n  master_password = "VALUE"\n}\n'),
    "curl": generic("curl -u service:VALUE https://build.corpus.example/job\n"),
    "basic-header": encoded('headers = {"Authorization": "Basic VALUE"}\n'),
    "postgres": url("postgres" + "ql", "db.corpus-prod.net"),
    "netrc": generic("machine build.corpus.example login service password VALUE\n"),
}
"""Kinds that only the name beside them tells apart."""


def file(
    name: str, *, change: Callable[[bytes], bytes] = lambda data: data
) -> Callable[[Work, str, str], None]:
    """Return how a text gets into one file."""

    def plant(work: Work, text: str, _value: str) -> None:
        work.commit({f"{ADD}/{name}": change(text.encode())})

    return plant


def middle(work: Work, text: str, _value: str) -> None:
    work.commit({f"{ADD}/settings.txt": text})
    work.commit({f"{ADD}/settings.txt": None, f"{ADD}/other.txt": "x\n"})


def changed_back(work: Work, text: str, _value: str) -> None:
    work.commit({f"{ADD}/settings.txt": "nothing\n"})
    work.commit({f"{ADD}/settings.txt": text})
    work.git("revert", "--no-edit", "HEAD")


def evil_merge(work: Work, text: str, _value: str) -> None:
    work.commit({f"{ADD}/one.txt": "1\n"})
    work.git("checkout", "-q", "-B", "side", "main")
    work.commit({f"{ADD}/two.txt": "2\n"})
    work.git("merge", "--no-commit", "--no-ff", "-q", "-")
    work.write({f"{ADD}/two.txt": text})
    work.git("add", "-A")
    work.git("commit", "-q", "-m", "merged")


def message(work: Work, text: str, _value: str) -> None:
    work.commit({f"{ADD}/a.txt": "x\n"}, f"good work\n\n{text}")


def author(work: Work, _text: str, value: str) -> None:
    work.write({f"{ADD}/a.txt": "x\n"})
    work.git("add", "-A")
    work.git("commit", "-q", "-m", "work", f"--author={value} <north@corpus.example>")


def file_name(work: Work, _text: str, value: str) -> None:
    work.commit({f"{ADD}/{value}.txt": "x\n"})


def folder_name(work: Work, _text: str, value: str) -> None:
    work.commit({f"{ADD}/{value}/a.txt": "x\n"})


def symlink(work: Work, _text: str, value: str) -> None:
    work.commit({f"{ADD}/link": Symlink(f"../{value}")})


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", data)
    return out.getvalue()


def tarred(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("inner.txt")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def png(data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"tEXt", b"Comment\0" + data)
        + chunk(b"IEND", b"")
    )


def notebook(data: bytes) -> bytes:
    cell = {
        "cell_type": "code",
        "source": data.decode().splitlines(keepends=True),
        "outputs": [],
        "metadata": {},
    }
    return json.dumps({"cells": [cell], "nbformat": 4}, indent=1).encode()


def in_pieces(data: bytes) -> bytes:
    """Return a statement whose string is written in three pieces."""
    text = data.decode()
    first = text.index('"') + 1
    last = text.index('"', first)
    third = (last - first) // 3
    return (
        f'{text[: first + third]}" + "{text[first + third : first + 2 * third]}" + "{text[first + 2 * third :]}'
    ).encode()


def percent(data: bytes) -> bytes:
    return ("url = 'https://x.example/?q=" + "".join(f"%{byte:02X}" for byte in data) + "'\n").encode()


def bundled(data: bytes) -> bytes:
    return (b"!function(){var a=1;b=a+2}();" * 12_000) + data.strip() + b";var c=3"


WRAPPINGS: Mapping[str, Callable[[Work, str, str], None]] = {
    "plain": file("settings.txt"),
    "middle-commit": middle,
    "reverted": changed_back,
    "evil-merge": evil_merge,
    "commit-message": message,
    "author": author,
    "file-name": file_name,
    "folder-name": folder_name,
    "symlink": symlink,
    "utf-16": file("settings.txt", change=lambda data: data.decode().encode("utf-16")),
    "utf-16-bare": file("settings.txt", change=lambda data: data.decode().encode("utf-16-be")),
    "nul-bytes": file("data.bin", change=lambda data: b"\0\1\2\0" * 40 + b"\n" + data + b"\0" * 9),
    "zip": file("data.zip", change=zipped),
    "zip-otherwise-named": file("data.txt", change=zipped),
    "zip-in-zip": file("data.zip", change=lambda data: zipped(zipped(data))),
    "tar": file("data.tar.gz", change=tarred),
    "gzip": file("data.gz", change=gzip.compress),
    "bzip2": file("data.bz2", change=bz2.compress),
    "xz": file("data.xz", change=lzma.compress),
    "lock-file": file("package-lock.json"),
    "vendored": file("node_modules/thing/index.js"),
    "png": file("logo.png", change=png),
    "svg": file("logo.svg", change=lambda data: b"<svg><!-- " + data + b" --></svg>\n"),
    "notebook": file("notes.ipynb", change=notebook),
    "base64": file("settings.txt", change=lambda data: b"blob: " + base64.b64encode(data) + b"\n"),
    "hex": file("settings.txt", change=lambda data: b"blob: " + data.hex().encode() + b"\n"),
    "percent": file("settings.txt", change=percent),
    "pieces": file("settings.py", change=in_pieces),
    "ignore-comment": file(
        "a.py", change=lambda data: data.rstrip() + b"  # gitleaks:allow kingfisher:ignore\n"
    ),
    "minified": file("app.min.js", change=bundled),
    "known-library": file("jquery.min.js"),
    "crlf": file("settings.txt", change=lambda data: data.replace(b"\n", b"\r\n")),
    "no-last-newline": file("settings.txt", change=lambda data: data.rstrip(b"\n")),
    "metadata": file("thing.dist-info/METADATA"),
}
_QUOTED = ("github-pat", "gitlab-pat", "stripe", "npm", "openai", "digitalocean")
"""Kinds whose text is one statement with the value in quotes, so that they fit every wrapping."""


def planted(seed: int) -> list[Planted]:
    """Return secrets: every kind in a plain file, and every wrapping with some kind."""
    pairs = [(kind, "plain") for kind in (*KNOWN, *GENERIC)]
    chance = random.Random(seed)
    pairs += [(chance.choice(_QUOTED), wrapping) for wrapping in WRAPPINGS if wrapping != "plain"]
    pairs += [("python", "middle-commit"), ("json", "utf-16"), ("typescript", "pieces"), ("python", "zip")]
    pairs += [
        ("rsa-key", "evil-merge"),
        ("aws", "notebook"),
        ("openssh-key", "zip-in-zip"),
        ("anthropic", "crlf"),
    ]
    found = [_planted(f"{seed} {number}", *pair) for number, pair in enumerate(pairs)]
    return [*found, _tagged(seed)]


def _planted(seed: str, kind: str, wrapping: str) -> Planted:
    value, text = {**KNOWN, **GENERIC}[kind](Draw(seed))
    name = f"{kind}-in-{wrapping}"

    def plant(work: Work) -> str:
        work.git("checkout", "-q", "-B", name, "main")
        work.git("clean", "-qfdx")
        WRAPPINGS[wrapping](work, text, value)
        return f"HEAD:refs/heads/{name}"

    return Planted(name, kind, wrapping, kind in KNOWN, value, plant)


def _tagged(seed: int) -> Planted:
    value, text = github(Draw(f"{seed} tag"))

    def plant(work: Work) -> str:
        work.git("checkout", "-q", "-B", "tagged", "main")
        work.tag(f"tagged-{seed}", message=f"a release\n\n{text}")
        return f"refs/tags/tagged-{seed}"

    return Planted("github-pat-in-tag-message", "github-pat", "tag-message", True, value, plant)


def look_alikes(seed: int) -> Mapping[str, bytes]:
    """Return files without a secret that look as if they had one, by name."""
    draw = Draw(f"{seed} look-alikes")
    return {
        name: text.encode() if isinstance(text, str) else text for name, text in _look_alikes(draw).items()
    }


def _look_alikes(draw: Draw) -> dict[str, str | bytes]:
    sha1, sha256, uuid = (
        draw.text(40, HEX),
        draw.text(64, HEX),
        "-".join(draw.text(n, HEX) for n in (8, 4, 4, 4, 12)),
    )
    b64 = base64.b64encode(draw.random.randbytes(48)).decode()
    image = base64.b64encode(png(draw.random.randbytes(300))).decode()
    example = "AK" + "IA" + "IOSFODNN7EXAMPLE"
    return {
        "uuid.py": f'TASK_ID = "{uuid}"\nTOKEN_ID = "{uuid}"\n',
        "sha.txt": f"{sha1} refs/heads/main\n",
        "digest.yaml": f"image: debian@sha256:{sha256}\n",
        "package-lock.json": json.dumps({"integrity": f"sha512-{base64.b64encode(draw.random.randbytes(64)).decode()}"}),
        "yarn.lock": f'left-pad@^1.0.0:\n  resolved "https://r.example/left-pad-1.0.0.tgz#{sha1}"\n  integrity sha512-{b64}\n',
        "pnpm-lock.yaml": f"packages:\n  /a/1.0.0:\n    resolution: {{integrity: sha512-{b64}}}\n",
        "poetry.lock": f'[[package]]\nname = "a"\nfiles = [{{file = "a.whl", hash = "sha256:{sha256}"}}]\n',
        "Cargo.lock": f'[[package]]\nname = "a"\nchecksum = "{sha256}"\n',
        "go.sum": f"example.org/a v1.0.0 h1:{base64.b64encode(draw.random.randbytes(32)).decode()}\n",
        "uv.lock": f'wheels = [{{ path = "a.whl", hash = "sha256:{sha256}", size = 12345 }}]\n',
        "aws-docs.md": f"export AWS_ACCESS_KEY_ID={example}\n",
        "placeholder.env": "API_TOKEN=<your-token>\nDB_PASSWORD=changeme\nSECRET_KEY=\n",
        "placeholder2.env": "API_TOKEN=your_token_here\nDB_PASSWORD=xxxxxxxx\nPASSWORD=********\n",
        "placeholder3.yaml": "password: ${DB_PASSWORD}\ntoken: {{ vault.token }}\nsecret: $SECRET\n",
        "environ.py": 'import os\n\npassword = os.environ["DB_PASSWORD"]\ntoken = os.getenv("API_TOKEN", "")\n',
        "getpass.py": "from getpass import getpass\n\npassword = getpass('Password: ')\n",
        "node-env.js": "const token = process.env.API_TOKEN;\nconst secret = config.get('secret.key');\n",
        "actions.yml": "env:\n  TOKEN: ${{ secrets.API_TOKEN }}\n  password: ${{ secrets.PASSWORD }}\n",
        "secret-ref.yaml": "env:\n  - name: PASSWORD\n    valueFrom:\n      secretKeyRef: {name: db-login, key: password}\n",
        "vault.hcl": 'path "kv/data/corpus/password" {\n  capabilities = ["read"]\n}\n',
        "variable.tf": 'variable "db_password" {\n  type      = string\n  sensitive = true\n}\n',
        "types.py": "def login(user: str, password: str, token: str | None = None) -> bool:\n    return bool(password)\n",
        "setter.java": "public void setPassword(String password) { this.password = password; }\n",
        "docstring.py": '"""Reads the password, and gives back a token that holds for 3600 seconds."""\n',
        "label.json": '{"password": "Your password", "password_hint": "At least 8 characters", "token": "Token"}\n',
        "i18n.po": 'msgid "Enter your password"\nmsgstr "Passwort eingeben"\n',
        "form.html": '<input type="password" name="password" id="password" autocomplete="current-password">\n',
        "table.sql": "CREATE TABLE users (id uuid, password_hash varchar(255) NOT NULL, token text);\n",
        "openapi.yaml": "components:\n  schemas:\n    Login:\n      properties:\n        password: {type: string, format: password}\n",
        "bcrypt.py": f'HASH = "$2b$12${draw.text(53, LETTERS + "./")}"\n',
        "argon2.txt": f"$argon2id$v=19$m=65536,t=3,p=4${draw.text(22, B64)}${draw.text(43, B64)}\n",
        "regex.py": 'PATTERN = re.compile(r"gh[pousr]_[A-Za-z0-9]{36}")\nPASSWORD = re.compile(r"password=(\\S+)")\n',
        "masked.log": "token ghp_****************************** used\npassword=********\n",
        "image.md": f"![logo](data:image/png;base64,{image})\n",
        "certificate.pem": draw.pem("CERTIFICATE", 16),
        "public.pem": draw.pem("PUBLIC KEY", 6),
        "id_rsa.pub": f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{draw.text(340, B64)} north@corpus\n",
        "known_hosts": f"build.corpus.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{draw.text(43, B64)}\n",
        "fingerprint.txt": f"SHA256:{draw.text(43, B64)} north@corpus (ED25519)\n",
        "rfc-vector.py": f'KEY = bytes.fromhex("{draw.text(64, HEX)}")\nEXPECTED = "{draw.text(32, HEX)}"\n',
        "test-hash.py": f'assert digest(b"abc") == "{sha256}"\n',
        "merges.txt": "\n".join(f"{draw.text(3)} {draw.text(4)}" for _ in range(300)),
        "vocab.json": json.dumps({draw.text(6): number for number in range(400)}),
        "words.py": 'COMMON = ["password", "letmein", "qwerty123", "dragon", "123456789"]\n',
        "strength.py": 'assert strength("password1") < strength("correct horse")\n',
        "sri.html": f'<script src="a.js" integrity="sha384-{b64}" crossorigin="anonymous"></script>\n',
        "jwks.json": json.dumps({"keys": [{"kty": "RSA", "n": draw.text(342, LETTERS + "-_"), "e": "AQAB"}]}),
        "arn.tf": 'role = "arn:aws:iam::123456789012:role/corpus-build"\n',
        "s3.py": 'BUCKET = "s3://corpus-public/data/2024/01/part-00000.parquet"\n',
        "url.py": 'URL = "postgresql://localhost:5432/corpus"\nOTHER = "https://user@corpus.example/path"\n',
        "url2.env": "DATABASE_URL=postgres://user:password@localhost/db\n",
        "long.py": f"VERY_LONG_NAME_OF_A_CONSTANT_FOR_TOKENS_AND_SECRETS = {draw.text(12, '123456789')}\n",
        "test-id.txt": "\n".join(f"test_{draw.text(16)}" for _ in range(20)),
        "totp.md": "Scan the code `otpauth://totp/Corpus:north?issuer=Corpus` with your app.\n",
        "map.json": json.dumps({"version": 3, "mappings": "AAAA,SAASA,GAAG,CAACC,EAAG,EAAE;" * 30}),
        "wasm.js": f'const wasm = "{base64.b64encode(bytes(4) + draw.random.randbytes(400)).decode()}";\n',
        "descriptor.py": "DESCRIPTOR = b'\\n\\x0bcorpus.proto\\x12\\x06corpus\"'\n",
        "colors.css": "a { color: #1f2937; background: #aabbccdd; }\n" * 20,
        "minified.css": ".a{margin:0}.b{padding:1px 2px}" * 200,
        "chess.txt": "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1\n",
        "dna.txt": draw.text(600, "ACGT") + "\n",
        "primes.py": f"P = 0x{draw.text(256, HEX)}\n",
        "phone.csv": "name,phone\nnorth,+49 30 1234567\n",
        "places.json": json.dumps([{"lat": 52.5 + n / 7, "lon": 13.4 + n / 9} for n in range(50)]),
        "versions.txt": "\n".join(f"package-{n}==1.{n}.0" for n in range(60)),
        "license.txt": "Permission is hereby granted, free of charge, to any person obtaining a copy of this software\n" * 5,
        "tokens.py": 'TOKENS = {"PLUS": "+", "MINUS": "-"}\ntoken_type = "IDENTIFIER"\nnext_token = tokens[1]\n',
        "parser.js": "function nextToken(tokens) { return tokens.shift(); }\nconst tokenLength = 1024;\n",
        "css-token.scss": "$token-primary-500: rgb(12, 34, 56);\n",
        "keyboard.json": '{"key": "ctrl+shift+p", "command": "workbench.action.showCommands"}\n',
        "keys.py": 'KEYS = {"public_key": "n", "primary_key": "id", "foreign_key": "user_id"}\nsort_key = "created_at_2"\n',
        "api.md": "Set `API_KEY` to your key. Then call `client = Client(api_key=API_KEY)`.\n",
        "cli.py": 'parser.add_argument("--password", help="the password; default: asked for")\n',
        "manual.txt": "mysql -u root -p < dump.sql\ncurl -u user:$TOKEN https://corpus.example\n",
        "header.py": 'headers = {"Authorization": f"Bearer {token}"}\nother = {"Authorization": "Bearer " + token}\n',
        "kube.yaml": "kind: Secret\nmetadata:\n  name: db\ntype: Opaque\n",
        "docker-config.json": '{"auths": {}, "credsStore": "desktop", "HttpHeaders": {"User-Agent": "Docker-Client/19"}}\n',
        "compose-file.yml": "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/db_password_1\n",
        "ssm.yaml": "password: /corpus/prod/db/password1\n",
        "interface.ts": "interface Login { password: string; accessToken?: string; refreshToken: string | null }\n",
        "enum.go": 'const (\n\tTokenIdent = "IDENT"\n\tTokenString = "STRING"\n)\n',
        "math.tex": r"\begin{equation} e^{i\pi} + 1 = 0 \end{equation}" + "\n",
        "lorem.txt": "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor. " * 20,
        "commits.log": "\n".join(f"{draw.text(40, HEX)} {draw.text(40, HEX)} north" for _ in range(30)),
        "hexdump.txt": "\n".join(" ".join(draw.text(2, HEX) for _ in range(16)) for _ in range(20)),
        "percent.txt": "https://corpus.example/%C3%A9t%C3%A9?q=%E4%BD%A0%E5%A5%BD%20%E4%B8%96%E7%95%8C\n",
        "pieces.py": 'message = "The password is " + "wrong" + "."\nname = "first" " " "second"\n',
    }  # fmt: skip
