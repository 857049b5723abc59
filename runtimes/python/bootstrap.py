"""Entry point of a Python instance.

The engine starts this file with a bare interpreter, long before it knows which function will run
(see the package `_tinderbox` beside it). Works on Python 2.7 and on 3.6 and newer.
"""

import sys

#: The argument that makes this a zygote (see `_tinderbox.zygote`).
ZYGOTE = "--zygote"
HERE = __file__.rpartition("/")[0] or "."


def main():
    # Our own folder is on the path only while our own modules are imported: a function may have
    # modules of any name, and must not see ours.
    path = [entry for entry in sys.path if entry != HERE]
    sys.path.insert(0, HERE)
    from _tinderbox import loop

    sys.path[:] = path
    if ZYGOTE in sys.argv:
        loop.sprout(ZYGOTE)
    loop.run()


# multiprocessing's spawn imports the main module again in its children.
if __name__ == "__main__":
    main()
