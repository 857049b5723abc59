"use strict";
// Load, then one invocation after the other.

const { Channel } = require("./channel.js");
const { RuntimeError, toDocument } = require("./errors.js");
const { logError, setRequestId, install: installConsole } = require("./console.js");
const context = require("./context.js");
const curly = require("./curly.js");
const loader = require("./loader.js");
const pipe = require("./pipe.js");
const { awslambda, isStreaming, StreamedInvocation } = require("./stream.js");
const trace = require("./trace.js");

// Exit codes of AWS's runtime.
const UNCAUGHT_EXCEPTION = 129;
const UNHANDLED_REJECTION = 128;
const UNSETTLED_IMPORT = 13; // Node's own, for a top-level await that nothing will ever finish

// Turns of the event loop (about 1 us each) before a handler is called: what happened to sockets
// while the instance waited must be known before they are used again. Measured: until a kept-alive
// connection is known to be closed it takes one turn, and two before Node.js 18.
const TURNS = 3;

// From this version of Lambda's runtimes on a handler answers by what it returns, and not by a callback.
const FIRST_WITHOUT_CALLBACKS = 24;
const CALLBACKS_ARE_GONE =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with " +
  "Node.js 24. You need to modify this function to use a supported handler signature to use " +
  "Node.js 24 or later. For more information see " +
  "https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";

class Runtime {
  constructor(channel) {
    this.channel = channel;
    this.invocation = undefined;
    this.ready = false; // loaded, and not before
    this.whenIdle = () => process.exit(UNSETTLED_IMPORT);
    this.scheduleNext = () => setImmediate(this.next);
    this.next = this.next.bind(this);
    this.settle = this.settle.bind(this);
    this.loaded = this.loaded.bind(this);
  }

  start() {
    pipe.installStreams();
    const { kind, head } = this.channel.receive();
    if (kind !== Channel.LOAD) this.channel.closed();
    this.prepare(head);
    this.watch();
    const title = withoutCallbacks() ? "Init Error" : "Uncaught Exception";
    this.load(head).then(
      () => setImmediate(this.loaded),
      (error) => this.die(title, error, UNCAUGHT_EXCEPTION)
    );
  }

  async load(head) {
    this.handler = await loader.load(head.task_root, head.handler);
    this.isStreaming = isStreaming(this.handler);
    this.withoutCallbacks = withoutCallbacks();
    if (this.withoutCallbacks && !this.isStreaming && this.handler.length >= 3) {
      throw new RuntimeError("CallbackHandlerDeprecated", CALLBACKS_ARE_GONE);
    }
    this.facts = context.facts(process.env);
    this.whenIdle = () => {};
  }

  // A turn of the event loop after loading, when a rejection that nobody handles has been found.
  loaded() {
    this.ready = true;
    this.channel.send(Channel.LOADED, "{}");
    this.next();
  }

  // Makes a generic interpreter the interpreter of one function.
  prepare(head) {
    const nodePath = process.env.NODE_PATH;
    Object.assign(process.env, head.env);
    if (process.env.NODE_PATH !== nodePath) require("module")._initPaths();
    process.chdir(head.task_root);
    installConsole();
    if (!/^(1|true)$/.test(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA || "")) {
      global.awslambda = awslambda;
    }
  }

  watch() {
    process.on("uncaughtException", (error) =>
      this.die("Uncaught Exception", error, UNCAUGHT_EXCEPTION)
    );
    process.on("unhandledRejection", (reason) => {
      const error = new RuntimeError("UnhandledPromiseRejection", String(reason));
      error.reason = reason;
      this.die("Unhandled Promise Rejection", error, UNHANDLED_REJECTION);
    });
    process.on("beforeExit", () => this.whenIdle());
  }

  next() {
    const { kind, head, body } = this.channel.receive();
    if (kind !== Channel.INVOKE) this.channel.closed();
    setRequestId(head.id);
    trace.follow(head.trace);
    const Kind = this.isStreaming ? StreamedInvocation : Invocation;
    this.invocation = new Kind(this, head.id);
    this.settle(TURNS, head, body);
  }

  settle(turns, head, body) {
    if (turns === 0) this.invoke(head, body);
    else setImmediate(this.settle, turns - 1, head, body);
  }

  invoke(head, body) {
    const invocation = this.invocation;
    if (this.isStreaming) return this.invokeStreaming(invocation, head, body);
    if (this.withoutCallbacks) return this.invokeAwaited(invocation, head, body);
    let answer;
    try {
      answer = context.build(invocation, this.facts, head);
      const result = this.handler(JSON.parse(body), answer.context, answer.callback);
      if (result && typeof result.then === "function") {
        const { succeed, fail } = answer.context;
        result.then(succeed, fail).catch(fail);
      }
    } catch (error) {
      if (answer) answer.callback(error);
      else invocation.fail(error);
    }
  }

  async invokeAwaited(invocation, head, body) {
    try {
      const built = context.buildPlain(this.facts, head);
      invocation.succeed(await this.handler(JSON.parse(body), built));
    } catch (error) {
      invocation.fail(error);
    }
  }

  invokeStreaming(invocation, head, body) {
    let built;
    try {
      built = this.withoutCallbacks
        ? context.buildPlain(this.facts, head)
        : context.buildStreaming(invocation, this.facts, head);
    } catch (error) {
      return invocation.fail(error);
    }
    invocation.run(body, built);
  }

  // Ends the process for an error that nothing caught.
  die(title, error, code) {
    logError(title, error);
    const hint = curly.hint(error);
    if (hint) console.error(hint);
    const { invocation } = this;
    const document = toDocument(error);
    if (!this.ready) {
      this.channel.send(
        Channel.INIT_ERROR,
        JSON.stringify({ type: document.errorType }),
        JSON.stringify(document)
      );
    } else if (invocation && !invocation.answered) {
      return invocation.sendError(document, () => process.exit(code));
    }
    process.exit(code);
  }
}

class Invocation {
  constructor(runtime, id) {
    this.runtime = runtime;
    this.id = id;
    this.answered = false;
    this.waitsForEmptyLoop = true;
    // A handler that never answers has answered null once nothing is left to happen.
    runtime.whenIdle = () => this.succeed(null);
  }

  succeed(result) {
    if (this.answered) {
      console.error(
        "Invocation has already been reported as done. " +
          "Cannot call complete more than once per invocation."
      );
      return;
    }
    const body = stringify(result);
    this.finish();
    this.runtime.channel.send(Channel.RESPONSE, JSON.stringify({ id: this.id }), body);
  }

  succeedWhenIdle(result) {
    if (this.answered) return this.succeed(result);
    this.runtime.whenIdle = () => this.succeed(result);
  }

  fail(error) {
    if (this.answered) return;
    logError("Invoke Error", error);
    this.finish();
    this.sendError(toDocument(error), () => {});
  }

  sendError(document, done) {
    const head = { id: this.id, type: document.errorType };
    this.runtime.channel.send(Channel.ERROR, JSON.stringify(head), JSON.stringify(document));
    done();
  }

  finish() {
    this.answered = true;
    this.runtime.whenIdle = () => {};
    this.runtime.scheduleNext();
  }
}

// Whether the runtime that this interpreter stands for has left callbacks behind.
function withoutCallbacks() {
  const match = /^AWS_Lambda_nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV || "");
  return Boolean(match) && Number(match[1]) >= FIRST_WITHOUT_CALLBACKS;
}

function stringify(result) {
  let text;
  try {
    text = JSON.stringify(result);
  } catch (_) {
    throw new Error("Unable to stringify response body");
  }
  return text === undefined ? "null" : text;
}

module.exports = { Runtime };
