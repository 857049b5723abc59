"use strict";
// console.log and its siblings: "<time>\t<request id>\t<level>\t<message>", one call, one event.

const util = require("util");
const pipe = require("./pipe.js");
const { toError, toLog, trace } = require("./errors.js");

const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
const METHODS = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  log: "INFO",
  warn: "WARN",
  error: "ERROR",
  fatal: "FATAL",
};
// Where logging libraries look for the id of the current request.
const REQUEST_ID = Symbol.for("aws.lambda.runtime.requestId");

let asJson = false;

function setRequestId(id) {
  global[REQUEST_ID] = id;
}

// Reads the format and the least level from the environment.
function install() {
  asJson = String(process.env.AWS_LAMBDA_LOG_FORMAT).toUpperCase() === "JSON";
  const format = asJson ? formatJson : formatText;
  const least = LEVELS[String(process.env.AWS_LAMBDA_LOG_LEVEL).toUpperCase()] || LEVELS.TRACE;
  for (const method of Object.keys(METHODS)) {
    const name = METHODS[method];
    const level = LEVELS[name];
    console[method] =
      level < least
        ? () => {}
        : (...values) => {
            const now = new Date();
            pipe.record(level, now.getTime(), format(now, name, values));
          };
  }
}

function formatText(now, level, values) {
  return `${now.toISOString()}\t${global[REQUEST_ID]}\t${level}\t${util.format(...values)}\n`;
}

function formatJson(now, level, values) {
  const event = { timestamp: now.toISOString(), level, requestId: global[REQUEST_ID] };
  if (values.length === 1) {
    event.message = values[0];
    try {
      return JSON.stringify(event, (_key, value) => showError(value));
    } catch (_) {
      event.message = util.format(values[0]);
      return JSON.stringify(event);
    }
  }
  event.message = util.format(...values);
  const error = values.find((value) => value instanceof Error);
  if (error) Object.assign(event, describe(error));
  return JSON.stringify(event);
}

function showError(value) {
  return value instanceof Error ? Object.assign(describe(value), value) : value;
}

function describe(error) {
  return {
    errorType: (error.constructor && error.constructor.name) || "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? trace(error) : error.stack,
  };
}

// An error that ends an invocation or the process.
function logError(title, error) {
  if (asJson) console.error(toError(error));
  else console.error(title, toLog(toError(error)));
}

module.exports = { install, logError, setRequestId };
