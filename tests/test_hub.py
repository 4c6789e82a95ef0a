"""The Hugging Face hub as a user meets it: its cache, a server that answers as it does, and neither."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from conftest import lively
from huggingface_hub import constants
from test_weights import assert_same_weights

from mini_gpt import GPT, GPTConfig, load, save
from mini_gpt.hub import NEEDED
from mini_gpt.tokenizer import END_OF_TEXT, WordTokenizer

pytestmark = pytest.mark.slow

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def model() -> GPT:
    model = lively(GPTConfig(vocab_size=5, context_length=8, n_layer=2, n_head=2, d_model=8))
    model.tokenizer = WordTokenizer([END_OF_TEXT, *"abcd"])
    return model


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, and no hub."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def put(cache: Path, repository: str, model: GPT, max_shard_bytes: int = 10**9) -> Path:
    """The snapshot of a repository, in the layout of the hub's cache: links to blobs, which are named by their hash."""
    place = cache / f"models--{repository.replace('/', '--')}"
    snapshot = place / "snapshots" / COMMIT
    for folder in (place / "blobs", place / "refs", snapshot):
        folder.mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    save(model, snapshot, max_shard_bytes)
    for path in list(snapshot.iterdir()):
        blob = place / "blobs" / sha1(path.read_bytes()).hexdigest()
        path.rename(blob)
        path.symlink_to(blob)
    return snapshot


# ---------------------------------------------------------------- the cache


@pytest.mark.parametrize("repository", ["openai-community/gpt2", "gpt2"])
@pytest.mark.parametrize("max_shard_bytes", [10**9, 2000])
def test_gpt2_is_found_in_the_cache_under_its_name_of_today_and_its_old_one(cache, model, repository, max_shard_bytes):
    put(cache, repository, model, max_shard_bytes)
    back = load("gpt2")
    assert_same_weights(back, model)
    assert back.tokenizer.words == model.tokenizer.words


def test_any_repository_is_found_in_the_cache_with_a_tokenizer_or_without(cache, model):
    snapshot = put(cache, "someone/theirs.v2", model)
    (snapshot / "tokenizer.json").unlink()
    assert_same_weights(load("someone/theirs.v2"), model)


def test_gpt2_without_a_tokenizer_in_the_cache_has_the_vocabulary_that_is_installed(cache):
    put(cache, "openai-community/gpt2", lively(GPTConfig(50_257, context_length=4, n_layer=1, n_head=1, d_model=4)))
    assert load("gpt2").tokenizer.encode("Hello world") == [15496, 995]


@pytest.mark.parametrize("lacks", ["config.json", "model.safetensors", "model-00002-of"])
def test_what_is_in_the_cache_only_in_part_is_refused(cache, model, lacks):
    snapshot = put(cache, "openai-community/gpt2", model, 2000 if "-of" in lacks else 10**9)
    next(path for path in snapshot.iterdir() if path.name.startswith(lacks)).unlink()
    with pytest.raises(FileNotFoundError, match=r"openai-community/gpt2 is not complete in the cache"):
        load("gpt2")


def test_without_cache_and_hub_one_error_says_what_where_why_and_what_to_do(cache):
    for name, repository in (("gpt2-xl", "openai-community/gpt2-xl"), ("someone/theirs", "someone/theirs")):
        with pytest.raises(FileNotFoundError) as error:
            load(name)
        message = str(error.value)
        assert "\n" not in message
        for part in (repr(name), repository, str(cache), "HF_HUB_OFFLINE", "Connect to the internet once", "HF_HOME"):
            assert part in message


# ---------------------------------------------------------------- a server that answers as the hub does


