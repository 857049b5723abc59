"use strict";
// One whole life of an instance before it is anybody's: a function is loaded and invoked over a
// channel made of memory. The first real invocation then finds everything compiled.

const { Channel } = require("./channel.js");
const { setRequestId } = require("./console.js");
const { Runtime } = require("./runtime.js");

const INVOCATIONS = 3;

class Rehearsal extends Channel {
  constructor() {
    super(-1);
    this.script = [];
  }

  expect(kind, head, body) {
    this.send(kind, JSON.stringify(head), body);
  }

  // What we send ourselves is what the engine would have sent.
  write(frame, length) {
    if (frame[4] < Channel.BOOTED) this.script.push(Buffer.from(frame.subarray(0, length)));
  }

  read(buffer, offset) {
    return this.script.shift().copy(buffer, offset);
  }
}

async function rehearse() {
  require("https"); // what an SDK needs; loading it takes longer than the whole rehearsal
  const channel = new Rehearsal();
  const runtime = new Runtime(channel);
  await runtime.load({ task_root: __dirname, handler: "rehearsal-esm.handler" });
  await runtime.load({ task_root: __dirname, handler: "rehearsal.handler" });
  for (let count = 0; count < INVOCATIONS; count++) {
    channel.expect(Channel.INVOKE, { id: "rehearsal", deadline_ms: 0, arn: "" }, "{}");
    await new Promise((resolve) => {
      runtime.scheduleNext = resolve;
      runtime.next();
    });
  }
  setRequestId(undefined);
}

exports.handler = async (event) => event;
exports.rehearse = rehearse;
