"""What runs inside a Python instance, between the engine and the function.

    channel   frames to and from the engine, on descriptors 3 and 4
    streams   the log pipe: sys.stdout, sys.stderr and records of several lines
    logs      the root logger's handler
    loading   LOAD: environment, module path, import of the handler
    context   the second argument of every handler
    codec     JSON as the AWS runtime reads and writes it
    faults    errors: their documents, their log lines, their stack traces
    zygote    an interpreter of which instances are forks
    loop      boot, load, then one invocation after the other

One source for Python 2.7 to 3.14, so: no f-strings, no annotations, no keyword-only arguments.
Nothing here imports what the first reply can do without: every millisecond of boot is a caller's.
"""
