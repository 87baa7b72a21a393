"""ExaBGP's helper: keeps what ExaBGP tells of its peers in a file, line by line, and hands on commands that come through a pipe."""

import os
import select

os.mkfifo("/tmp/commands")
commands = os.open("/tmp/commands", os.O_RDWR)
messages = os.open("/tmp/messages", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

while True:
    readable, _, _ = select.select([0, commands], [], [])
    for source, sink in ((0, messages), (commands, 1)):
        if source in readable:
            octets = os.read(source, 65536)
            if not octets:
                raise SystemExit
            os.write(sink, octets)
