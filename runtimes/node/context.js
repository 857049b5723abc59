"use strict";
// One invocation's context object and callback, and the rules by which it is answered once.

function build(invocation, facts, head) {
  const { callback, ...ways } = answers(invocation);
  return { context: contextOf(invocation, facts, head, ways), callback };
}

// The context of a handler that answers by a stream: there is no other way.
function buildStreaming(invocation, facts, head) {
  return contextOf(invocation, facts, head, {});
}

function contextOf(invocation, facts, head, ways) {
  return {
    get callbackWaitsForEmptyEventLoop() {
      return invocation.waitsForEmptyLoop;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      invocation.waitsForEmptyLoop = value;
    },
    ...ways,
    ...buildPlain(facts, head),
  };
}

// The context where there are no callbacks.
function buildPlain(facts, head) {
  const deadline = head.deadline_ms;
  return {
    functionVersion: facts.functionVersion,
    functionName: facts.functionName,
    memoryLimitInMB: facts.memoryLimitInMB,
    logGroupName: facts.logGroupName,
    logStreamName: facts.logStreamName,
    clientContext: head.client_context ? parse(head.client_context) : undefined,
    identity: undefined,
    invokedFunctionArn: head.arn,
    awsRequestId: head.id,
    tenantId: head.tenant,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// What all invocations of a function share; these names are part of its environment.
function facts(env) {
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
  };
}

// The four ways to answer. Only the first call counts; one that throws (a result that is not
// JSON) does not, so that the error can still be answered.
function answers(invocation) {
  let answered = false;
  const once =
    (answer) =>
    (...values) => {
      if (answered) return;
      answer(...values);
      answered = true;
    };
  const answer = (error, result) => {
    if (error !== undefined && error !== null) invocation.fail(error);
    else invocation.succeed(result);
  };
  return {
    callback: once((error, result) => {
      if (error !== undefined && error !== null) invocation.fail(error);
      else if (invocation.waitsForEmptyLoop) invocation.succeedWhenIdle(result);
      else invocation.succeed(result);
    }),
    succeed: once((result) => answer(null, result)),
    fail: once((error) => answer(error === undefined || error === null ? "handled" : error)),
    done: once(answer),
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ClientContext as json: ${error}`);
  }
}

module.exports = { build, buildPlain, buildStreaming, facts };
