"use strict";
// Entry point of a Node.js instance, started long before it is known which function will run.
//
//   channel.js   frames to and from the engine, on descriptors 3 and 4
//   pipe.js      the log pipe: process.stdout, process.stderr and records of several lines
//   console.js   console.log and its siblings, as AWS formats them
//   loader.js    finds and loads the handler
//   curly.js     help for quotes pasted from a PDF
//   context.js   the second argument of every handler, and the callback
//   errors.js    errors: their documents and log lines
//   stream.js    response streaming
//   trace.js     the caller's trace in process.env
//   runtime.js   load, then one invocation after the other
//   rehearsal.js runs all of it once, so that the first caller does not wait for compilers
//
// Written for Node.js 12 and newer, so: no optional chaining, no `??`, no private fields.

const { Channel } = require("./channel.js");
const { rehearse } = require("./rehearsal.js");
const { Runtime } = require("./runtime.js");
const trace = require("./trace.js");

trace.install();
rehearse().then(() => {
  const channel = new Channel(3, 4);
  channel.send(Channel.BOOTED, JSON.stringify({ version: process.versions.node }));
  new Runtime(channel).start();
});
