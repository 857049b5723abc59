"use strict";
// Errors: the document that the caller gets, and the text in the log.

const util = require("util");

const OURS = __dirname + "/";

// An error that the runtime itself finds. Its name is its errorType.
class RuntimeError extends Error {
  constructor(kind, message) {
    super(message);
    Object.defineProperty(this, "name", { value: "Runtime." + kind });
  }
}

function looksLikeError(value) {
  return (
    util.types.isNativeError(value) ||
    Boolean(
      value &&
      typeof value.name === "string" &&
      typeof value.message === "string" &&
      typeof value.stack === "string" &&
      value.name &&
      value.message &&
      value.stack
    )
  );
}

// { errorType, errorMessage, trace } of anything that was thrown.
function toDocument(error) {
  try {
    if (looksLikeError(error)) {
      return {
        errorType: error.name,
        errorMessage: error.message,
        trace: trace(error),
      };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch (_) {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or " +
        "more of its message, name, and stack",
    };
  }
}

// The stack's lines down to the first frame of this runtime: how the function was called is no
// business of its reader.
function trace(error) {
  const lines = error.stack.split("\n");
  const end = lines.findIndex((line) => /^\s+at /.test(line) && line.includes(OURS));
  return end < 0 ? lines : lines.slice(0, end);
}

function toError(value) {
  if (value instanceof Error) return value;
  try {
    return new Error(value);
  } catch (_) {
    return new Error(util.inspect(value)); // an object that cannot become a string
  }
}

// An error as the log shows it after its title.
function toLog(error) {
  try {
    return "\t" + JSON.stringify(error, (_key, value) => withEnumerableProperties(value));
  } catch (_) {
    return "\t" + JSON.stringify(toDocument(error));
  }
}

function withEnumerableProperties(error) {
  if (!(error instanceof Error)) return error;
  const shown = Object.assign(
    { errorType: error.name, errorMessage: error.message, code: error.code },
    error
  );
  if (typeof error.stack === "string") shown.stack = trace(error);
  return shown;
}

module.exports = { RuntimeError, toDocument, toError, toLog, trace };