class Hub(BaseHTTPRequestHandler):
    """The three things that a download asks: what is in a repository, what a file is, and the file."""

    repositories: dict[str, Path]
    given: list[str]

    def do_GET(self) -> None:
        about = re.fullmatch(r"/api/models/(\w[^/]*/[^/?]+)(/tree/|/revision/)?.*", self.path)
        file = re.fullmatch(rf"/(\w[^/]*/[^/]+)/resolve/{COMMIT}/(.+)", self.path)
        if about and about[1] in self.repositories:
            folder = self.repositories[about[1]]
            files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
            tree = [{"type": "file", "path": name, "size": path.stat().st_size, "oid": self.etag(path)}
                    for name, path in files.items()]  # fmt: skip
            info = {"id": about[1], "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
            self.answer(200, json.dumps(tree if about[2] == "/tree/" else info).encode())
        elif file and file[1] in self.repositories:
            path = self.repositories[file[1]] / file[2]
            self.given += [path.name] if self.command == "GET" else []
            self.answer(200, path.read_bytes(), {"ETag": f'"{self.etag(path)}"', "X-Repo-Commit": COMMIT})
        else:
            self.answer(404, b"", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET

    def etag(self, path: Path) -> str:
        return sha1(path.read_bytes()).hexdigest()

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path, model) -> Iterator[ThreadingHTTPServer]:
    """Serves gpt2 with what its repository holds beside, and a repository that holds only a pickle."""
    gpt2, pickled = tmp_path / "served" / "gpt2", tmp_path / "served" / "pickled"
    save(model, gpt2)
    (gpt2 / "onnx").mkdir()
    for name in ("pytorch_model.bin", "tf_model.h5", "model.fp16.safetensors", "onnx/config.json", "README.md"):
        (gpt2 / name).write_bytes(b"never asked for")
    save(model, pickled)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Hub.repositories = {"openai-community/gpt2": gpt2, "someone/theirs": gpt2, "someone/pickled": pickled}
    Hub.given = []
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


LOADER = """
import sys
import mini_gpt
from mini_gpt.tokenizer import read_tokenizer
from mini_gpt.weights import find

for name in sys.argv[1:]:
    try:
        if name.startswith("tokenizer of "):
            print(read_tokenizer(find(name[13:], tokenizer_only=True)).decode([1, 2]))
            continue
        model = mini_gpt.load(name)
        print(model.blocks[1].mlp.project.weight.tolist(), model.tokenizer.decode([1, 2]))
    except FileNotFoundError as error:
        print(error)
"""


def in_a_process_of_its_own(server: ThreadingHTTPServer, tmp_path: Path, *names: str) -> list[str]:
    """The hub's library reads the environment when it is imported, so a user's process it must be."""
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}
    environment.pop("HF_HUB_CACHE", None)
    command = [sys.executable, "-c", LOADER, *names]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_model_is_downloaded_once_and_then_needs_no_hub(hub, tmp_path, model):
    expected = f"{model.blocks[1].mlp.project.weight.tolist()} a b"
    first, pickled, absent = in_a_process_of_its_own(hub, tmp_path, "gpt2", "someone/pickled", "someone/nothing")
    assert first == expected
    assert re.search(
        r"someone/pickled holds neither model.safetensors .*pytorch_model.bin is not opened: a pickle", pickled
    )
    assert re.search(
        r"someone/nothing is not complete in the cache .*the hub did not provide it \(RepositoryNotFound", absent
    )
    beside = ["config.json", "tokenizer.json", "tokenizer_config.json"]
    assert sorted(Hub.given) == sorted(2 * beside + ["model.safetensors"])
    assert set(Hub.given) < set(NEEDED)

    hub.shutdown()
    hub.server_close()
    again, absent = in_a_process_of_its_own(hub, tmp_path, "gpt2", "gpt2-large")
    assert again == expected
    assert re.search(r"gpt2-large is not complete in the cache .*the hub did not provide it \(.*Connect", absent)


def test_a_tokenizer_alone_comes_without_the_weights(hub, tmp_path):
    assert in_a_process_of_its_own(hub, tmp_path, *["tokenizer of someone/theirs"] * 2) == ["a b", "a b"]
    assert sorted(Hub.given) == ["tokenizer.json", "tokenizer_config.json"]
