// Renders the cases on stdin with npm's apigw-vtl-emulator, over velocityjs in place of the engine that it names, which
// the registry does not have. The first argument is the directory that they are installed in.
const fs = require("fs");
const path = require("path");
const Module = require("module");

const installed = path.resolve(process.argv[2]);
const velocity = require(path.join(installed, "node_modules/velocityjs"));
class VelocityEngine {
  render(template, context) {
    return new velocity.Compile(velocity.parse(template), { escape: false }).render(context, undefined, true);
  }
}

// The package's CommonJS files ask for each other without their extension.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  if (request.startsWith("./") && parent.filename.startsWith(installed) && parent.filename.endsWith(".cjs")) {
    return path.join(path.dirname(parent.filename), `${request}.cjs`);
  }
  return request === "velocits" ? request : resolve.call(this, request, parent, ...rest);
};
const load = Module._load;
Module._load = function (request, ...rest) {
  return request === "velocits" ? { VelocityEngine } : load.call(this, request, ...rest);
};

const { VTLProcessor } = require(path.join(installed, "package/dist/engine/VTLProcessor.cjs"));
const cases = JSON.parse(fs.readFileSync(0, "utf8"));
const rendered = cases.map(({ template, body, context }) =>
  new VTLProcessor().process(template, body, JSON.stringify(context)));
console.log(JSON.stringify(rendered));
