"""A throw-away JupyterLab without internet, and one page of it as a student sees it."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary
from playwright.sync_api import Browser, Locator, Page, expect

from notebooks.build import HERE, LANGUAGES

NAMES = sorted(path.name for path in HERE.glob("pt/[0-9]*.ipynb"))
RUN = [f"{LANGUAGES[n % 2]}/{name}" for n, name in enumerate(NAMES)]  # pt, en, pt …: nbval runs both languages
OPENED = [f"{LANGUAGES[1 - n % 2]}/{name}" for n, name in enumerate(NAMES)]
OURS = ".jp-RenderedMarkdown, .jp-OutputArea-output"  # the rest of the page is JupyterLab's own
# The system's browser. The shell is Chromium without windows: the same pages take half the processor time.
NAMED = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable", "microsoft-edge"),
)
SYSTEM = next(filter(None, map(shutil.which, NAMED)), None)
SECONDS = 120  # to wait for one thing: long enough that only what never comes is late

# Small enough to stay out of a student's way, loud enough to fail a test: the kernels' only way out is logged and shut.
NO_WAY_OUT = """
import sys
def watch(event, args):
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event == "socket.connect" and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if host not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0"):
        with open({log!r}, "a") as log:
            print(f"kernel asked for {{host}}", file=log)
        raise OSError(f"this test has no internet: {{host}}")
