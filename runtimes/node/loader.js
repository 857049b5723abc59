"use strict";
// Finds and loads the handler: "file.name", "folder/file.name", "file.object.name"; CommonJS and
// ES modules, in AWS's order.

const fs = require("fs");
const path = require("path");
const Module = require("module");
const curly = require("./curly.js");
const { RuntimeError } = require("./errors.js");

// `require` as if from AWS's own runtime, so that messages and search paths are the same. Without isolation the
// runtime's directory is elsewhere, which LOAD told by the time a handler is looked for.
let required;
function userRequire(name) {
  return (required || (required = requireOf(process.env.LAMBDA_RUNTIME_DIR || "/var/runtime")))(name);
}
userRequire.resolve = (name, options) => {
  userRequire("module");
  return required.resolve(name, options);
};

function requireOf(directory) {
  return Module.createRequire(path.join(directory, "index.mjs"));
}

async function load(root, name) {
  if (name.includes("..")) {
    throw new RuntimeError(
      "MalformedHandlerName",
      `'${name}' is not a valid handler name. Use absolute paths when specifying root ` +
        "directories in handler names."
    );
  }
  const base = path.basename(name);
  const match = /^([^.]*)\.(.*)$/.exec(base);
  if (!match) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  const folder = name.slice(0, name.indexOf(base));
  const exported = await loadModule(root, folder, match[1]);
  const handler = match[2].split(".").reduce((value, key) => value && value[key], exported);
  if (!handler) {
    throw new RuntimeError("HandlerNotFound", `${name} is undefined or not exported`);
  }
  if (typeof handler !== "function") {
    throw new RuntimeError("HandlerNotFound", `${name} is not a function`);
  }
  return handler;
}

async function loadModule(root, folder, name) {
  try {
    return await findModule(root, folder, name);
  } catch (error) {
    if (error instanceof SyntaxError) {
      const wrapped = new RuntimeError("UserCodeSyntaxError", String(error));
      // The reader wants to see where the function's code failed, not where we noticed.
      wrapped.stack = error.stack;
      const file = path.resolve(root, folder, name);
      curly.explain(
        wrapped,
        [".js", ".mjs", ".cjs"].map((extension) => file + extension)
      );
      throw wrapped;
    }
    if (error && error.code === "MODULE_NOT_FOUND") {
      throw new RuntimeError("ImportModuleError", String(error));
    }
    throw error;
  }
}

async function findModule(root, folder, name) {
  const file = path.resolve(root, folder, name);
  const isModule = fs.existsSync(file + ".js") && packageIsModule(path.dirname(file));
  const found =
    requireFile(file) ||
    (!isModule && requireFile(file + ".js")) ||
    (isModule && (await importFile(file + ".js"))) ||
    (await importFile(file + ".mjs")) ||
    requireFile(file + ".cjs");
  return found || userRequire(userRequire.resolve(name, { paths: [root, folder] }));
}

function requireFile(file) {
  return fs.existsSync(file) ? userRequire(file) : undefined;
}

async function importFile(file) {
  return fs.existsSync(file) ? import(file) : undefined;
}

// Whether the nearest package.json says "type": "module".
function packageIsModule(folder) {
  if (path.basename(folder) === "node_modules") return false;
  const file = path.join(folder, "package.json");
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, "utf8")).type === "module";
    } catch (error) {
      console.warn(
        `${file} cannot be read, it will be ignored for ES module detection purposes.`,
        error
      );
      return false;
    }
  }
  return folder !== path.dirname(folder) && packageIsModule(path.dirname(folder));
}

module.exports = { load };
