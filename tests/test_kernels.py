"""A kernel that the tests fork is as one that students start, which is started here as well."""

import os
from contextlib import contextmanager

import pytest
from jupyter_client.manager import start_new_kernel
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from processes import FORKS

pytestmark = pytest.mark.slow

INSIDE = """
import os
from ipykernel.kernelapp import IPKernelApp
import matplotlib.pyplot as plt
import mini_gpt.lesson.widgets
from mini_gpt.training.progress import tqdm

print(os.getcwd(), os.environ["GIVEN"], __name__)
print(plt.get_backend(), tqdm.__mro__[1], *sorted(get_ipython().kernel.comm_manager.targets))
print("until its parent ends:", IPKernelApp.instance().parent_handle == os.getppid())
"""


@pytest.fixture(params=["local-provisioner", *["forked"] * FORKS])
def start(request, monkeypatch):
    """The manager of a kernel of each kind and a client, in a with-block."""
    monkeypatch.setattr(KernelProvisionerFactory.instance(), "default_provisioner_name", request.param)

    @contextmanager
    def start(**options):
        manager, client = start_new_kernel(kernel_name="python3", **options)
        try:
            yield manager, client
        finally:
            client.stop_channels()
            manager.shutdown_kernel()

    return start


def told(client, code):
    """What a cell prints, or the name of the error that it raises; and the kinds of what it shows."""
    texts, kinds = [], set()

    def hear(message):
        content = message["content"]
        texts.append(content.get("ename") or content.get("text", ""))
        kinds.update(content.get("data", ()))

    client.execute_interactive(code, output_hook=hear)
    return "".join(texts), kinds


def test_it_starts_where_and_with_what_it_is_told_and_works_as_in_a_notebook(start, tmp_path):
    with start(cwd=str(tmp_path), env=os.environ | {"GIVEN": "given"}) as (_, client):
        text, _ = told(client, INSIDE)
        assert text.splitlines() == [
            f"{tmp_path} given __main__",
            "module://matplotlib_inline.backend_inline <class 'tqdm.notebook.tqdm_notebook'> "
            "jupyter.widget jupyter.widget.control",
            "until its parent ends: True",
        ]
        assert told(client, "plt.subplots()[0]")[1] == {"image/png", "text/plain"}


def test_it_is_interrupted_restarted_and_shut_down(start):
    with start() as (manager, client):
        told(client, "x = 1")
        client.execute("print('starts')\nwhile True: pass", stop_on_error=False)  # what is asked next is not skipped
        while client.get_iopub_msg()["content"].get("text") != "starts\n":
            pass
        manager.interrupt_kernel()
        assert client.get_shell_msg()["content"]["ename"] == "KeyboardInterrupt"
        assert told(client, "print(x)")[0] == "1\n"
        manager.restart_kernel()
        client.wait_for_ready()
        assert told(client, "x")[0] == "NameError"
    assert not manager.is_alive()
