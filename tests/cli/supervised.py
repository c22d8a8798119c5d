"""A small `nagare up`: supervises the shell commands of its command line, without Valkey, database and gunicorn."""

import os
import sys
from pathlib import Path

from app.cli.up.children import Program
from app.cli.up.home import Home
from app.cli.up.output import Output
from app.cli.up.supervisor import Supervisor

home = Home(Path(sys.argv[1]))
home.create()
lock_fd = home.lock()
with Output() as output, Supervisor(output, lock_fd) as supervisor:
    try:
        for number, command in enumerate(sys.argv[3:]):
            supervisor.start(
                Program(
                    name=f"p{number}",
                    command=("/bin/sh", "-c", command),
                    environment=dict(os.environ),
                    folder=Path.cwd(),
                    grace_s=float(sys.argv[2]),
                    ends_last=number == 0,
                )
            )
        supervisor.watch()
    except KeyboardInterrupt:
        pass
