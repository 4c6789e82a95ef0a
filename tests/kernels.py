"""Kernels of notebooks, forked as all Python of processes.py is: started as usual, each imports torch for seconds."""

import asyncio
import os
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from processes import FORKS, Python


class Forked(LocalProvisioner):
    """What starts, signals and awaits a kernel's process for nbval, nbclient and JupyterLab."""

    async def launch_kernel(
        self, cmd: list[str], env: dict[str, str], cwd: str | None = None, **_: Any
    ) -> KernelConnectionInfo:
        backend = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}  # as a kernel chooses
        self.process = Python(*cmd[1:], environment=backend | env, folder=cwd).process
        self.pid = self.process.pid
        return self.connection_info

    async def poll(self) -> int | None:
        return self.process.exitcode if self.process else 0

    async def wait(self) -> int | None:
        while (status := await self.poll()) is None:
            await asyncio.sleep(0.05)
        self.process = None
        return status

    async def send_signal(self, signum: int) -> None:
        if self.process and self.process.is_alive():
            os.kill(self.process.pid, signum)


def fork_kernels() -> None:
    """From now on this process starts its kernels so, where there is fork."""
    if FORKS:
        factory = KernelProvisionerFactory.instance()
        factory.provisioners["forked"] = EntryPoint("forked", f"{__name__}:Forked", factory.GROUP_NAME)
        factory.default_provisioner_name = "forked"
