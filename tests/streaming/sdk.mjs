// Reads an answer as it comes with AWS's SDK for JavaScript v3, a line of JSON an event.
import { createRequire } from "node:module";

const [sdk, endpoint, FunctionName] = process.argv.slice(2);
const { InvokeWithResponseStreamCommand, LambdaClient } = createRequire(`${sdk}/x.js`)("@aws-sdk/client-lambda");
const client = new LambdaClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
const tell = (value) => console.log(JSON.stringify(value));

const answer = await client.send(
  new InvokeWithResponseStreamCommand({ FunctionName, LogType: "Tail", Payload: JSON.stringify({ n: 1 }) })
);
tell({
  status: answer.StatusCode,
  version: answer.ExecutedVersion,
  type: answer.ResponseStreamContentType,
  id: answer.$metadata.requestId,
});
for await (const event of answer.EventStream) {
  if (event.PayloadChunk) tell({ chunk: Buffer.from(event.PayloadChunk.Payload).toString() });
  else tell(event);
}