sys.addaudithook(watch)
"""
FORKED = """
import sys
sys.path.append({tests!r})
from kernels import fork_kernels
fork_kernels()
"""
ORDINARY = {  # a kernel beside python3, which the configuration above has forked
    "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "display_name": "as a student's",
    "language": "python",
    "metadata": {"kernel_provisioner": {"provisioner_name": "local-provisioner"}},
}
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # every cell in the page, as soon as it opens
}


class LabServer:
    """JupyterLab over root, with folders, token and port of its own; `with LabServer(root, home) as server`."""

    def __init__(self, root: Path, home: Path):
        self.root, self.home, self.token = root, home, secrets.token_hex(16)
        self.log, self.kernel_requests = home / "server.log", home / "kernel-requests.log"

    def __enter__(self) -> "LabServer":
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        for plugin, settings in SETTINGS.items():
            self._write(f"settings/{plugin}.jupyterlab-settings", json.dumps(settings))
        self._write("ipython/profile_default/startup/no_way_out.py", NO_WAY_OUT.format(log=str(self.kernel_requests)))
        self._write("config/jupyter_server_config.py", FORKED.format(tests=str(Path(__file__).parents[1])))
        self._write("data/kernels/ordinary/kernel.json", json.dumps(ORDINARY))
        self.kernel_requests.touch()
        environment = {variable: str(self.home / folder) for variable, folder in folders.items()}
        self.environment = {**os.environ, **environment, "JUPYTER_TOKEN": self.token, "HF_HUB_OFFLINE": "1"}
        command = [
            *(sys.executable, "-m", "jupyterlab", str(self.root), "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--LabApp.expose_app_in_browser=True"),
        ]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        info = self.home / "runtime" / f"jpserver-{self.process.pid}.json"
        for _ in range(SECONDS * 10):
            if self.process.poll() is not None:
                raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()[-3000:]}")
            if info.exists() and "http" in info.read_text():
                self.url = json.loads(info.read_text())["url"]
                return self
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"JupyterLab did not start within {SECONDS} s:\n{self.log.read_text()[-3000:]}")

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)  # the server and its kernels
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _write(self, name: str, text: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def trust(self, notebook: str) -> None:
        """Sign a notebook, as if its owner had run it here: JupyterLab then shows all of its stored outputs."""
        notary = NotebookNotary(data_dir=str(self.home / "data"))
        notary.sign(nbformat.read(self.root / notebook, as_version=4))


class LabPage:
    """JupyterLab in a browser page, one notebook at a time; `with LabPage(browser, server) as lab`.

    Since the notebook was opened: what the page asked of the internet, and was refused, stands in external; what its
    console calls an error, in errors; what a kernel asked of the internet, in the server's kernel_requests.
    """

    def __init__(self, browser: Browser, server: LabServer):
        self.server = server
        self.external: list[str] = []
        self.errors: list[str] = []
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
        self.context.route(lambda url: not url.startswith(server.url), self._refuse)
        self.context.route_web_socket(
            re.compile("^(?!" + re.escape(server.url.replace("http", "ws", 1)) + ")"), self._refuse
        )
        self.context.set_default_timeout(SECONDS * 1000)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))

    def _refuse(self, request) -> None:
        self.external.append(getattr(request, "request", request).url)
        request.abort() if hasattr(request, "abort") else request.close()

    def open(self, notebook: str, theme: str = "light") -> None:
        """Open notebook, a path below the server's root, in place of another; its kernel is ready when this returns.

        JupyterLab itself is loaded once: that costs more than most notebooks.
        """
        if self.page.url == "about:blank":
            self.page.goto(f"{self.server.url}doc/tree/{notebook}?token={self.server.token}")
            self._wait("window.jupyterapp?.shell.currentWidget?.context?.isReady")
        else:
            self.close()
            self.page.evaluate(
                "path => jupyterapp.commands.execute('docmanager:open', { path }).then(() => {})", notebook
            )
        self.notebook = notebook
        self.external.clear()
        self.errors.clear()
        self.server.kernel_requests.write_text("")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self._kernel_is_idle()
        self.theme(theme)

    def close(self) -> None:
        """Leave the notebook unsaved, and let its kernel go."""
        self.page.evaluate("""async () => {
            const notebook = window.jupyterapp?.shell.currentWidget;
            await notebook?.sessionContext?.shutdown();
            notebook?.dispose();
        }""")

    def run_all(self, seconds: float = 600) -> None:
        """Run every cell and wait for the last one, or for the first one that fails."""
        ended = self.page.evaluate(
            """seconds => Promise.race([
                jupyterapp.commands.execute("notebook:run-all-cells").then(() => true),
                new Promise(late => setTimeout(late, 1000 * seconds, false)),
            ])""",
            seconds,
        )
        running = self.page.locator(".jp-CodeCell").filter(has_text="[*]:").first
        assert ended, f"after {seconds} s this cell still runs:\n{running.inner_text()}"
        self._kernel_is_idle()

    def theme(self, name: str) -> None:
        """Switch to JupyterLab's "light" or "dark" theme."""
        title = f"JupyterLab {name.capitalize()}"
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", title)
        self._wait("theme => document.body.dataset.jpThemeName === theme", title)

    def cell(self, number: int) -> Locator:
        """A cell by its place in the notebook, counted from 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def output(self, number: int) -> Locator:
        return self.cell(number).locator(".jp-Cell-outputArea")

    def error_outputs(self) -> list[str]:
        """Every error among the outputs, and the text of every widget that could not be shown."""
        cells = self.page.evaluate("jupyterapp.shell.currentWidget.content.model.toJSON().cells")
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        errors = [f"{each['ename']}: {each['evalue']}" for each in outputs if each["output_type"] == "error"]
        return errors + self.page.get_by_text("Error displaying widget").all_inner_texts()

    def trust(self) -> None:
        """Trust the notebook as its reader would. Every output is shown anew, with all that it may do now."""
        self.page.evaluate("() => { window.trusted = jupyterapp.commands.execute('notebook:trust'); }")
        self.page.get_by_role("dialog").get_by_role("button", name="Trust").click()
        self.page.evaluate("trusted")
        assert self.page.evaluate("[...jupyterapp.shell.currentWidget.content.model.cells].every(cell => cell.trusted)")

    def assert_stored_pictures_show(self) -> None:
        """Each picture that the notebook's file holds is decoded and has a size in the page, and no output failed."""
        stored = nbformat.read(self.server.root / self.notebook, as_version=4)
        for number, cell in enumerate(stored.cells):
            bundles = [output.get("data", {}) for output in cell.get("outputs", [])]
            pictures = [data for data in bundles if "image/png" in data or "<img" in data.get("text/html", "")]
            if pictures:
                expect(self.output(number).locator("img").nth(len(pictures) - 1)).to_be_attached()
        sizes = self.page.evaluate("""() => {
            const size = img => img.decode().then(() => img.naturalWidth * img.clientHeight);
            const cells = [...document.querySelectorAll(".jp-Notebook .jp-Cell")];
            const pictures = cell => [...cell.querySelectorAll(".jp-Cell-outputArea img")];
            return Promise.all(cells.map(cell => Promise.all(pictures(cell).map(size))));
        }""")
        assert all(map(all, sizes)), sizes
        assert self.error_outputs() == []

    def press(self, control: Locator, key: str, times: int = 1) -> None:
        """Drive a control by keyboard: arrows for sliders and dropdowns, Enter and letters for the rest."""
        control.focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def drag(self, slider: Locator, to: float) -> None:
        """Drive a horizontal slider by mouse: press at its middle, release at the fraction `to` of its width."""
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box, "the slider is not visible"
        height = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, height)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * to, height, steps=5)
        self.page.mouse.up()

    def choose(self, dropdown: Locator, option: str) -> None:
        """Choose an option of a native dropdown by the text that it shows."""
        dropdown.select_option(label=option)

    @contextmanager
    def unrolled(self, code: bool = True) -> Iterator[None]:
        """A window as tall as the notebook: no cell is scrolled away, or cut off by JupyterLab's body of height 0.

        code  if False, only texts and outputs are shown
        """
        size = self.page.viewport_size
        hidden = "" if code else ".jp-CodeCell .jp-Cell-inputWrapper { display: none }"
        style = self.page.add_style_tag(content=f"body {{ height: 100vh !important }} {hidden}")
        height = self.page.evaluate("Math.max(...[...document.querySelectorAll('.jp-Cell')].map(cell => "
                                    "cell.offsetTop + cell.offsetHeight))")  # fmt: skip
        self.page.set_viewport_size({"width": size["width"], "height": min(int(height) + 200, 15_000)})
        self.page.evaluate("document.querySelector('.jp-Notebook .jp-WindowedPanel-outer').scrollTop = 0")
        panel = "document.querySelector('.jp-Notebook .jp-WindowedPanel-outer')"
        self._wait(f"{panel}.clientHeight > innerHeight - 200")  # Lumino has laid it out again
        yield
        style.evaluate("style => style.remove()")
        self.page.set_viewport_size(size)

    def screenshot(self, path: Path) -> None:
        """The whole notebook, however long, in one picture."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.unrolled():
            self.page.screenshot(path=path)

    def __enter__(self) -> "LabPage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self.context.close()

    def _wait(self, condition: str, given: object = None) -> None:
        """Until a condition holds in the page, asked now and then: by default Playwright makes frames to ask in."""
        self.page.wait_for_function(condition, arg=given, polling=100)

    def _kernel_is_idle(self) -> None:
        kernel = "jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
        self._wait(f"window.{kernel}?.status === 'idle'")
