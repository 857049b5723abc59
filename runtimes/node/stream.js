"use strict";
// Response streaming: `awslambda`, the response stream, and an invocation that is answered by it.

const { Writable } = require("stream");
const { Channel } = require("./channel.js");
const { RuntimeError, toDocument } = require("./errors.js");
const { logError } = require("./console.js");

// Where AWS's runtime notes how a handler answers.
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const RESPONSE = "response";

const DEFAULT_CONTENT_TYPE = "application/octet-stream";
const METADATA_CONTENT_TYPE = "application/vnd.awslambda.http-integration-response";
// Between the metadata, which is JSON and so has none, and the body.
const DELIMITER = Buffer.alloc(8);

const LARGEST_CHUNK = 64 << 10; // agreed with the engine

// What functions find as the global `awslambda`.
const awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = RESPONSE;
    if (options && options.highWaterMark !== undefined) {
      handler[HIGH_WATER_MARK] = parseInt(options.highWaterMark, 10);
    }
    return handler;
  },
  HttpResponseStream: class HttpResponseStream {
    // Has `metadata` (statusCode, headers, cookies) precede the first byte of the stream.
    static from(stream, metadata) {
      stream.setContentType(METADATA_CONTENT_TYPE);
      const prelude = JSON.stringify(metadata);
      stream._onBeforeFirstWrite = (write) => {
        write(prelude);
        write(DELIMITER);
      };
      return stream;
    }
  },
};

// Whether the handler wants a stream; one that wants something else cannot be loaded.
function isStreaming(handler) {
  const wanted = handler[STREAMING];
  if (wanted === undefined || wanted === null || wanted === false) return false;
  if (wanted === RESPONSE) return true;
  throw new RuntimeError("MalformedStreamingHandler", "Only response streaming is supported.");
}

// The second argument of a streaming handler. What is written is sent at once, a chunk a write; a
// caller that reads slowly makes `write` return false, as it does for any stream.
class ResponseStream extends Writable {
  constructor(channel, id, highWaterMark) {
    super(highWaterMark > 0 ? { highWaterMark } : {});
    this._onBeforeFirstWrite = undefined;
    Object.defineProperty(this, "_own", {
      value: { channel, id, contentType: DEFAULT_CONTENT_TYPE, isBegun: false, isOver: false },
    });
  }

  setContentType(contentType) {
    if (this._own.isBegun) {
      throw new RuntimeError("InvalidStreamingOperation", "Cannot set content-type, too late.");
    }
    this._own.contentType = contentType;
  }

  write(chunk, encoding, done) {
    this._begin();
    return super.write(toBytes(chunk), encoding, done);
  }

  end(chunk, encoding, done) {
    if (typeof chunk === "function") return this.end(undefined, undefined, chunk);
    if (typeof encoding === "function") return this.end(chunk, undefined, encoding);
    this._begin();
    if (chunk !== undefined && chunk !== null) super.write(toBytes(chunk), encoding);
    return super.end(done);
  }

  _begin() {
    const own = this._own;
    if (own.isBegun || own.isOver) return;
    own.isBegun = true;
    own.channel.post(
      Channel.STREAM,
      JSON.stringify({ id: own.id, content_type: String(own.contentType) })
    );
    if (typeof this._onBeforeFirstWrite === "function") {
      this._onBeforeFirstWrite((chunk) => super.write(chunk));
    }
  }

  _write(chunk, _encoding, done) {
    // What comes after the invocation's end is for nobody.
    if (this._own.isOver || chunk.length === 0) return done();
    for (let from = 0; from < chunk.length; from += LARGEST_CHUNK) {
      const to = from + LARGEST_CHUNK;
      const isLast = to >= chunk.length;
      this._own.channel.post(
        Channel.CHUNK,
        "",
        chunk.slice(from, to),
        isLast ? () => done() : undefined
      );
    }
  }

  _final(done) {
    if (this._own.isOver) return done();
    this._own.channel.post(Channel.STREAM_END, "", undefined, () => done());
  }
}

function toBytes(chunk) {
  const isBytes =
    typeof chunk === "string" ||
    Buffer.isBuffer(chunk) ||
    Boolean(chunk && chunk.constructor === Uint8Array);
  return isBytes ? chunk : JSON.stringify(chunk);
}

// An invocation whose answer is a stream. Its caller has all of it when the stream has ended; the
// invocation itself is over when the handler has returned, too, and, unless the context says
// otherwise, nothing is left to happen.
class StreamedInvocation {
  constructor(runtime, id) {
    this.runtime = runtime;
    this.id = id;
    this.answered = false;
    this.waitsForEmptyLoop = !runtime.withoutCallbacks;
    this.isReturned = false;
    this.stream = new ResponseStream(runtime.channel, id, runtime.handler[HIGH_WATER_MARK]);
    this.stream.on("finish", () => this.proceed());
    runtime.whenIdle = () => this.idle();
  }

  run(event, context) {
    let result;
    try {
      result = this.runtime.handler(JSON.parse(event), this.stream, context);
    } catch (error) {
      return this.fail(error);
    }
    if (!result || typeof result.then !== "function") {
      return this.fail("Streaming does not support non-async handlers.");
    }
    result.then(
      (value) => {
        if (value !== undefined) console.warn("Streaming handlers ignore return values.");
        this.isReturned = true;
        this.proceed();
      },
      (error) => this.fail(error)
    );
  }

  proceed() {
    if (this.answered || !this.isReturned || !this.stream.writableFinished) return;
    if (this.waitsForEmptyLoop) this.runtime.whenIdle = () => this.succeed();
    else this.succeed();
  }

  // Nothing is left to happen: what is not there now will never be.
  idle() {
    if (this.answered) return;
    if (this.stream.writableFinished) this.succeed();
    else this.fail("Response stream is not finished.");
  }

  succeed() {
    if (this.answered) return;
    this.finish(() => {
      this.runtime.channel.send(Channel.RESPONSE, JSON.stringify({ id: this.id }));
    });
  }

  fail(error) {
    if (this.answered) return;
    logError("Invoke Error", error);
    if (this.stream.writableEnded && !this.stream.destroyed) {
      // Its caller has a complete answer, or will have it in a moment.
      this.isReturned = true;
      return this.proceed();
    }
    this.sendError(toDocument(error), () => this.finish(() => {}));
  }

  // Sends the error after all that was written before it.
  sendError(document, done) {
    this.answered = true;
    this.stream._own.isOver = true;
    const head = JSON.stringify({ id: this.id, type: document.errorType });
    this.runtime.channel.post(Channel.ERROR, head, Buffer.from(JSON.stringify(document)), done);
  }

  finish(send) {
    this.answered = true;
    this.stream._own.isOver = true;
    this.runtime.whenIdle = () => {};
    send();
    this.runtime.scheduleNext();
  }
}

module.exports = { awslambda, isStreaming, StreamedInvocation };
