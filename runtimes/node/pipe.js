"use strict";
// The log pipe: descriptors 1 and 2 are one pipe, which the engine cuts into events at newlines.
//
// A record makes one event of several lines: magic, u8 level, u32 LE length, u64 LE microseconds,
// text. The engine looks for the magic only where an event starts, so all writers share the
// knowledge whether the last line is finished. All writes block: what was logged is out, in
// order, even if the process dies on the next line.

const { writeAll } = require("./channel.js");

const PREFIX = 17;
const NEWLINE = 10;
const small = Buffer.allocUnsafeSlow(16 << 10);
small.writeUInt32BE(0xa55a5442, 1);

let atLineStart = true;

// One event, however many lines it has. `level` is 1 (TRACE) to 6 (FATAL), or 0.
function record(level, milliseconds, text) {
  // The byte before the record is for the newline that an unfinished line needs.
  let frame = small;
  if (1 + PREFIX + 3 * text.length > small.length) {
    frame = Buffer.allocUnsafe(1 + PREFIX + Buffer.byteLength(text));
    frame.writeUInt32BE(0xa55a5442, 1);
  }
  const length = frame.write(text, 1 + PREFIX);
  const microseconds = milliseconds * 1000;
  frame[0] = NEWLINE;
  frame[5] = level;
  frame.writeUInt32LE(length, 6);
  frame.writeUInt32LE((microseconds % 0x100000000) >>> 0, 10);
  frame.writeUInt32LE(Math.floor(microseconds / 0x100000000), 14);
  const from = atLineStart ? 1 : 0;
  writeAll(1, frame.subarray(from), 1 + PREFIX + length - from);
  atLineStart = true;
}

function raw(chunk) {
  if (chunk.length === 0) return;
  writeAll(1, chunk, chunk.length);
  atLineStart = chunk[chunk.length - 1] === NEWLINE;
}

// Node's own standard streams would make the pipe non-blocking; these keep order with records.
function installStreams() {
  for (const [name, fd] of [
    ["stdout", 1],
    ["stderr", 2],
  ]) {
    let stream;
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => stream || (stream = openStream(fd)),
    });
  }
}

function openStream(fd) {
  const { Writable } = require("stream");
  const stream = new Writable({
    write(chunk, _encoding, done) {
      raw(chunk);
      done();
    },
    destroy(_error, done) {
      done(); // like Node's own: the descriptor outlives the stream
    },
  });
  stream.fd = fd;
  stream._type = "pipe";
  stream._isStdio = true;
  return stream;
}

module.exports = { record, installStreams };
