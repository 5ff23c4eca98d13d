"""``python -m core …``: the command line."""

from core import logs
from core.cli import main

if __name__ == "__main__":
    logs.set_up()
    main()
