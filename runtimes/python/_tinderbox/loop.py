"""Boot, load, then one invocation after the other."""

import os
import select
import sys

from . import channel as frames
from . import codec, context, faults, loading, streams, trace

#: Imported while no function waits: nearly all code needs them, directly or through its SDK.
_PRELOAD = ("_tinderbox.logs", "traceback", "datetime", "decimal", "base64", "socket")
#: Seconds. Whoever this process is made for has it by then; what rehearses only takes the processor from those who wait.
_LULL = 0.03
#: Of a zygote, so that the interpreter has made of our code what it makes of code that runs often.
_REHEARSALS = 8


def run():
    channel = frames.Channel(3, 4)
    pipe = streams.install()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: (channel.close(), pipe.forked()))
    version = "%d.%d.%d" % sys.version_info[:3]
    channel.send(frames.BOOTED, codec.encode({"version": version}))
    try:
        _prepare(pipe)
        _Instance(channel, pipe).serve()
    except frames.Closed:
        os._exit(0)  # nobody is left to hear from exit handlers


def sprout(flag):
    """Becomes a zygote, which the argument `flag` asked for, and returns in its forks."""
    for name in _PRELOAD:
        __import__(name)
    from . import rehearsal, zygote

    for _ in range(_REHEARSALS):
        rehearsal.rehearse(_Instance, None)
    zygote.run()
    sys.argv.remove(flag)


def _prepare(pipe):
    """Stops as soon as the engine has something for us."""
    for name in _PRELOAD:
        if _is_wanted():
            return
        __import__(name)
    from . import rehearsal

    if not _is_wanted(_LULL):
        rehearsal.rehearse(_Instance, pipe)


def _is_wanted(within=0):
    return bool(select.select([3], [], [], within)[0])


class _Instance(object):
    def __init__(self, channel, pipe):
        self._channel = channel
        self._pipe = pipe
        self._handler = self._logs = self._facts = self._as_json = None
        self._trace = trace.Trace()

    def serve(self):
        kind, head, _ = self._channel.receive()
        if kind != frames.LOAD:
            raise frames.Closed("frame %d before LOAD" % kind)
        self._load(codec.decode(head))
        while True:
            kind, head, body = self._channel.receive()
            if kind != frames.INVOKE:
                raise frames.Closed("frame %d in place of INVOKE" % kind)
            self._invoke(codec.decode(head), body)

    def _load(self, head):
        loading.prepare(head)
        codec.configure()
        from . import logs

        self._logs, self._as_json = logs.install(self._pipe)
        self._facts = context.facts()
        try:
            self._handler = loading.handler(loading._native(head["handler"]))
        except Exception as error:
            document = self._report("")
            if getattr(error, "hint", None):
                self._pipe.record(streams.ERROR, u"[ERROR] " + error.hint)
            self._send(frames.INIT_ERROR, None, document)
            sys.exit(1)
        self._channel.send(frames.LOADED)

    def _invoke(self, head, body):
        request_id = self._logs.request_id = head["id"]
        self._trace.follow(head.get("trace"))
        try:
            event = codec.decode_event(body)
            result = self._handler(event, self._context(head))
            response = codec.encode_response(result)
        except Exception:
            self._send(frames.ERROR, request_id, self._report(request_id))
            return
        head = '{"id":%s}' % codec.quote(request_id)
        self._channel.send(frames.RESPONSE, head.encode("ascii"), response)

    def _context(self, head):
        client = head.get("client_context")
        if client:
            client = codec.decode_client_context(client)
        return context.LambdaContext(
            self._facts,
            head["id"],
            head.get("arn"),
            head["deadline_ms"],
            client or None,
            head.get("tenant"),
        )

    def _report(self, request_id):
        """Logs the error that is being handled; returns its document."""
        document = faults.document(sys.exc_info(), request_id)
        faults.report(self._pipe, document, self._as_json)
        return document

    def _send(self, kind, request_id, document):
        head = {"type": document["errorType"]}
        if request_id is not None:
            head["id"] = request_id
        self._channel.send(kind, codec.encode(head), codec.encode(document))
