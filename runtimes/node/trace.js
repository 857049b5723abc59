"use strict";
// The caller's trace, where tracing libraries and started programs look for it: in process.env.
//
// What C's setenv was given it keeps for ever, and each call has a trace of its own: 130 bytes a call,
// which had an instance of 128 MB out of memory after some hundred thousand. So process.env is a proxy
// that has this one variable of its own and all else of the real one. The real one follows for the
// first calls only, for those who read it behind JavaScript's back: console.log(process.env) does.

const NAME = "_X_AMZN_TRACE_ID";
const MANY = 256;

const real = process.env;
let shown;
let changes = 0;

const env = new Proxy(real, {
  get: (target, key) => (key === NAME ? shown : target[key]),
  has: (target, key) => (key === NAME ? shown !== undefined : key in target),
  set(target, key, value) {
    if (key === NAME) shown = `${value}`;
    else target[key] = value;
    return true;
  },
  deleteProperty(target, key) {
    if (key === NAME) shown = undefined;
    return delete target[key];
  },
  defineProperty(target, key, descriptor) {
    if (key !== NAME) return Reflect.defineProperty(target, key, descriptor);
    shown = `${descriptor.value}`;
    return true;
  },
  ownKeys(target) {
    const keys = Reflect.ownKeys(target).filter((key) => key !== NAME);
    return shown === undefined ? keys : keys.concat(NAME);
  },
  getOwnPropertyDescriptor(target, key) {
    if (key !== NAME) return Reflect.getOwnPropertyDescriptor(target, key);
    if (shown === undefined) return undefined;
    return { value: shown, writable: true, enumerable: true, configurable: true };
  },
});

function install() {
  process.env = env;
  // For `import { env } from "process"`.
  const { syncBuiltinESMExports } = require("module");
  if (syncBuiltinESMExports) syncBuiltinESMExports();
}

// Shows the trace of a call, or that it has none.
function follow(trace) {
  if (process.env !== env) {
    // The function has put something else there.
    if (trace) process.env[NAME] = trace;
    else delete process.env[NAME];
    return;
  }
  if (trace === shown) return;
  shown = trace || undefined;
  if (changes > MANY) return;
  changes += 1;
  if (shown !== undefined && changes <= MANY) real[NAME] = shown;
  else delete real[NAME];
}

module.exports = { follow, install };
