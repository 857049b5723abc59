"use strict";
// Frames to and from the engine, on two inherited pipes.
//
//   u32 LE length of what follows | u8 kind | u32 LE length of head | head (JSON) | body (raw)
//
// Reads block the thread. While an instance waits for its next invocation nothing else may run
// in it (the platform freezes it), so the event loop has nothing to do; a blocking read is the
// fastest way to wait, and keeps the event loop empty for `callbackWaitsForEmptyEventLoop`.

const fs = require("fs");

const PREFIX = 9;
const COUNTED = PREFIX - 4; // how many bytes of the prefix its length counts
const LONGEST = 32 << 20; // agreed with the engine
const CHUNK = 64 << 10; // one read takes a whole small frame

class Channel {
  constructor(calls, answers) {
    this.calls = calls;
    this.answers = answers;
    this.inbox = Buffer.allocUnsafeSlow(CHUNK);
    this.outbox = Buffer.allocUnsafeSlow(CHUNK);
    this.start = 0; // unread bytes in the inbox
    this.end = 0;
    this.posts = [];
  }

  // Waits for the next frame: { kind, head (an object), body (a string) }.
  receive() {
    this.fill(PREFIX);
    const { inbox, start } = this;
    const total = 4 + inbox.readUInt32LE(start);
    const head = PREFIX + inbox.readUInt32LE(start + 5);
    if (total > LONGEST + 4 || head > total) this.closed();
    const frame = total > CHUNK ? this.receiveLarge(total) : this.fill(total);
    const from = frame === inbox ? this.start : 0;
    if (frame === inbox) this.start += total;
    return {
      kind: frame[from + 4],
      head: JSON.parse(frame.toString("utf8", from + PREFIX, from + head)),
      body: frame.toString("utf8", from + head, from + total),
    };
  }

  send(kind, head, body = "") {
    const { outbox } = this;
    let frame = outbox;
    if (PREFIX + 3 * (head.length + body.length) > outbox.length) {
      frame = Buffer.allocUnsafe(PREFIX + Buffer.byteLength(head) + Buffer.byteLength(body));
    }
    const headLength = frame.write(head, PREFIX);
    const bodyLength = body ? frame.write(body, PREFIX + headLength) : 0;
    frame.writeUInt32LE(COUNTED + headLength + bodyLength, 0);
    frame[4] = kind;
    frame.writeUInt32LE(headLength, 5);
    this.write(frame, PREFIX + headLength + bodyLength);
  }

  // Sends a frame, with a Buffer as its body, without holding up the thread while the engine does
  // not read: what is posted is sent in order, and not between two halves of anything else. Nothing
  // may be sent by `send` before the last of it is out.
  post(kind, head, body, done) {
    const headLength = Buffer.byteLength(head);
    const bodyLength = body ? body.length : 0;
    const frame = Buffer.allocUnsafe(PREFIX + headLength + bodyLength);
    frame.writeUInt32LE(COUNTED + headLength + bodyLength, 0);
    frame[4] = kind;
    frame.writeUInt32LE(headLength, 5);
    frame.write(head, PREFIX);
    if (body) body.copy(frame, PREFIX + headLength);
    this.posts.push({ frame, done });
    if (this.posts.length === 1) this.deliver(0);
  }

  // Writes the first of the posts from `offset` on, then the others.
  deliver(offset) {
    const { frame, done } = this.posts[0];
    fs.write(this.answers, frame, offset, frame.length - offset, null, (error, count) => {
      if (error && error.code !== "EINTR" && error.code !== "EAGAIN") this.closed();
      const sent = offset + (error ? 0 : count);
      if (sent < frame.length) {
        if (error) return setTimeout(() => this.deliver(sent), 1);
        return this.deliver(sent);
      }
      this.posts.shift();
      if (this.posts.length > 0) this.deliver(0);
      if (done) done();
    });
  }

  // Makes `count` bytes available in the inbox.
  fill(count) {
    if (this.start === this.end) this.start = this.end = 0;
    if (this.start + count > CHUNK) {
      this.inbox.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    while (this.end - this.start < count) {
      this.end += this.read(this.inbox, this.end);
    }
    return this.inbox;
  }

  receiveLarge(total) {
    const frame = Buffer.allocUnsafe(total);
    let filled = this.inbox.copy(frame, 0, this.start, this.end);
    this.start = this.end = 0;
    while (filled < total) filled += this.read(frame, filled);
    return frame;
  }

  read(buffer, offset) {
    for (;;) {
      try {
        const count = fs.readSync(this.calls, buffer, offset, buffer.length - offset, null);
        if (count > 0) return count;
      } catch (error) {
        if (error.code === "EINTR") continue;
      }
      this.closed();
    }
  }

  write(frame, length) {
    writeAll(this.answers, frame, length);
  }

  // The engine closed its end, or no longer speaks our language: this instance is over, and
  // nobody is left to hear from exit handlers.
  closed() {
    process.reallyExit(0);
  }
}

Object.assign(Channel, {
  LOAD: 1,
  INVOKE: 2,
  BOOTED: 128,
  LOADED: 129,
  INIT_ERROR: 130,
  RESPONSE: 131,
  ERROR: 132,
  STREAM: 133,
  CHUNK: 134,
  STREAM_END: 135,
});

// Writes everything: one system call, unless a signal or a full non-blocking pipe interrupts it.
function writeAll(descriptor, buffer, length) {
  for (let offset = 0; offset < length;) {
    try {
      offset += fs.writeSync(descriptor, buffer, offset, length - offset);
    } catch (error) {
      // A program that the function started may have made our shared log pipe non-blocking.
      if (error.code !== "EAGAIN" && error.code !== "EINTR") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

module.exports = { Channel, writeAll };
